"""A worker's heartbeat: what it says, and when it is time for one."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from bstui.errors import BstuiError, Policy, TooManyRequests
from bstui.jobs.adoption import Adopted
from bstui.jobs.records import (
    Control,
    Phase,
    PlanHeader,
    Progress,
    Running,
    Want,
)
from bstui.jobs.worker_log import log
from bstui.transfer.items import Snapshot, Wait
from bstui.units import count_text, duration_text, rate_text, size_text

_LONGEST_ASKED = 3600.0
"""The most, in seconds, that a server's Retry-After is believed."""
NO_PROGRESS = 72 * 3600.0
"""Seconds without a new byte after which a job is said to wait."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a worker does what, in seconds."""

    tend: float = 1.0
    """Between two looks at the wishes."""
    moving: float = 2.0
    """Between two heartbeats while bytes move."""
    idle: float = 20.0
    """Between two heartbeats while paused or waiting."""
    login: float = 20.0
    """Between two tries to log in."""
    first_wait: float = 1.0
    """After the first try to reach BaseSpace that failed; doubled at each further one."""
    longest_wait: float = 60.0
    node: float = 60.0
    """That a compute node has to reach BaseSpace at all."""
    room: float = 20.0
    """Between two tries to write the last word on a full disk."""
    record: float = 60.0
    """Between two writings of the record beside the data."""
    report: float = 60.0
    """Between two lines of progress in the log."""

    def pause(self, error: BstuiError, tries: int) -> float:
        """Seconds until what failed so many times before is tried again."""
        if error.policy is Policy.AUTH:
            return self.login
        if error.policy is Policy.SPACE:
            return self.room
        seconds = min(self.first_wait * 2.0 ** min(tries, 30), self.longest_wait)
        if isinstance(error, TooManyRequests) and error.retry_after is not None:
            return min(max(seconds, error.retry_after), _LONGEST_ASKED)
        return seconds


