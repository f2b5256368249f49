"""How few requests bring files: long ones that are recorded on their way, and small files in turn
over kept connections."""

import asyncio

from bstui.transfer.items import Limits
from bstui.transfer.leg import Gaps
from tests.transfer.bench import HOLDER, Bench, until
from tests.transfer.store import MIB, Fault, make_bytes
from tests.transfer.test_kill import DEEP, kill_when_held, recorded, start_worker

ONE_LONG = Limits(files=1, parts=1, range_size=MIB)


async def test_one_request_brings_many_ranges(bench: Bench) -> None:
    bench.store.put(DEEP[0], make_bytes(16 * MIB, 1), 5 * MIB)
    await bench.run(limits=ONE_LONG)
    bench.check()
    assert len(bench.store.log) <= 5


async def test_a_kill_in_a_long_request_costs_no_more_than_a_range(bench: Bench) -> None:
    bench.store.put(DEEP[0], make_bytes(16 * MIB, 1), 5 * MIB)
    fault = Fault(hold_after=4 * MIB)
    bench.store.fault(DEEP[0], fault)
    process = start_worker(bench, ONE_LONG)
    await until(
        lambda: sum(b - a for a, b in recorded(bench.destination).get(DEEP[0], [])) >= 3 * MIB
    )
    await kill_when_held(process, [fault])
    kept = recorded(bench.destination)[DEEP[0]]
    bench.store.log.clear()
    await bench.run(limits=ONE_LONG, holder=HOLDER)
    bench.check()
    assert bench.store.sent(DEEP[0]) == 16 * MIB - sum(stop - start for start, stop in kept)


async def test_what_a_long_request_brought_is_kept_by_a_stop(bench: Bench) -> None:
    bench.store.put(DEEP[0], make_bytes(16 * MIB, 1), 5 * MIB)
    fault = Fault(hold_after=3 * MIB + 5)
    bench.store.fault(DEEP[0], fault)
    engine = bench.engine(limits=ONE_LONG)
    async with bench.running(engine, bench.items()):
        await until(lambda: engine.snapshot().bytes_done == 3 * MIB + 5)
        await engine.stop()
        fault.release.set()
    await until(lambda: bench.store.open_now == 0)
    bench.store.log.clear()
    await bench.run(limits=ONE_LONG)
    bench.check()
    assert bench.store.sent(DEEP[0]) == 13 * MIB - 5


async def test_small_files_with_which_something_is_wrong_do_not_hold_up_others(
    bench: Bench,
) -> None:
    for i in range(60):
        bench.store.put(f"f{i:02}", make_bytes(2000 + i, i))
    bench.store.fault("f03", Fault(status=503))
    bench.store.fault("f07", Fault(flip=True))
    bench.store.fault("f20", Fault(cut_after=1000))
    items = bench.items()
    del bench.store.objects["f11"]
    bench.destination.mkdir(exist_ok=True)
    (bench.destination / "f05").write_bytes(bench.store.objects["f05"].data)
    await bench.run(items, limits=Limits(files=2, parts=1))
    assert set(bench.tree()) - set(bench.store.objects) == {"f11.partial"}
    (bench.destination / "f11.partial").unlink()
    bench.check()
    assert list(bench.heard.failures) == ["f11"]
    assert bench.heard.proofs["f05"].verified.startswith("adopted")


async def test_a_pause_and_a_stop_in_a_crate_of_small_files_lose_nothing(bench: Bench) -> None:
    for i in range(40):
        bench.store.put(f"f{i:02}", make_bytes(2000 + i, i))
    fault = Fault(hold_after=1000)
    bench.store.fault("f05", fault)
    engine = bench.engine(limits=Limits(files=1, parts=1))
    async with bench.running(engine, bench.items()):
        await asyncio.to_thread(fault.held.wait, 90)
        engine.pause()
        fault.release.set()
        engine.go_on()
        await until(lambda: len(bench.heard.done_files) == 40)
    bench.check()


def test_what_is_missing_is_shared_out_once_and_whole() -> None:
    gaps = Gaps([(0, 10), (25, 60)])
    taken = []
    while (share := gaps.take(7, 8)) is not None:
        taken.append(share)
    assert taken == [(0, 8), (8, 10), (25, 32), (32, 40), (40, 48), (48, 56), (56, 60)]
    assert gaps.total == 0
