"""What an earlier attempt left × what the server can do: whole bytes, and few of them twice.

Each case leaves a partial in one state, lets the engine resume from a store with one ability, and
says how many bytes that costs. Files are of six ranges; one connection makes it exact. What is
asked for is counted, as the store's log has it, whether all of it was sent or not.
"""

import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bstui.errors import IntegrityError
from bstui.transfer.beneath import Destination
from bstui.transfer.items import Item, Limits
from bstui.transfer.opener import Opener
from bstui.transfer.partial import Partial
from bstui.transfer.replies import read_source
from bstui.transfer.sidecar import Source
from bstui.transfer.verify import PartSizes
from tests.transfer.bench import HOLDER, QUICK, Bench, until
from tests.transfer.store import Asked, Fault, Store, make_bytes

NAME = "run.bcl"
RANGE = 64 << 10
SIZE = 5 * RANGE + 1000
DATA = make_bytes(SIZE, 1)
OTHER = make_bytes(SIZE, 2)
PARTIAL, SIDECAR = f"{NAME}.partial", f"{NAME}.partial.json"
LIMITS = Limits(files=1, parts=1, range_size=RANGE, request_size=RANGE)
LATER = "Tue, 26 Aug 2025 14:02:11 GMT"


@dataclass(frozen=True)
class State:
    """What is left of an earlier attempt."""

    recorded: tuple[int, ...] = ()
    """The ranges that arrived and are recorded, by number."""
    lost: tuple[int, ...] = ()
    """Those of them that `harm` makes worthless."""
    harm: Callable[[Path], None] = lambda folder: None
    is_begun: bool = True

    @property
    def kept(self) -> int:
        """Bytes that need not be fetched again from a server that proves to be the same."""
        return sum(length(number) for number in self.recorded if number not in self.lost)


@dataclass(frozen=True)
class Server:
    """What the store can do, and how it names the version."""

    is_planned: bool = True
    """Whether the plan has the store's ETag."""
    etag: str | None = None
    """Instead of the MD5, as the header has it."""
    modified: str = "Mon, 25 Aug 2025 14:02:11 GMT"
    after: Callable[[Store], None] = lambda store: None
    """What becomes of the store between the attempts."""
    is_trusted: bool = True
    """Whether what is recorded can be gone on with."""
    is_whole_only: bool = False


def length(number: int) -> int:
    return min(SIZE, (number + 1) * RANGE) - number * RANGE


def flip(folder: Path) -> None:
    with (folder / PARTIAL).open("r+b") as file:
        file.seek(RANGE + 5)
        file.write(b"damage")


def cut(folder: Path) -> None:
    os.truncate(folder / PARTIAL, RANGE + 7)


def lengthen(folder: Path) -> None:
    with (folder / PARTIAL).open("r+b") as file:
        file.seek(SIZE)
        file.write(b"what another program added")


def tear(folder: Path) -> None:
    with (folder / SIDECAR).open("ab") as file:
        file.write(b'{"line":"got","start":0,"stop":%d,"crc32":1' % SIZE)


def scribble(folder: Path) -> None:
    (folder / SIDECAR).write_bytes(b"\0nonsense\n")


def write_on(folder: Path) -> None:
    with (folder / PARTIAL).open("r+b") as file:
        file.seek(2 * RANGE)
        file.write(bytes(RANGE))


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


STATES = {
    "nothing": State(is_begun=False),
    "begun": State(),
    "half": State((0, 1, 2)),
    "islands": State((0, 2, 4)),
    "all-but-the-first": State((1, 2, 3, 4, 5)),
    "more-than-recorded": State((0, 1), harm=write_on),
    "whole": State((0, 1, 2, 3, 4, 5)),
    "damaged": State((0, 1, 2), (1,), flip),
    "cut": State((0, 1, 2), (1, 2), cut),
    "too-long": State((0, 1, 2), (), lengthen),
    "torn-record": State((0, 1, 2), (), tear),
    "no-record": State((0, 1, 2), (0, 1, 2), scribble),
    "no-sidecar": State((0, 1, 2, 3, 4, 5), (0, 1, 2, 3, 4, 5), remove(SIDECAR)),
    "sidecar-alone": State((0, 1, 2), (0, 1, 2), remove(PARTIAL)),
}


def replace_object(store: Store) -> None:
    store.put(NAME, OTHER)
    store.objects[NAME].modified = LATER


def replace_undated(store: Store) -> None:
    store.put(NAME, OTHER, etag="")
    store.objects[NAME].modified = LATER


def ignore_ranges(store: Store) -> None:
    store.without_ranges.add(NAME)


def as_part(**headers: str) -> Fault:
    return Fault(headers={name.replace("_", "-"): value for name, value in headers.items()})


SERVERS = {
    "etag": Server(),
    "etag-not-in-plan": Server(is_planned=False),
    "opaque-etag": Server(is_planned=False, etag='"no digest"'),
    "date": Server(is_planned=False, etag=""),
    "weak-etag": Server(is_planned=False, etag='W/"abc"'),
    "no-name": Server(is_planned=False, etag="", modified="", is_trusted=False),
    "whole-only": Server(after=ignore_ranges, is_whole_only=True),
    "other-object": Server(is_planned=False, after=replace_object, is_trusted=False),
    "other-date": Server(is_planned=False, etag="", after=replace_undated, is_trusted=False),
}
"""Those that a resumed partial depends on: each meets every state."""

