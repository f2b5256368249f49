"""Presigned addresses in the style of S3's Signature Version 2, as recorded from BaseSpace."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from enum import Enum, auto
from urllib.parse import urlencode

BUCKET = "basespace-data"
_DISPOSITION = "response-content-disposition"
_TYPE = "response-content-type"


class Verdict(Enum):
    """What a signature is worth."""

    GOOD = auto()
    EXPIRED = auto()
    WRONG = auto()


def signature_mark(seed: int) -> str:
    """What every signature of a seed begins with, so that a leaked one is found by a search."""
    return hashlib.md5(f"signature {seed}".encode()).hexdigest()[:16]


class Signer:
    """Signs addresses of objects, and judges those that come back."""

    def __init__(self, seed: int) -> None:
        self._secret = hashlib.sha256(f"signing secret {seed}".encode()).hexdigest()
        self._mark = signature_mark(seed)
        self._key_id = f"AKIA{self._mark.upper()}"

    def query(self, key: str, name: str, content_type: str, expires: int, generation: int) -> str:
        """The signed query for an object, good until the Unix time `expires`."""
        fields = {
            "AWSAccessKeyId": self._key_id,
            "Expires": str(expires),
            _DISPOSITION: f"filename={name}",
            _TYPE: content_type,
        }
        return urlencode(fields | {"Signature": self._sign(key, fields, generation)})

    def judge(self, key: str, query: Mapping[str, str], now: float, generation: int) -> Verdict:
        signature = query.get("Signature", "")
        good = [
            hmac.compare_digest(self._sign(key, query, number).encode(), signature.encode())
            for number in range(generation + 1)
        ]
        if not any(good):
            return Verdict.WRONG
        is_old = not good[generation] or float(query["Expires"]) < now
        return Verdict.EXPIRED if is_old else Verdict.GOOD

    def _sign(self, key: str, query: Mapping[str, str], generation: int) -> str:
        names = ("AWSAccessKeyId", "Expires", _DISPOSITION, _TYPE)
        text = "\n".join(["GET", key, str(generation), *(query.get(name, "") for name in names)])
        digest = hmac.new(self._secret.encode(), text.encode(), hashlib.sha1).digest()
        return self._mark + base64.b64encode(digest).decode()
