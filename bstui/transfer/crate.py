"""Small files that are brought together: opened by one call, fetched one after another over one
connection, proven by one call.

That is the way of files with which all is well. Whatever is not, of a single one, is left as it is:
the file goes its own way from there, as any other.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

from bstui.errors import BstuiError
from bstui.transfer.arrival import Arrival
from bstui.transfer.flight import Flight
from bstui.transfer.items import MIB, Item
from bstui.transfer.means import Means
from bstui.transfer.partial import Partial
from bstui.transfer.shelf import Ready
from bstui.transfer.verify import GivenUp

_SMALL = MIB
"""Bytes of the largest file that is brought with others."""
_MOST = 16
"""Files of one crate."""
_OPEN = 512
"""Files of all crates together: a process may hold no more than 1024 open."""


def crate_size(at_once: int) -> int:
    """How many files go into a crate, where so many crates are on their way."""
    return max(1, min(_MOST, _OPEN // at_once))


def pack(items: Iterable[Item], most: Callable[[], int]) -> Iterator[list[Item]]:
    """The items in their order: small ones that follow one another together, others alone."""
    crate: list[Item] = []
    for item in items:
        is_small = 0 < item.size <= _SMALL
        if crate and (not is_small or len(crate) >= most()):
            yield crate
            crate = []
        if is_small:
            crate.append(item)
        else:
            yield [item]
    if crate:
        yield crate


class Crate:
    """Some arrivals that have not begun."""

    def __init__(self, arrivals: Sequence[Arrival], means: Means) -> None:
        self._arrivals = arrivals
        self._means = means

    async def bring(self) -> list[Ready]:
        """Those that are whole and proven. The others have begun, or not even that."""
        threads = self._means.threads
        try:
            await threads.hashing(self._open)
            carried = await self._find_addresses()
            if not carried:
                return []
            async with self._means.files.through(), self._means.connections.through():
                await self._means.waits.passed()
                flights = [self._prepare(arrival) for arrival in carried]
                await self._means.fetcher.fetch_in_turn(flights)
            return await threads.hashing(self._prove, carried)
        except GivenUp:
            await threads.on_disk(self._let_go)
            raise asyncio.CancelledError from None
        except BaseException:
            await threads.on_disk(self._let_go)
            raise

    def _open(self) -> None:
        items = [arrival.item for arrival in self._arrivals]
        for arrival, partial in zip(
            self._arrivals, self._means.opener.open_new(items), strict=True
        ):
            if partial is not None:
                arrival.take(partial)

    async def _find_addresses(self) -> list[Arrival]:
        """Those that can be fetched: opened, and with an address."""
        found = []
        for arrival in self._arrivals:
            if arrival.partial is None:
                continue
            try:
                await arrival.filling.address.locate()
            except BstuiError:  # its own way begins by asking again
                continue
            found.append(arrival)
        return found

    def _prepare(self, arrival: Arrival) -> Flight:
        return arrival.filling.prepare(_partial(arrival))

    def _prove(self, carried: Sequence[Arrival]) -> list[Ready]:
        ready = (
            arrival.prove() for arrival in carried if arrival.filling.accept(_partial(arrival))
        )
        return [each for each in ready if each is not None]

    def _let_go(self) -> None:
        for arrival in self._arrivals:
            arrival.let_go()


def _partial(arrival: Arrival) -> Partial:
    assert arrival.partial is not None
    return arrival.partial
