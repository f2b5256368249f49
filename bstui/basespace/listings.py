"""Lists that come in pages: what was said, what came, and whether that is all."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import msgspec

from bstui.errors import ServerFault

PAGES_AHEAD = 2
_READINGS = 3
"""The most that a list which changes all the time is read."""
_STALE = 3
"""So many pages in a row without anything new are no list that moves, but one without an end."""


class Identified(Protocol):
    """Something with an id, by which an item that two pages hold is known again."""

    @property
    def id(self) -> str: ...


T = TypeVar("T")
ItemT = TypeVar("ItemT", bound=Identified)


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One answer of a list."""

    items: tuple[T, ...]
    limit: int
    """What the server says it was asked for: it may have clamped it."""
    total: int | None = None
    """None where the server does not count (`GET /v2/runs/{id}/files`)."""


Fetch = Callable[[int, int], Awaitable[Page[ItemT]]]
"""Asks for a page by offset and limit."""

Ahead = deque[tuple[int, asyncio.Task[Page[ItemT]]]]
"""The pages asked for and not yet read, with their offsets."""


@dataclass
class _Reading:
    """One reading of a whole list, as far as it has come."""

    number: int = 0
    first: int = 0
    """Pages of the first reading."""
    offset: int = 0
    held: set[str] = field(default_factory=set)
    """The ids that it came upon."""
    totals: set[int | None] = field(default_factory=set)
    stale: int = 0
    """Pages in a row without anything new."""

    @property
    def has_moved(self) -> bool:
        """Whether the server's count changed on the way."""
        return len(self.totals - {None}) > 1

    def take(self, page: Page[ItemT], *, is_new: bool) -> None:
        """Count a page; ServerFault where the list has no end."""
        self.offset += len(page.items)
        self.held.update(item.id for item in page.items)
        self.totals.add(page.total)
        self.stale = 0 if is_new else self.stale + bool(page.items)
        # All of another reading may be known, but not more than the first one was.
        self.first += not self.number
        if self.stale > _STALE + self.first * bool(self.number):
            raise _endless()


def keep_all(_: object) -> bool:
    return True


class Listing(Generic[ItemT]):
    """A list on its way. `async for item in listing`, or `async for page in listing.pages()`.

    Paging by offset is no snapshot: items that move between pages come once, and where fewer came
    than the server counts, or its count changed on the way, the list is read again. What is then
    still missing is `missing`: a short list says that it is short.
    """

    def __init__(
        self, fetch: Fetch[ItemT], limit: int, keep: Callable[[ItemT], bool] = keep_all
    ) -> None:
        self.fetch = fetch
        self.limit = limit
        self._keep = keep
        self._seen: set[str] = set()
        self._reading: _Reading | None = None
        """The one that was broken off."""
        self.total: int | None = None
        """How many the server says there are; None until the first page, or where it will not."""
        self.loaded = 0
        """How many items have been given out."""
        self.missing = 0
        """At the end: how many the server counted and did not list."""
        self.notes: list[str] = []
        """At the end: what else is to be said of how whole it is; sentences."""

    def __aiter__(self) -> AsyncIterator[ItemT]:
        return self._items()

    async def _items(self) -> AsyncIterator[ItemT]:
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for item in page:
                    yield item

    async def all(self) -> list[ItemT]:
        """The whole list."""
        return [item async for item in self]

    async def pages(self) -> AsyncGenerator[tuple[ItemT, ...], None]:
        """What is new in each page as it comes; two more are on their way meanwhile.

        Called again after it was broken off, it goes on from there.
        """
        reading = self._reading or _Reading()
        while reading.number < _READINGS:
            self._reading = reading
            async with aclosing(self._sweep(reading.offset)) as sweep:
                async for page in sweep:
                    before = len(self._seen)
                    fresh = self._fresh(page)
                    reading.take(page, is_new=len(self._seen) > before)
                    if fresh:
                        self.loaded += len(fresh)
                        yield fresh
            # What the server does not count any more may be held, and hide what slipped.
            self.missing = max(0, (self.total or 0) - len(reading.held))
            self._reading = None
            if not reading.has_moved and (not self.missing or reading.number):
                return
            reading = _Reading(reading.number + 1, first=reading.first)
        self.notes.append("The list changed each time it was read: it may lack some.")

    def _fresh(self, page: Page[ItemT]) -> tuple[ItemT, ...]:
        new = {item.id: item for item in page.items if item.id not in self._seen}
        self._seen.update(new)
        return tuple(item for item in new.values() if self._keep(item))

    async def _sweep(self, offset: int) -> AsyncGenerator[Page[ItemT], None]:
        """The pages from an offset to the last, each once, in order."""
        ahead: Ahead[ItemT] = deque()
        self._ask(ahead, offset, self.limit)
        try:
            while ahead:
                page = await ahead.popleft()[1]
                self.total = page.total
                offset += len(page.items)
                if _is_last(page, offset):
                    await _take_back(ahead)
                else:
                    await self._look_ahead(ahead, offset, self._trusted_limit(page))
                yield page
        finally:
            await _take_back(ahead)

    async def _look_ahead(self, ahead: Ahead[ItemT], offset: int, limit: int) -> None:
        if ahead and ahead[0][0] != offset:
            # A short page in the middle: what was asked for ahead would leave a hole.
            await _take_back(ahead)
        following = ahead[-1][0] + limit if ahead else offset
        while len(ahead) < PAGES_AHEAD and (not ahead or following < (self.total or 0)):
            self._ask(ahead, following, limit)
            following += limit

    def _ask(self, ahead: Ahead[ItemT], offset: int, limit: int) -> None:
        async def fetch() -> Page[ItemT]:
            return await self.fetch(offset, limit)

        ahead.append((offset, asyncio.create_task(fetch())))

    def _trusted_limit(self, page: Page[ItemT]) -> int:
        """The limit the server really uses; one that is no limit would page for ever."""
        if page.items and page.limit <= 0:
            raise _unpageable(f"It says that its pages hold {page.limit} items.")
        return min(page.limit, self.limit) if page.limit > 0 else self.limit


def _is_last(page: Page[ItemT], offset: int) -> bool:
    """By the server's count; without one only an empty page ends a list, for any may be short.

    A count that ends with a full page, or that one has passed already, may be too low: then the
    next page has to be empty.
    """
    if not page.items or page.total is None:
        return not page.items
    return offset >= page.total and len(page.items) < page.limit


def _endless() -> ServerFault:
    return _unpageable("It sends the same items again and again.")


def _unpageable(why: str) -> ServerFault:
    return ServerFault(
        "BaseSpace sent a list that cannot be paged.", why=why, hint="Try again later."
    )


async def _take_back(ahead: Ahead[ItemT]) -> None:
    """Cancel what was asked for ahead, and wait until it is gone."""
    tasks = [task for _, task in ahead]
    ahead.clear()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
