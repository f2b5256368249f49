"""Jobs as a screen sees them: polled twice a second, from any host, without asking the worker."""

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

from bstui.errors import BstuiError, NotFound
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder, job_ids
from bstui.jobs.glance import glance
from bstui.jobs.liveness import Machine, file_server_time, this_machine
from bstui.jobs.manifest import record_folder
from bstui.jobs.queue import Queues, shared_queues
from bstui.jobs.records import (
    ENVIRONMENT_PROFILE,
    AnyEvent,
    Control,
    FileDone,
    FileFailed,
    Launch,
    PlanHeader,
    Progress,
    Result,
    Started,
)
from bstui.jobs.state import JobStatus, Seen, State, state_of
from bstui.runs.completeness import Completeness, read_proof

_RECENT = 500
"""Events that are kept for the page; all of them are in the folder."""
_SETTLED = 5.0
"""Seconds after which an ended job's folder has certainly the mtime of its last change."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a job is. Sizes are bytes."""

    files: int
    bytes: int
    files_done: int = 0
    files_failed: int = 0
    bytes_done: int = 0


@dataclass(frozen=True, slots=True)
class JobView:
    """A job at one moment."""

    id: str
    header: PlanHeader
    status: JobStatus
    counts: Counts
    wish: Control
    """What stands as asked, whether or not the worker has seen it."""
    progress: Progress | None = None
    """Of the highest attempt; None before its first heartbeat."""
    result: Result | None = None
    events: tuple[AnyEvent, ...] = ()
    """The newest, oldest first. Empty in a list of jobs."""
    failures: tuple[FileFailed, ...] = ()
    """Files whose last news is that they failed. Empty in a list of jobs."""
    proof: Completeness | None = None
    """Of a raw run whose last attempt has ended. None in a list of jobs."""
    launch: Launch | None = None
    """How it was started last; None before it was."""
    started: Started | None = None
    """The highest attempt's first event."""

    @property
    def wants_token(self) -> bool:
        """Whether its worker waits with what an environment gave it, which only another start can
        replace."""
        waits = self.status.state is State.WAITING and self.status.reason in ("login", "network")
        return waits and self.header.profile.startswith(ENVIRONMENT_PROFILE)

    @property
    def rate(self) -> float | None:
        """Bytes per second; None unless a worker moves some."""
        is_running = self.status.state is State.RUNNING
        return self.progress.rate if is_running and self.progress else None

    @property
    def seconds_left(self) -> float | None:
        """None while it cannot be told."""
        return (self.counts.bytes - self.counts.bytes_done) / self.rate if self.rate else None


class JobWatch:
    """Follows one job; each `refresh` reads only what is new."""

    def __init__(
        self,
        folder: JobFolder,
        machine: Machine | None = None,
        queues: Queues | None = None,
    ) -> None:
        self.folder = folder
        self._queues = queues or shared_queues()
        self._machine = machine or this_machine()
        self._offsets: dict[int, int] = {}
        self._recent: deque[AnyEvent] = deque(maxlen=_RECENT)
        self._failures: dict[str, FileFailed] = {}

    def refresh(self) -> JobView:
        """The job as it is now. NotFound when its folder is gone."""
        for attempt in self.folder.numbers().events:
            self._read(attempt)
        seen = glance(self.folder, self._machine, self._queues)
        view = _view(self.folder, seen, file_server_time(self.folder.path.parent))
        is_proven = view.header.options.bcl and not view.status.is_active
        return replace(
            view,
            events=tuple(self._recent),
            failures=tuple(self._failures.values()),
            proof=read_proof(_record_of(view.header)) if is_proven else None,
        )

    def _read(self, attempt: int) -> None:
        """Take in the attempt's new events."""
        known = self._offsets.get(attempt, 0)
        for event, offset in read_events(self.folder.events(attempt), known):
            self._offsets[attempt] = offset
            self._recent.append(event)
            if isinstance(event, FileFailed):
                self._failures[event.id] = event
            elif isinstance(event, FileDone):
                self._failures.pop(event.id, None)


def _record_of(header: PlanHeader) -> Path:
    return record_folder(Path(header.destination), header.id)


class JobsWatch:
    """Follows all jobs; those that have ended are read once."""

    def __init__(
        self,
        jobs_dir: Path,
        machine: Machine | None = None,
        queues: Queues | None = None,
    ) -> None:
        self.jobs_dir = jobs_dir
        self._queues = queues or shared_queues()
        self.unreadable: dict[str, str] = {}
        """Jobs that the last refresh could not show, by id, and why."""
        self._machine = machine or this_machine()
        self._folders: dict[str, JobFolder] = {}
        self._ended: dict[str, tuple[int, JobView]] = {}
        """By id: the folder's mtime in ns, and the view that holds as long as that does."""

    def refresh(self) -> list[JobView]:
        """Every job, newest first."""
        self.unreadable = {}
        # Before the heartbeats: however long the list takes, none of them looks older than it is.
        now = file_server_time(self.jobs_dir)
        views = []
        ids = job_ids(self.jobs_dir)
        known = self._folders
        self._folders = {id: known.get(id) or JobFolder(self.jobs_dir / id) for id in ids}
        for folder in reversed(self._folders.values()):
            try:
                views.append(self._look(folder, now))
            except NotFound:
                continue
            except BstuiError as error:
                self.unreadable[folder.id] = error.message
        return views

    def _look(self, folder: JobFolder, now: float | None) -> JobView:
        changed = folder.changed()
        known = self._ended.get(folder.id)
        if known is not None and known[0] == changed:
            return known[1]
        view = _view(folder, glance(folder, self._machine, self._queues), now)
        settled = now is not None and now - changed / 1e9 > _SETTLED
        if view.result is not None and not view.status.is_active and settled:
            self._ended[folder.id] = (changed, view)
        return view


def list_jobs(jobs_dir: Path) -> list[JobView]:
    """Every job that can be read, newest first, without events and failures."""
    return JobsWatch(jobs_dir).refresh()


def _view(folder: JobFolder, seen: Seen, now: float | None) -> JobView:
    header, reached = folder.header(), seen.result or seen.progress
    if reached is None and (last := folder.progress()):  # of an attempt before
        reached = last.record
    return JobView(
        id=folder.id,
        header=header,
        status=state_of(seen, now),
        counts=_counts(header, reached),
        progress=seen.progress,
        result=seen.result,
        wish=seen.wish or Control(),
        launch=seen.launch,
        started=seen.started,
    )


def _counts(header: PlanHeader, reached: Result | Progress | None) -> Counts:
    if reached is None:
        return Counts(files=header.files, bytes=header.bytes)
    return Counts(
        files=header.files,
        bytes=header.bytes,
        files_done=reached.files_done,
        files_failed=reached.files_failed,
        bytes_done=reached.bytes_done,
    )
