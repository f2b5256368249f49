"""The engine with a store, a network or an API that does not behave."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bstui.errors import (
    Archived,
    BstuiError,
    Gone,
    IntegrityError,
    NotAllowed,
    NotLoggedIn,
    ServerFault,
    ServiceError,
    TooManyRequests,
    Unreachable,
)
from bstui.text import Secret
from bstui.transfer.items import Item, Limits
from bstui.transfer.replies import AddressRefused
from tests.transfer.bench import QUICK, Bench, until
from tests.transfer.store import MIB, Fault, make_bytes, make_fastq

DEEP = "deep.fastq.gz"
SMALL = "small.txt"
PASSING: dict[str, Callable[[], list[Fault]]] = {
    "cut": lambda: [Fault(cut_after=100_000)],
    "cut again and again": lambda: [Fault(cut_after=70_000) for _ in range(12)],
    "cut at once": lambda: [Fault(cut_after=0), Fault(cut_after=0)],
    "500": lambda: [Fault(status=500)],
    "503 burst": lambda: [Fault(status=503), Fault(status=502), Fault(status=504)],
    "408": lambda: [Fault(status=408)],
    "429": lambda: [Fault(status=429)],
    "429 with Retry-After": lambda: [Fault(status=429, headers={"Retry-After": "0"})],
    "503 with nonsense": lambda: [Fault(status=503, headers={"Retry-After": "soon"})],
    "redirect": lambda: [Fault(status=307, headers={"Location": "http://127.0.0.1:9/x"})],
    "wrong byte": lambda: [Fault(flip=True)],
    "stall": lambda: [Fault(hold_after=1000)],
    "silence": lambda: [Fault(hold_after=0)],
    "expired": lambda: [Fault(status=403, body=b"<Error><Code>AccessDenied</Code></Error>")],
    "gzip on the way": lambda: [Fault(headers={"Content-Encoding": "gzip"})],
    "web page": lambda: [Fault(headers={"Content-Type": "text/html", "Content-Length": "5"})],
}


def fill(bench: Bench) -> None:
    bench.store.put(DEEP, make_bytes(11 * MIB + 3, 1), 5 * MIB)
    bench.store.put(SMALL, make_bytes(300_000, 2))


@pytest.mark.parametrize("name", [DEEP, SMALL])
@pytest.mark.parametrize("case", PASSING)
async def test_what_passes_is_outlasted(bench: Bench, case: str, name: str) -> None:
    fill(bench)
    bench.store.fault(name, *PASSING[case]())
    await bench.run()
    bench.check()
    assert not bench.heard.failures


def pages(count: int) -> Iterator[Fault]:
    """What a login page of the network answers, whatever is asked."""
    headers = {"Content-Type": "text/html"}
    return (Fault(status=200, headers=headers, body=b"<html>Log in</html>") for _ in range(count))


async def test_what_hits_all_connections_of_a_file_at_once_counts_once(bench: Bench) -> None:
    """Here it hits more of them than the tries that one request has, while other files move."""
    bench.store.put(DEEP, make_bytes(16 * MIB, 1), 5 * MIB)
    for i in range(100):
        bench.store.put(f"o{i}", make_bytes(1000, i))
    faults = [Fault(hold_after=500, cut_after=1000) for _ in range(8)]
    bench.store.fault(DEEP, *faults)
    patience = replace(QUICK, stall=20, tries=3)
    engine = bench.engine(
        limits=Limits(files=2, parts=8, range_size=MIB, request_size=MIB), patience=patience
    )
    async with bench.running(engine, bench.items()):
        for fault in faults:
            await asyncio.to_thread(fault.held.wait, 90)
        for fault in faults:
            fault.release.set()
        await until(lambda: len(bench.heard.done_files) == 101)
    bench.check()


async def test_the_waits_grow_for_the_request_that_fails_only(bench: Bench) -> None:
    """Sixteen failures over eight connections are two for each: at most the second wait."""
    bench.store.put(DEEP, make_bytes(16 * MIB, 1), 5 * MIB)
    bench.store.fault(DEEP, *(Fault(status=503) for _ in range(16)))
    patience = replace(QUICK, first_wait=0.001, longest_wait=1000)
    limits = Limits(files=1, parts=8, range_size=MIB, request_size=MIB)
    async with asyncio.timeout(90):
        await bench.run(limits=limits, patience=patience)
    bench.check()


@pytest.mark.parametrize("part_size", [5 * MIB, None])
async def test_web_pages_cost_nothing_that_is_recorded(bench: Bench, part_size: int | None) -> None:
    """Many more in all than one request would outlast, at every connection at once."""
    bench.store.put(DEEP, make_bytes(16 * MIB, 1), part_size)
    for position in (3, 6, 9):
        bench.store.fault(DEEP, *(replace(page, from_byte=position * MIB) for page in pages(5)))
    await bench.run(limits=Limits(files=1, parts=4, range_size=MIB, request_size=MIB))
    bench.check()
    assert not bench.heard.notes
    assert sum(asked.sent for asked in bench.store.log if asked.status == 206) == 16 * MIB


async def test_a_web_page_in_place_of_a_small_file_is_never_written(bench: Bench) -> None:
    """Not even where no digest could tell, and the page does not say how long it is."""
    bench.store.put(SMALL, make_bytes(300_000, 2), etag="")
    chunked = {"Content-Type": "text/html", "Transfer-Encoding": "chunked"}
    body = b"6\r\n<html>\r\n0\r\n\r\n"
    bench.store.fault(SMALL, *pages(1), Fault(status=200, headers=chunked, body=body))
    bench.store.fault(SMALL, Fault(status=403, headers={"Content-Type": "text/html"}))
    bench.store.fault(SMALL, Fault(status=404, headers={"Content-Type": "text/html"}))
    await bench.run([bench.item(SMALL, etag=None)])
    bench.check()


async def test_a_few_whole_answers_where_ranges_came_before_cost_nothing(bench: Bench) -> None:
    bench.store.put(DEEP, make_bytes(16 * MIB, 1), 5 * MIB)
    ignoring = (Fault(ignore_range=True, cut_after=1000, from_byte=6 * MIB) for _ in range(3))
    bench.store.fault(DEEP, *ignoring)
    await bench.run(limits=Limits(files=1, parts=4, range_size=MIB, request_size=MIB))
    bench.check()
    assert not bench.heard.notes
    assert sum(asked.sent for asked in bench.store.log if asked.status == 206) == 16 * MIB


async def test_where_ranges_end_for_good_the_file_comes_as_a_whole(bench: Bench) -> None:
    """And a stop in the midst of that leaves what was recorded of it."""
    bench.store.put(DEEP, make_bytes(12 * MIB, 1), 5 * MIB)
    last = Fault(hold_after=1000, from_byte=8 * MIB)
    whole = Fault(hold_after=3 * MIB, is_for_whole=True)
    bench.store.fault(DEEP, last, whole)
    limits = Limits(files=1, parts=1, range_size=MIB, request_size=MIB)
    engine = bench.engine(limits=limits)
    async with bench.running(engine, bench.items()):
        await asyncio.to_thread(last.held.wait, 90)
        bench.store.without_ranges.add(DEEP)
        last.release.set()
        await asyncio.to_thread(whole.held.wait, 90)
        await engine.stop()
        whole.release.set()
    assert any("as a whole only" in note for note in bench.heard.notes)
    await until(lambda: bench.store.open_now == 0)
    bench.store.without_ranges.clear()
    bench.store.log.clear()
    await bench.run(limits=limits)
    bench.check()
    assert bench.store.sent(DEEP) == 3 * MIB


@pytest.mark.parametrize("change", [{"Content-Range": "bytes 0-1/11"}, {"Content-Range": ""}])
async def test_a_range_that_was_not_asked_for_is_never_written(
    bench: Bench, change: dict[str, str]
) -> None:
    fill(bench)
    bench.store.fault(DEEP, Fault(headers=change), Fault(headers=change))
    await bench.run()
    bench.check()


async def test_a_server_without_ranges_gives_the_file_as_a_whole(bench: Bench) -> None:
    fill(bench)
    bench.store.fault(DEEP, *(Fault(ignore_range=True, cut_after=2 * MIB) for _ in range(6)))
    bench.store.fault(DEEP, *(Fault(ignore_range=True) for _ in range(20)))
    bench.store.fault(SMALL, Fault(cut_after=1000), *(Fault(ignore_range=True) for _ in range(2)))
    await bench.run()
    bench.check()
    assert not bench.heard.failures
    assert any("as a whole only" in note for note in bench.heard.notes)


async def test_a_cut_costs_no_byte_twice(bench: Bench) -> None:
    fill(bench)
    bench.store.fault(DEEP, *(Fault(cut_after=128 * 1024) for _ in range(5)))
    await bench.run()
    assert bench.store.sent(DEEP) <= 11 * MIB + 3 + 5 * 64 * 1024


async def test_an_expired_address_is_asked_for_anew_in_the_middle(bench: Bench) -> None:
    fill(bench)
    fault = Fault(hold_after=1000, cut_after=2000, from_byte=5 * MIB)
    bench.store.fault(DEEP, fault)
    engine = bench.engine()
    async with bench.running(engine, bench.items()):
        await asyncio.to_thread(fault.held.wait, 90)
        bench.store.expired.add("s1")
        fault.release.set()
        await until(lambda: len(bench.heard.done_files) == 2)
    bench.check()
    assert bench.located.count(DEEP) == 2


async def test_a_refusal_that_lasts_fails_that_file_only(bench: Bench) -> None:
    fill(bench)
    bench.store.expired.update(f"s{i}" for i in range(100))
    bench.store.put("other", b"x")

    async def locate(item: Item) -> Secret:
        bench.located.append(item.id)
        return Secret(bench.store.url(item.id, "good" if item.id == "other" else "s1"))

    await bench.run(locate=locate)
    assert isinstance(bench.heard.failures[DEEP], AddressRefused)
    assert isinstance(bench.heard.failures[SMALL], NotAllowed)
    assert set(bench.heard.done_files) == {"other"}
    assert bench.located.count(SMALL) == 2
    assert "Request has expired" in bench.heard.failures[SMALL].details


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"", Gone),
        (410, b"", Gone),
        (403, b"<Error><Code>InvalidObjectState</Code></Error>", Archived),
    ],
)
async def test_what_is_gone_or_archived_fails_that_file_only(
    bench: Bench, status: int, body: bytes, kind: type[BstuiError]
) -> None:
    fill(bench)
    bench.store.fault(DEEP, *(Fault(status=status, body=body) for _ in range(20)))
    await bench.run()
    assert isinstance(bench.heard.failures[DEEP], kind)
    assert set(bench.heard.done_files) == {SMALL}


async def test_wrong_bytes_are_fetched_again_three_times_and_never_published(bench: Bench) -> None:
    """What came last is kept under a name that says what it is."""
    fill(bench)
    bench.store.fault(SMALL, *(Fault(flip=True) for _ in range(4)))
    bench.store.fault(DEEP, *(Fault(flip=True) for _ in range(200)))
    await bench.run()
    for name in (SMALL, DEEP):
        assert isinstance(bench.heard.failures[name], IntegrityError)
        assert f"kept as {name}.bad" in bench.heard.failures[name].hint
    assert set(bench.tree()) == {f"{SMALL}.bad", f"{DEEP}.bad"}
    assert bench.store.sent(SMALL) == 4 * 300_000


async def test_an_object_that_is_not_the_planned_one_is_refused(bench: Bench) -> None:
    fill(bench)
    items = bench.items()
    bench.store.put(DEEP, make_bytes(11 * MIB + 3, 9), 5 * MIB)
    bench.store.put(SMALL, make_bytes(300_001, 9))
    await bench.run(items)
    assert {type(error).exit_code for error in bench.heard.failures.values()} == {6}
    assert bench.tree() == {}


async def test_an_object_replaced_in_the_middle_is_never_mixed(bench: Bench) -> None:
    fill(bench)
    fault = Fault(hold_after=1000, from_byte=4 * MIB)
    bench.store.fault(DEEP, fault)
    engine = bench.engine()
    async with bench.running(engine, [bench.item(DEEP, etag=None)]):
        await asyncio.to_thread(fault.held.wait, 90)
        bench.store.put(DEEP, make_bytes(11 * MIB + 3, 9), 5 * MIB)
        fault.release.set()
        await until(lambda: bool(bench.heard.done_files))
    assert bench.tree()[DEEP] == bench.store.objects[DEEP].data
    assert bench.heard.done_files[DEEP][0] == "multipart etag"


@pytest.mark.parametrize("etag", ["", 'W/"abc"', '"not a digest"'])
async def test_without_a_digest_gzip_is_opened_and_of_others_only_the_size_is_said(
    bench: Bench, etag: str
) -> None:
    fill(bench)
    bench.store.put(DEEP, make_fastq(2000))
    for found in bench.store.objects.values():
        found.etag = etag
    await bench.run([bench.item(name, etag=None) for name in bench.store.objects])
    bench.check()
    assert bench.heard.done_files[SMALL][0] == "size only"
    assert bench.heard.done_files[DEEP][0] == "size+gzip"


async def test_an_etag_of_encrypted_objects_is_no_digest(bench: Bench) -> None:
    fill(bench)
    kms = {"x-amz-server-side-encryption": "aws:kms"}
    bench.store.objects[SMALL].etag = '"' + "0" * 32 + '"'
    bench.store.fault(SMALL, Fault(headers=kms))
    await bench.run([bench.item(SMALL)])
    assert bench.heard.done_files[SMALL][0] == "size only"


async def test_one_file_s_own_trouble_gives_it_up_while_others_move(bench: Bench) -> None:
    fill(bench)
    bench.store.fault(SMALL, *(Fault(status=500) for _ in range(500)))
    for i in range(300):
        bench.store.put(f"o{i}", make_bytes(1000, i))
    await bench.run()
    assert isinstance(bench.heard.failures[SMALL], ServerFault)
    assert len(bench.heard.done_files) == 301


async def test_a_network_that_is_away_is_waited_for_and_said(bench: Bench) -> None:
    fill(bench)
    away = True

    async def locate(item: Item) -> Secret:
        return Secret("http://127.0.0.1:1/x?Signature=s") if away else await bench.locate(item)

    engine = bench.engine(locate=locate)
    async with bench.running(engine, bench.items()):
        await until(lambda: engine.snapshot().wait is not None)
        wait = engine.snapshot().wait
        assert wait is not None
        assert wait.reason == "network"
        assert "Signature" not in wait.text
        assert wait.next_try >= wait.since
        away = False
        await until(lambda: len(bench.heard.done_files) == 2)
        assert engine.snapshot().wait is None
    bench.check()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotLoggedIn("The token was revoked."), "login"),
        (TooManyRequests("Slower, please.", retry_after=0.01), "server"),
        (Unreachable("No answer."), "network"),
    ],
)
async def test_an_api_that_does_not_answer_is_waited_for(
    bench: Bench, error: BstuiError, reason: str
) -> None:
    fill(bench)
    broken = True

    async def locate(item: Item) -> Secret:
        if broken:
            raise error
        return await bench.locate(item)

    engine = bench.engine(locate=locate)
    async with bench.running(engine, bench.items()):
        await until(lambda: engine.snapshot().wait is not None)
        wait = engine.snapshot().wait
        assert wait is not None
        assert wait.reason == reason
        broken = False
        await until(lambda: len(bench.heard.done_files) == 2)
    bench.check()


@pytest.mark.parametrize("url", ["http://example.invalid/x", "file:///etc/passwd", "http://[", ""])
async def test_an_unsafe_address_is_not_followed(bench: Bench, url: str) -> None:
    fill(bench)

    async def locate(item: Item) -> Secret:
        return Secret(url)

    await bench.run([bench.item(SMALL)], locate=locate)
    assert isinstance(bench.heard.failures[SMALL], ServiceError)


async def test_no_more_connections_than_the_limits_say(bench: Bench) -> None:
    faults = [Fault(hold_after=1000) for _ in range(18)]
    for i in range(6):
        bench.store.put(f"deep{i}", make_bytes(6 * MIB, i))
        bench.store.fault(f"deep{i}", *faults[i::6])
    limits = Limits(files=2, parts=3, range_size=MIB, request_size=MIB)
    engine = bench.engine(limits=limits, patience=replace(QUICK, stall=20))
    async with bench.running(engine, bench.items()):
        await until(lambda: bench.store.busy_now == 6)
        for fault in faults:
            fault.release.set()
        await until(lambda: len(bench.heard.done_files) == 6)
    bench.check()
    assert bench.store.busy_most == 6


async def test_the_bandwidth_is_kept_and_can_be_changed(bench: Bench) -> None:
    bench.store.put(DEEP, make_bytes(4 * MIB))
    slow = Limits(files=1, parts=2, range_size=MIB, request_size=MIB, bandwidth=500_000)
    engine = bench.engine(limits=slow, patience=QUICK)
    began = asyncio.get_running_loop().time()
    async with bench.running(engine, bench.items()):
        await until(lambda: engine.snapshot().bytes_done > 400_000)
        assert asyncio.get_running_loop().time() - began > 0.4
        engine.set_limits(Limits(files=1, parts=2, range_size=MIB, request_size=MIB))
        await until(lambda: bool(bench.heard.done_files))
    bench.check()
