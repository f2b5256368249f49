"""kill -9, then another attempt: the same tree, and no recorded byte is asked for again."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bstui.transfer.beneath import Destination
from bstui.transfer.items import Holder, Limits
from bstui.transfer.sidecar import read_sidecar
from tests.transfer.bench import HOLDER, SMALL_RANGES, Bench
from tests.transfer.store import MIB, Fault, Store, make_bytes, serving

ROOT = Path(__file__).parents[2]
DEEP = ("deep1.fastq.gz", "deep2.fastq.gz")


def fill(store: Store) -> None:
    store.put("deep1.fastq.gz", make_bytes(24 * MIB + 11, 1), 5 * MIB)
    store.put("deep2.fastq.gz", make_bytes(20 * MIB, 2))
    store.put("tiny.txt", make_bytes(1000, 3))


def hold(store: Store, name: str, *positions: int) -> list[Fault]:
    """Let the answers at these bytes stand still after 300 kB."""
    faults = [Fault(hold_after=300_000, from_byte=position) for position in positions]
    store.fault(name, *faults)
    return faults


def start_worker(bench: Bench, limits: Limits, holder: Holder = HOLDER) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.transfer.lone_worker"],
        stdin=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    asked = {
        "port": bench.store.port,
        "destination": str(bench.destination),
        "holder": asdict(holder),
        "limits": asdict(limits),
        "items": [asdict(item) for item in bench.items()],
    }
    assert process.stdin is not None
    with process.stdin as pipe:
        json.dump(asked, pipe)
    return process


async def kill_when_held(process: "subprocess.Popen[str]", faults: list[Fault]) -> None:
    try:
        for fault in faults:
            assert await asyncio.to_thread(fault.held.wait, 90)
    finally:
        process.kill()
        process.wait()
    for fault in faults:
        fault.release.set()


def recorded(destination: Path) -> dict[str, list[tuple[int, int]]]:
    """What the sidecars say is there, by object."""
    place = Destination(destination)
    try:
        stories = {name: read_sidecar(place.fd, f"{name}.partial.json") for name in DEEP}
    finally:
        place.close()
    return {n: [(g.start, g.stop) for g in s.got] for n, s in stories.items() if s is not None}


def check_bound(before: Store, after: Store, kept: dict[str, list[tuple[int, int]]]) -> None:
    """No recorded byte is sent again, and beyond the files themselves at most four ranges are."""
    for asked in after.log:
        for start, stop in kept.get(asked.name, ()):
            assert asked.stop <= start or asked.start >= stop, (asked, start, stop)
    whole = sum(len(found.data) for found in before.objects.values())
    sent = sum(asked.sent for asked in (*before.log, *after.log))
    assert sent - whole <= 4 * SMALL_RANGES.range_size


@pytest.mark.parametrize("host", ["node1", "node2"])
async def test_resuming_after_a_kill_asks_for_nothing_that_was_recorded(
    bench: Bench, host: str
) -> None:
    """On the same host the partials go on; on another they are copied, for who knows what still
    has them open. The store is at another address by then."""
    fill(bench.store)
    faults = hold(bench.store, DEEP[0], 9 * MIB, 10 * MIB)
    faults += hold(bench.store, DEEP[1], 7 * MIB, 8 * MIB)
    await kill_when_held(start_worker(bench, SMALL_RANGES), faults)
    bench.check_nothing_wrong()
    kept = recorded(bench.destination)
    assert all(sum(stop - start for start, stop in kept[name]) >= 6 * MIB for name in DEEP)
    inodes = {n: os.stat(bench.destination / f"{n}.partial").st_ino for n in DEEP}

    with serving(Store()) as elsewhere:
        elsewhere.objects = bench.store.objects
        again = Bench(elsewhere, bench.destination)
        await again.run(holder=replace(HOLDER, attempt=2, host=host))
        again.check()
        check_bound(bench.store, elsewhere, kept)
    assert not again.heard.failures
    same = [os.stat(bench.destination / n).st_ino == inodes[n] for n in DEEP]
    assert same == [host == "node1"] * 2


async def test_being_killed_again_and_again_ends_in_the_same_tree(bench: Bench) -> None:
    fill(bench.store)
    for round_number in range(3):
        at = (3 + 5 * round_number) * MIB
        faults = hold(bench.store, DEEP[0], at) + hold(bench.store, DEEP[1], at)
        holder = replace(HOLDER, attempt=round_number + 1)
        await kill_when_held(start_worker(bench, SMALL_RANGES, holder), faults)
        bench.check_nothing_wrong()
    await bench.run(holder=replace(HOLDER, attempt=4))
    bench.check()
    whole = sum(len(found.data) for found in bench.store.objects.values())
    sent = sum(asked.sent for asked in bench.store.log)
    assert sent - whole <= 3 * 4 * SMALL_RANGES.range_size


async def test_a_kill_in_many_small_files_loses_at_most_a_batch(bench: Bench) -> None:
    for i in range(120):
        bench.store.put(f"f{i:03}", make_bytes(200_000, i))
    faults = hold(bench.store, "f100", 0)
    faults[0].hold_after = 1000
    await kill_when_held(start_worker(bench, Limits(files=4, parts=1)), faults)
    bench.check_nothing_wrong()
    await bench.run(holder=replace(HOLDER, attempt=2))
    bench.check()
    assert sum(asked.sent for asked in bench.store.log) - 120 * 200_000 <= 64 * MIB + 4 * MIB
