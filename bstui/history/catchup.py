"""Reads job folders into the tables: results first, then plans, then events from where it stopped.

The work is a series of small steps, each within one transaction with the offset that it reached, so
that it may be broken off, or killed, anywhere.
"""

import itertools
import json
import sqlite3
import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from bstui.errors import BstuiError, NotFound
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder, job_folders
from bstui.jobs.records import (
    AnyEvent,
    FileDone,
    FileFailed,
    Left,
    Merged,
    PlanFile,
    PlanHeader,
    Started,
)

STEP = 2_000
"""Rows."""
_SETTLING = 60.0
"""Seconds after a folder's last change until its mtime proves that nothing has followed: that
much two clocks, or a coarse one, may hide."""
_Steps = Generator[int, None, int]


class Reader:
    """One catch-up over all folders of `jobs_dir`."""

    _tables: sqlite3.Connection

    def __init__(self, jobs_dir: Path) -> None:
        self._jobs_dir = jobs_dir
        self._steps = self._work()
        self.changed: set[str] = set()
        """Ids of the jobs whose rows are not what they were."""
        self.problems: dict[str, str] = {}
        """Id of a job whose folder cannot be read → why."""

    def read(self, tables: sqlite3.Connection, rows: int, seconds: float) -> bool:
        """Work on within the transaction of `tables`, for about so many rows or seconds.

        True when all is read.
        """
        self._tables = tables
        end = time.monotonic() + seconds
        for count in self._steps:
            rows -= count
            if rows <= 0 or time.monotonic() >= end:
                return False
        return True

    def _work(self) -> Iterator[int]:
        """All steps; each gives its number of rows, and may be the last of a transaction."""
        settled = dict(self._tables.execute("SELECT id, settled FROM jobs").fetchall())
        unread = []
        for folder in job_folders(self._jobs_dir):
            changed = _changed(folder)
            if changed and changed != settled.get(folder.id):
                yield 1
                if self._index_job(folder):
                    unread.append((folder, changed))
        for folder, changed in unread:
            yield from self._read_job(folder, changed)

    def _index_job(self, folder: JobFolder) -> bool:
        """Make or renew the job's own row from its header and result."""
        try:
            header = folder.header()
            numbers = folder.numbers()
        except (BstuiError, OSError) as error:
            self.problems[folder.id] = str(error)
            return False
        if not self._tables.execute("SELECT 1 FROM jobs WHERE id = ?", (folder.id,)).fetchone():
            self._tables.execute(_NEW_JOB, _job_values(folder.id, header))
            self.changed.add(folder.id)
        result = folder.result(numbers.attempt) if numbers.attempt else None
        values = (
            numbers.attempt,
            result.outcome if result else "",
            result.exit_code if result else None,
            result.time if result else None,
            folder.id,
        )
        if self._tables.execute(_SET_OUTCOME, (*values, *values[:2])).rowcount:
            self.changed.add(folder.id)
        return True

    def _read_job(self, folder: JobFolder, changed: int) -> Iterator[int]:
        key, indexed = self._tables.execute(
            "SELECT key, indexed FROM jobs WHERE id = ?", (folder.id,)
        ).fetchone()
        fresh = yield from self._read_plan(folder, key, indexed)
        try:
            attempts = folder.numbers().events
        except NotFound:  # removed since it was listed
            return
        for attempt in attempts:
            fresh += yield from self._read_attempt(folder.events(attempt), key, attempt)
        if fresh:
            self.changed.add(folder.id)
            self._count(key)
        if time.time() - changed / 1e9 > _SETTLING:
            self._tables.execute(
                "UPDATE jobs SET settled = ? WHERE key = ? AND outcome != ''", (changed, key)
            )
        yield 1

    def _read_plan(self, folder: JobFolder, key: int, indexed: int) -> _Steps:
        """Add the plan's files after the first `indexed`; returns how many."""
        if indexed >= folder.header().files:
            return 0
        samples = _Samples(self._tables, key)
        number = indexed
        files = self._plan_files(folder, key, indexed)
        while chunk := list(itertools.islice(files, STEP)):
            rows = [
                (key, n, file.id, file.path, file.size, samples.key(file, n))
                for n, file in enumerate(chunk, number)
            ]
            self._tables.executemany(_NEW_FILE, rows)
            number += len(chunk)
            self._tables.execute("UPDATE jobs SET indexed = ? WHERE key = ?", (number, key))
            yield len(chunk)
        return number - indexed

    def _plan_files(self, folder: JobFolder, key: int, start: int) -> Iterator[PlanFile]:
        """The plan's files from `start` on, as far as they can be read."""
        try:
            yield from itertools.islice(folder.files(), start, None)
        except (BstuiError, OSError) as error:
            self.problems[folder.id] = str(error)
            self._tables.execute("UPDATE jobs SET problem = ? WHERE key = ?", (str(error), key))

    def _read_attempt(self, path: Path, key: int, attempt: int) -> _Steps:
        """Apply the attempt's events after those applied before; returns how many."""
        where = (key, attempt)
        self._tables.execute("INSERT OR IGNORE INTO attempts (job, number) VALUES (?, ?)", where)
        offset = self._tables.execute(
            "SELECT offset FROM attempts WHERE job = ? AND number = ?", where
        ).fetchone()[0]
        total = 0
        events = read_events(path, offset)
        while chunk := list(itertools.islice(events, STEP)):
            for event, _ in chunk:
                self._apply(event, key, attempt)
            self._tables.execute(
                "UPDATE attempts SET offset = ? WHERE job = ? AND number = ?",
                (chunk[-1][1], *where),
            )
            total += len(chunk)
            yield len(chunk)
        return total

    def _apply(self, event: AnyEvent, key: int, attempt: int) -> None:
        execute = self._tables.execute
        match event:
            case FileDone():
                values = ("done", event.verified, event.md5, event.sha256, "", event.time)
                self._set_file(key, event.id, event.path, values)
            case FileFailed():
                why = event.message
                self._set_file(key, event.id, event.path, ("failed", "", "", "", why, None))
            case Merged():
                joined = (event.path, event.size, event.removes, key)
                self._tables.executemany(_SET_JOINED, [(*joined, part) for part in event.parts])
            case Started():
                life = (event.host, event.time, key, attempt)
                execute("UPDATE attempts SET host=?, started=? WHERE job=? AND number=?", life)
            case Left():
                life = (event.reason, event.time, key, attempt)
                execute("UPDATE attempts SET reason=?, ended=? WHERE job=? AND number=?", life)

    def _set_file(self, key: int, file_id: str, path: str, values: tuple[object, ...]) -> None:
        """The plan's file of that id and path; `keep-both` publishes it under another path."""
        found = self._tables.execute(_SET_FILE, (*values, key, file_id, path))
        if not found.rowcount:
            self._tables.execute(_MOVE_FILE, (*values, path, key, file_id))

    def _count(self, key: int) -> None:
        """Bring the counters of the job and its samples up to date."""
        done = failed = arrived = 0
        samples = []
        for sample, files, files_done, files_failed, size, size_done in self._tables.execute(
            _COUNT, (key,)
        ):
            done, failed, arrived = done + files_done, failed + files_failed, arrived + size_done
            samples.append((files, files_done, size, sample))
        self._tables.executemany(
            "UPDATE samples SET files = ?, files_done = ?, bytes = ? WHERE key = ?", samples
        )
        self._tables.execute(
            "UPDATE jobs SET files_done = ?, files_failed = ?, bytes_done = ? WHERE key = ?",
            (done, failed, arrived, key),
        )


