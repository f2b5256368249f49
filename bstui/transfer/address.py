"""Where the bytes of one file are just now. Addresses are signed, and too old after a while."""

import asyncio
import re
from urllib.parse import urlsplit

from bstui.errors import BstuiError, ServiceError
from bstui.text import Secret, safe_text
from bstui.transfer.items import Item, Locate
from bstui.transfer.replies import AddressRefused
from bstui.transfer.waits import Waits

_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}|localhost|::1")


class Address:
    """The address of one item: asked for once for all its ranges, and again when it is refused."""

    def __init__(self, item: Item, locate: Locate, waits: Waits) -> None:
        self._item = item
        self._ask = locate
        self._waits = waits
        self._now: Secret | None = None
        self._refusals = 0
        self._asking = asyncio.Lock()

    @property
    def is_known(self) -> bool:
        return self._now is not None

    @property
    def now(self) -> Secret:
        """The one that was found last."""
        assert self._now is not None
        return self._now

    async def locate(self) -> Secret:
        """The address; BstuiError where there is none to be had."""
        async with self._asking:
            if self._now is None:
                await self._waits.passed()
                self._now = await self._ask(self._item)
            return self._now

    def forget(self, address: Secret | None = None) -> None:
        """Ask for another the next time; where `address` is given, only if it still is that."""
        if address is None or address is self._now:
            self._now = None

    def accepted(self) -> None:
        """Bytes came: an address that is refused later has grown too old."""
        self._refusals = 0

    def refused(self, address: Secret, error: AddressRefused) -> None:
        """Ask for another; `error` where that has been tried already.

        A refusal of an address that was given up meanwhile says nothing.
        """
        if address is not self._now:
            return
        self._now = None
        self._refusals += 1
        if self._refusals > 1:
            raise error


def is_loopback(host: str) -> bool:
    """Whether it is this machine, which no proxy leads to."""
    return _LOOPBACK.fullmatch(host) is not None


def refuse_address(address: Secret) -> BstuiError | None:
    """Bytes come over TLS; plain HTTP only from this machine, as the simulator's do."""
    text = address.reveal()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return ServiceError("BaseSpace gave an address that is none.")
    if not text.isascii() or not text.isprintable() or " " in text:
        return ServiceError("BaseSpace gave an address that is none.")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return None
    return ServiceError(
        f"BaseSpace gave an address that is not safe: {safe_text(parts.scheme, 20)}://"
        f"{safe_text(host, 100)}.",
        why="Files come over https only.",
    )
