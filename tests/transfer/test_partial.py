"""Partials over attempts, jobs, hosts and damage."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bstui.errors import InUse
from bstui.transfer.beneath import Destination
from bstui.transfer.items import Holder, Limits
from bstui.transfer.opener import Opener
from bstui.transfer.sidecar import Head, Sidecar, partial_names
from bstui.transfer.verify import GivenUp, PartSizes
from tests.transfer.bench import HOLDER, QUICK, Bench, until
from tests.transfer.store import MIB, Fault, Object, make_bytes

DEEP = "deep.bcl"
SIDE = f"{DEEP}.partial.json"
OTHER_JOB = Holder(job="02OTHER", attempt=1, host="node9", user="bob")


async def begin(bench: Bench, holder: Holder = HOLDER) -> None:
    """Leave a partial of which at least 7 MiB of 12 are recorded."""
    fault = Fault(hold_after=1000, from_byte=7 * MIB)
    bench.store.fault(DEEP, fault)
    engine = bench.engine(
        holder=holder, limits=Limits(files=1, parts=1, range_size=MIB, request_size=MIB)
    )
    task = asyncio.create_task(engine.run(bench.items()))
    await asyncio.to_thread(fault.held.wait, 90)
    await until(lambda: engine.snapshot().bytes_done >= 7 * MIB)
    await engine.stop()
    await task
    fault.release.set()
    await until(lambda: bench.store.open_now == 0)
    bench.store.log.clear()
    bench.heard.done_files.clear()


def fill(bench: Bench, *, etag: str | None = None) -> None:
    bench.store.put(DEEP, make_bytes(12 * MIB, 1), 5 * MIB, etag=etag)


def edit_head(bench: Bench, **changes: object) -> None:
    """Rewrite the sidecar's first line, as somebody else would have written it."""
    path = bench.destination / SIDE
    lines = path.read_text().splitlines(keepends=True)
    lines[0] = json.dumps(json.loads(lines[0]) | changes) + "\n"
    path.write_text("".join(lines))


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


DEAD = b"""{"line":"head","id":"1","size":1,"job":"02OTHER","attempt":1,"host":"node9","user":"bob"}
"""
FOREIGN = {"job": "02OTHER", "host": "node9", "user": "bob", "process": "other/1/1"}


async def test_a_live_partial_of_another_job_fails_that_file_and_names_the_holder(
    bench: Bench,
) -> None:
    fill(bench)
    await begin(bench)
    edit_head(bench, **FOREIGN)
    await bench.run()
    error = bench.heard.failures[DEEP]
    assert isinstance(error, InUse)
    assert "02OTHER" in str(error)
    assert "bob" in str(error)
    assert "node9" in str(error)
    assert bench.store.log == []


async def test_a_partial_that_nobody_touches_is_taken_over_under_a_new_inode(
    bench: Bench,
) -> None:
    fill(bench)
    await begin(bench)
    edit_head(bench, **FOREIGN)
    age(bench.destination / SIDE, 100)
    partial = bench.destination / f"{DEEP}.partial"
    with partial.open("r+b") as late_writer:
        await bench.run()
        late_writer.seek(0)
        late_writer.write(b"too late")
    bench.check()
    assert bench.store.sent(DEEP) <= 5 * MIB


async def test_a_dead_job_s_partial_is_taken_over_at_once(bench: Bench) -> None:
    """A process of this boot that is gone needs no ninety seconds to be believed."""
    fill(bench)
    await begin(bench)
    mark = json.loads((bench.destination / SIDE).read_text().splitlines()[0])["process"]
    boot, space, _ = mark.split("/")
    edit_head(bench, job="02OTHER", process=f"{boot}/{space}/4194305")
    await bench.run()
    bench.check()
    assert bench.store.sent(DEEP) <= 5 * MIB


async def test_an_open_partial_is_touched(bench: Bench) -> None:
    fill(bench)
    fault = Fault(hold_after=1000, from_byte=7 * MIB)
    bench.store.fault(DEEP, fault)
    engine = bench.engine(patience=replace(QUICK, touch=0.02, stall=20))
    async with bench.running(engine, bench.items()):
        await asyncio.to_thread(fault.held.wait, 90)
        side = bench.destination / SIDE
        age(side, 1000)
        await until(lambda: time.time() - side.stat().st_mtime < 100)


async def test_another_object_at_the_same_path_starts_again(bench: Bench) -> None:
    fill(bench)
    await begin(bench)
    bench.store.put(DEEP, make_bytes(12 * MIB, 9), 5 * MIB)
    await bench.run()
    bench.check()
    assert bench.store.sent(DEEP) == 12 * MIB


async def test_an_object_that_changed_in_between_starts_again(bench: Bench) -> None:
    """The plan knows no ETag; the store says by 412 that the version is another."""
    fill(bench)
    items = [bench.item(DEEP, etag=None)]
    fault = Fault(hold_after=1000, from_byte=7 * MIB)
    bench.store.fault(DEEP, fault)
    engine = bench.engine()
    async with bench.running(engine, items):
        await asyncio.to_thread(fault.held.wait, 90)
        await engine.stop()
        fault.release.set()
    bench.store.put(DEEP, make_bytes(12 * MIB, 9), 5 * MIB)
    await bench.run(items)
    bench.check()
    assert any(asked.status == 412 for asked in bench.store.log)


