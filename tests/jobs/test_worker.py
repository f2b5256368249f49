"""A whole worker, in a thread, against the simulator: every way an attempt can go."""

import os
from pathlib import Path

import pytest

from bstui.basespace.credentials import Profile
from bstui.errors import InUse
from bstui.jobs.adoption import find_adopted, find_mates, known_reads
from bstui.jobs.control import ask, change_limits
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import FileDone, Launch, Launcher, Left, Noted, Options, Started, Want
from bstui.jobs.state import State
from bstui.jobs.watch import JobWatch
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.jobs.imports import (
    DEEP,
    QUICK,
    SMALL,
    await_state,
    check_tree,
    log_in,
    plan_job,
    working,
)
from tests.lab import wait_for


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


@pytest.fixture
def job(profile: Profile, places: Places, tmp_path: Path) -> JobFolder:
    return plan_job(profile, places, tmp_path / "data", DEEP)


def largest(job: JobFolder) -> str:
    return max(job.files(), key=lambda file: file.size).id


def ask_to_start(job: JobFolder, attempt: int) -> None:
    job.add_launch(Launch(time=0.0, launcher=Launcher.HERE, host="here", attempt=attempt))


def test_an_import_ends_done(job: JobFolder, places: Places, simulator: Simulator) -> None:
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    check_tree(job, simulator)
    view = JobWatch(job).refresh()
    assert view.status.state is State.DONE
    assert view.result is not None
    assert view.counts.files_done == view.counts.files == len(list(job.files()))
    assert view.counts.bytes_done == view.counts.bytes
    events = [event for event, _ in read_events(job.events(1))]
    assert isinstance(events[0], Started)
    assert events[-1] == Left(time=events[-1].time, reason="done")
    assert "Attempt 1 ended: done" in job.log.read_text()


def test_a_job_that_is_done_does_not_start_by_itself(job: JobFolder, places: Places) -> None:
    run_worker(job.path, places, os.environ, rhythm=QUICK)
    with pytest.raises(InUse, match="ended this job already"):
        run_worker(job.path, places, os.environ, rhythm=QUICK)
    ask_to_start(job, 2)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    assert [e for e, _ in read_events(job.events(2))][1:-1] == [], "nothing was brought again"


def test_pause_and_go_on(job: JobFolder, places: Places, simulator: Simulator) -> None:
    simulator.faults.hold_at([largest(job)], 100_000)
    with working(job, places, os.environ) as codes:
        simulator.faults.wait_until_held([largest(job)])
        ask(job, want=Want.PAUSE)
        await_state(job, State.PAUSED)
        simulator.faults.release()
        ask(job, want=Want.RUN, bwlimit=100 * 10**6)
        await_state(job, State.DONE)
    assert codes == [0]
    check_tree(job, simulator)


@pytest.fixture
def unjoined(
    profile: Profile, places: Places, tmp_path: Path
) -> tuple[JobFolder, dict[Path, bytes]]:
    """A paused job whose next attempt has nothing to do but to join, and what it is to make."""
    lanes = Options(lanes="merge")
    job = plan_job(profile, places, tmp_path / "data", "biosample:zf-00h-1", lanes)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    joined = {tmp_path / "data" / file.merged for file in job.files()}
    whole = {path: path.read_bytes() for path in joined}
    for path in joined:
        path.unlink()
    job.add_control(lambda wish: type(wish)(want=Want.PAUSE))
    ask_to_start(job, 2)
    return job, whole


def await_paused_joining(job: JobFolder) -> None:
    wait_for(lambda: JobWatch(job).refresh().status.text == "paused: joining lanes, 1 of 2")


def test_joining_lanes_waits_while_the_job_is_paused(
    unjoined: tuple[JobFolder, dict[Path, bytes]], places: Places
) -> None:
    job, whole = unjoined
    assert len(whole) == 2
    with working(job, places, os.environ) as codes:
        await_paused_joining(job)
        assert not any(path.exists() for path in whole)
        ask(job, want=Want.RUN)
        await_state(job, State.DONE)
    assert codes == [0]
    assert {path: path.read_bytes() for path in whole} == whole


