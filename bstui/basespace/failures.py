"""What BaseSpace said when it refused, as one of our errors: the only parser of error bodies.

Bodies come in several shapes (BaseSpace API §3.5): v1's `ResponseStatus`, v2's `ErrorMessage`, the
older `Message` and `MessageFormatted`, OAuth's `error_description`, or a gateway's HTML.
"""

import html
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx
import msgspec

from bstui.basespace.models import Identity
from bstui.basespace.pacing import retry_after
from bstui.basespace.regions import find_region
from bstui.errors import (
    Archived,
    BstuiError,
    Gone,
    NotAllowed,
    NotLoggedIn,
    ServerFault,
    ServiceError,
    TooManyRequests,
    Unreachable,
)
from bstui.text import redact, safe_text
from bstui.units import size_text

_LONGEST = 300
"""Characters of the server's own words that are shown."""
_TEMPORARY = (408, 413, 425)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


class _Status(msgspec.Struct, rename="pascal"):
    error_code: str | None = None
    message: str | None = None


class _Body(msgspec.Struct, rename="pascal"):
    """The union of all shapes."""

    response_status: _Status | None = None
    error_code: str | None = None
    error_message: str | None = None
    message: str | None = None
    message_formatted: str | None = None
    error: str | None = msgspec.field(name="error", default=None)
    error_description: str | None = msgspec.field(name="error_description", default=None)


@dataclass(frozen=True)
class Said:
    """An error body's code and words."""

    code: str
    text: str


def said(body: bytes) -> Said:
    """What an error body says, of whatever shape, fit to be shown."""
    try:
        parsed = msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Said("", _shown(_plain_text(body)))
    status = parsed.response_status or _Status()
    words = (
        status.message,
        parsed.error_message,
        parsed.message,
        parsed.message_formatted,
        parsed.error_description,
    )
    code = status.error_code or parsed.error_code or parsed.error or ""
    return Said(_shown(code), _shown(next((word for word in words if word), "")))


def _plain_text(body: bytes) -> str:
    text = body[:20_000].decode(errors="replace")
    title = _TITLE.search(text)
    if title:
        return f"a web page, {html.unescape(title[1])!r}"
    return html.unescape(_TAGS.sub(" ", text)) if "<" in text else text


def _shown(text: str) -> str:
    return safe_text(redact(" ".join(text.split())), _LONGEST)


@dataclass(frozen=True)
class Asked:
    """What was asked for, and by whom: what the words of an error need."""

    server: str
    path: str
    """Without a query."""
    identity: Identity | None = None

    @property
    def place(self) -> str:
        region = find_region(self.server)
        return f"BaseSpace in {region.place} ({region.code})" if region else self.server

    @property
    def who(self) -> str:
        if self.identity is None:
            return "this token's account"
        kind = "the workgroup " if self.identity.is_workgroup else ""
        return f"{kind}{self.identity.name}"