class _Samples:
    """The keys of one job's rows in `samples`, made as they are met."""

    def __init__(self, connection: sqlite3.Connection, job: int) -> None:
        self._tables = connection
        self._job = job
        self._keys: dict[tuple[str, str, str, str], int] = {}

    def key(self, file: PlanFile, number: int) -> int:
        """That of the plan's file `number`; 0 for one of no sample, as those of a run folder."""
        what = (file.sample, file.biosample, file.project, file.run)
        if not file.sample and not file.biosample:
            return 0
        if what not in self._keys:
            values = (self._job, *what)
            self._tables.execute(_NEW_SAMPLE, (*values, number))
            self._keys[what] = self._tables.execute(_FIND_SAMPLE, values).fetchone()[0]
        return self._keys[what]


def _changed(folder: JobFolder) -> int:
    """The mtime of the folder in ns: a result or a new attempt moves it; 0 where it is gone."""
    try:
        return folder.path.stat().st_mtime_ns
    except OSError:
        return 0


def _job_values(job_id: str, header: PlanHeader) -> tuple[object, ...]:
    """In the order of `_JOB_COLUMNS`. The folder's name is the id: a copy is another job."""
    options = header.options
    return (
        *(job_id, header.name, header.created, header.profile, header.region),
        *(header.identity_id, header.identity, header.destination, header.launcher),
        *(options.bcl, options.grouping, options.verify, json.dumps(header.sources)),
        *(header.samples, header.files, header.bytes),
    )


_JOB_COLUMNS = (
    *("id", "name", "created", "profile", "region", "identity_id", "identity", "destination"),
    *("launcher", "bcl", "grouping", "verify", "sources", "samples", "files", "bytes"),
)


def _insert(table: str, columns: Iterable[str]) -> str:
    names = list(columns)
    return f"INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


_NEW_JOB = "INSERT " + _insert("jobs", _JOB_COLUMNS)
_NEW_FILE = "INSERT " + _insert("files", ("job", "number", "id", "path", "size", "sample"))
_SAMPLE = ("job", "name", "biosample", "project", "run")
_NEW_SAMPLE = "INSERT OR IGNORE " + _insert("samples", (*_SAMPLE, "first"))
_FIND_SAMPLE = """
    SELECT key FROM samples WHERE job = ? AND name = ? AND biosample = ? AND project = ? AND run = ?
"""
_SET_OUTCOME = """
    UPDATE jobs SET attempts = ?, outcome = ?, exit_code = ?, ended = ?
    WHERE id = ? AND (attempts != ? OR outcome != ?)
"""
_SET_FILE = """
    UPDATE files SET state = ?, verified = ?, md5 = ?, sha256 = ?, message = ?, time = ?,
        joined = '', joined_size = 0, is_removed = 0
    WHERE job = ? AND id = ? AND path = ?
"""
_MOVE_FILE = """
    UPDATE files SET state = ?1, verified = ?2, md5 = ?3, sha256 = ?4, message = ?5, time = ?6,
        path = ?7, joined = '', joined_size = 0, is_removed = 0
    WHERE job = ?8 AND number =
        (SELECT min(number) FROM files WHERE job = ?8 AND id = ?9 AND state != 'done')
"""
_SET_JOINED = """
    UPDATE files SET joined = ?, joined_size = ?, is_removed = ? WHERE job = ? AND id = ?
"""
_COUNT = """
    SELECT sample, count(*), sum(state = 'done'), sum(state = 'failed'), sum(size),
           sum(CASE state WHEN 'done' THEN size ELSE 0 END)
    FROM files WHERE job = ? GROUP BY sample
"""
