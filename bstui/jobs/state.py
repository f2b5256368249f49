"""The state of a job: a pure function of what was seen in its folder, and a clock.

`state_of` is the rule of the job folder's protocol. Nothing stores a state; every screen, command
and worker works it out from the same files, and so all of them agree.

All moments that are compared with the clock are mtimes, of one clock: the file server's.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bstui.errors import InUse
from bstui.jobs.records import Control, Launch, Left, Outcome, Phase, Progress, Result, Started
from bstui.units import duration_text

START_GRACE = 60.0
"""Seconds in which a start that was asked for, or claimed, may show no first event."""
SILENCE = 90.0
"""Seconds without a heartbeat after which a worker on another host is taken for dead."""


FINISHING = ("done", "cancelled")
"""Reasons to leave that a result follows at once: until it stands, the worker is still about it."""


class State(StrEnum):
    """What a person is told about a job, in one word."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    STOPPED = "stopped"
    LOST = "lost"
    DONE = "done"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


class Life(StrEnum):
    """What can be said of a worker."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """On another host, and this reader cannot ask the file server for the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look at a job's folder found. `attempt` is the highest that anybody has claimed."""

    planned: float = 0.0
    """When the plan was written."""
    wish: Control | None = None
    """The highest wish that parses."""
    launch: Launch | None = None
    """The highest launch that parses."""
    launched: float = 0.0
    pending: str = ""
    """What a scheduler says of the job while it holds it back; empty where none does."""
    fallen: str = ""
    """What a scheduler says of the job's end, where it has ended it; empty where none has."""
    attempt: int = 0
    claimed: float = 0.0
    started: Started | None = None
    """The attempt's first event."""
    left: Left | None = None
    """Its last event, where that is its leaving, and no result says more."""
    result: Result | None = None
    result_is_damaged: bool = False
    """Whether one was written, whole as they all are, and cannot be read any more."""
    progress: Progress | None = None
    """Its heartbeat; never that of an older attempt."""
    beat: float = 0.0
    """Its last sign of life."""
    process: bool | None = None
    """Whether its process is there; None from another host."""

    @property
    def asked(self) -> Launch | None:
        """The start of an attempt that nobody has claimed yet, unless it came to nothing."""
        launch = self.launch
        if launch is None or launch.attempt <= self.attempt or launch.problem:
            return None
        return launch


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """A job's state, why, since when, and what can be done."""

    state: State
    attempt: int = 0
    reason: str = ""
    explanation: str = ""
    """Of a wait, in sentences; empty where the reason says it all."""
    since: float = 0.0
    """Seconds since 1970; 0 where unknown."""
    next_try: float = 0.0
    """Of a wait, by the worker's clock; 0 where unknown."""
    host: str = ""
    pid: int = 0
    exit_code: int | None = None
    """Of an attempt that ended with a result, or said how it left."""

    @property
    def is_alive(self) -> bool:
        """Whether a worker holds the job, as far as can be seen."""
        return self.state in (State.RUNNING, State.WAITING, State.PAUSED)

    @property
    def is_active(self) -> bool:
        """Whether a worker holds the job, or is about to."""
        return self.is_alive or self.state is State.QUEUED

    @property
    def resumable(self) -> bool:
        """Whether starting it again would get further."""
        return not self.is_active and self.state is not State.DONE

    @property
    def text(self) -> str:
        """For people: `waiting: no room in the destination`."""
        return f"{self.state}: {self.reason}" if self.reason else str(self.state)


def life_of(seen: Seen, now: float | None) -> Life:
    """Whether the highest attempt's worker lives. `now` is None for a reader that cannot write."""
    has_left = seen.left is not None and (
        seen.left.reason not in FINISHING or seen.result_is_damaged
    )
    if seen.attempt == 0 or seen.result is not None or has_left:
        return Life.DEAD
    if seen.started is None:
        return _within(START_GRACE, seen.claimed, now)
    if seen.process is not None:
        return Life.ALIVE if seen.process else Life.DEAD
    return _within(SILENCE, seen.beat, now)


def state_of(seen: Seen, now: float | None) -> JobStatus:
    """The state of the highest attempt. `now` is None for a reader that cannot write."""
    asked = _is_pending(seen, now)
    if seen.result is not None and not asked:
        return _ended(seen, seen.result)
    life = life_of(seen, now)
    if life is not Life.DEAD and seen.started is not None:
        return _living(seen, seen.started, now)
    if asked or life is not Life.DEAD or seen.pending:
        return _queued(seen)
    if seen.fallen and seen.asked is not None:
        return _dead(seen, State.STOPPED, seen.fallen, seen.launched)
    if seen.left is not None:
        reason = "its result cannot be read" if seen.result_is_damaged else seen.left.reason
        status = _dead(seen, State.STOPPED, reason, seen.left.time)
        return replace(status, exit_code=seen.left.exit_code)
    return _vanished(seen)