def failure(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> BstuiError:
    """The error that an answer of `status` is."""
    heard = said(body)
    request = safe_text(headers.get("X-Request-ID", ""), 80)
    told = [f"HTTP {status}", asked.path, heard.code, heard.text]
    details = ", ".join(
        [part for part in told if part] + [f"X-Request-ID {request}"] * bool(request)
    )
    if status == 401 or heard.code.endswith("AUTHENTICATION_FAILURE"):
        return _not_logged_in(asked, heard, details)
    if status == 429:
        seconds = retry_after(headers.get("Retry-After"))
        return TooManyRequests(
            f"{asked.place} asks for fewer requests.", retry_after=seconds, details=details
        )
    if "archiv" in heard.text.lower() and status in (403, 404, 409):
        return Archived(
            f"{asked.place} says: {heard.text}",
            why="It is in cold storage.",
            hint="Have it restored in BaseSpace first; that takes up to 48 hours.",
            details=details,
        )
    if status == 403 or heard.code.endswith("INSUFFICIENT_RESOURCE_PERMISSIONS"):
        return _not_allowed(asked, heard, details)
    if status in (404, 410) or heard.code.endswith("RESOURCE_REMOVED"):
        return _gone(asked, heard, status, details)
    return _fault(asked, heard, status, details)


def _not_logged_in(asked: Asked, heard: Said, details: str) -> NotLoggedIn:
    return NotLoggedIn(
        f"{asked.place} does not accept this token.",
        why="It belongs to another region, or was revoked, or its workgroup is closed to you."
        + _quoted(heard),
        hint="Log in again with `bstui login`, in the region that the data is in.",
        details=details,
    )


def _not_allowed(asked: Asked, heard: Said, details: str) -> NotAllowed:
    words = heard.text or "access refused"
    hint = (
        f"Ask its owner to share it with {asked.who}, or check the id, the region and the profile."
    )
    why = f"Either it is not shared with {asked.who}, or there is nothing with that id."
    if "workgroup" in words.lower():
        why = "The workgroup's owner has no access to the workgroup."
        hint = "Its administrator can give the owner the role HasAccess."
    elif "READ" in words and asked.identity is not None and not asked.identity.may_read:
        why = "This token has only the scope BROWSE: it may list, but not read files."
        hint = "Log in with a token that has READ GLOBAL: `bstui login`."
    elif "READ" in words:
        why += " A token with only the scope BROWSE is refused in the same way."
    return NotAllowed(f"{asked.place} says: {words}", why=why, hint=hint, details=details)


def _gone(asked: Asked, heard: Said, status: int, details: str) -> Gone:
    if status == 410 or heard.code.endswith("RESOURCE_REMOVED"):
        return Gone(
            f"{asked.place} says: {heard.text or 'it was removed'}",
            why="Its owner has deleted it.",
            hint="Ask the owner; it may still be in the trash.",
            details=details,
        )
    return Gone(
        f"{asked.place} knows nothing at {asked.path}.",
        why="There is no such id, or it is the id of another kind of thing." + _quoted(heard),
        hint="Check the id and the region.",
        details=details,
    )


def _fault(asked: Asked, heard: Said, status: int, details: str) -> ServiceError:
    if 300 <= status < 400:
        return ServerFault(
            f"{asked.place} was answered for by another server (HTTP {status}).",
            why="A proxy or a login page is in between, or the address is not an API's; a token "
            "is never taken along to another address.",
            hint="Check the server's address and the network's login page.",
            details=details,
        )
    if status >= 500 or status in _TEMPORARY:
        return ServerFault(
            f"{asked.place} had a fault (HTTP {status}).",
            why="It is busy or down for a while." + _quoted(heard),
            hint="Try again later.",
            details=details,
        )
    if status == 407:
        return Unreachable(
            "The proxy wants a login (HTTP 407).",
            why=f"It stands between this machine and {asked.place}.",
            hint="Put the name and password into HTTPS_PROXY, or name another proxy.",
            details=details,
        )
    return ServiceError(
        f"{asked.place} refused the request (HTTP {status}).",
        why=_quoted(heard).strip() or "It gave no reason.",
        hint="Please report this with the line that the log has of it.",
        details=details,
    )


def _quoted(heard: Said) -> str:
    return f" It says: {heard.text}" if heard.text else ""


def is_refusal(body: bytes) -> bool:
    """Whether an answer of 200 says in its body that it is an error."""
    return b"ErrorCode" in body and bool(said(body).code)


def misunderstood(
    asked: Asked, body: bytes, headers: Mapping[str, str], reason: str = ""
) -> ServerFault:
    """The error for an answer of 200 that is not what the API answers; `reason` names the field
    where that is known."""
    begin = said(body).text if not body.lstrip().startswith((b"{", b"[")) else ""
    request = safe_text(headers.get("X-Request-ID", ""), 80)
    return ServerFault(
        f"{asked.place} answered with something that is no answer.",
        why=f"It sent {begin}."
        if begin
        else "The answer was cut off, or of an unknown form"
        + (f": {_shown(reason).removesuffix('.')}." if reason else "."),
        hint="Try again later; if a login page of this network is in between, log in there.",
        details=f"HTTP 200, {asked.path}, {len(body)} bytes, X-Request-ID {request}",
    )


def endless(asked: Asked, headers: Mapping[str, str], largest: int) -> ServerFault:
    """The error for an answer that goes on and on."""
    request = safe_text(headers.get("X-Request-ID", ""), 80)
    return ServerFault(
        f"{asked.place} answered with more than any answer is.",
        why=f"It sent over {size_text(largest)}, and bstui reads no more than that.",
        hint="Check the server's address; if it is right, try again later.",
        details=f"{asked.path}, X-Request-ID {request}",
    )


def unreachable(asked: Asked, error: Exception) -> Unreachable:
    """The error for a request that got no answer."""
    words = _shown(str(error)) or type(error).__name__
    details = f"{type(error).__name__}: {words}, {asked.path}"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return Unreachable(
            f"The certificate of {asked.server} is not trusted.",
            why="A proxy that inspects TLS shows its own, or this machine's clock is wrong.",
            hint="Give your site's certificates with --ca-bundle, or ca_bundle in the settings.",
            details=details,
        )
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        why = "It did not answer in time."
    elif isinstance(error, httpx.ProxyError):
        why = f"The proxy says: {words}."
    else:
        why = f"The network says: {words}."
    return Unreachable(
        f"{asked.place} cannot be reached.",
        why=why,
        hint="Check the network of this machine, and HTTPS_PROXY where it needs one.",
        details=details,
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
