"""The account of a job: what it brought, how that was proven, how long it took; from its folder and
the record beside its data alone."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bstui.jobs.arrived import files_brought
from bstui.jobs.edited_sheet import EDITED
from bstui.jobs.events import count_damaged, leaving, read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import JOB, MANIFEST, MD5SUMS, record_folder
from bstui.jobs.records import FileDone, Started
from bstui.jobs.watch import JobView, JobWatch
from bstui.runs.completeness import COMPLETE

_MOST_SPANS = 240
_NO_SHEETS = (JOB, MANIFEST, MD5SUMS, COMPLETE, EDITED)


@dataclass(slots=True)
class Tally:
    """Files, and their bytes."""

    files: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        self.files += 1
        self.bytes += size


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One life of the worker. Moments are seconds since 1970; the end of a living one is its last
    sign of life."""

    attempt: int
    host: str
    began: float
    ended: float
    end: str
    """`done`, `time limit` …; empty where it said nothing."""
    slurm_id: str = ""
    damaged: int = 0
    """Lines of its events that cannot be read."""

    @property
    def seconds(self) -> float:
        return max(0.0, self.ended - self.began)


class Throughput:
    """Bytes of fetched files by the time at which they were proven whole, in equal spans.

    However long the job took there are at most 240 spans: they double when it outgrows them.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self.seconds = 1.0
        """Of a span."""
        self._bytes: list[int] = []

    def add(self, moment: float, size: int) -> None:
        after = max(0.0, moment - self.began)  # a clock may have been set back
        while after >= self.seconds * _MOST_SPANS:
            self._double()
        place = int(after / self.seconds)
        self._bytes += [0] * (place + 1 - len(self._bytes))
        self._bytes[place] += size

    @property
    def spans(self) -> tuple[int, ...]:
        """Bytes, by span."""
        return tuple(self._bytes)

    def _double(self) -> None:
        self.seconds *= 2
        self._bytes = [sum(self._bytes[at : at + 2]) for at in range(0, len(self._bytes), 2)]


@dataclass(frozen=True)
class Account:
    """All that a report says of one job."""

    view: JobView
    attempts: tuple[PastAttempt, ...]
    throughput: Throughput
    fetched: Tally
    """What came over the line, as files proven whole: adopted ones are not among it."""
    proofs: dict[str, Tally] = field(default_factory=dict)
    """What stands, joined files and their lanes alike, by what proved it."""
    samples: dict[str, Tally] = field(default_factory=dict)
    projects: dict[str, Tally] = field(default_factory=dict)
    runs: dict[str, Tally] = field(default_factory=dict)
    sheets: tuple[Path, ...] = ()

    @property
    def worked(self) -> float:
        """Seconds that workers had the job."""
        return sum(one.seconds for one in self.attempts)

    @property
    def lasted(self) -> float:
        """Seconds from the first start to the last word."""
        return max(0.0, self.attempts[-1].ended - self.attempts[0].began) if self.attempts else 0.0

    @property
    def rate(self) -> float | None:
        """Bytes per second, on the average of the time that workers had it."""
        return self.fetched.bytes / self.worked if self.worked else None


def account_of(folder: JobFolder) -> Account:
    """Read the job's folder, as it is now. NotFound where there is none."""
    view = JobWatch(folder).refresh()
    throughput, fetched = Throughput(view.header.created), Tally()
    attempts = tuple(_attempts(folder, view, throughput, fetched))
    account = Account(view, attempts, throughput, fetched, sheets=_sheets(view))
    for file in files_brought(folder):
        account.proofs.setdefault(file.verified, Tally()).add(file.size)
        for tallies, name in (
            (account.samples, file.sample),
            (account.projects, file.project),
            (account.runs, file.run),
        ):
            if name:
                tallies.setdefault(name, Tally()).add(file.size)
    return account


def _attempts(
    folder: JobFolder, view: JobView, throughput: Throughput, fetched: Tally
) -> Iterator[PastAttempt]:
    """Each attempt; what its files say is added to `throughput` and `fetched` on the way."""
    is_first = True
    for attempt in folder.numbers().events:
        started: Started | None = None
        last = 0.0
        for event, _ in read_events(folder.events(attempt)):
            last = event.time
            if isinstance(event, Started):
                started = event
                if is_first:
                    throughput.began, is_first = event.time, False
            elif isinstance(event, FileDone) and not event.verified.startswith("adopted"):
                throughput.add(event.time, event.size)
                fetched.add(event.size)
        if started is None:
            continue
        result, left = folder.result(attempt), leaving(folder.events(attempt))
        beat = view.progress.time if view.progress and view.progress.attempt == attempt else last
        yield PastAttempt(
            attempt=attempt,
            host=started.host,
            began=started.time,
            ended=result.time if result else left.time if left else max(last, beat),
            end=str(result.outcome) if result else left.reason if left else "",
            slurm_id=started.slurm_id,
            damaged=count_damaged(folder.events(attempt)),
        )


def _sheets(view: JobView) -> tuple[Path, ...]:
    """The sample sheets beside the data."""
    folder = record_folder(Path(view.header.destination), view.id)
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # moved away since, or not for this reader's eyes
        return ()
    return tuple(
        folder / name for name in names if name not in _NO_SHEETS and not name.startswith(".")
    )
