"""S3's HTTP as far as a reader meets it: request heads, ranges, XML errors."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from bstui.simulator.account import StoredFile
from bstui.simulator.object_faults import BodyFaults
from bstui.simulator.signing import BUCKET


@dataclass(frozen=True)
class Request:
    """The head of an HTTP request; header names are in lower case."""

    method: str
    target: str
    """Path and query, as they were sent."""
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @classmethod
    def parse(cls, head: bytes) -> "Request":
        """A ValueError for what is not HTTP."""
        line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = line.split(" ")
        address = urlsplit(target)
        pairs = (field.partition(":") for field in fields)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return cls(method, target, unquote(address.path), dict(parse_qsl(address.query)), headers)

    @property
    def key(self) -> str:
        """The object's, from /bucket/key/name."""
        parts = self.path.split("/", 3)
        return parts[2] if len(parts) > 2 and parts[1] == BUCKET else ""


@dataclass(eq=False)
class Refusal(Exception):
    """An answer without an object: S3's error code and words."""

    status: int
    code: str
    message: str
    headers: tuple[tuple[str, str], ...] = ()
    html: bool = False


def asked_range(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a Range header; None for the whole object, which S3 also answers to
    a range that it does not understand. A Refusal (416) where none of it is in the object."""
    unit, _, spec = text.partition("=")
    first, dash, last = spec.strip().partition("-")
    if (
        unit.strip() != "bytes"
        or not dash
        or not all(p == "" or p.isdigit() for p in (first, last))
    ):
        return None
    if not first:
        if not last:
            return None
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
        if last and int(last) < start:
            return None
    if start >= size:
        message = "The requested range is not satisfiable"
        raise Refusal(416, "InvalidRange", message, (("Content-Range", f"bytes */{size}"),))
    return start, end


def object_head(
    file: StoredFile, first: int, last: int, total: int | None, faults: BodyFaults
) -> list[str]:
    """The lines of an answer's head, for the bytes from `first` to `last` of an object.

    Of `total` bytes where it is a part, None where it is the whole."""
    is_multipart = total is not None and faults.content_range == "multipart"
    kind = "multipart/byteranges; boundary=x" if is_multipart else file.content_type
    lines = [
        f"HTTP/1.1 {'200 OK' if total is None else '206 Partial Content'}",
        f"x-amz-id-2: {file.key}",
        f"x-amz-request-id: {file.key[:16].upper()}",
        "x-amz-server-side-encryption: AES256",
        f"Content-Disposition: filename={quote(file.name)}",
        "Accept-Ranges: bytes",
        f"Content-Type: {kind}",
        "Server: AmazonS3",
    ]
    if faults.frame is None:
        lines.append(f"Content-Length: {last + 1 - first + (faults.more or 0)}")
    elif faults.frame == "chunked":
        lines.append("Transfer-Encoding: chunked")
    if faults.encoding:
        lines.append(f"Content-Encoding: {faults.encoding}")
    if total is not None:
        lines += _content_range(first, last, total, faults.content_range)
    return lines


def _content_range(first: int, last: int, size: int, wrong: str | None) -> list[str]:
    match wrong:
        case "missing" | "multipart":
            return []
        case "start":
            return [f"Content-Range: bytes {first + 1}-{last + 1}/{size + 1}"]
        case "total":
            return [f"Content-Range: bytes {first}-{last}/{size + 1}"]
    return [f"Content-Range: bytes {first}-{last}/{size}"]


def refusal_bytes(refusal: Refusal, is_head: bool, date: float) -> bytes:
    """An XML error as S3 writes it, or a gateway's page, at a Unix time."""
    if refusal.status == HTTPStatus.NOT_MODIFIED:
        kind, body = "application/xml", ""
    elif refusal.html:
        kind = "text/html"
        body = f"<html><body><h1>{refusal.status} {phrase(refusal.status)}</h1></body></html>"
    else:
        kind = "application/xml"
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{refusal.code}</Code><Message>{refusal.message}</Message></Error>"
        )
    lines = [
        f"HTTP/1.1 {refusal.status} {phrase(refusal.status)}",
        f"Date: {formatdate(date, usegmt=True)}",
        f"Content-Type: {kind}",
        "Server: AmazonS3",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in refusal.headers),
    ]
    return "\r\n".join([*lines, "", "" if is_head else body]).encode()


def phrase(status: int) -> str:
    """A status in words; some gateways have ones that no standard names."""
    with contextlib.suppress(ValueError):
        return HTTPStatus(status).phrase
    return "Error"
