"""Which servers answer, and which of them knows a token: what is asked before anybody is logged in.

A token of one region is refused by every other (BaseSpace API §1.3).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from bstui.basespace.client import Client
from bstui.basespace.connection import Connection
from bstui.basespace.models import Identity
from bstui.basespace.pacing import Patience
from bstui.basespace.regions import REGIONS, find_region, is_loopback_server
from bstui.errors import AccessProblem, BstuiError
from bstui.text import Secret

_META = "/v1pre3/meta"
_ONCE = Patience(answer=15.0, tries=1)


@dataclass(frozen=True)
class Answered:
    """How a server answered to a question that needs no token."""

    server: str
    seconds: float | None
    """From the question to the answer over an open connection; None where none came."""
    problem: str = ""
    """Why it is of no use, in a sentence; empty where it is an API that answers."""


async def ping(server: str, ca_bundle: str | os.PathLike[str] | None = None) -> Answered:
    """Ask a server for what it serves. A refusal is an answer: it may want a token even for that.

    The first question opens the connection, the second is timed.
    """
    loop = asyncio.get_running_loop()
    try:
        async with Connection(server, None, ca_bundle=ca_bundle, patience=_ONCE) as way:
            await way.send("GET", _META, {})
            begin = loop.time()
            reply = await way.send("GET", _META, {})
            seconds = loop.time() - begin
    except BstuiError as error:
        return Answered(server, None, f"{error.message} {error.why}".strip())
    if reply.status_code in (200, 401, 403) and "json" in reply.headers.get("Content-Type", ""):
        return Answered(server, seconds)
    problem = f"It answers, but not as BaseSpace does (HTTP {reply.status_code})."
    return Answered(server, seconds, problem)


async def ping_all(
    servers: Sequence[str], ca_bundle: str | os.PathLike[str] | None = None
) -> list[Answered]:
    """All of them at once, in their order."""
    return list(await asyncio.gather(*(ping(server, ca_bundle) for server in servers)))


@dataclass(frozen=True)
class Tried:
    """What one server said to a token."""

    server: str
    identity: Identity | None
    """Whom the token acts for there; None where it is not known, or nobody could be asked."""
    error: BstuiError | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the server said that it does not know the token."""
        return isinstance(self.error, AccessProblem)


def other_servers(server: str, known: Sequence[str] = ()) -> tuple[str, ...]:
    """Where a token that `server` refuses may belong: servers of the same house.

    For a region of Illumina's the other regions; for a simulator on this machine those of `known`
    that are here too. A token never goes from one house to another.
    """
    if find_region(server) is not None:
        return tuple(region.api for region in REGIONS if region.api != server)
    if is_loopback_server(server):
        here = dict.fromkeys(other for other in known if is_loopback_server(other))
        return tuple(other for other in here if other != server)
    return ()


async def try_servers(
    token: Secret, servers: Sequence[str], ca_bundle: str | os.PathLike[str] | None = None
) -> AsyncIterator[Tried]:
    """Show the token to one server after another, up to the first that knows it."""
    for server in servers:
        tried = await _try(token, server, ca_bundle)
        yield tried
        if tried.identity is not None:
            return


async def _try(token: Secret, server: str, ca_bundle: str | os.PathLike[str] | None) -> Tried:
    try:
        async with Client(server, token, ca_bundle=ca_bundle, patience=_ONCE) as client:
            return Tried(server, await client.identity())
    except BstuiError as error:
        return Tried(server, None, error)
