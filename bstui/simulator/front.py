"""Stands before a region's API: what every answer carries, and everything that goes wrong with one.

An answer without faults goes through as it comes. One that is spoiled or broken is collected first,
then sent on as the fault says: down to single bytes of the socket.
"""

import asyncio
import secrets
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import formatdate

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bstui.simulator.api_faults import Burst, Spoiling, WireFault
from bstui.simulator.calls import error_body
from bstui.simulator.faults import Faults
from bstui.simulator.open_points import Choices
from bstui.simulator.s3 import phrase

Headers = list[tuple[bytes, bytes]]
Wait = Callable[[int], Awaitable[None]]
"""Waits until the faults are cleared once more than so many times."""
SPOILING = "spoiling"
"""Where the scope's state says what is wrong with a list."""
_TRANSPORT = "transport"
_ALWAYS = {
    "server": "Mono.WebServer.XSP/4.8.0.0 Linux, Unknown",
    "x-basespace-source": "master/readonly",
    "cache-control": "no-cache, no-store, must-revalidate",
    "pragma": "no-cache",
    "expires": "0",
    "strict-transport-security": "max-age=10886400; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
}
_CALLS_A_SECOND = 20
"""That a region answers where it has a limit."""
_DRIP_STEP = 0.05
_RESET = b"\1\0\0\0\0\0\0\0"
"""To linger for no time: closing sends RST."""


