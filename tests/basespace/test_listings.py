"""Paging: everything once, whatever the server does between pages."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.basespace.listings import Listing, Page
from bstui.basespace.models import Reference
from bstui.errors import ServerFault, Unreachable

Shelf = list[str]


def page(ids: list[str], limit: int, total: int | None) -> Page[Reference]:
    return Page(items=tuple(Reference(id=i) for i in ids), limit=limit, total=total)


class Server:
    """Serves ids by offset; `most` clamps the limit, `short` makes any page shorter."""

    def __init__(
        self,
        ids: Shelf,
        *,
        most: int = 1000,
        counts: bool = True,
        short: Callable[[int, int], int] = lambda offset, limit: limit,
    ) -> None:
        self.ids, self.most, self.counts, self.short = ids, most, counts, short
        self.asked: list[tuple[int, int]] = []
        self.open = self.most_open = 0

    async def fetch(self, offset: int, limit: int) -> Page[Reference]:
        self.asked.append((offset, limit))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await asyncio.sleep(0)
        finally:
            self.open -= 1
        used = min(limit, self.most)
        held = self.ids[offset : offset + self.short(offset, used)]
        return page(held, used, len(self.ids) if self.counts else None)


async def ids_of(listing: Listing[Reference]) -> Shelf:
    return [item.id async for item in listing]


def some(number: int) -> Shelf:
    return [str(i) for i in range(number)]


@given(
    number=st.integers(0, 40),
    limit=st.integers(1, 12),
    most=st.integers(1, 12),
    counts=st.booleans(),
    cut=st.integers(0, 5),
)
async def test_everything_comes_once_and_in_order(
    number: int, limit: int, most: int, counts: bool, cut: int
) -> None:
    server = Server(
        some(number), most=most, counts=counts, short=lambda o, used: max(1, used - (o + cut) % 4)
    )
    listing = Listing(server.fetch, limit)
    assert await ids_of(listing) == some(number)
    assert listing.loaded == number
    assert listing.missing == 0
    assert listing.total == (number if counts else None)


async def test_a_counted_list_needs_no_call_more() -> None:
    server = Server(some(15))
    assert await ids_of(Listing(server.fetch, 10)) == some(15)
    assert server.asked == [(0, 10), (10, 10)]


@pytest.mark.parametrize("told", [0, 3, 10, 20, 29])
async def test_a_count_that_is_too_low_does_not_cut_a_list_of_full_pages(told: int) -> None:
    server = Server(some(35))

    async def fetch(offset: int, limit: int) -> Page[Reference]:
        held = await server.fetch(offset, limit)
        return page([item.id for item in held.items], limit, told)

    assert await ids_of(Listing(fetch, 10)) == some(35)


async def test_two_pages_are_asked_for_ahead_and_no_more() -> None:
    server = Server(some(100))
    listing = Listing(server.fetch, 10)
    async with aclosing(listing.pages()) as pages:
        first = await anext(pages)
        assert (len(first), listing.total, listing.loaded) == (10, 100, 10)
        assert server.open == 0
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [offset for offset, _ in server.asked] == [0, 10, 20]
    assert server.most_open == 2


async def test_a_list_that_was_broken_off_goes_on_from_there() -> None:
    server = Server(some(60))
    listing = Listing(server.fetch, 10)
    async with aclosing(listing.pages()) as pages:
        got = [*await anext(pages), *await anext(pages)]
    asked = len(server.asked)
    got += [item async for page in listing.pages() for item in page]
    assert [item.id for item in got] == some(60)
    assert server.asked[asked][0] == 20
    assert listing.missing == 0


async def test_leaving_early_takes_back_what_is_under_way() -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def fetch(offset: int, limit: int) -> Page[Reference]:
        if offset == 0:
            return page(some(limit), limit, 100)
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        raise AssertionError

    async with aclosing(Listing(fetch, 10).pages()) as pages:
        await anext(pages)
        await started.wait()
    assert cancelled.is_set()


async def test_an_item_that_two_pages_hold_comes_once() -> None:
    pages = {0: ["a", "b"], 2: ["b", "c"]}

    async def fetch(offset: int, limit: int) -> Page[Reference]:
        return page(pages.get(offset, []), limit, 3)

    listing = Listing(fetch, 2)
    assert await ids_of(listing) == ["a", "b", "c"]
    assert listing.missing == 0


async def test_what_slipped_between_pages_is_looked_for_again() -> None:
    server = Server(["a", "b", "c", "d"])

    async def fetch(offset: int, limit: int) -> Page[Reference]:
        answer = await server.fetch(offset, limit)
        if len(server.asked) == 1:  # "a" is touched and moves to the end: "c" is page 1 now
            server.ids = ["b", "c", "d", "a"]
        return answer

    listing = Listing(fetch, 2)
    assert sorted(await ids_of(listing)) == ["a", "b", "c", "d"]
    assert listing.missing == 0


@given(data=st.data(), number=st.integers(1, 40), limit=st.integers(1, 8))
async def test_what_goes_or_comes_between_pages_hides_nothing_that_stays(
    data: st.DataObject, number: int, limit: int
) -> None:
    """Items are withdrawn, or new ones appear, once after any page."""
    server = Server(some(number))
    turn = data.draw(st.integers(1, 1 + number // limit), "after so many pages")
    gone = data.draw(st.sets(st.sampled_from(some(number))), "gone")
    come = data.draw(st.integers(0, 3), "come")
    stays = [i for i in server.ids if i not in gone]

    async def fetch(offset: int, limit: int) -> Page[Reference]:
        answer = await server.fetch(offset, limit)
        if len(server.asked) == turn and len(gone) != come:  # an equal count tells nobody
            server.ids = [f"new{i}" for i in range(come)] + stays
        return answer

    listing = Listing(fetch, limit)
    assert set(await ids_of(listing)) >= set(stays)
    assert listing.missing == 0
    assert not listing.notes


async def test_a_list_that_never_rests_says_so() -> None:
    server = Server(some(9))

    async def fetch(offset: int, limit: int) -> Page[Reference]:
        answer = await server.fetch(offset, limit)
        server.ids = [f"new{len(server.asked)}", *server.ids]
        return answer

    listing = Listing(fetch, 4)
    assert set(await ids_of(listing)) >= set(some(9))
    assert "changed each time" in listing.notes[0]


async def test_a_short_list_says_that_it_is_short() -> None:
    async def fetch(offset: int, limit: int) -> Page[Reference]:
        return page(["a", "b"][offset : offset + limit], limit, 5)

    listing = Listing(fetch, 10)
    assert await ids_of(listing) == ["a", "b"]
    assert listing.missing == 3


async def test_what_is_not_kept_is_not_missing() -> None:
    listing = Listing(Server(some(9)).fetch, 4, lambda item: int(item.id) % 2 == 0)
    assert await ids_of(listing) == ["0", "2", "4", "6", "8"]
    assert (listing.loaded, listing.missing) == (5, 0)


async def test_an_error_on_the_way_comes_after_what_came() -> None:
    server = Server(some(30))

    async def fetch(offset: int, limit: int) -> Page[Reference]:
        if offset >= 20:
            raise Unreachable("gone")
        return await server.fetch(offset, limit)

    listing = Listing(fetch, 10)
    with pytest.raises(Unreachable):
        await ids_of(listing)
    assert listing.loaded == 20


async def test_a_limit_that_is_none_does_not_page_for_ever() -> None:
    async def fetch(offset: int, limit: int) -> Page[Reference]:
        return page(["a"], 0, 10)

    with pytest.raises(ServerFault):
        await ids_of(Listing(fetch, 10))


@pytest.mark.parametrize("total", [None, 1_000_000])
async def test_the_same_page_again_and_again_is_an_error(total: int | None) -> None:
    async def fetch(offset: int, limit: int) -> Page[Reference]:
        return page(some(3), 3, total)

    listing = Listing(fetch, 3)
    with pytest.raises(ServerFault, match="cannot be paged"):
        await ids_of(listing)
    assert listing.loaded == 3


@pytest.mark.parametrize("lie", [-1, 0, 3, 7])
async def test_a_count_that_is_too_low_makes_no_short_list(lie: int) -> None:
    server = Server(some(20))

    async def fetch(offset: int, limit: int) -> Page[Reference]:
        said = await server.fetch(offset, limit)
        return Page(items=said.items, limit=said.limit, total=lie)

    assert await ids_of(Listing(fetch, 5)) == some(20)
