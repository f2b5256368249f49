"""A small real HTTP server that answers as a test says, and remembers what it was asked."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bstui.basespace.cache import ListingCache
from bstui.basespace.client import Client
from bstui.basespace.pacing import Pace, Patience
from bstui.text import Secret

TOKEN = "5ec2e7" + "c0ffee00" * 3 + "a1"
QUICK = Patience(first=0.001, longest=0.002, longest_asked=0.05)


@dataclass(frozen=True)
class Question:
    """One request, as it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What is sent back; `cut` ends the connection after so many bytes of the body."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    def lines(self) -> tuple[bytes, bytes]:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        headers |= self.headers
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Said\r\n{head}\r\n".encode(), body[: self.cut]


Answer = Callable[[Question], Reply | Awaitable[Reply]]


class Server:
    """Where it answers, and what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[Question] = []
        self.url = ""
        self.together = 0
        """The most questions that were open at once."""
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went, or the test is over
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        target = urlsplit(head[0].split(" ")[1])
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("Content-Length", 0)))
        question = Question(target.path, dict(parse_qsl(target.query)), headers, body)
        self.asked.append(question)
        self._open += 1
        self.together = max(self.together, self._open)
        try:
            said = self._answer(question)
            reply = said if isinstance(said, Reply) else await said
        finally:
            self._open -= 1
        for part in reply.lines():
            writer.write(part)
        await writer.drain()
        return reply.cut is None


@asynccontextmanager
async def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server on a free port of this machine while the block runs."""
    server = Server(answer)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    server.url = f"{scheme}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()


@asynccontextmanager
async def asking(
    answer: Answer,
    patience: Patience = QUICK,
    pace: Pace | None = None,
    cache: ListingCache | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> AsyncIterator[tuple[Client, Server]]:
    """A client, and the server that it asks."""
    async with serving(answer) as server:
        client = Client(
            server.url,
            Secret(TOKEN),
            patience=patience,
            pace=pace,
            cache=cache,
            on_wait=on_wait,
        )
        async with client:
            yield client, server
