"""Prints what a run folder's InterOp files say, as JSON: a program, for `runs.metrics` alone.

Illumina's library (extra `sav`) is C++ and reads what a stranger wrote: it may end this process in
any way, and nothing else. What it means by a number is in its `py_interop_summary`.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from bstui.basespace.run_facts import RunStats, StatsRow, count, measure, percent

_MEMORY = 4 << 30
"""Bytes of address space: a run of eight lanes of 300 cycles takes under a quarter of it."""
_CPU_SECONDS = 300
_MOST = 64
"""Reads and lanes that are told; an instrument has at most 7 and 8."""


def main() -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # what the library itself may print
    for limit, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))
    stats = read_folder(sys.argv[1])
    with open(out, "wb") as file:
        file.write(msgspec.json.encode(stats))


def read_folder(folder: str) -> RunStats:
    """Any exception at all where the library has one."""
    from interop import py_interop_run as parts
    from interop import py_interop_run_metrics as metrics
    from interop import py_interop_summary as summaries

    run, wanted = metrics.run_metrics(), parts.uchar_vector(parts.MetricCount, 0)
    metrics.list_summary_metrics_to_load(wanted)
    try:
        run.read(folder, wanted)
    except metrics.invalid_channel_exception:  # old RunInfo.xml; only intensities ask for channels
        info = run.run_info()
        info.channels(parts.string_vector(["A", "C", "G", "T"]))
        run.run_info(info)
        run.finalize_after_load()
    summary = summaries.run_summary()
    summaries.summarize_run_metrics(run, summary)
    reads = [summary.at(at) for at in range(min(summary.size(), _MOST))]
    lanes = range(min(summary.lane_count(), _MOST))
    by_lane = tuple(_lane(reads, at) for at in lanes)
    by_read = tuple(_read(read, lanes) for read in reads)
    return RunStats(whole=_whole(summary.total_summary(), by_lane), reads=by_read, lanes=by_lane)


def _whole(total: Any, lanes: tuple[StatsRow, ...]) -> StatsRow:
    clusters = sum(lane.clusters or 0 for lane in lanes)
    passing = sum(lane.clusters_passing or 0 for lane in lanes)
    return StatsRow(
        yield_gbp=measure(total.yield_g()),
        q30=percent(total.percent_gt_q30()),
        clusters=clusters or None,
        clusters_passing=passing or None,
        density=_mean(lane.density for lane in lanes),
        passing=percent(100 * passing / clusters) if clusters else None,
        error_rate=percent(total.error_rate()),
    )


def _read(read: Any, lanes: range) -> StatsRow:
    about, total = read.read(), read.summary()
    return StatsRow(
        read=about.number(),
        is_index=about.is_index(),
        cycles=count(about.total_cycles()),
        yield_gbp=measure(total.yield_g()),
        q30=percent(total.percent_gt_q30()),
        error_rate=percent(total.error_rate()),
        phasing=_mean(percent(read.at(lane).phasing().mean()) for lane in lanes),
        prephasing=_mean(percent(read.at(lane).prephasing().mean()) for lane in lanes),
    )


def _lane(reads: list[Any], at: int) -> StatsRow:
    """Clusters are the same for every read; error and phasing are those of the insert reads."""
    cells = [read.at(at) for read in reads]
    inserts = [read.at(at) for read in reads if not read.read().is_index()]
    first = cells[0]

    def of_inserts(value: Callable[[Any], float]) -> float | None:
        return _mean(percent(value(cell)) for cell in inserts)

    yields = [(measure(cell.yield_g()) or 0, percent(cell.percent_gt_q30())) for cell in cells]
    good = sum(gbp * q30 for gbp, q30 in yields if q30 is not None)
    whole = sum(gbp for gbp, q30 in yields if q30 is not None)
    return StatsRow(
        lane=first.lane(),
        yield_gbp=measure(sum(gbp for gbp, _ in yields)),
        q30=percent(good / whole) if whole else None,
        clusters=count(first.reads()),
        clusters_passing=count(first.reads_pf()),
        density=measure(first.density().mean() / 1000),
        passing=percent(first.percent_pf().mean()),
        error_rate=of_inserts(lambda cell: cell.error_rate().mean()),
        phasing=of_inserts(lambda cell: cell.phasing().mean()),
        prephasing=of_inserts(lambda cell: cell.prephasing().mean()),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


if __name__ == "__main__":
    main()