REPLIES = {
    "no-content-range": as_part(Content_Range=""),
    "wrong-start": as_part(Content_Range=f"bytes {4 * RANGE}-{5 * RANGE - 1}/{SIZE}"),
    "multipart": as_part(Content_Range="", Content_Type="multipart/byteranges; boundary=x"),
    "too-short": as_part(Content_Length=str(RANGE - 1)),
    "ignored-once": Fault(ignore_range=True),
    "page": Fault(status=200, headers={"Content-Type": "text/html"}, body=b"<html>"),
    "503": Fault(status=503),
}
"""What something on the way may answer once: nothing of it is written, and nothing is lost."""
WRONG_VERSION = {
    "412": Fault(status=412),
    "416": Fault(status=416),
    "wrong-total": as_part(Content_Range=f"bytes {3 * RANGE}-{4 * RANGE - 1}/{SIZE + 1}"),
    "condition-ignored": as_part(ETag='"' + "0" * 32 + '"'),
}
"""Answers that say that the object is another than the one that was begun."""


def plan(bench: Bench, server: Server) -> Item:
    return bench.item(NAME) if server.is_planned else bench.item(NAME, etag=None)


def prepare(bench: Bench, state: State, server: Server) -> Item:
    """The item, once the store has its object and the destination what is left of it."""
    found = bench.store.put(NAME, DATA, etag=server.etag)
    found.modified = server.modified
    item = plan(bench, server)
    if state.is_begun:
        named = {"etag": found.etag, "last-modified": found.modified}
        leave_partial(bench, item, state, read_source(named))
    server.after(bench.store)
    return item


def leave_partial(bench: Bench, item: Item, state: State, source: Source) -> None:
    destination = Destination(bench.destination)
    opener = Opener(destination, HOLDER, PartSizes(), 90, bench.heard.note)
    partial = opener.open(item, ranged=True)
    partial.name_source(source)
    for number in state.recorded:
        write_range(partial, number)
    partial.close()
    destination.close()
    state.harm(bench.destination)


def write_range(partial: Partial, number: int) -> None:
    start, stop = number * RANGE, number * RANGE + length(number)
    os.pwrite(partial.fd, DATA[start:stop], start)
    partial.record(start, stop, zlib.crc32(DATA[start:stop]))


async def resume(bench: Bench, item: Item) -> list[Asked]:
    """What the store was asked in the next attempt, once all of it is in the log."""
    await bench.run([item], limits=LIMITS, holder=replace(HOLDER, attempt=2))
    await until(lambda: bench.store.open_now == 0)
    return bench.store.log


def asked_bytes(asked: list[Asked]) -> int:
    """Bytes of the object that were asked for and given."""
    return sum(each.stop - each.start for each in asked if each.status in (200, 206))


def expected_bytes(state: State, server: Server) -> int:
    """Bytes that resuming from `state` asks `server` for."""
    missing = SIZE - state.kept
    if not server.is_trusted:
        return SIZE
    if not missing:  # of a file that no digest of the plan proves, the server vouches for one byte
        return 0 if server.is_planned else 1
    if not server.is_whole_only:
        return missing
    # The file is taken as a whole after ranges were asked for in vain: all tries where some came.
    in_vain = QUICK.tries + 1 if state.kept else 2
    return (in_vain + 1) * SIZE


@pytest.mark.parametrize("ability", SERVERS)
@pytest.mark.parametrize("left", STATES)
async def test_resuming(bench: Bench, left: str, ability: str) -> None:
    state, server = STATES[left], SERVERS[ability]
    item = prepare(bench, state, server)

    asked = await resume(bench, item)

    bench.check()
    assert not bench.heard.failures
    assert asked_bytes(asked) == expected_bytes(state, server)


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("left", ["nothing", "half", "islands"])
async def test_a_reply_that_is_not_the_range_costs_that_request(
    bench: Bench, left: str, reply: str
) -> None:
    state = STATES[left]
    item = prepare(bench, state, Server())
    bench.store.fault(NAME, REPLIES[reply])

    asked = await resume(bench, item)

    bench.check()
    assert asked_bytes(asked[1:]) == SIZE - state.kept


@pytest.mark.parametrize("reply", WRONG_VERSION)
@pytest.mark.parametrize("left", ["half", "whole"])
async def test_a_reply_of_another_version_starts_again(bench: Bench, left: str, reply: str) -> None:
    item = prepare(bench, STATES[left], Server(is_planned=False))
    bench.store.fault(NAME, WRONG_VERSION[reply])

    asked = await resume(bench, item)

    bench.check()
    assert asked_bytes(asked[1:]) == SIZE


async def test_a_source_that_keeps_changing_is_given_up(bench: Bench) -> None:
    """After it was begun three times, each at another version: nothing of them is mixed."""
    item = prepare(bench, STATES["nothing"], Server(is_planned=False))
    for number in range(9):
        tag = f'"{number:032}"'
        bench.store.fault(NAME, Fault(headers={"ETag": tag}, from_byte=RANGE))

    asked = await resume(bench, item)

    assert isinstance(bench.heard.failures[NAME], IntegrityError)
    assert "replaced" in str(bench.heard.failures[NAME])
    assert [each.start for each in asked] == [0, RANGE] * 3
    assert bench.tree() == {}