@pytest.mark.parametrize("modified", ["Mon, 25 Aug 2025 14:02:11 GMT", "later"])
async def test_without_an_etag_the_date_decides(bench: Bench, modified: str) -> None:
    fill(bench, etag="")
    await begin(bench)
    bench.store.objects[DEEP] = Object(bench.store.objects[DEEP].data, "", modified)
    await bench.run()
    bench.check()
    assert bench.heard.done_files[DEEP][0] == "size only"
    assert (bench.store.sent(DEEP) <= 5 * MIB) == (modified != "later")


async def test_without_etag_and_date_it_starts_again_and_says_so(bench: Bench) -> None:
    fill(bench, etag="")
    bench.store.objects[DEEP].modified = ""
    await begin(bench)
    await bench.run()
    bench.check()
    assert bench.store.sent(DEEP) == 12 * MIB
    assert any("starts again" in note for note in bench.heard.notes)


async def test_damage_to_a_partial_is_found_and_only_that_is_fetched_again(bench: Bench) -> None:
    fill(bench)
    await begin(bench)
    with (bench.destination / f"{DEEP}.partial").open("r+b") as file:
        file.seek(2 * MIB + 5)
        file.write(b"damage")
    await bench.run()
    bench.check()
    assert bench.store.sent(DEEP) <= 6 * MIB
    asked = [(asked.start, asked.stop) for asked in bench.store.log]
    assert any(start <= 2 * MIB + 5 < stop <= start + MIB for start, stop in asked)


async def test_a_partial_that_was_cut_keeps_what_is_there(bench: Bench) -> None:
    fill(bench)
    await begin(bench)
    os.truncate(bench.destination / f"{DEEP}.partial", 4 * MIB + 1)
    await bench.run()
    bench.check()
    assert bench.store.sent(DEEP) == 8 * MIB


@pytest.mark.parametrize("rest", [b"", b"\0\0\0", b"nonsense\n", b'{"line":"got","start":0,"sto'])
async def test_a_sidecar_that_cannot_be_read_is_no_sidecar(bench: Bench, rest: bytes) -> None:
    fill(bench)
    await begin(bench)
    (bench.destination / SIDE).write_bytes(rest)
    await bench.run()
    bench.check()


async def test_a_last_line_that_was_torn_is_ignored(bench: Bench) -> None:
    fill(bench)
    await begin(bench)
    with (bench.destination / SIDE).open("ab") as file:
        file.write(b'{"line":"got","start":0,"stop":12582912,"crc32":1')
    await bench.run()
    bench.check()
    assert bench.store.sent(DEEP) <= 5 * MIB


async def test_hostile_lines_of_a_sidecar_are_harmless(bench: Bench) -> None:
    fill(bench)
    await begin(bench)
    with (bench.destination / SIDE).open("ab") as file:
        file.write(b'{"line":"got","start":-5,"stop":3,"crc32":1}\n')
        file.write(b'{"line":"got","start":5,"stop":3,"crc32":1}\n')
        file.write(b'{"line":"got","start":0,"stop":99999999999,"crc32":1}\n')
        file.write(b'{"line":"source","etag":"\\"x\\"\\r\\nRange: bytes=0-1"}\n')
    await bench.run()
    bench.check()


async def test_a_full_partial_of_one_range_is_verified_and_not_fetched(bench: Bench) -> None:
    bench.store.put("small", make_bytes(300_000))
    bench.destination.mkdir()
    (bench.destination / "small.partial").write_bytes(bench.store.objects["small"].data)
    await bench.run()
    bench.check()
    assert bench.store.log == []


@pytest.mark.parametrize("left", [b"short", b"x" * 300_000])
async def test_another_partial_of_one_range_is_discarded(bench: Bench, left: bytes) -> None:
    bench.store.put("small", make_bytes(300_000))
    bench.destination.mkdir()
    (bench.destination / "small.partial").write_bytes(left)
    await bench.run()
    bench.check()


async def test_a_partial_goes_on_with_ranges_of_another_size(bench: Bench) -> None:
    fill(bench)
    await begin(bench)
    await bench.run(limits=Limits(files=1, parts=3, range_size=3_000_001, request_size=3_000_001))
    bench.check()
    assert bench.store.sent(DEEP) <= 5 * MIB


async def test_a_whole_partial_is_published_without_a_request(bench: Bench) -> None:
    """Killed between the last range and the rename."""
    fill(bench)
    await begin(bench)
    with pytest.raises(InUse):
        await bench.run(fence=_refuse)
    bench.store.log.clear()
    await bench.run(holder=replace(HOLDER, attempt=3))
    bench.check()
    assert bench.store.log == []


def _refuse() -> None:
    raise InUse("Somebody else.")


