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

OTHER_ETAG = "The file in BaseSpace is not the one that was planned: its ETag differs."

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.IGNORECASE)
_FINAL = (401, 403, 404, 410, 412, 416)
"""What ends a file where the store itself says it. S3 says it in XML."""
_XML_CODE = re.compile(rb"<Code>([^<]{1,80})</Code>")
_XML_MESSAGE = re.compile(rb"<Message>([^<]{1,300})</Message>")


class AddressRefused(NotAllowed):
    """The store refused the signed address: it is too old, or the bytes are not ours to read."""


class Changed(IntegrityError):
    """The store holds another version of the object than the one that was begun."""


class RangeIgnored(ServerFault):
    """The reply is plainly the whole object, where a range of it was asked for."""


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
    status: int, headers: Mapping[str, str], asked: tuple[int, int], size: int, etag: str = ""
) -> BstuiError | None:
    """Why the body is not the bytes `[start, stop)` that were asked of `size`; None where it is.

    `etag` is what the object's is known to be. What comes from something else on the way says
    nothing of the object: only a reply that is plainly the object says that ranges are ignored.
    """
    start, stop = asked
    if status == 200:
        if headers.get("content-length") == str(size) and not _is_other(headers, etag):
            return RangeIgnored("The server sent the whole file where a part of it was asked for.")
        return _stranger(headers)
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None:
        return ServerFault("The server sent a part of the file without saying which.")
    first, last, whole = (int(number) for number in match.groups())
    if whole != size:
        return Changed(f"The file in BaseSpace has {whole} bytes now, and had {size}.")
    if (first, last) != (start, stop - 1):
        return ServerFault("The server sent another part of the file than was asked for.")
    if headers.get("content-length", str(stop - start)) != str(stop - start):
        return _stranger(headers)
    return _judge_encoding(headers)


def judge_whole(
    status: int, headers: Mapping[str, str], size: int, etag: str = ""
) -> BstuiError | None:
    """Why the body is not the whole file of `size` bytes; None where it is."""
    if status != 200:
        return ServerFault("The server sent a part of the file where all of it was asked for.")
    said = headers.get("content-length")
    if _is_other(headers, etag):
        return _stranger(headers) if _is_page(headers) else Changed(OTHER_ETAG)
    if said == str(size) or (said is None and not _is_page(headers)):
        return _judge_encoding(headers)
    if etag or _is_page(headers) or not read_source(headers).etag:
        return _stranger(headers)
    shown = safe_text(said or "", 20)
    return Changed(f"The file in BaseSpace has {shown} bytes now, and had {size}.")


def _is_other(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the reply names another version than `etag`, as far as both are known."""
    found = read_source(headers).etag.strip('"').lower()
    return bool(found and etag) and found != etag.strip('"').lower()


def _is_page(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").strip().lower().startswith("text/html")


def _stranger(headers: Mapping[str, str], details: str = "") -> ServerFault:
    """Something else than the store has answered: it passes."""
    what = "A web page" if _is_page(headers) else "Something else"
    return ServerFault(
        f"{what} came instead of the file.",
        why="A proxy or a login page of the network answers in the server's place.",
        details=details,
    )


def _judge_encoding(headers: Mapping[str, str]) -> BstuiError | None:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity", "aws-chunked"):
        return None
    return ServerFault(
        "Something on the way packed the file once more.",
        why=f"Its reply has the content encoding {safe_text(encoding, 40)}.",
    )


def judge_failure(status: int, headers: Mapping[str, str], body: bytes) -> BstuiError:
    """The error that a status which brings no bytes stands for."""
    code, details = _xml_code(body), _details(status, headers, body)
    if status in _FINAL and _is_page(headers):
        return _stranger(headers, details)
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
    if status == 407:
        return ServerFault(
            "The proxy wants a login (HTTP 407).",
            why="It stands between this machine and the file server.",
            hint="Put the name and password into HTTPS_PROXY, or name another proxy.",
            details=details,
        )
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
