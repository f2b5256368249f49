"""`state_of`, case by case, and for everything that could be seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.errors import InUse
from bstui.jobs.records import (
    Launch,
    Launcher,
    Left,
    Outcome,
    Phase,
    Progress,
    Result,
    Started,
)
from bstui.jobs.state import Seen, State, check_startable, next_attempt, state_of

NOW = 1_000_000.0


def launch(attempt: int = 1, *, take_over: bool = False, problem: str = "") -> Launch:
    return Launch(
        time=NOW - 10,
        launcher=Launcher.DETACHED,
        host="login1",
        attempt=attempt,
        take_over=take_over,
        problem=problem,
    )


STARTED = Started(time=NOW - 50, attempt=1, host="login1", pid=7, start_time=9, boot_id="b")
LEFT = Left(time=NOW - 5, reason="signal")


def result(outcome: Outcome, failed: int = 0) -> Result:
    return Result(attempt=1, time=NOW - 5, outcome=outcome, files_failed=failed)


def seen(**changes: object) -> Seen:
    """A worker that lives on this host, changed."""
    facts: dict[str, object] = {
        "attempt": 1,
        "started": STARTED,
        "claimed": NOW - 50,
        "beat": NOW - 1,
        "process": True,
    }
    return Seen(**(facts | changes))  # type: ignore[arg-type]  # the table's values fit


@pytest.mark.parametrize(
    ("what", "found", "expected"),
    [
        ("just planned", Seen(planned=NOW - 1), "queued: starting"),
        ("never started", Seen(planned=NOW - 61), "stopped: never started"),
        ("launched", Seen(launch=launch(), launched=NOW - 59), "queued: starting"),
        ("held", Seen(launch=launch(), pending="Priority"), "queued: Priority"),
        ("no sign", Seen(launch=launch(), launched=NOW - 61), "lost: its worker never began"),
        (
            "start failed",
            Seen(launch=launch(problem="no such module"), launched=NOW - 1),
            "stopped: no such module",
        ),
        ("claimed", seen(started=None, process=None, claimed=NOW - 1), "queued: starting"),
        (
            "claimed long ago",
            seen(started=None, process=None, claimed=NOW - 60, beat=0.0),
            "lost: its worker is gone",
        ),
        ("alive", seen(), "running"),
        ("stopped process", seen(beat=NOW - 90), "running: no sign of life for 90 s"),
        ("process gone", seen(process=False), "lost: its worker is gone"),
        ("elsewhere", seen(process=None, beat=NOW - 89), "running"),
        ("elsewhere, silent", seen(process=None, beat=NOW - 90), "lost: its worker is gone"),
        ("left", seen(left=LEFT), "stopped: signal"),
        (
            "its result is damaged",
            seen(process=None, left=Left(time=NOW, reason="done"), result_is_damaged=True),
            "stopped: its result cannot be read",
        ),
        ("done", seen(result=result(Outcome.DONE), left=LEFT), "done"),
        ("incomplete", seen(result=result(Outcome.INCOMPLETE, 3)), "incomplete: 3 failed"),
        ("cancelled", seen(result=result(Outcome.CANCELLED), process=False), "cancelled"),
        (
            "resumed after its end",
            seen(result=result(Outcome.INCOMPLETE), launch=launch(2), launched=NOW - 1),
            "queued: starting",
        ),
        (
            "resumed in vain",
            seen(result=result(Outcome.INCOMPLETE, 1), launch=launch(2), launched=NOW - 60),
            "incomplete: 1 failed",
        ),
        (
            "launch of the attempt that runs",
            seen(launch=launch(1), launched=NOW - 1),
            "running",
        ),
        (
            "taken over, not yet begun",
            seen(launch=launch(2, take_over=True), launched=NOW - 1),
            "running",
        ),
    ],
)
def test_each_state_in_its_order(what: str, found: Seen, expected: str) -> None:
    assert state_of(found, NOW).text == expected, what


def test_a_wait_says_why_since_when_and_until_when() -> None:
    wait = Progress(
        attempt=1, time=NOW, phase=Phase.WAITING, reason="login", since=NOW - 9, next_try=NOW + 21
    )
    status = state_of(seen(progress=wait), NOW)
    assert (status.state, status.reason) == (State.WAITING, "login")
    assert (status.since, status.next_try) == (NOW - 9, NOW + 21)
    paused = state_of(seen(progress=Progress(attempt=1, time=NOW, phase=Phase.PAUSED)), NOW)
    assert paused.state is State.PAUSED
    assert paused.is_alive
    assert not paused.resumable


def test_a_reader_that_cannot_write_says_when_it_was_seen_last() -> None:
    status = state_of(seen(process=None, beat=NOW - 10_000), None)
    assert status.state is State.RUNNING
    assert status.reason.startswith("last seen at ")
    assert not status.resumable
    assert state_of(seen(), None).text == "running"


def test_a_worker_starts_only_where_no_other_lives() -> None:
    assert next_attempt(Seen(), NOW) == 1
    assert next_attempt(seen(process=False), NOW) == 2
    assert next_attempt(seen(left=LEFT), NOW) == 2
    for refused in (
        seen(),
        seen(process=None),
        seen(started=None, claimed=NOW - 1),
        seen(launch=launch(2), launched=NOW),
        seen(result=result(Outcome.DONE)),
        seen(process=None, launch=launch(2, take_over=True), launched=NOW),
    ):
        with pytest.raises(InUse):
            next_attempt(refused, NOW)


def test_the_refusal_names_host_process_and_time() -> None:
    with pytest.raises(InUse, match=r"login1 \(process 7\) since \d{4}-") as refusal:
        check_startable(seen(), NOW, take_over=False)
    assert refusal.value.exit_code == 11


def test_take_over_needs_silence_from_another_host() -> None:
    assert check_startable(seen(), NOW, take_over=True) == 2
    assert next_attempt(seen(launch=launch(2, take_over=True), launched=NOW), NOW) == 2
    assert check_startable(seen(process=None, beat=NOW - 90), NOW, take_over=False) == 2
    with pytest.raises(InUse):
        check_startable(seen(process=None, beat=NOW - 89), NOW, take_over=True)


def test_an_ended_job_starts_again_only_when_asked() -> None:
    ended = seen(result=result(Outcome.INCOMPLETE), launch=launch(2), launched=NOW)
    assert next_attempt(ended, NOW) == 2


moments = st.floats(NOW - 200, NOW + 5)
launches = st.builds(
    Launch,
    time=moments,
    launcher=st.sampled_from(Launcher),
    host=st.just("h"),
    attempt=st.integers(1, 4),
    take_over=st.booleans(),
    problem=st.sampled_from(("", "no")),
)
anything = st.builds(
    Seen,
    planned=moments,
    launch=st.none() | launches,
    launched=moments,
    pending=st.sampled_from(("", "Priority")),
    attempt=st.integers(0, 3),
    claimed=moments,
    started=st.none() | st.just(STARTED),
    left=st.none() | st.just(LEFT),
    result=st.none() | st.sampled_from([result(outcome) for outcome in Outcome]),
    progress=st.none()
    | st.builds(Progress, attempt=st.just(1), time=moments, phase=st.sampled_from(Phase)),
    beat=moments,
    process=st.none() | st.booleans(),
)


@given(found=anything, now=st.none() | st.just(NOW))
def test_every_folder_has_one_state(found: Seen, now: float | None) -> None:
    status = state_of(found, now)
    assert status.resumable + status.is_active + (status.state is State.DONE) == 1
    if status.state is State.DONE:
        assert found.result is not None
        assert found.result.outcome is Outcome.DONE
    if status.state is State.LOST:
        assert now is not None or found.process is False
    if status.is_alive:
        with pytest.raises(InUse):
            check_startable(found, now, take_over=False)
    if status.resumable:
        assert check_startable(found, now, take_over=False) == found.attempt + 1


@pytest.mark.parametrize("reason", ["done", "cancelled"])
def test_between_its_last_event_and_its_result_a_worker_still_lives(reason: str) -> None:
    leaving = Left(time=NOW, reason=reason)
    assert state_of(seen(left=leaving, process=True), NOW).is_alive
    assert state_of(seen(left=leaving, process=False), NOW).state is State.STOPPED
