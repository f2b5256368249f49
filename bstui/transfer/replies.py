"""What an object store's reply means: headers and status, without a byte of it written yet.

S3, GetObject: `206` with `Content-Range` answers a range, `412` a condition that does not hold,
`403` an address that is too old or not allowed, with the reason in an XML body.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bstui.errors import (
    Archived,
    BstuiError,
    Gone,
    IntegrityError,
    NotAllowed,
    ServerFault,
    TooManyRequests,
)
from bstui.text import redact, safe_text
from bstui.transfer.sidecar import Source

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.IGNORECASE)
_XML_CODE = re.compile(rb"<Code>([^<]{1,80})</Code>")
_XML_MESSAGE = re.compile(rb"<Message>([^<]{1,300})</Message>")


class AddressRefused(NotAllowed):
    """The store refused the signed address: it is too old, or the bytes are not ours to read."""


class Changed(IntegrityError):
    """The store holds another version of the object than the one that was begun."""


class RangeIgnored(ServerFault):
    """The reply is not the range that was asked for, and nothing of it was written."""


def read_source(headers: Mapping[str, str]) -> Source:
    """How the store names this version, from its headers (names in lower case)."""
    etag = headers.get("etag", "")
    encryption = headers.get("x-amz-server-side-encryption", "")
    has_own_key = "x-amz-server-side-encryption-customer-algorithm" in headers
    return Source(
        etag="" if etag[:2].upper() == "W/" else etag,
        last_modified=headers.get("last-modified", ""),
        is_digest=not encryption.startswith("aws:kms") and not has_own_key,
    )


def is_same_source(one: Source, other: Source) -> bool:
    """Whether both name the same version, as far as they say."""
    if one.etag and other.etag:
        return one.etag == other.etag
    if one.last_modified and other.last_modified:
        return one.last_modified == other.last_modified
    return True


def judge_range(
    status: int, headers: Mapping[str, str], start: int, stop: int, size: int
) -> BstuiError | None:
    """Why the body is not the bytes `[start, stop)` of `size`; None where it is."""
    if status == 200:
        return RangeIgnored("The server sent the whole file where a part of it was asked for.")
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None:
        return RangeIgnored("The server sent a part of the file without saying which.")
    first, last, whole = (int(number) for number in match.groups())
    if whole != size:
        return Changed(f"The file in BaseSpace has {whole} bytes now, and had {size}.")
    if (first, last) != (start, stop - 1):
        return RangeIgnored("The server sent another part of the file than was asked for.")
    return _judge_body(headers, stop - start)


def judge_whole(status: int, headers: Mapping[str, str], size: int) -> BstuiError | None:
    """Why the body is not the whole file of `size` bytes; None where it is."""
    if status != 200:
        return RangeIgnored("The server sent a part of the file where all of it was asked for.")
    return _judge_body(headers, size)


def _judge_body(headers: Mapping[str, str], length: int) -> BstuiError | None:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "aws-chunked"):
        return ServerFault(
            "Something on the way packed the file once more.",
            why=f"Its reply has the content encoding {safe_text(encoding, 40)}.",
        )
    said = headers.get("content-length", str(length))
    if said != str(length):
        if headers.get("content-type", "").startswith("text/html"):
            return ServerFault(
                "A web page came instead of the file.",
                why="A proxy or a login page of the network answers in the server's place.",
            )
        return Changed(f"The server sends {safe_text(said, 20)} bytes, and {length} were asked.")
    return None


def judge_failure(status: int, headers: Mapping[str, str], body: bytes) -> BstuiError:
    """The error that a status which brings no bytes stands for."""
    code, details = _xml_code(body), _details(status, headers, body)
    if status in (401, 403):
        return _refusal(code, details)
    if status in (404, 410):
        return Gone(
            "The file is no longer in BaseSpace.",
            why="Its owner removed it, or its data.",
            details=details,
        )
    if status in (412, 416):
        return Changed("The file in BaseSpace is not the version that was begun.", details=details)
    wait = parse_retry_after(headers.get("retry-after"))
    if status == 429 or wait is not None:
        return TooManyRequests(
            "The server asks to send fewer requests.", retry_after=wait, details=details
        )
    if 300 <= status < 400:
        return ServerFault("The server sends us to another address.", details=details)
    return ServerFault(f"The server answered {status}.", details=details)


def _refusal(code: str, details: str) -> BstuiError:
    if code == "InvalidObjectState":
        return Archived(
            "The file is archived.", hint="Restore it in BaseSpace first.", details=details
        )
    return AddressRefused(
        "The server does not give the file.",
        why="Its address is too old, or the file may not be read any more.",
        hint="Ask its owner to share it with you again.",
        details=details,
    )


def _xml_code(body: bytes) -> str:
    match = _XML_CODE.search(body)
    return match[1].decode(errors="replace") if match else ""


def _details(status: int, headers: Mapping[str, str], body: bytes) -> str:
    """Status, S3's own words and its request id, for the log."""
    message = _XML_MESSAGE.search(body)
    words = message[1].decode(errors="replace") if message else ""
    request = headers.get("x-amz-request-id", "")
    parts = (str(status), _xml_code(body), words, request and f"request {request}")
    return redact(safe_text(" ".join(part for part in parts if part), 400))


def parse_retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait, from a number or a date (RFC 9110 §10.2.3); None where it is neither."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
