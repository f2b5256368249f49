"""The history as screens and commands ask it."""

import contextlib
import fcntl
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from bstui.errors import BstuiError, NotFound
from bstui.history import queries
from bstui.history.catchup import Reader
from bstui.history.database import PATIENCE, Database
from bstui.history.listings import Listings
from bstui.history.records import (
    HistoryFile,
    HistoryJob,
    HistorySample,
    Imported,
    ImportedRun,
    Narrowing,
    Statistic,
    Totals,
)

_BATCH_ROWS = 20_000
_BATCH_SECONDS = 0.3
_PAGE = 5_000
_AT_ONCE = 500
"""Values in one IN (…)."""


@dataclass(frozen=True)
class CaughtUp:
    """What a catch-up found."""

    changed: frozenset[str] = frozenset()
    """Ids of the jobs whose rows are not what they were."""
    problems: dict[str, str] = field(default_factory=dict)
    """Id of a job whose folder cannot be read → why."""
    is_whole: bool = True
    """Whether it got to the end."""


class History:
    """The index of all imports. Threads may share one; a context manager, or `close()`."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        """Open or make the database; `patience` is in seconds. BstuiError where it cannot be."""
        self._database = Database(path, patience)
        self._listings = Listings(self._database)
        self._checked = 0
        self._catching_up = threading.Lock()
        self._is_closing = threading.Event()

    @property
    def path(self) -> Path:
        return self._database.path

    @property
    def moved_aside(self) -> Path | None:
        """Where a broken database was put, if it was: `catch_up` fills the new one."""
        return self._database.moved_aside

    def __enter__(self) -> "History":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Break a catch-up off, write the answers that wait, and close.

        Answers that cannot be written are let go.
        """
        self._is_closing.set()
        with self._catching_up:
            pass
        with contextlib.suppress(BstuiError):
            self._listings.write()
        self._database.close()

    def cache(self) -> Listings:
        """The `ListingCache` for a client."""
        return self._listings

    def catch_up(self, jobs_dir: Path, keep_going: Callable[[], bool] = lambda: True) -> CaughtUp:
        """Read what job folders say that is not known yet; for a thread of its own.

        `keep_going` is asked several times a second; what was read until then stays. InUse where
        another program holds the database.
        """

        def is_wanted() -> bool:
            return not self._is_closing.is_set() and keep_going()

        with self._catching_up, _alone(self.path, is_wanted) as is_alone:
            if not is_alone:
                return CaughtUp(is_whole=False)
            database = self._database
            if self._checked != database.opened and not database.is_sound():
                database.replace(database.opened)
            self._checked = database.opened
            return database.mending(lambda: self._catch_up(jobs_dir, is_wanted))

    def _catch_up(self, jobs_dir: Path, keep_going: Callable[[], bool]) -> CaughtUp:
        reader = Reader(jobs_dir)
        is_whole = False
        while not is_whole and keep_going():
            with self._database.transaction() as tables:
                is_whole = reader.read(tables, _BATCH_ROWS, _BATCH_SECONDS)
        return CaughtUp(frozenset(reader.changed), reader.problems, is_whole)

    def jobs(
        self, search: str = "", limit: int = -1, narrowing: Narrowing | None = None
    ) -> list[HistoryJob]:
        """Imports, newest first. Of `search` every word must be found in the job or a sample.

        A word with a dot or a slash may also be found in a file's path; a file's id is found whole.
        """
        words = search.split()
        values: list[object] = []
        for word in words:
            pattern = "%" + "".join(f"\\{c}" if c in "\\%_" else c for c in word) + "%"
            in_path = pattern if "." in word or "/" in word else ""
            values += [pattern, pattern, word, in_path, in_path]
        conditions = [queries.MATCH] * len(words)
        for condition, narrowed in _narrow(narrowing or Narrowing()):
            conditions.append(condition)
            values += narrowed
        condition = " AND ".join(conditions) or "1"
        rows = self._database.read(queries.JOBS.replace("CONDITION", condition), (*values, limit))
        return [_job(row) for row in rows]

    def job(self, job_id: str) -> HistoryJob:
        """One import by its whole id; NotFound."""
        rows = self._database.read(queries.ONE_JOB, (job_id,))
        if not rows:
            raise NotFound(
                f"The history knows no job {job_id!r}.", hint="List them with: bstui history"
            )
        return _job(rows[0])

    def samples_of(self, job_id: str) -> list[HistorySample]:
        """The samples of an import by name."""
        found: dict[tuple[str, str], list[sqlite3.Row]] = {}
        for row in self._database.read(queries.SAMPLES, (job_id,)):
            found.setdefault((row["name"], row["project"]), []).append(row)
        return [_sample(*what, rows) for what, rows in found.items()]

    def files_of(self, job_id: str, state: str = "") -> Iterator[HistoryFile]:
        """The files of an import in the plan's order, of one state if given; read in pages."""
        number = -1
        while rows := self._database.read(queries.FILES, (job_id, number, state, state, _PAGE)):
            for row in rows:
                values = dict(row)
                number = values.pop("number")
                values["is_removed"] = bool(values["is_removed"])
                yield HistoryFile(**values)

    def imported(self, file_ids: Collection[str]) -> dict[str, Imported]:
        """Those of the files that were imported, each with its last place.

        What stands in the history was there then; `Imported.is_there` looks now.
        """
        rows = self._read_of(queries.IMPORTED_FILES, file_ids)
        return {name: Imported(**values) for name, values in rows}

    def imported_runs(self, biosample_ids: Collection[str]) -> dict[str, list[ImportedRun]]:
        """What imports hold whole of these biosamples, by run; each with its first file, the newest
        import last."""
        found: dict[str, list[ImportedRun]] = {}
        for name, values in self._read_of(queries.IMPORTED_RUNS, biosample_ids):
            found.setdefault(name, []).append(ImportedRun(**values))
        return found

    def _read_of(self, query: str, ids: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows about these ids, each with its id."""
        wanted = list(ids)
        for start in range(0, len(wanted), _AT_ONCE):
            chunk = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(chunk))
            for row in self._database.read(query.replace("IDS", marks), chunk):
                values = dict(row)
                yield values.pop("id"), values

    def statistics(self, by: str) -> list[Statistic]:
        """All imports, by `month`, `project`, `profile`, `outcome` or `destination`."""
        query = queries.STATISTICS_OF_PROJECTS
        if by != "project":
            query = queries.STATISTICS.replace("GROUP AS", f"{queries.GROUPS[by]} AS")
        return [Statistic(**dict(row)) for row in self._database.read(query)]

    def forget(self, job_id: str) -> None:
        """Leave nothing of the import in the index; its folder, if there is one, brings it back."""
        with self._database.transaction() as tables:
            row = tables.execute("SELECT key FROM jobs WHERE id = ?", (job_id,)).fetchone()
            for statement in queries.FORGET if row else ():
                tables.execute(statement, (row[0],))

    def totals(self) -> Totals:
        """All imports together."""
        return Totals(**dict(self._database.read(queries.TOTALS)[0]))


@contextlib.contextmanager
def _alone(path: Path, keep_going: Callable[[], bool]) -> Iterator[bool]:
    """Wait until no other catch-up writes this database; False where `keep_going` ended that.

    Events applied by two at once could be applied out of order.
    """
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        is_locked = _try_lock(descriptor)
        while not is_locked and keep_going():
            time.sleep(0.1)
            is_locked = _try_lock(descriptor)
        yield is_locked
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _narrow(narrowing: Narrowing) -> Iterator[tuple[str, list[object]]]:
    """The conditions that were given, each with its values."""
    for name, condition in queries.WHERE.items():
        value = getattr(narrowing, name)
        if value is None:
            continue
        if name in ("run", "project", "path", "sample"):
            escaped = "".join(f"\\{c}" if c in "\\%_" else c for c in value)
            patterns: list[object] = [escaped.replace("*", "%")]
            patterns += [value] if name == "sample" else patterns * 2 if name == "path" else []
            yield condition, patterns
        else:
            yield condition, [value]


def _job(row: sqlite3.Row) -> HistoryJob:
    values = dict(row)
    values["sources"] = tuple(json.loads(values["sources"]))
    values["bcl"] = bool(values["bcl"])
    return HistoryJob(**values)


def _sample(name: str, project: str, rows: list[sqlite3.Row]) -> HistorySample:
    return HistorySample(
        name=name,
        project=project,
        biosamples=tuple(dict.fromkeys(row["biosample"] for row in rows if row["biosample"])),
        runs=tuple(dict.fromkeys(row["run"] for row in rows if row["run"])),
        files=sum(row["files"] for row in rows),
        files_done=sum(row["files_done"] for row in rows),
        bytes=sum(row["bytes"] for row in rows),
    )
