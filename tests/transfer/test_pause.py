"""Pausing, stopping, going on; the fence."""

import asyncio
import os
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bstui.errors import InUse
from bstui.transfer.items import Item, Limits
from tests.transfer.bench import HOLDER, QUICK, SMALL_RANGES, Bench, until
from tests.transfer.store import MIB, Fault, make_bytes

DEEP = "deep.fastq.gz"


def fill(bench: Bench) -> Fault:
    """A file whose answer at 6 MiB stands still half-way."""
    bench.store.put(DEEP, make_bytes(12 * MIB, 1), 5 * MIB)
    fault = Fault(hold_after=500_000, from_byte=6 * MIB)
    bench.store.fault(DEEP, fault)
    return fault


async def nothing_is_asked(bench: Bench) -> None:
    """Wait until the store hears of nothing more; what was on its way before may still come."""
    asked = -1
    async with asyncio.timeout(90):
        while asked != len(bench.store.log):
            asked = len(bench.store.log)
            await asyncio.sleep(0.1)


async def test_a_pause_lets_bytes_stop_and_keeps_what_arrived(bench: Bench) -> None:
    fault = fill(bench)
    engine = bench.engine()
    async with bench.running(engine, bench.items()):
        await asyncio.to_thread(fault.held.wait, 90)
        await until(lambda: engine.snapshot().bytes_done > 5 * MIB)
        engine.pause()
        fault.release.set()
        await until(lambda: bench.store.connected == 0)
        snapshot = engine.snapshot()
        assert snapshot.paused
        assert snapshot.wait is None
        assert snapshot.bytes_done > 5 * MIB
        await nothing_is_asked(bench)
        engine.go_on()
        await until(lambda: bool(bench.heard.done_files))
    bench.check()
    assert bench.store.sent(DEEP) < 14 * MIB


async def test_a_stop_records_what_arrived_of_unfinished_ranges(bench: Bench) -> None:
    fault = fill(bench)
    engine = bench.engine(limits=Limits(files=1, parts=1, range_size=4 * MIB, request_size=4 * MIB))
    task = asyncio.create_task(engine.run(bench.items()))
    await asyncio.to_thread(fault.held.wait, 90)
    await until(lambda: engine.snapshot().bytes_done == 8 * MIB + 500_000)
    await engine.stop()
    await task
    fault.release.set()
    assert not bench.heard.done_files
    assert not bench.heard.failures
    await until(lambda: bench.store.open_now == 0)
    bench.store.log.clear()
    await bench.run(holder=replace(HOLDER, attempt=2))
    bench.check()
    assert min(asked.start for asked in bench.store.log) == 8 * MIB + 500_000


async def test_stopping_before_the_start_and_twice_is_harmless(bench: Bench) -> None:
    fill(bench)
    engine = bench.engine()
    await engine.stop()
    await engine.run(bench.items())
    await engine.stop()
    assert bench.tree() == {}


async def test_wishes_after_the_end_are_harmless(bench: Bench) -> None:
    """Nothing is written to what had the number of the engine's own descriptor."""
    bench.store.put("small", make_bytes(1000))
    engine = await bench.run()
    read, write = os.pipe2(os.O_NONBLOCK)
    try:
        others = [os.dup(write) for _ in range(20)]
        engine.pause()
        engine.set_limits(Limits(bandwidth=1000))
        engine.go_on()
        with pytest.raises(BlockingIOError):
            os.read(read, 100)
    finally:
        for descriptor in (read, write, *others):
            os.close(descriptor)
    await engine.run([bench.item("small", "again")])
    assert set(bench.tree()) == {"small", "again"}


async def test_a_run_that_is_cancelled_lets_go_and_can_be_resumed(bench: Bench) -> None:
    fault = fill(bench)
    task = asyncio.create_task(bench.engine().run(bench.items()))
    await asyncio.to_thread(fault.held.wait, 90)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    fault.release.set()
    await bench.run(holder=replace(HOLDER, attempt=2))
    bench.check()


async def test_a_run_that_is_cancelled_while_it_publishes_leaves_no_task_behind(
    bench: Bench,
) -> None:
    """What waits for its turn to be published is still let go of by the threads of the disk."""
    for i in range(30):
        bench.store.put(f"f{i}", make_bytes(1000, i))
    is_publishing, may_go_on = threading.Event(), threading.Event()

    def fence() -> None:
        is_publishing.set()
        may_go_on.wait(90)

    engine = bench.engine(fence=fence)
    task = asyncio.create_task(engine.run(bench.items()))
    await asyncio.to_thread(is_publishing.wait, 90)
    await until(lambda: engine.snapshot().bytes_done == 30 * 1000 or bench.store.open_now == 0)
    task.cancel()
    await until(lambda: bench.store.connected == 0)
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await bench.run(holder=replace(HOLDER, attempt=2))
    bench.check()


async def test_items_are_taken_one_by_one(bench: Bench) -> None:
    fault = Fault(hold_after=1)
    for i in range(300):
        bench.store.put(f"f{i}", b"x" * (i + 2))
        bench.store.fault(f"f{i}", replace(fault))  # whichever comes first: all hold together
    taken: list[Item] = []

    def stream() -> Iterator[Item]:
        for i in range(300):
            taken.append(bench.item(f"f{i}", number=i))
            yield taken[-1]

    engine = bench.engine(limits=Limits(files=1, parts=1), patience=replace(QUICK, stall=20))
    async with bench.running(engine, stream()):
        await asyncio.to_thread(fault.held.wait, 90)
        assert len(taken) < 150  # some crates of small files, not all of them
        fault.release.set()
        await until(lambda: len(bench.heard.done_files) == 300)


async def test_a_fence_stops_everything_before_the_next_rename(bench: Bench) -> None:
    for i in range(20):
        bench.store.put(f"f{i}", make_bytes(1000, i))
    passed = 0

    def fence() -> None:
        nonlocal passed
        passed += 1
        if passed > 5:
            raise InUse("Attempt 2 has begun.")

    with pytest.raises(InUse, match="Attempt 2"):
        await bench.run(fence=fence)
    assert len([name for name in bench.tree() if ".partial" not in name]) == 5
    bench.check_nothing_wrong()
    bench.heard.done_files.clear()
    await bench.run(holder=replace(HOLDER, attempt=2), limits=SMALL_RANGES)
    bench.check()


async def test_a_broken_plan_ends_the_run_and_is_told(bench: Bench) -> None:
    fill(bench)

    def items() -> Iterator[Item]:
        yield from bench.items()
        raise ValueError("line 2")

    with pytest.raises(ValueError, match="line 2"):
        await bench.run(items())
    bench.check_nothing_wrong()