def next_attempt(seen: Seen, now: float | None) -> int:
    """The number that a worker may claim. InUse where another has the job, or has ended it."""
    asked = seen.asked
    if seen.result is not None and asked is None:
        raise InUse(
            f"Attempt {seen.attempt} has ended this job already ({seen.result.outcome}).",
            hint="Resume it to start another attempt.",
        )
    life = life_of(seen, now)
    takes_over = asked is not None and asked.take_over and _can_be_taken(seen, life)
    if life is not Life.DEAD and not takes_over:
        raise in_use(seen)
    return seen.attempt + 1


def check_startable(seen: Seen, now: float | None, *, take_over: bool) -> int:
    """The number of the attempt that a launcher may ask for. InUse where a worker lives."""
    life = life_of(seen, now)
    if life is not Life.DEAD and not (take_over and _can_be_taken(seen, life)):
        raise in_use(seen)
    return seen.attempt + 1


def in_use(seen: Seen) -> InUse:
    """The refusal to start a job that has a worker; names host, process and since when."""
    started = seen.started
    if started is None:
        return InUse(
            "Another worker is starting this job.", hint="Look again in a minute: bstui jobs."
        )
    since = _clock_text(started.time)
    return InUse(
        f"This job is running on {started.host} (process {started.pid}) since {since}.",
        hint="Watch it with: bstui attach JOB. If that process hangs: bstui resume --take-over "
        "JOB on that host, or anywhere after 90 s of silence.",
    )


def _can_be_taken(seen: Seen, life: Life) -> bool:
    """Whether --take-over may push aside the worker: not one that beats on another host."""
    return life is Life.UNKNOWN or seen.process is True


def _within(seconds: float, moment: float, now: float | None) -> Life:
    if now is None:
        return Life.UNKNOWN
    return Life.ALIVE if now - moment < seconds else Life.DEAD


def _is_pending(seen: Seen, now: float | None) -> bool:
    """Whether a start has been asked for and may still come."""
    if seen.asked is not None:
        if seen.fallen:
            return False
        return bool(seen.pending) or _within(START_GRACE, seen.launched, now) is not Life.DEAD
    untouched = seen.attempt == 0 and seen.launch is None
    return untouched and _within(START_GRACE, seen.planned, now) is not Life.DEAD


def _queued(seen: Seen) -> JobStatus:
    asked = seen.asked
    return JobStatus(
        state=State.QUEUED,
        attempt=asked.attempt if asked else max(seen.attempt, 1),
        reason=seen.pending or "starting",
        since=(asked.time if asked else seen.claimed or seen.planned),
        host=asked.host if asked else "",
    )


def _ended(seen: Seen, result: Result) -> JobStatus:
    state = {
        Outcome.DONE: State.DONE,
        Outcome.INCOMPLETE: State.INCOMPLETE,
        Outcome.CANCELLED: State.CANCELLED,
    }[result.outcome]
    return JobStatus(
        state=state,
        attempt=seen.attempt,
        reason=f"{result.files_failed:,} failed" if state is State.INCOMPLETE else "",
        since=result.time,
        exit_code=result.exit_code,
        host=seen.started.host if seen.started else "",
    )


def _living(seen: Seen, started: Started, now: float | None) -> JobStatus:
    progress = seen.progress or Progress(attempt=seen.attempt, time=started.time)
    state = {
        Phase.RUNNING: State.RUNNING,
        Phase.WAITING: State.WAITING,
        Phase.PAUSED: State.PAUSED,
    }[progress.phase]
    return JobStatus(
        state=state,
        attempt=seen.attempt,
        reason=_silence_text(seen, now) or progress.reason,
        explanation=progress.text,
        since=progress.since or started.time,
        next_try=progress.next_try,
        host=started.host,
        pid=started.pid,
    )


def _silence_text(seen: Seen, now: float | None) -> str:
    """A living worker that has said nothing for long; or one of which nobody can tell."""
    if now is None:
        return "" if seen.process else f"last seen at {_clock_text(seen.beat)}"
    silent = now - seen.beat
    return f"no sign of life for {duration_text(silent)}" if silent >= SILENCE else ""


def _dead(seen: Seen, state: State, reason: str, since: float) -> JobStatus:
    return JobStatus(
        state=state,
        attempt=seen.attempt,
        reason=reason,
        since=since,
        host=seen.started.host if seen.started else "",
    )


def _vanished(seen: Seen) -> JobStatus:
    """Nobody alive, nobody left, no result: killed, or never begun."""
    launch = seen.launch
    if seen.attempt:
        return _dead(
            seen, State.LOST, seen.fallen or "its worker is gone", seen.beat or seen.claimed
        )
    if launch is None:
        return _dead(seen, State.STOPPED, "never started", seen.planned)
    if launch.problem:
        return _dead(seen, State.STOPPED, launch.problem, launch.time)
    return _dead(seen, State.LOST, "its worker never began", seen.launched)


def _clock_text(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M:%S")
