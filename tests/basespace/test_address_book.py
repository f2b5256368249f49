"""Addresses by the page: how few calls they cost, and what happens where they are of no use."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from bstui.basespace.address_book import AddressBook, FileAddress, signed_address
from bstui.basespace.client import Client
from bstui.basespace.listings import Page
from bstui.errors import NotLoggedIn
from tests.basespace.server import Question, Reply, Server, asking

STORE = "https://store.invalid/bucket"
Resolve = Callable[[int, int], str | None]
"""The address of a file by its number and the number of the call."""


def signed(number: int, call: int) -> str:
    return f"{STORE}/{number}?Signature={call}"


class Run:
    """A run of `count` files, `r0`, `r1` …, whose list is counted as it is asked for."""

    def __init__(self, count: int, resolve: Resolve = signed) -> None:
        self.ids = [f"r{number}" for number in range(count)]
        self.resolve = resolve
        self.status = 200
        self.calls = 0

    def answer(self, question: Question) -> Reply:
        assert question.query["filehrefcontentresolution"] == "true"
        self.calls += 1
        if self.status != 200:
            return Reply({}, self.status)
        offset, limit = int(question.query["offset"]), int(question.query["limit"])
        shown = self.ids[offset : offset + limit]
        items = [{"Id": i, "HrefContent": self.resolve(int(i[1:]), self.calls)} for i in shown]
        return Reply({"Items": items, "Paging": {"Limit": limit, "DisplayedCount": len(items)}})


@contextlib.asynccontextmanager
async def book_of(run: Run) -> AsyncIterator[AddressBook]:
    async with asking(run.answer) as (client, _):
        yield client.address_book("7")


async def find_all(book: AddressBook, files: Iterable[int], first: int = 1) -> list[str | None]:
    """The addresses of these files, numbered as a plan does that holds them alone."""
    found = [await book.find(f"r{file}", number) for number, file in enumerate(files, first)]
    return [address.reveal() if address else None for address in found]


async def test_a_run_of_ten_thousand_files_costs_ten_calls() -> None:
    run = Run(10_000)
    async with book_of(run) as book:
        found = await find_all(book, range(10_000))
    assert found == [signed(number, number // 1000 + 1) for number in range(10_000)]
    assert run.calls == 10


async def test_files_that_the_plan_leaves_out_only_cost_their_pages() -> None:
    run = Run(9_000)
    async with book_of(run) as book:
        taken = [number for number in range(9_000) if number % 3 == 0 or number > 8_000]
        assert all(await find_all(book, taken))
    assert run.calls == 9


async def test_a_resumed_job_starts_far_in_the_list() -> None:
    run = Run(50_000)
    async with book_of(run) as book:
        assert all(await find_all(book, range(48_000, 50_000), first=48_001))
    assert run.calls <= 3


async def test_a_refused_address_is_asked_for_alone_and_its_page_anew() -> None:
    run = Run(100)
    async with book_of(run) as book:
        assert await book.find("r0", 1)
        assert await book.find("r1", 2)
        assert await book.find("r0", 1) is None, "the store refused it"
        later = await book.find("r2", 3)
        assert later is not None
        assert later.reveal() == signed(2, 2)
        assert await book.find("r1", 2) is None, "given before the page was asked for anew"
        newest = await book.find("r3", 4)
        assert newest is not None
        assert newest.reveal() == signed(3, 2), "so that page is as good as it was"
    assert run.calls == 2


async def test_no_more_than_two_pages_are_kept() -> None:
    run = Run(3_000)
    async with book_of(run) as book:
        assert await book.find("r0", 1)
        assert await book.find("r1000", 1001)
        assert await book.find("r1", 2)
        assert await book.find("r2000", 2001)
        assert await book.find("r2", 3) is None, "the first page is gone"
    assert run.calls == 3


@pytest.mark.parametrize(
    "href",
    [
        None,
        "",
        "v1pre3/files/1/content",
        "http://[",
        "http://127.0.0.1:1/v2/files/1/content",
        "ftp://store.invalid/1?Signature=x",
        "https://api.basespace.illumina.com/v2/files/r1/content",
    ],
)
async def test_a_server_that_gives_no_addresses_is_not_asked_for_pages(href: str | None) -> None:
    run = Run(300, lambda number, call: href)
    async with book_of(run) as book:
        assert not any(await find_all(book, range(300)))
    assert run.calls == 2, "after a hundred files it is tried once more, then after two hundred"


def test_an_address_of_the_api_itself_is_none_of_a_store() -> None:
    server = "https://api.basespace.illumina.com"
    assert signed_address(f"{server}/v2/files/r1/content?x=1", server) is None
    assert signed_address("http://store.invalid/1?Signature=x", server) is None
    assert signed_address(f"{STORE}/1?Signature=x", server) is not None


async def test_a_file_without_an_address_does_not_spoil_its_page() -> None:
    run = Run(10, lambda number, call: None if number == 4 else signed(number, call))
    async with book_of(run) as book:
        found = await find_all(book, range(10))
        assert await book.find("r4", 5) is None
    assert [number for number, address in enumerate(found) if address is None] == [4]
    assert run.calls == 1


async def test_a_store_that_refuses_every_address_is_believed() -> None:
    run = Run(100)
    async with book_of(run) as book:
        for number in range(100):
            if await book.find(f"r{number}", number + 1):
                assert await book.find(f"r{number}", number + 1) is None
    assert run.calls <= 10


async def test_a_list_in_another_order_costs_its_pages_a_few_times_at_most() -> None:
    run = Run(5_000)
    run.ids.reverse()
    async with book_of(run) as book:
        await find_all(book, range(5_000))
    assert run.calls <= 50


async def test_a_file_that_is_gone_from_the_list_is_asked_for_alone() -> None:
    run = Run(2_000)
    run.ids.remove("r500")
    async with book_of(run) as book:
        found = await find_all(book, range(2_000))
    assert found[500] is None
    assert len([address for address in found if address]) > 1_800


async def test_a_page_that_fails_is_no_failure_of_the_file() -> None:
    run = Run(200)
    async with book_of(run) as book:
        run.status = 500
        assert await book.find("r0", 1) is None
        run.status = 200
        found = await find_all(book, range(200))
    assert found[:100] == [None] * 100
    assert all(found[100:])


async def test_a_refused_token_is_told() -> None:
    run = Run(10)
    run.status = 401
    async with book_of(run) as book:
        with pytest.raises(NotLoggedIn):
            await book.find("r0", 1)


async def test_addresses_print_as_stars() -> None:
    def answer(question: Question) -> Reply:
        item = {"Id": "r0", "HrefContent": signed(0, 1)}
        return Reply({"Items": [item], "Paging": {"Limit": 1000}})

    async with asking(answer) as pair:
        assert await _printed(*pair) == "***"


async def _printed(client: Client, _: Server) -> str:
    return repr(await client.address_book("7").find("r0", 1))


async def test_a_page_that_does_not_come_keeps_no_file_waiting() -> None:
    asked: list[int] = []

    async def fetch(offset: int, limit: int) -> Page[FileAddress]:
        asked.append(offset)
        await asyncio.Event().wait()
        raise AssertionError

    book = AddressBook(fetch, page_seconds=0.02)
    assert [await book.find(f"r{n}", n) for n in range(1, 50)] == [None] * 49
    assert asked == [0], "after one page the next files are asked for alone"