async def test_a_sidecar_left_after_the_rename_is_cleared_away(bench: Bench) -> None:
    """Killed between the rename and the end: the file is adopted, nothing else stays."""
    fill(bench)
    await begin(bench)
    (bench.destination / f"{DEEP}.partial").unlink()
    (bench.destination / DEEP).write_bytes(bench.store.objects[DEEP].data)
    await bench.run()
    bench.check()
    assert bench.heard.done_files[DEEP][0] == "adopted: multipart etag"


def leave_opening(bench: Bench, head: bytes) -> list[Path]:
    """What a kill leaves in the midst of opening the partial: head, copy and clock."""
    names = partial_names(DEEP)
    left = [bench.destination / name for name in (names.claim, names.copy, names.clock)]
    for path, data in zip(left, (head, b"begun", b""), strict=True):
        path.write_bytes(data)
    return left


def head_of(bench: Bench, **changes: object) -> bytes:
    """The head of the sidecar that is there, with changes."""
    head = json.loads((bench.destination / SIDE).read_text().splitlines()[0])
    return json.dumps(head | changes).encode() + b"\n"


@pytest.mark.parametrize(
    "head", [lambda bench: b"", lambda bench: b'{"line":"he', head_of, lambda bench: DEAD]
)
@pytest.mark.parametrize("clears", ["going on", "starting", "adopting"])
async def test_what_a_kill_leaves_while_opening_is_cleared_away(
    bench: Bench, head: Callable[[Bench], bytes], clears: str
) -> None:
    fill(bench)
    await begin(bench)
    left = leave_opening(bench, head(bench))
    for path in left:
        age(path, 100)
    if clears == "adopting":
        (bench.destination / DEEP).write_bytes(bench.store.objects[DEEP].data)
    if clears != "going on":
        (bench.destination / SIDE).unlink()
        (bench.destination / f"{DEEP}.partial").unlink()
    await bench.run(holder=replace(HOLDER, attempt=2))
    bench.check()


async def test_who_is_opening_a_partial_just_now_is_left_alone(bench: Bench) -> None:
    fill(bench)
    await begin(bench)
    left = leave_opening(bench, head_of(bench, **FOREIGN))
    kept = [path.read_bytes() for path in left[:2]]
    await bench.run()
    assert isinstance(bench.heard.failures[DEEP], InUse)
    assert "02OTHER" in str(bench.heard.failures[DEEP])
    assert [path.read_bytes() for path in left[:2]] == kept


def open_folder(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY)


@pytest.mark.parametrize("new", [True, False])
def test_a_claim_that_was_put_an_end_to_takes_no_name(tmp_path: Path, new: bool) -> None:
    """Its writer stood still so long that another opened the partial meanwhile."""
    head = Head(id="1", size=1, job="j", attempt=1, host="h", user="u")
    names = partial_names("x")
    folder = open_folder(tmp_path)
    try:
        late = Sidecar.claim(folder, names, head)
        os.unlink(tmp_path / names.claim)
        prompt = Sidecar.claim(folder, names, head)
        with pytest.raises(FileExistsError):
            late.settle(folder, new=new)
        late.abandon(folder)
        prompt.settle(folder, new=new)
        prompt.close()
    finally:
        os.close(folder)
    assert os.listdir(tmp_path) == [names.sidecar]


async def test_a_second_name_left_by_a_kill_while_publishing_is_removed(bench: Bench) -> None:
    """Where a file gets its name by a link, the kill came before the unlink."""
    fill(bench)
    await begin(bench)
    partial = bench.destination / f"{DEEP}.partial"
    partial.write_bytes(bench.store.objects[DEEP].data)
    os.link(partial, bench.destination / DEEP)
    await bench.run(holder=replace(HOLDER, attempt=2))
    bench.check()
    assert not bench.heard.failures
    assert bench.store.log == []


async def test_an_opening_that_fails_leaves_no_descriptor_and_no_file(bench: Bench) -> None:
    fill(bench)
    await begin(bench)
    before = sorted(bench.tree())
    destination = Destination(bench.destination)
    try:
        sizes = PartSizes()
        sizes.give_up()
        opener = Opener(destination, HOLDER, sizes, 90, bench.heard.note)
        open_before = os.listdir("/proc/self/fd")
        for head in ({}, {"host": "node9", "process": "other/1/1"}):
            edit_head(bench, **head)
            with pytest.raises(GivenUp):
                opener.open(bench.item(DEEP), ranged=True)
        assert os.listdir("/proc/self/fd") == open_before
    finally:
        destination.close()
    assert sorted(bench.tree()) == before


def test_long_names_have_short_partials() -> None:
    assert partial_names("x") == ("x.partial", "x.partial.json")
    one, two = partial_names("a" * 255), partial_names("a" * 254 + "b")
    for names in (one, two, partial_names("a" * 234), partial_names("a" * 235)):
        every = {*names, names.claim, names.copy, names.clock}
        assert len(every) == 5
        assert all(len(name) <= 255 for name in every)
        assert all(name.endswith((".partial", ".partial.json")) for name in every)
    assert not set(one) & set(two)
