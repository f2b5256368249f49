"""Login by a browser anywhere: a code that is accepted there, and the token that comes of it.

BaseSpace's own device flow, with names that are not RFC 8628's: the address with the code in it is
`verification_with_code_uri`, the code is sent as `code`, the grant is `device` (BaseSpace API
§2.3).
"""

import asyncio
import os
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import msgspec

from bstui.basespace.connection import Connection, Heard
from bstui.basespace.credentials import parse_token
from bstui.basespace.envelopes import read, text
from bstui.basespace.failures import failure, misunderstood, said
from bstui.errors import BstuiError, NotLoggedIn, Policy
from bstui.text import Secret

_SCOPE = "BROWSE GLOBAL,READ GLOBAL"
"""All that an importer needs."""
_AUTHORIZE = "/v1pre3/oauthv2/deviceauthorization"
_FETCH = "/v1pre3/oauthv2/token"
_SLOWER = 5.0
"""Seconds by which the wait grows where the server asks for it, or has a fault."""
_LONGEST = 60.0
"""The most that a server's interval is believed, in seconds."""
_VALID = 3600.0
"""The same of how long its code is good."""
_PASSING = (Policy.TRANSIENT, Policy.RATE)


class _Given(msgspec.Struct):
    device_code: str
    user_code: str = ""
    verification_uri: str = ""
    verification_with_code_uri: str = ""
    expires_in: float = 1800.0
    interval: float = 1.0


class _Answer(msgspec.Struct):
    access_token: str = ""
    error: str = ""


@dataclass(frozen=True)
class DeviceCode:
    """What a person is told, and what the program then asks with."""

    code: Secret
    user_code: str
    address: str
    """Where it is accepted; the code stands in it, where the server gives such an address."""
    seconds: float
    """How long it is good."""
    interval: float
    """Seconds between two questions whether it was accepted."""


class DeviceLogin:
    """One login: `begin`, tell the person, `wait`. Errors are those of `bstui.errors`."""

    def __init__(
        self,
        server: str,
        client_id: str,
        client_secret: Secret,
        *,
        ca_bundle: str | os.PathLike[str] | None = None,
        least_interval: float = 1.0,
    ) -> None:
        self._way = Connection(server, None, ca_bundle=ca_bundle)
        self._client_id = client_id
        self._client_secret = client_secret
        self._least = least_interval

    async def __aenter__(self) -> Self:
        await self._way.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._way.__aexit__(kind, error, trace)

    async def begin(self) -> DeviceCode:
        """Ask for a code. NotLoggedIn where the server does not know the application."""
        form = {"response_type": "device_code", "client_id": self._client_id, "scope": _SCOPE}
        reply = await self._way.send("POST", _AUTHORIZE, {}, form)
        if reply.status_code != httpx.codes.OK:
            raise self._refusal(_AUTHORIZE, reply)
        given = self._read(_AUTHORIZE, reply, _Given)
        address = given.verification_with_code_uri or given.verification_uri
        if urlsplit(address).scheme not in ("https", urlsplit(self._way.server).scheme):
            raise misunderstood(self._way.asked(_AUTHORIZE), b"", reply.headers)
        return DeviceCode(
            code=Secret(given.device_code),
            user_code=text(given.user_code),
            address=text(address),
            seconds=min(given.expires_in, _VALID),
            interval=min(max(given.interval, self._least), _LONGEST),
        )

    async def wait(self, given: DeviceCode) -> Secret:
        """The token, once the code was accepted. NotLoggedIn where it was refused or is too old."""
        interval = given.interval
        try:
            async with asyncio.timeout(given.seconds):
                while True:
                    await asyncio.sleep(interval)
                    answer = await self._poll(given)
                    if isinstance(answer, Secret):
                        return answer
                    interval = min(interval + answer, _LONGEST)
        except TimeoutError as error:
            raise _too_old() from error

    async def _poll(self, given: DeviceCode) -> Secret | float:
        """The token, or by how many seconds to wait longer before the next question."""
        form = {
            "client_id": self._client_id,
            "client_secret": self._client_secret.reveal(),
            "code": given.code.reveal(),
            "grant_type": "device",
        }
        try:
            reply = await self._way.send("POST", _FETCH, {}, form)
            answer = self._answer(reply)
        except BstuiError as error:
            if error.policy in _PASSING:
                return _SLOWER
            raise
        match answer.error:
            case "authorization_pending":
                return 0.0
            case "slow_down":
                return _SLOWER
            case "access_denied":
                raise NotLoggedIn(
                    "The login was refused in the browser.",
                    hint="Begin again with `bstui login --device`, and press Accept.",
                )
            case "expired_token" | "code_expired":
                raise _too_old()
            case "":
                return parse_token(answer.access_token)
            case _:
                raise self._refusal(_FETCH, reply)

    def _answer(self, reply: Heard) -> _Answer:
        """What an answer says, of whatever status; an error where it is none of this flow."""
        asked = self._way.asked(_FETCH)
        try:
            answer = read(reply.content, _Answer)
        except ValueError:
            answer = _Answer()
        if answer.error or (reply.status_code == httpx.codes.OK and answer.access_token):
            return answer
        if reply.status_code == httpx.codes.OK:
            raise misunderstood(asked, reply.content, reply.headers)
        raise failure(asked, reply.status_code, reply.headers, reply.content)

    def _read(self, path: str, reply: Heard, kind: type[_Given]) -> _Given:
        try:
            return read(reply.content, kind)
        except ValueError as error:
            raise misunderstood(self._way.asked(path), b"", reply.headers) from error

    def _refusal(self, path: str, reply: Heard) -> BstuiError:
        """The error of an answer that is no 200: mostly an application that is not known."""
        asked = self._way.asked(path)
        if reply.status_code not in (400, 401, 403):
            return failure(asked, reply.status_code, reply.headers, reply.content)
        heard = said(reply.content)
        words = heard.text or heard.code
        return NotLoggedIn(
            f"{asked.place} does not accept this application for a login.",
            why="An application belongs to one region, and has a client id and a secret."
            + (f" It says: {words}" if words else ""),
            hint="Check login.client_id and login.client_secret in the settings, and --region.",
            details=f"HTTP {reply.status_code}, {path}",
        )


def _too_old() -> NotLoggedIn:
    return NotLoggedIn(
        "Nobody accepted the login in time.",
        hint="Begin again with `bstui login --device`.",
    )