class WireProtocol(H11Protocol):
    """HTTP/1.1 whose application may take hold of the socket, in its scope's state."""

    def connection_made(  # type: ignore[override]  # as uvicorn has it
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


class _Deaf(asyncio.Protocol):
    """Takes what comes and answers nothing, until the client ends too."""

    def __init__(self, before: asyncio.BaseProtocol) -> None:
        self._before = before

    def connection_lost(self, exc: Exception | None) -> None:
        self._before.connection_lost(exc)


class Front:
    """The application around the API's own."""

    def __init__(
        self, app: ASGIApp, faults: Faults, choices: Choices, wait_for_clearing: Wait
    ) -> None:
        self._app = app
        self._choices = choices
        self._calls = deque[float](maxlen=_CALLS_A_SECOND)
        """When the last of them came."""
        self._faults = faults
        self._wait = wait_for_clearing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, faults = scope["path"], self._faults
        spoiling, wire, burst = (
            faults.spoiling(path),
            faults.next_wire(path),
            faults.next_burst("api", path),
        )
        burst = burst or self._too_many()
        scope["state"][SPOILING] = spoiling
        await asyncio.sleep(faults.api_latency + spoiling.seconds)
        known = faults.clearings
        if burst is not None:
            answer = _burst_answer(burst)
        elif wire is None and not spoiling.replaces:
            await self._app(scope, receive, lambda message: send(self._dressed(message)))
            return
        else:
            answer = await _collect(self._app, scope, receive)
        start, body = answer if spoiling.location is None else _moved(scope, spoiling)
        start = self._dressed(start)
        body = _spoiled(start, body, spoiling)
        if wire is None:
            await send(start)
            await send({"type": "http.response.body", "body": body})
        else:
            await self._break(wire, _head(start), body, scope["state"][_TRANSPORT], receive, known)

    def _too_many(self) -> Burst | None:
        """The refusal of a call that comes too soon after many."""
        way, now = self._choices["rate-limit"], time.monotonic()
        if way != "none" and len(self._calls) == _CALLS_A_SECOND and now - self._calls[0] < 1:
            return Burst(429, "1" if way == "retry-after" else "")
        self._calls.append(now)
        return None

    def _dressed(self, message: Message) -> Message:
        """The start of an answer with the headers that all have; good JSON comes in chunks."""
        if message["type"] != "http.response.start":
            return message
        own: Headers = list(message.get("headers", []))
        names = {name.lower() for name, _ in own}
        moment = datetime.now(UTC).strftime("%Y.%m.%d.%H.%M.%S")
        date = formatdate(time.time() + self._faults.clock_skew, usegmt=True)
        more = _ALWAYS | {"x-request-id": f"{moment}.{secrets.token_urlsafe(16)}", "date": date}
        headers = own + [
            (k.encode(), v.encode()) for k, v in more.items() if k.encode() not in names
        ]
        if message["status"] == 200 and (b"content-type", b"application/json") in own:
            headers = [pair for pair in headers if pair[0] != b"content-length"]
        return {**message, "headers": headers}

    async def _break(
        self,
        wire: WireFault,
        head: bytes,
        body: bytes,
        transport: asyncio.Transport,
        receive: Receive,
        known: int,
    ) -> None:
        """Send what the fault leaves of an answer, end the connection, wait until it is over."""
        gone = asyncio.ensure_future(_gone(receive))
        try:
            sending = asyncio.ensure_future(
                self._send(wire, wire.bytes_of(head, body), transport, known)
            )
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            sending.cancel()
            if wire.then == "reset":
                taken: socket.socket = transport.get_extra_info("socket")
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                transport.abort()
            elif wire.then == "half-close" and transport.can_write_eof():
                transport.write_eof()
                transport.set_protocol(_Deaf(transport.get_protocol()))
                transport.resume_reading()
            else:
                transport.close()
            await gone
        finally:
            gone.cancel()
            transport.abort()

    async def _send(
        self, wire: WireFault, data: bytes, transport: asyncio.Transport, known: int
    ) -> None:
        step = max(1, round((wire.rate or len(data) / _DRIP_STEP) * _DRIP_STEP))
        for first in range(0, len(data), step):
            transport.write(data[first : first + step])
            await asyncio.sleep(_DRIP_STEP if wire.rate else 0)
        if wire.then == "stall" and wire.seconds is None:
            await self._wait(known)
        elif wire.then == "stall":
            await asyncio.sleep(wire.seconds or 0)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _collect(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """An application's answer: its start, and its whole body."""
    starts: list[Message] = []
    body = bytearray()

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            starts.append(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, take)
    return starts[0], bytes(body)


def _spoiled(start: Message, body: bytes, spoiling: Spoiling) -> bytes:
    """The body that is sent; its length and kind are told in `start`, which is changed."""
    if spoiling.body is not None:
        start["status"] = 200
        body = spoiling.body.encode("utf-8", "surrogatepass")
        _set(start, "content-type", spoiling.kind)
    if spoiling.keep is not None:
        body = body[: spoiling.keep]
    if spoiling.encoding:
        _set(start, "content-encoding", spoiling.encoding)
    _set(start, "content-length", str(len(body)))
    return body


def _set(start: Message, name: str, value: str) -> None:
    others = [pair for pair in start["headers"] if pair[0] != name.encode()]
    start["headers"] = [*others, (name.encode(), value.encode())]


def _moved(scope: Scope, spoiling: Spoiling) -> tuple[Message, bytes]:
    query = scope["query_string"].decode()
    own = scope["path"] + (f"?{query}" if query else "")
    return _start(302, {"location": spoiling.location or own}), b""


def _burst_answer(burst: Burst) -> tuple[Message, bytes]:
    words = phrase(burst.status)
    if burst.html:
        kind, body = (
            "text/html",
            f"<html><body><h1>{burst.status} {words}</h1></body></html>".encode(),
        )
    else:
        kind, body = "application/json; charset=utf-8", msgspec.json.encode(error_body(words))
    headers = {"content-type": kind, "content-length": str(len(body))}
    if burst.retry_after:
        headers["retry-after"] = burst.retry_after
    return _start(burst.status, headers), body


def _start(status: int, headers: dict[str, str]) -> Message:
    pairs = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


def _head(start: Message) -> bytes:
    """The head of an answer as bytes, without its length."""
    lines = [f"HTTP/1.1 {start['status']} {phrase(start['status'])}".encode()]
    lines += [k + b": " + v for k, v in start["headers"] if k != b"content-length"]
    return b"\r\n".join([*lines, b""])
