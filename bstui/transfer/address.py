"""Where the bytes of one file are just now. Addresses are signed, and too old after a while."""

import asyncio

from bstui.text import Secret
from bstui.transfer.items import Item, Locate
from bstui.transfer.replies import AddressRefused
from bstui.transfer.waits import Waits


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
