"""`--on-sample` and `--on-done`: run with what arrived, once, and said how they ended."""

import os
from collections import Counter
from pathlib import Path

import pytest

from bstui.basespace.credentials import Profile
from bstui.jobs.control import ask
from bstui.jobs.folder import JobFolder
from bstui.jobs.launchers import resume
from bstui.jobs.records import Launcher, Options, Ran, Result, Want
from bstui.jobs.state import State
from bstui.jobs.watch import JobWatch
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.jobs.imports import DEEP, QUICK, await_state, check_tree, log_in, plan_job, working
from tests.lab import wait_for


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


def result(job: JobFolder) -> Result:
    found = job.result(job.numbers().attempt)
    assert found is not None
    return found


def samples(job: JobFolder) -> set[str]:
    return {file.sample for file in job.files()}


def commands_ended(watch: JobWatch) -> int:
    return sum(isinstance(event, Ran) for event in watch.refresh().events)


def test_each_sample_and_then_the_job_are_followed_by_a_command(
    profile: Profile, places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    options = Options(
        on_sample=f'echo "$BSTUI_SAMPLE" >> {told} && ls -l $BSTUI_SAMPLE_DIR $BSTUI_FILES',
        on_done=f'env > {tmp_path}/env; test -s "$BSTUI_MANIFEST" && wc -l {told}; exit 3',
    )
    job = plan_job(profile, places, tmp_path / "data", options=options)
    environ = {**os.environ, "BSTUI_ACCESS_TOKEN": profile.token.reveal()}
    assert run_worker(job.path, places, environ, None, QUICK) == 0
    check_tree(job, simulator)
    assert Counter(told.read_text().splitlines()) == Counter(samples(job))
    seen = dict(line.partition("=")[::2] for line in (tmp_path / "env").read_text().splitlines())
    assert (seen["BSTUI_JOB"], seen["BSTUI_OUTCOME"]) == (job.id, "done")
    assert result(job).on_done == 3
    log = job.log.read_text()
    assert f"{len(samples(job))} {told}\n" in log, "what it printed stands in the log"
    assert "The command after the job ended with exit code 3" in log


def test_a_command_that_fails_fails_no_file_and_is_counted(
    profile: Profile, places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    job = plan_job(profile, places, tmp_path / "data", options=Options(on_sample="exit 7"))
    assert run_worker(job.path, places, os.environ, None, QUICK) == 0
    check_tree(job, simulator)
    assert result(job).on_sample_failed == len(samples(job))


def test_a_later_attempt_follows_only_samples_that_were_not_yet(
    profile: Profile, places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    options = Options(on_sample=f'echo "$BSTUI_SAMPLE" >> {told}')
    job = plan_job(profile, places, tmp_path / "data", DEEP, options)
    largest = max(job.files(), key=lambda file: file.size)
    simulator.faults.hold_at([largest.id], 0)
    others = samples(job) - {largest.sample}
    with working(job, places, os.environ):
        wait_for(lambda: told.exists() and set(told.read_text().splitlines()) == others)
        watch = JobWatch(job)
        wait_for(lambda: commands_ended(watch) == len(others))
        ask(job, want=Want.CANCEL)
    simulator.faults.release()
    simulator.faults.clear()
    assert resume(job, Launcher.HERE, places=places, environ=os.environ) == 0
    await_state(job, State.DONE)
    assert Counter(told.read_text().splitlines()) == Counter(samples(job))


def test_a_command_that_is_broken_off_keeps_the_job_open_and_runs_again_when_it_is_resumed(
    profile: Profile, places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    begun, may_end = tmp_path / "begun", tmp_path / "may-end"
    options = Options(on_done=f"echo begun >> {begun}; test -e {may_end} || sleep 1000")
    job = plan_job(profile, places, tmp_path / "data", options=options)
    with working(job, places, os.environ):
        wait_for(begun.exists)
        ask(job, want=Want.CANCEL)
    assert (result(job).outcome, result(job).on_done) == ("cancelled", None)
    may_end.touch()
    assert resume(job, Launcher.HERE, places=places, environ=os.environ) == 0
    assert (result(job).outcome, result(job).on_done) == ("done", 0)
    assert begun.read_text() == "begun\nbegun\n"
    check_tree(job, simulator)
