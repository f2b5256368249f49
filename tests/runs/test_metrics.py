"""A run's metrics by its InterOp files: read in a process of its own, whatever they hold."""

import asyncio
import importlib.util
import os
from pathlib import Path

import msgspec
import pytest

from bstui.basespace.run_facts import RunStats, StatsRow
from bstui.errors import BstuiError
from bstui.runs.metrics import compare_metrics, read_metrics
from tests.runs.folders import EXPERIMENTS, RunFolder, write_runs

needs_interop = pytest.mark.skipif(
    importlib.util.find_spec("interop") is None, reason="the extra `sav` is not installed"
)
TILES = "InterOp/TileMetricsOut.bin"
ENDLESS = b'<?xml version="1.0"?><RunInfo Version="2"><Run Id="a" Number="1"><Reads>'
MANY = ENDLESS + (
    b'<Read Number="1" NumCycles="4000000000" IsIndexedRead="N"/></Reads><FlowcellLayout '
    b'LaneCount="4000000000" SurfaceCount="9" SwathCount="9" TileCount="99"/></Run></RunInfo>'
)


def read(run: Path, longest: float = 120) -> RunStats:
    return asyncio.run(read_metrics(run, longest))


def write_run(folder: Path, layout: str = "bcl") -> RunFolder:
    return write_runs(folder, layout)[layout]


@needs_interop
@pytest.mark.parametrize("layout", EXPERIMENTS)
def test_the_metrics_of_every_layout(layout: str, tmp_path: Path) -> None:
    stats = read(write_run(tmp_path, layout).path)
    clusters = [lane.clusters or 0 for lane in stats.lanes]
    passing = [lane.clusters_passing or 0 for lane in stats.lanes]
    assert [lane.lane for lane in stats.lanes] == list(range(1, len(clusters) + 1))
    assert stats.whole.clusters == sum(clusters) > sum(passing) > 0
    assert stats.whole.passing == pytest.approx(100 * sum(passing) / sum(clusters))
    assert [(row.read, row.cycles) for row in stats.reads] == [(1, 8)]
    assert (stats.whole.q30, stats.whole.error_rate) == (None, None), "not measured, so not told"


@needs_interop
@pytest.mark.parametrize(
    ("path", "data"),
    [
        (TILES, b""),
        (TILES, b"\x02"),
        (TILES, b"\x02\x0a\x01"),
        (TILES, b"\x02\x00" + b"\xff" * 400),
        (TILES, b"\xff" * 4000),
        (TILES, b"\x03\x0f" + b"\xff" * 4000),
        ("RunInfo.xml", b""),
        ("RunInfo.xml", ENDLESS * 50),
        ("RunInfo.xml", MANY),
        ("runParameters.xml", b"<" * 5000),
    ],
)
def test_files_that_are_not_what_they_should_be_break_nothing(
    path: str, data: bytes, tmp_path: Path
) -> None:
    run = write_run(tmp_path)
    run.write(run.path / path, data)
    try:
        stats = read(run.path)
    except BstuiError as error:
        assert "cannot be read" in str(error)  # noqa: PT017 - either is an answer
    else:
        assert msgspec.json.decode(msgspec.json.encode(stats), type=RunStats) == stats


@needs_interop
def test_a_file_without_an_end_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    (run.path / TILES).unlink()
    os.mkfifo(run.path / TILES)
    with pytest.raises(BstuiError, match=r"longer than 2 s"):
        read(run.path, 2)


def test_a_run_without_interop_files_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(BstuiError, match="No InterOp files"):
        read(tmp_path)


def test_only_what_both_measured_is_compared() -> None:
    row = StatsRow(clusters=1000, q30=90.0, passing=80.0)
    near = StatsRow(clusters=1001, passing=70.0, error_rate=0.5)
    interop = RunStats(whole=row, lanes=(StatsRow(lane=2, clusters=5),))
    basespace = RunStats(whole=near, lanes=(StatsRow(lane=1, clusters=9),))
    assert compare_metrics(interop, interop) == []
    assert compare_metrics(interop, basespace) == [
        "whole run: PF: 80 by InterOp, 70 by BaseSpace",
    ]