class Pulse:
    """Makes heartbeats of one attempt from what the engine shows."""

    def __init__(
        self,
        number: int,
        header: PlanHeader,
        rhythm: Rhythm,
        before: Progress | None,
        note: Callable[[str, str], None],
    ) -> None:
        """`note` is told, with its level, what is waited for and that it is over."""
        self._note = note
        self._number = number
        self._header = header
        self._rhythm = rhythm
        self.adopted: Adopted | None = None
        """What earlier attempts brought; None until the disk has been asked."""
        self.withheld = 0
        """End markers that are not brought, because other files failed."""
        self._before = before
        """The last heartbeat of an earlier attempt: how far it was, until the disk says."""
        self._last: Progress | None = None
        self._beaten = self._reported = self._moved = time.monotonic()
        self._reach = (-1, -1)
        self._since = time.time()
        self._stuck: tuple[str, float] | None = None
        """What was waited for since nothing has moved, and since when: a try in between that
        brings nothing does not begin the wait anew."""

    def waited(self, progress: Progress) -> float:
        """Seconds that a wait has lasted, by what moved last; 0 where nothing is waited for."""
        is_waiting = progress.phase is Phase.WAITING
        return time.monotonic() - self._moved if is_waiting else 0.0

    def compose(
        self, snapshot: Snapshot, wish: Control, obeyed: int, wait: Wait | None, doing: str
    ) -> Progress:
        """The heartbeat that is true now; `doing` is what follows the bringing of files."""
        files_done, bytes_done = self._reached(snapshot)
        if (files_done, bytes_done) != self._reach:
            self._reach, self._moved, self._stuck = (files_done, bytes_done), time.monotonic(), None
        phase, reason, text, next_try = self._phase(wish, wait or snapshot.wait, doing)
        if phase is Phase.PAUSED:
            self._moved, self._stuck = time.monotonic(), None
        if self._last is None or _kind(self._last) != _kind_of(phase, reason):
            self._since = time.time()
        if phase is Phase.WAITING:
            if self._stuck is None or self._stuck[0] != reason:
                self._stuck = (reason, self._since)
            self._since = self._stuck[1]
        return Progress(
            attempt=self._number,
            time=time.time(),
            phase=phase,
            reason=reason,
            text=text,
            since=self._since,
            next_try=next_try,
            files=self._header.files,
            files_done=files_done,
            files_failed=snapshot.files_failed + self.withheld,
            bytes=self._header.bytes,
            bytes_done=bytes_done,
            rate=snapshot.rate,
            running=tuple(
                Running(id=one.id, path=one.path, size=one.size, done=one.done, rate=one.rate)
                for one in snapshot.running
            ),
            control=obeyed,
        )

    def keep_reach(self, progress: Progress) -> Progress:
        """The last heartbeat of an attempt that stops: what its partials hold is not lost."""
        reached = max(progress.bytes_done, self._last.bytes_done if self._last else 0)
        return msgspec.structs.replace(progress, bytes_done=reached)

    def is_due(self, progress: Progress) -> bool:
        """Whether to say it now: at a change at once, else while bytes move, else seldom."""
        last = self._last
        if last is None:
            return True
        if (_kind(last), last.control) != (_kind(progress), progress.control):
            return True
        pause = self._rhythm.moving if progress.phase is Phase.RUNNING else self._rhythm.idle
        return time.monotonic() - self._beaten >= pause

    def sent(self, progress: Progress) -> None:
        """Remember what was said; tell the log of changes, and now and then of progress."""
        now = time.monotonic()
        last, self._last, self._beaten = self._last, progress, now
        has_changed = last is None or _kind(last) != _kind(progress)
        if has_changed and (last is not None or progress.phase is not Phase.RUNNING):
            reason = f": {progress.reason}. {progress.text}".rstrip() if progress.reason else ""
            level = "warning" if progress.phase is Phase.WAITING else "info"
            self._note(level, f"{str(progress.phase).capitalize()}{reason}")
        if has_changed or now - self._reported >= self._rhythm.report:
            self._reported = now
            log.info("%s", progress_text(progress))

    def _reached(self, snapshot: Snapshot) -> tuple[int, int]:
        if self.adopted is None:
            before = self._before
            return (before.files_done, before.bytes_done) if before else (0, 0)
        return (
            len(self.adopted.ids) + snapshot.files_done,
            self.adopted.bytes + snapshot.bytes_done,
        )

    def _phase(self, wish: Control, wait: Wait | None, doing: str) -> tuple[Phase, str, str, float]:
        if wish.want is Want.PAUSE:
            return Phase.PAUSED, doing, "", 0.0
        if wait is not None:
            return Phase.WAITING, wait.reason, wait.text, wait.next_try
        still = time.monotonic() - self._moved
        if still >= NO_PROGRESS and not doing:
            return Phase.WAITING, f"no progress for {duration_text(still)}", "", 0.0
        return Phase.RUNNING, doing, "", 0.0


def _kind(progress: Progress) -> tuple[Phase, str]:
    return _kind_of(progress.phase, progress.reason)


def _kind_of(phase: Phase, reason: str) -> tuple[Phase, str]:
    """What is a change, where it differs: what a running job is doing counts up too often."""
    return phase, "" if phase is Phase.RUNNING else reason


def progress_text(progress: Progress) -> str:
    """For the log: `12 of 40 files, 3.1 GB of 9.8 GB, 1 file failed, 45 MB/s`."""
    failed = f", {count_text(progress.files_failed, 'file')} failed" * bool(progress.files_failed)
    doing = progress.reason if progress.phase is Phase.RUNNING else ""
    return (
        f"{progress.files_done:,} of {count_text(progress.files, 'file')}, "
        f"{size_text(progress.bytes_done)} of {size_text(progress.bytes)}{failed}, "
        f"{doing or rate_text(progress.rate)}"
    )
