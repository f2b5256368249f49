"""Disks that take nothing for a while, for real: read-only, over quota, out of inodes.

A job on one waits, says why, since when and until when, and goes on by itself once the cause is
gone; or gives up, where it was told to.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bstui.jobs.records import Options
from bstui.jobs.state import State
from bstui.jobs.watch import JobWatch
from bstui.simulator.service import Simulator
from tests.faults.disks import MIB, a_disk
from tests.faults.small_job import Job, plan, serving
from tests.jobs.imports import await_state
from tests.oracle import assert_imported, assert_nothing_wrong

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

READS = {f"S{i}_S{i}_L001_R1_001": 500 + 100 * i for i in range(1, 5)}
"""A little more than 3 MiB in four files."""
_INODES = 64
_LEFT = 9
"""Inodes that are left: enough for the folders and the first files."""


@dataclass(frozen=True)
class Refusing:
    """A disk that takes nothing, or not enough."""

    out: Path
    heal: Callable[[], None]
    reason: str
    says: str
    """A word of the explanation."""
    disturb: Callable[[], None] | None = None
    """What makes it so between two attempts; None where it is so from the beginning."""


@contextmanager
def read_only(place: Path) -> Iterator[Refusing]:
    with a_disk(place, 32 * MIB) as disk:
        yield Refusing(
            disk.mounted / "out",
            heal=lambda: disk.remount("rw"),
            reason="destination",
            says="Read-only file system",
            disturb=lambda: disk.remount("ro"),
        )


@contextmanager
def few_inodes(place: Path) -> Iterator[Refusing]:
    with a_disk(place, 32 * MIB, ("mkfs.ext4", "-q", "-F", "-N", str(_INODES))) as disk:
        ballast = disk.mounted / "ballast"
        ballast.mkdir()
        number = 0
        while os.statvfs(disk.mounted).f_favail > _LEFT:
            (ballast / f"{number}").touch()
            number += 1

        def heal() -> None:
            for path in ballast.iterdir():
                path.unlink()

        yield Refusing(disk.mounted / "out", heal, reason="room", says="inodes")


@contextmanager
def quota(place: Path) -> Iterator[Refusing]:
    with a_disk(place, 160 * MIB, ("mkfs.btrfs", "-q")) as disk:
        out = disk.mounted / "out"

        def btrfs(*words: str | Path) -> None:
            subprocess.run(["btrfs", *words], check=True, capture_output=True)

        btrfs("subvolume", "create", out)
        btrfs("quota", "enable", disk.mounted)
        btrfs("qgroup", "limit", "1M", out)
        yield Refusing(
            out,
            heal=lambda: btrfs("qgroup", "limit", "none", out),
            reason="room",
            says="quota",
        )


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with serving(tmp_path_factory.mktemp("small-disks"), READS) as running:
        yield running


def a_job(simulator: Simulator, place: Path, out: Path, **options: Any) -> Job:
    wished = Options(concurrent_files=1, concurrent_parts=1, **options)
    return plan(simulator, place / "home", place / "state", out, wished)


def kill_half_way(job: Job) -> None:
    """An attempt that is gone in the midst of a file: no read-only disk has files open."""
    last = list(job.folder.files())[-1]
    job.simulator.faults.hold_at([last.id], 100_000)
    worker = job.start()
    job.simulator.faults.wait_until_held([last.id])
    worker.kill()
    worker.wait()
    job.simulator.faults.clear()


def shown(job: Job) -> dict[str, Any]:
    """What `bstui show` says of it."""
    command = [sys.executable, "-m", "bstui", "show", f"job:{job.folder.id}", "--json"]
    done = subprocess.run(
        command, env={**os.environ, **job.environ}, capture_output=True, text=True, check=True
    )
    row: dict[str, Any] = json.loads(done.stdout)
    return row


@pytest.mark.parametrize("disk", [read_only, few_inodes, quota])
def test_a_disk_that_takes_nothing_is_waited_for_and_said(
    disk: Callable[[Path], Any], simulator: Simulator, tmp_path: Path
) -> None:
    """D2, D3, D5."""
    with ExitStack() as stack:
        refusing = stack.enter_context(disk(tmp_path))
        job = a_job(simulator, tmp_path, refusing.out)
        if refusing.disturb is not None:
            kill_half_way(job)
            refusing.disturb()
        worker = stack.enter_context(job.start())
        stack.callback(worker.kill)
        view = await_state(job.folder, State.WAITING)
        assert refusing.says in view.status.explanation
        row = shown(job)
        assert (row["state"], row["reason"]) == ("waiting", refusing.reason)
        assert row["since"] < row["next_try"]
        assert_nothing_wrong(job.folder, refusing.out, job.truth())

        refusing.heal()
        assert worker.wait(180) == 0, job.folder.log.read_text()
        assert_imported(job.folder, refusing.out, job.truth())


@pytest.mark.parametrize("disk", [read_only, few_inodes, quota])
def test_a_disk_that_takes_nothing_for_too_long_is_given_up(
    disk: Callable[[Path], Any], simulator: Simulator, tmp_path: Path
) -> None:
    with disk(tmp_path) as refusing:
        job = a_job(simulator, tmp_path, refusing.out, give_up_after=1.0)
        if refusing.disturb is not None:
            kill_half_way(job)
            refusing.disturb()
        assert job.work() == (5 if refusing.reason == "room" else 1)
        status = JobWatch(job.folder).refresh().status
        assert (status.state, status.resumable) == (State.STOPPED, True)
        assert "gave up" in status.reason
        refusing.heal()
        assert job.work() == 0, job.folder.log.read_text()
        assert_imported(job.folder, refusing.out, job.truth())
