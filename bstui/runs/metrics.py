"""A run's metrics from its own InterOp files, and how they compare with BaseSpace's.

Illumina's library reads them (extra `sav`), in a process of its own: files that are not what they
should be may crash it, and take what time they like.
"""

import asyncio
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bstui.basespace.run_facts import RunStats, StatsRow
from bstui.errors import BstuiError

_READER = (sys.executable, "-P", "-m", "bstui.runs.interop_reader")
_VARIABLES = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME")
"""What the reader is given of the environment: no token."""
_LONGEST = 120.0
"""Seconds; the files of the largest runs take some."""
_COMPARED = {
    "yield_gbp": "yield",
    "q30": "≥Q30",
    "clusters": "clusters",
    "clusters_passing": "clusters passing",
    "density": "density",
    "passing": "PF",
    "error_rate": "error",
}
_TOLERANCE = 0.01
"""As a part of the larger value: both tell rounded numbers."""


async def read_metrics(run: Path, longest: float = _LONGEST) -> RunStats:
    """What the InterOp files beneath a run folder say; BstuiError where that cannot be known.

    A cancelled wait ends the reader too.
    """
    if not any((run / "InterOp").glob("*.bin")):
        raise BstuiError("No InterOp files came with the run.")
    if importlib.util.find_spec("interop") is None:
        raise BstuiError(
            "To read InterOp files, install Illumina's library: pip install 'bstui[sav]'"
        )
    unread = "The InterOp files cannot be read"
    environ = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *(*_READER, str(run)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env=environ | {"OPENBLAS_NUM_THREADS": "1"},  # each thread takes address space
        )
    except OSError as error:
        raise BstuiError(f"{unread}: no process can be started: {error.strerror}") from error
    try:
        async with asyncio.timeout(longest):
            out, _ = await process.communicate()
    except TimeoutError:
        raise BstuiError(f"{unread}: it took longer than {longest:.0f} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise BstuiError(f"{unread}: Illumina's library cannot make sense of them.")
    try:
        return msgspec.json.decode(out, type=RunStats)
    except msgspec.DecodeError as error:
        raise BstuiError(f"{unread}: Illumina's library gave no answer.") from error


def compare_metrics(interop: RunStats, basespace: RunStats) -> list[str]:
    """`lane 1: clusters: 812 by InterOp, 800 by BaseSpace`, of what both measured."""
    lines = list(_compare("whole run", interop.whole, basespace.whole))
    of_reads = {row.read: row for row in basespace.reads}
    for row in interop.reads:
        if row.read in of_reads:
            lines += _compare(f"read {row.read}", row, of_reads[row.read])
    of_lanes = {row.lane: row for row in basespace.lanes}
    for row in interop.lanes:
        if row.lane in of_lanes:
            lines += _compare(f"lane {row.lane}", row, of_lanes[row.lane])
    return lines


def _compare(what: str, interop: StatsRow, basespace: StatsRow) -> Iterator[str]:
    for name, told in _COMPARED.items():
        here, there = getattr(interop, name), getattr(basespace, name)
        if here is None or there is None:
            continue
        if abs(here - there) > _TOLERANCE * max(here, there):
            yield f"{what}: {told}: {here:,.6g} by InterOp, {there:,.6g} by BaseSpace"
