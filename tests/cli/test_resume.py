"""`resume --all`: every job that ended before it was done, and no other."""

import os
from pathlib import Path

from bstui.jobs.folder import PLAN, JobFolder
from bstui.jobs.glance import status_of
from bstui.jobs.state import State
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.cli.running import Shell
from tests.jobs.imports import log_in, plan_job


def never_started(laboratory: Simulator, places: Places, destination: Path) -> JobFolder:
    """A job that nobody has started, and nobody will by now."""
    job = plan_job(log_in(laboratory, places), places, destination, "biosample:NTC")
    os.utime(job.path / PLAN, (1e9, 1e9))
    return job


def test_all_that_are_not_done_go_on(
    shell: Shell, laboratory: Simulator, places: Places, tmp_path: Path
) -> None:
    first, second, cancelled = (
        never_started(laboratory, places, tmp_path / name) for name in ("a", "b", "c")
    )
    assert shell("cancel", cancelled.header().name, "--yes").code == 0
    said = shell("resume", "--all", "--only", "failed")
    assert "nothing to resume" in said.err
    assert shell("resume", "--all", "--launch", "here").code == 0
    assert [status_of(job).state for job in (first, second, cancelled)] == [
        State.DONE,
        State.DONE,
        State.CANCELLED,
    ]
    assert "nothing to resume" in shell("resume", "--all").err
    assert shell("resume").code == 2
    assert shell("resume", "--all", "last").code == 2