def test_joining_that_is_paused_can_be_cancelled(
    unjoined: tuple[JobFolder, dict[Path, bytes]], places: Places
) -> None:
    job, whole = unjoined
    with working(job, places, os.environ):
        await_paused_joining(job)
        ask(job, want=Want.CANCEL)
        await_state(job, State.CANCELLED)
    assert not any(path.exists() for path in whole)


def test_a_limit_holds_and_is_lifted_while_the_job_runs(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    change_limits(job, {"bwlimit": "1k", "concurrency": "low"})
    with working(job, places, os.environ) as codes:
        await_state(job, State.RUNNING)
        change_limits(job, {"bwlimit": "off"})
        await_state(job, State.DONE)
    assert codes == [0]
    wish = job.newest_control(job.numbers())
    assert wish is not None
    assert (wish.record.bwlimit, wish.record.concurrency) == ("off", "low")
    check_tree(job, simulator)


def test_cancel_keeps_what_is_whole(job: JobFolder, places: Places, simulator: Simulator) -> None:
    simulator.faults.hold_at([largest(job)], 100_000)
    with working(job, places, os.environ) as codes:
        simulator.faults.wait_until_held([largest(job)])
        ask(job, want=Want.CANCEL)
        view = await_state(job, State.CANCELLED)
    assert codes == [1] == [view.status.exit_code]
    assert 0 <= view.counts.files_done < view.counts.files
    assert view.status.resumable
    simulator.faults.release()
    ask(job, want=None, bwlimit=None)
    job.add_control(lambda wish: type(wish)(want=Want.RUN))
    ask_to_start(job, 2)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    check_tree(job, simulator)


def test_a_job_cancelled_without_a_worker_has_ended(job: JobFolder, places: Places) -> None:
    ask_to_start(job, 1)
    ask(job, want=Want.CANCEL)
    assert JobWatch(job).refresh().status.state is State.CANCELLED
    with pytest.raises(InUse, match="ended this job already"):
        run_worker(job.path, places, os.environ, rhythm=QUICK)


def test_files_that_fail_are_named_and_tried_again(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    bad = largest(job)
    simulator.faults.flip([bad], at=1000, times=99)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 6, "one cause: its own code"
    view = JobWatch(job).refresh()
    assert view.status.state is State.INCOMPLETE
    assert view.status.exit_code == 6
    assert [failure.id for failure in view.failures] == [bad]
    simulator.faults.clear()
    ask_to_start(job, 2)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    check_tree(job, simulator)
    assert JobWatch(job).refresh().failures == ()


def test_a_runs_end_markers_come_last_and_only_when_all_else_stands(
    profile: Profile, places: Places, tmp_path: Path, simulator: Simulator
) -> None:
    run = "run:Cardiac panel plate 1"
    job = plan_job(profile, places, tmp_path / "data", run, Options(bcl=True))
    markers = {file.id for file in job.files() if file.last}
    bad = next(file for file in job.files() if file.size > 10_000)
    assert markers
    simulator.faults.flip([bad.id], at=100, times=99)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 6
    view = JobWatch(job).refresh()
    assert {failure.id for failure in view.failures} == markers | {bad.id}
    assert view.counts.files_failed == len(markers) + 1
    assert not any((tmp_path / "data" / f.path).exists() for f in job.files() if f.last)
    simulator.faults.clear()
    ask_to_start(job, 2)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    check_tree(job, simulator)
    brought = [e.id for e, _ in read_events(job.events(2)) if isinstance(e, FileDone)]
    assert brought[0] == bad.id
    assert set(brought[1:]) == markers


def test_a_second_worker_is_refused(job: JobFolder, places: Places, simulator: Simulator) -> None:
    simulator.faults.hold_at([largest(job)], 100_000)
    with working(job, places, os.environ):
        simulator.faults.wait_until_held([largest(job)])
        with pytest.raises(InUse, match=rf"{os.uname().nodename} \(process {os.getpid()}\)"):
            run_worker(job.path, places, os.environ, rhythm=QUICK)
        simulator.faults.release()
    check_tree(job, simulator)


def test_a_worker_that_is_taken_over_leaves(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    simulator.faults.hold_at([largest(job)], 100_000)
    with working(job, places, os.environ) as codes:
        simulator.faults.wait_until_held([largest(job)])
        descriptor = job.claim(2)
    os.close(descriptor)
    assert codes == [11]
    assert [e for e, _ in read_events(job.events(1))][-1].reason == "taken over"  # type: ignore[union-attr]  # asserted by this
    assert job.result(1) is None


def test_a_revoked_token_waits_for_a_login(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    simulator.faults.revoke(simulator.tokens.person)
    with working(job, places, os.environ) as codes:
        view = await_state(job, State.WAITING)
        assert view.status.reason == "login"
        assert view.status.next_try > view.status.since
        assert "bstui login" in view.status.explanation
        simulator.faults.accept(simulator.tokens.person)
    assert codes == [0]
    check_tree(job, simulator)


def test_another_account_is_refused(job: JobFolder, places: Places, simulator: Simulator) -> None:
    log_in(simulator, places, simulator.tokens.workgroup)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 4
    view = JobWatch(job).refresh()
    assert view.status.state is State.STOPPED
    assert "now acts for" in view.status.reason
    assert isinstance(view.events[-2], Noted)
    log_in(simulator, places)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0


def test_an_unreachable_service_is_waited_for(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    simulator.faults.burst("api", 503, times=1000)
    with working(job, places, os.environ) as codes:
        view = await_state(job, State.WAITING, State.RUNNING)
        simulator.faults.clear()
        await_state(job, State.DONE, timeout=60)
    assert codes == [0], view


def test_a_wait_that_lasts_too_long_ends_it_resumable(
    profile: Profile, places: Places, tmp_path: Path, simulator: Simulator
) -> None:
    job = plan_job(profile, places, tmp_path / "data", options=Options(give_up_after=0.3))
    simulator.faults.revoke(simulator.tokens.person)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 4
    status = JobWatch(job).refresh().status
    assert (status.state, status.exit_code, status.resumable) == (State.STOPPED, 4, True)
    assert status.reason == "gave up after 0 s of waiting: login"
    simulator.faults.accept(simulator.tokens.person)
    simulator.faults.burst("objects", 503, times=10**6)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 1
    assert "of waiting: network" in JobWatch(job).refresh().status.reason
    simulator.faults.clear()
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    check_tree(job, simulator)


def test_a_pause_is_no_wait_that_is_given_up(
    profile: Profile, places: Places, tmp_path: Path, simulator: Simulator
) -> None:
    job = plan_job(profile, places, tmp_path / "data", options=Options(give_up_after=0.2))
    ask(job, want=Want.PAUSE)
    with working(job, places, os.environ) as codes:
        await_state(job, State.PAUSED)
        beats = JobWatch(job)
        first = beats.refresh().progress
        assert first is not None
        wait_for(lambda: (p := beats.refresh().progress) is not None and p.time > first.time + 0.5)
        ask(job, want=Want.RUN)
    assert codes == [0]


def test_full_proof_digests_and_permissions_stand_in_the_events(
    profile: Profile, places: Places, tmp_path: Path, simulator: Simulator
) -> None:
    options = Options(verify="full", digest="sha256", chmod="440", read_only=True)
    job = plan_job(profile, places, tmp_path / "data", SMALL, options)
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    check_tree(job, simulator)
    truth = simulator.truth({file.id for file in job.files()})
    for event, _ in read_events(job.events(1)):
        if isinstance(event, FileDone):
            assert event.verified.endswith("etag+gzip")
            assert event.reads is not None
            assert event.sha256 == truth[event.id].sha256
            assert (tmp_path / "data" / event.path).stat().st_mode & 0o777 == 0o440


def test_a_later_attempt_knows_how_many_reads_mates_had(
    profile: Profile, places: Places, tmp_path: Path, simulator: Simulator
) -> None:

    job = plan_job(profile, places, tmp_path / "data", SMALL, Options(verify="full"))
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    adopted = find_adopted(job, job.header())
    known = known_reads(job, adopted)
    pairs = {find_mates(file) for file in job.files()}
    assert set(known) == pairs
    assert 2 * len(pairs) == len(list(job.files())), "R1 and R2 share what tells them"
