"""Presigned addresses in the style of S3's Signature Version 2, as recorded from BaseSpace, and 4.

A signature begins with a mark of the seed: nobody can mistake it for one that Amazon would take.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from urllib.parse import urlencode

BUCKET = "basespace-data"
DISPOSITION = "response-content-disposition"
_TYPE = "response-content-type"
_V2, _V4 = "Signature", "X-Amz-Signature"
_DATE = "%Y%m%dT%H%M%SZ"
_SIGNED_V2 = ("AWSAccessKeyId", "Expires", DISPOSITION, _TYPE)
_SIGNED_V4 = (
    *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"),
    *("X-Amz-SignedHeaders", DISPOSITION, _TYPE),
)


REDIRECTED = "attachment;"
"""How the disposition of an address begins that a redirect led to."""


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

    def query(
        self, key: str, disposition: str, kind: str, now: float, lifetime: int, generation: int
    ) -> str:
        """The signed query (v2) for an object of a content type, good for `lifetime` seconds."""
        fields = {
            "AWSAccessKeyId": self._key_id,
            "Expires": str(int(now) + lifetime),
            DISPOSITION: disposition,
            _TYPE: kind,
        }
        return urlencode(fields | {_V2: self._sign(key, fields, generation)})

    def query_v4(
        self, key: str, disposition: str, kind: str, now: float, lifetime: int, generation: int
    ) -> str:
        """The same as Signature Version 4, which newer regions of S3 ask for."""
        began = datetime.fromtimestamp(int(now), UTC)
        fields = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self._key_id}/{began:%Y%m%d}/eu-central-1/s3/aws4_request",
            "X-Amz-Date": f"{began:{_DATE}}",
            "X-Amz-Expires": str(lifetime),
            "X-Amz-SignedHeaders": "host",
            DISPOSITION: disposition,
            _TYPE: kind,
        }
        return urlencode(fields | {_V4: self._sign(key, fields, generation)})

    def judge(self, key: str, query: Mapping[str, str], now: float, generation: int) -> Verdict:
        signature = query.get(_V4) or query.get(_V2, "")
        good = [
            hmac.compare_digest(self._sign(key, query, number).encode(), signature.encode())
            for number in range(generation + 1)
        ]
        if not any(good):
            return Verdict.WRONG
        return Verdict.EXPIRED if not good[generation] or _end(query) < now else Verdict.GOOD

    def _sign(self, key: str, query: Mapping[str, str], generation: int) -> str:
        is_v4 = "X-Amz-Algorithm" in query
        names = _SIGNED_V4 if is_v4 else _SIGNED_V2
        text = "\n".join(["GET", key, str(generation), *(query.get(name, "") for name in names)])
        if is_v4:
            whole = hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).hexdigest()
            return self._mark + whole[len(self._mark) :]
        digest = hmac.new(self._secret.encode(), text.encode(), hashlib.sha1).digest()
        return self._mark + base64.b64encode(digest).decode()


def _end(query: Mapping[str, str]) -> float:
    """The Unix time at which a well signed address ends."""
    if _V2 in query:
        return float(query["Expires"])
    began = datetime.strptime(query["X-Amz-Date"], _DATE).replace(tzinfo=UTC)
    return began.timestamp() + float(query["X-Amz-Expires"])
