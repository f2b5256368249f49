"""One server and one token: questions out, answers or our errors back.

The token goes only into the header of a request to this server: redirects are never followed, and
nothing of a request is logged by the library beneath.
"""

import asyncio
import logging
import os
import ssl
import zlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from bstui import __version__
from bstui.basespace.envelopes import read
from bstui.basespace.failures import Asked, endless, failure, is_refusal, misunderstood, unreachable
from bstui.basespace.listings import Fetch, ItemT, Page
from bstui.basespace.models import Identity
from bstui.basespace.pacing import Pace, Patience, persist, shared_pace
from bstui.basespace.regions import is_loopback_server
from bstui.basespace.waiting import Tell, Waits
from bstui.errors import SettingsError
from bstui.system import ca_file
from bstui.text import Secret

Query = Mapping[str, str | int | None]
"""Parameters by name; those that are None are left out."""

T = TypeVar("T")
W = TypeVar("W")
W_co = TypeVar("W_co", covariant=True)
_TIMEOUT = httpx.Timeout(60.0, connect=30.0, pool=None)
_GZIP = 16 + zlib.MAX_WBITS
_LARGEST = 64 << 20
"""Bytes of an answer, unpacked. The largest pages of the API are a megabyte."""


class Answer(Protocol[W_co]):
    """A page as it is on the wire, of v1 or of v2."""

    @property
    def items(self) -> Sequence[W_co]: ...
    @property
    def total(self) -> int | None: ...
    @property
    def limit(self) -> int: ...


@dataclass(frozen=True)
class Heard:
    """One answer, read to its end."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class _Bearer(httpx.Auth):
    """Puts the token into the one header that httpx masks when it prints a request."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


class Connection:
    """An open way to one BaseSpace server; without a token for what needs none."""

    def __init__(
        self,
        server: str,
        token: Secret | None,
        *,
        ca_bundle: str | os.PathLike[str] | None = None,
        patience: Patience | None = None,
        pace: Pace | None = None,
        on_wait: Tell | None = None,
    ) -> None:
        for name in ("httpx", "httpcore"):  # they log whole addresses
            logging.getLogger(name).setLevel(logging.WARNING)
        self.server = server
        self.identity: Identity | None = None
        """Whom the token acts for, once somebody has asked; errors name it."""
        self._patience = patience or Patience()
        self._pace = pace
        self._waits = Waits(on_wait, self._patience.tries, self._patience.slow)
        self._http = _open(server, token, ca_bundle)

    async def __aenter__(self) -> Self:
        if self._pace is None:
            # A server on this machine is a simulator: it needs no sparing.
            self._pace = shared_pace(self.server, spares=not is_loopback_server(self.server))
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def ask(self, path: str, kind: type[T], query: Query | None = None) -> T:
        """The answer to a GET; failing calls are repeated while that may help."""
        assert self._pace is not None, "not entered"
        return await persist(
            lambda: self._ask_once(path, kind, query or {}), self._pace, self._patience, self._waits
        )

    def pages(
        self, path: str, kind: type[Answer[W]], turn: Callable[[W], ItemT], query: Query
    ) -> Fetch[ItemT]:
        """What asks for any page of a list."""

        async def fetch(offset: int, limit: int) -> Page[ItemT]:
            answer = await self.ask(path, kind, {**query, "offset": offset, "limit": limit})
            items = tuple(turn(item) for item in answer.items)
            return Page(items=items, limit=answer.limit, total=answer.total)

        return fetch

    async def _ask_once(self, path: str, kind: type[T], query: Query) -> T:
        asked = self.asked(path)
        heard = await self.send("GET", path, query)
        if heard.status_code != httpx.codes.OK or is_refusal(heard.content):
            raise failure(asked, heard.status_code, heard.headers, heard.content)
        try:
            return read(heard.content, kind)
        except ValueError as error:
            raise misunderstood(asked, heard.content, heard.headers, str(error)) from error

    async def send(
        self, method: str, path: str, query: Query, form: Mapping[str, str] | None = None
    ) -> Heard:
        """The answer to one request, whatever it says.

        Unreachable where there is none, ServerFault where it has no end or cannot be unpacked.
        """
        given = {name: value for name, value in query.items() if value is not None}
        request = self._http.build_request(method, path, params=given, data=form)
        try:
            async with asyncio.timeout(self._patience.answer):
                async with asyncio.timeout(self._patience.head):
                    response = await self._http.send(request, stream=True)
                async with aclosing(response):
                    return await self._read_whole(response, path)
        except zlib.error as error:
            raise misunderstood(self.asked(path), b"", {}) from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            raise unreachable(self.asked(path), error) from error

    async def fetch(self, address: str, most: int) -> bytes:
        """What is at a signed address, without the token. Errors do not name the address."""
        path = "the object store"
        try:
            request = self._http.build_request("GET", address)
            async with asyncio.timeout(self._patience.answer):
                response = await self._http.send(request, stream=True, auth=None)
                async with aclosing(response):
                    body = bytearray()
                    async for part in response.aiter_bytes():
                        body += part
                        if len(body) > most:
                            raise endless(self.asked(path), response.headers, most)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            raise unreachable(self.asked(path), error) from error
        if response.status_code != httpx.codes.OK:
            raise failure(self.asked(path), response.status_code, response.headers, bytes(body))
        return bytes(body)

    async def _read_whole(self, response: httpx.Response, path: str) -> Heard:
        # Unpacked here: the library would unpack a part of any size, and packings in packings.
        is_packed = response.headers.get("Content-Encoding", "").strip().lower() == "gzip"
        unpacking = zlib.decompressobj(_GZIP) if is_packed else None
        body = bytearray()
        async for part in response.aiter_raw():
            body += unpacking.decompress(part, _LARGEST) if unpacking else part
            if len(body) >= _LARGEST:
                raise endless(self.asked(path), response.headers, _LARGEST)
        return Heard(response.status_code, response.headers, bytes(body))

    def asked(self, path: str) -> Asked:
        """What an error about this question needs to know."""
        return Asked(self.server, path, self.identity)


def _open(
    server: str, token: Secret | None, ca_bundle: str | os.PathLike[str] | None
) -> httpx.AsyncClient:
    try:
        return httpx.AsyncClient(
            base_url=server,
            auth=_Bearer(token) if token else None,
            headers={
                "User-Agent": f"bstui/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            },
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=not is_loopback_server(server),  # no proxy reaches this machine
            verify=_trust(server, ca_bundle),
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        # The library's own words may repeat the proxy's address, and so a password.
        raise SettingsError(
            "The proxy of the environment cannot be used.",
            why="It is no http:// or https:// address; bstui speaks no other proxy.",
            hint="Correct HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or unset them.",
        ) from None


def _trust(server: str, ca_bundle: str | os.PathLike[str] | None) -> ssl.SSLContext:
    if urlsplit(server).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and nobody will ask
    bundle = ca_file(ca_bundle, os.environ)
    try:
        return ssl.create_default_context(cafile=bundle)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(
            f"The certificate file {bundle} cannot be used.",
            why=f"It cannot be read as certificates ({getattr(error, 'reason', '') or error}).",
            hint="Name another with --ca-bundle, or ca_bundle in the settings.",
        ) from error
