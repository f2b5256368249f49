"""What stands at the destination already: adopted, kept, moved aside; never written over."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bstui.errors import InUse, NameTaken, UnsafePath
from bstui.transfer.items import Clock, Existing, Item, Limits
from bstui.transfer.shelf import next_name, old_name
from tests.transfer.bench import HOLDER, QUICK, SMALL_RANGES, Bench, until
from tests.transfer.store import MIB, Fault, make_bytes, make_fastq

DEEP = "deep.fastq.gz"
SMALL = "small.txt"


def fill(bench: Bench) -> None:
    bench.store.put(DEEP, make_bytes(11 * MIB + 3, 1), 5 * MIB)
    bench.store.put(SMALL, make_bytes(300_000, 2))
    bench.destination.mkdir()


@pytest.mark.parametrize("existing", ["adopt", "keep-both", "replace"])
async def test_equal_files_are_adopted_without_a_request(bench: Bench, existing: Existing) -> None:
    fill(bench)
    for name, found in bench.store.objects.items():
        (bench.destination / name).write_bytes(found.data)
    await bench.run(existing=existing)
    bench.check()
    assert bench.store.log == []
    assert bench.heard.done_files[DEEP][0] == "adopted: multipart etag"
    assert bench.heard.done_files[SMALL][0] == "adopted: etag"


@pytest.mark.parametrize("content", [b"mine", b"x" * 300_000])
async def test_another_file_keeps_its_name(bench: Bench, content: bytes) -> None:
    fill(bench)
    (bench.destination / SMALL).write_bytes(content)
    await bench.run()
    assert isinstance(bench.heard.failures[SMALL], NameTaken)
    assert (bench.destination / SMALL).read_bytes() == content
    assert set(bench.heard.done_files) == {DEEP}
    assert bench.store.sent(SMALL) == 0


async def test_keep_both_takes_the_next_name_and_finds_it_again(bench: Bench) -> None:
    fill(bench)
    (bench.destination / DEEP).write_bytes(b"mine")
    (bench.destination / "deep~2.fastq.gz").write_bytes(b"mine too")
    await bench.run(existing="keep-both")
    data = bench.store.objects[DEEP].data
    assert bench.tree()["deep~3.fastq.gz"] == data
    assert bench.tree()[DEEP] == b"mine"
    assert "deep~3.fastq.gz" in bench.heard.done_files
    bench.heard.done_files.clear()
    await bench.run(existing="keep-both", holder=replace(HOLDER, attempt=2))
    assert bench.heard.done_files["deep~3.fastq.gz"][0].startswith("adopted")
    assert len(bench.tree()) == 4


async def test_replace_moves_the_other_file_aside(bench: Bench) -> None:
    fill(bench)
    (bench.destination / SMALL).write_bytes(b"mine")
    await bench.run(existing="replace")
    tree = bench.tree()
    aside = [name for name in tree if name.startswith(f"{SMALL}.old-")]
    assert tree[aside[0]] == b"mine"
    assert tree[SMALL] == bench.store.objects[SMALL].data


async def test_without_a_digest_equal_bytes_are_compared(bench: Bench) -> None:
    fill(bench)
    bench.store.put(DEEP, make_fastq(2000))
    for name, found in bench.store.objects.items():
        found.etag = ""
        (bench.destination / name).write_bytes(found.data)
    (bench.destination / DEEP).write_bytes(b"!" + bench.store.objects[DEEP].data[1:])
    await bench.run()
    assert bench.heard.done_files[SMALL][0] == "adopted: size only"
    assert isinstance(bench.heard.failures[DEEP], NameTaken)
    assert "other bytes" in bench.heard.failures[DEEP].why
    assert bench.tree()[DEEP][:1] == b"!"


def plant_link(destination: Path, outside: Path) -> None:
    (destination / SMALL).symlink_to(outside / "victim")


def plant_partial_link(destination: Path, outside: Path) -> None:
    (destination / f"{SMALL}.partial").symlink_to(outside / "victim")


def plant_hard_link(destination: Path, outside: Path) -> None:
    os.link(outside / "victim", destination / f"{SMALL}.partial")


def plant_pipe(destination: Path, outside: Path) -> None:
    os.mkfifo(destination / f"{SMALL}.partial")


def plant_sidecar_link(destination: Path, outside: Path) -> None:
    (destination / f"{SMALL}.partial.json").symlink_to(outside / "victim")


def plant_folder(destination: Path, outside: Path) -> None:
    (destination / SMALL).mkdir()


@pytest.mark.parametrize(
    "plant",
    [
        plant_link,
        plant_partial_link,
        plant_hard_link,
        plant_pipe,
        plant_sidecar_link,
        plant_folder,
    ],
)
async def test_what_was_planted_is_neither_followed_nor_written(
    bench: Bench, plant: Callable[[Path, Path], None]
) -> None:
    fill(bench)
    outside = bench.destination.parent / "outside"
    outside.mkdir()
    (outside / "victim").write_bytes(b"untouched")
    plant(bench.destination, outside)
    await bench.run()
    assert isinstance(bench.heard.failures[SMALL], (UnsafePath, NameTaken))
    assert (outside / "victim").read_bytes() == b"untouched"
    assert sorted(os.listdir(outside)) == ["victim"]
    assert set(bench.heard.done_files) == {DEEP}


@pytest.mark.parametrize(
    "path",
    ["../x", "/etc/x", "a//b", "a/./b", "a/../../b", "", ".", "..", "a\0b", "a" * 256,
     "x.partial", "x.partial.json", "/".join(["d" * 200] * 30)],
)  # fmt: skip
async def test_an_unsafe_path_fails_before_any_byte(bench: Bench, path: str) -> None:
    fill(bench)
    before = sorted(os.listdir(bench.destination.parent))
    await bench.run([replace(bench.item(SMALL), path=path)])
    assert isinstance(bench.heard.failures[path], UnsafePath)
    assert bench.store.log == []
    assert sorted(os.listdir(bench.destination.parent)) == before


async def test_a_linked_folder_is_not_entered(bench: Bench) -> None:
    fill(bench)
    outside = bench.destination.parent / "outside"
    outside.mkdir()
    (bench.destination / "sub").symlink_to(outside)
    await bench.run([bench.item(SMALL, "sub/small.txt")])
    assert isinstance(bench.heard.failures["sub/small.txt"], UnsafePath)
    assert os.listdir(outside) == []


async def test_the_longest_name_has_a_partial_too(bench: Bench) -> None:
    fill(bench)
    path = "日" * 85
    await bench.run([bench.item(DEEP, path)])
    assert list(bench.tree()) == [path]


async def test_two_items_of_one_name_are_never_written_over_each_other(bench: Bench) -> None:
    fill(bench)
    await bench.run([bench.item(DEEP, "same"), bench.item(SMALL, "same", number=1)])
    assert isinstance(bench.heard.failures["same"], NameTaken)
    assert bench.tree()["same"] in [found.data for found in bench.store.objects.values()]


async def test_a_partial_taken_over_is_never_published_by_the_late_writer(bench: Bench) -> None:
    """Somebody replaces the partial while it is being written: what was proven is not there."""
    fill(bench)
    partial = bench.destination / f"{DEEP}.partial"

    def swap() -> None:
        if partial.exists():
            partial.unlink()
            partial.write_bytes(b"unproven")

    fence_calls = 0

    def fence() -> None:
        nonlocal fence_calls
        fence_calls += 1
        swap()

    await bench.run([bench.item(DEEP)], fence=fence, limits=SMALL_RANGES)
    assert fence_calls == 1
    assert isinstance(bench.heard.failures[DEEP], InUse)
    assert not (bench.destination / DEEP).exists()


async def test_a_destination_that_was_moved_away_is_waited_for(bench: Bench) -> None:
    fill(bench)
    aside = bench.destination.with_name("aside")

    def items() -> Iterator[Item]:
        bench.destination.rename(aside)
        yield from bench.items()

    engine = bench.engine(limits=Limits(files=1, parts=1))
    async with bench.running(engine, items()):
        await until(lambda: engine.snapshot().wait is not None)
        wait = engine.snapshot().wait
        assert wait is not None
        assert wait.reason == "destination"
        aside.rename(bench.destination)
        await until(lambda: len(bench.heard.done_files) == 2)
    bench.check()


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("a.fastq.gz", "a~2.fastq.gz"),
        ("a", "a~2"),
        ("a.b.txt", "a.b~2.txt"),
        (".hidden", ".hidden~2"),
        ("s_1.bcl.bgzf", "s_1.bcl~2.bgzf"),
    ],
)
def test_the_next_name_keeps_the_extensions(name: str, second: str) -> None:
    assert next_name(name, 1) == name
    assert next_name(name, 2) == second


def test_a_replaced_file_s_name_says_when() -> None:
    assert old_name("x", 0) == "x.old-19700101T000000Z"


@pytest.mark.parametrize("has_etag", [True, False])
async def test_two_imports_of_the_same_small_files_at_once_both_end_well(
    bench: Bench, has_etag: bool
) -> None:
    """Their partials say nowhere whose they are: whoever loses one looks again."""
    for i in range(60):
        bench.store.put(f"f{i}.txt", make_bytes(20_000, i), etag=None if has_etag else "")
    other = Bench(bench.store, bench.destination)
    patience = replace(QUICK, tries=8)
    limits = Limits(files=8, parts=2)
    async with asyncio.TaskGroup() as group:
        for i, each in enumerate((bench, other)):
            holder = replace(HOLDER, job=f"01JOB{i}")
            group.create_task(each.run(holder=holder, limits=limits, patience=patience))
    bench.check()
    for each in (bench, other):
        assert not each.heard.failures
        assert len(each.heard.done_files) == 60


async def test_a_large_file_of_a_living_holder_fails_and_names_it(bench: Bench) -> None:
    fill(bench)
    fault = Fault(hold_after=1000, from_byte=6 * MIB)
    bench.store.fault(DEEP, fault)
    engine = bench.engine(patience=replace(QUICK, stall=30))
    async with bench.running(engine, [bench.item(DEEP)]):
        await asyncio.to_thread(fault.held.wait, 90)
        other = Bench(bench.store, bench.destination)
        await other.run([bench.item(DEEP)], holder=replace(HOLDER, job="01OTHER", user="eva"))
        error = other.heard.failures[DEEP]
        assert isinstance(error, InUse)
        assert "job 01JOB of ada on node1" in error.message
        fault.release.set()
        await until(lambda: DEEP in bench.heard.done_files)


async def test_replacing_twice_within_a_second_keeps_both(bench: Bench) -> None:
    fill(bench)
    clock = Clock(now=lambda: 0.0)
    for mine in (b"first", b"second"):
        (bench.destination / SMALL).write_bytes(mine)
        await bench.run([bench.item(SMALL)], existing="replace", clock=clock)
        bench.heard.done_files.clear()
    tree, old = bench.tree(), f"{SMALL}.old-19700101T000000Z"
    assert (tree[old], tree[f"{old}~2"]) == (b"first", b"second")


async def test_a_file_in_the_way_is_told_of_with_both_digests(bench: Bench) -> None:
    fill(bench)
    (bench.destination / SMALL).write_bytes(b"x" * 300_000)
    await bench.run([bench.item(SMALL)])
    why = bench.heard.failures[SMALL].why
    assert hashlib.md5(b"x" * 300_000).hexdigest() in why
    assert bench.store.objects[SMALL].etag.strip('"') in why
