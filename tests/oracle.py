"""What must hold after every fault, whatever the fault was.

1. No file under its final name is wrong or short (`assert_nothing_wrong`).
2. Resuming ends in the tree of an undisturbed run (`assert_imported`, `read_tree`).
3. Nothing outside the destination changed (`untouched`).
4. What was recorded is not fetched again (`asked_again`), the rest within bounds (`sent_twice`).
5. The record beside the data is whole and true (`assert_recorded`).
6. The history is sound and says what the disk says (`assert_history`).
7. No secret stands anywhere (tests/secrecy.py, after every test).

Exit codes and sentences are each test's own.
"""

import contextlib
import hashlib
import os
import sqlite3
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from bstui.history import History
from bstui.jobs.edited_sheet import EDITED
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder, job_folders
from bstui.jobs.manifest import (
    JOB,
    MANIFEST,
    MD5SUMS,
    RECORDS,
    read_job,
    read_manifest,
    record_folder,
)
from bstui.jobs.records import FileDone, Outcome
from bstui.runs.completeness import COMPLETE

PARTIALS = (".partial", ".partial.json")
BAD = ".bad"
"""What came wrong to the end, kept for people."""


class Known(Protocol):
    """What a file really holds, as the simulator tells."""

    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


class Request(msgspec.Struct, frozen=True):
    """A line of the object store's log."""

    file: str
    first: int
    last: int
    """The last byte asked for, inclusive."""
    status: int
    sent: int


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_tree(folder: Path, without: Collection[Path] = ()) -> dict[str, str]:
    """Everything beneath `folder`, by relative path: what it is, and its digest.

    Equal trees are equal dictionaries. `without` leaves out whole folders or files; the records of
    imports are none of the tree, for each import has its own.
    """
    return {
        str(path.relative_to(folder)): _what_is(path)
        for path in sorted(
            _walk(folder, {os.fspath(left) for left in (*without, folder / RECORDS)})
        )
    }


def _walk(folder: Path, without: set[str]) -> Iterator[Path]:
    with os.scandir(folder) as listed:
        entries = list(listed)
    for entry in entries:
        if entry.path not in without:
            yield Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), without)


def _what_is(path: Path) -> str:
    found = path.lstat()
    kind = stat.filemode(found.st_mode)
    if stat.S_ISLNK(found.st_mode):
        return f"{kind} -> {path.readlink()}"
    return f"{kind} {found.st_size} {sha256_of(path)}" if stat.S_ISREG(found.st_mode) else kind


@contextlib.contextmanager
def untouched(folder: Path, without: Collection[Path] = ()) -> Iterator[None]:
    """Nothing beneath `folder`, but what is in `without`, is another at the end of the block."""
    before = read_tree(folder, without)
    yield
    assert read_tree(folder, without) == before, f"something beneath {folder} changed"


def assert_nothing_wrong(
    job: JobFolder, destination: Path, truth: Mapping[str, Known], others: Collection[str] = ()
) -> None:
    """No file in the destination is wrong, short or a stranger; what is said to be done is there.

    `others` are files that were there before, relative to the destination.
    """
    said = _said_done(job)
    places = {**{file.path: file.id for file in job.files()}, **said}
    found = _files_in(destination) - set(others)
    for path in found:
        if not path.endswith((*PARTIALS, BAD)):
            assert path in places, f"{path} is none of the job's files"
            _check_file(destination / path, truth[places[path]])
    missing = set(said) - found - set(others)
    assert not missing, f"said to be done, and not there: {missing}"


def assert_imported(
    job: JobFolder, destination: Path, truth: Mapping[str, Known], others: Collection[str] = ()
) -> None:
    """All of the job's files stand in the destination, proven, and nothing else but `others`."""
    assert_nothing_wrong(job, destination, truth, others)
    planned = {file.id for file in job.files()}
    assert set(_said_done(job).values()) == planned, "some files were never said to be done"
    left = {path for path in _files_in(destination) - set(others) if path.endswith(PARTIALS)}
    assert not left, f"left behind: {left}"
    assert_recorded(job, destination)


def assert_recorded(job: JobFolder, destination: Path) -> None:
    """The record beside the data is whole, and says what is on the disk."""
    folder = record_folder(destination, job.id)
    recorded, written = read_job(folder), {file.path: file for file in read_manifest(folder)}
    assert written.keys() == _said_done(job).keys()
    assert recorded.files_done == len(written)
    assert recorded.bytes_done == sum(file.size for file in written.values())
    for path, file in written.items():
        assert (destination / path).stat().st_size == file.size
        assert file.md5 in ("", md5_of(destination / path)), f"{path} has another MD5"
    assert {path.name for path in folder.iterdir()} <= {JOB, MANIFEST, MD5SUMS, COMPLETE, EDITED}, (
        "left behind"
    )


def md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _files_in(destination: Path) -> set[str]:
    if not destination.exists():
        return set()
    walked = _walk(destination, {os.fspath(destination / RECORDS)})
    found = (path for path in walked if path.is_symlink() or not path.is_dir())
    return {str(path.relative_to(destination)) for path in found}


def _check_file(path: Path, known: Known) -> None:
    found = path.lstat()
    assert stat.S_ISREG(found.st_mode), f"{path} is no file"
    assert found.st_size == known.size, f"{path} has {found.st_size} of {known.size} bytes"
    assert sha256_of(path) == known.sha256, f"{path} holds other bytes than the server"


def _said_done(job: JobFolder) -> dict[str, str]:
    """Path → id of every file that an attempt said is done."""
    return {
        event.path: event.id
        for attempt in job.numbers().events
        for event, _ in read_events(job.events(attempt))
        if isinstance(event, FileDone)
    }


def assert_history(database: Path, jobs_dir: Path) -> None:
    """The database is sound, agrees with one built from nothing, and both with the disk."""
    with History(database) as history:
        history.catch_up(jobs_dir)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    fresh = database.with_name(f"{database.name}.fresh")
    with History(database) as history, History(fresh) as rebuilt:
        rebuilt.catch_up(jobs_dir)
        for folder in job_folders(jobs_dir):
            assert history.job(folder.id) == rebuilt.job(folder.id)
            assert list(history.files_of(folder.id)) == list(rebuilt.files_of(folder.id))
            _check_against_disk(history, folder)
    for path in database.parent.glob(f"{fresh.name}*"):
        path.unlink()


def _check_against_disk(history: History, folder: JobFolder) -> None:
    job = history.job(folder.id)
    done = list(history.files_of(folder.id, "done"))
    assert (job.files_done, job.bytes_done) == (len(done), sum(file.size for file in done))
    for file in done:
        path = Path(job.destination, file.path)
        assert path.is_file(), f"the history says {path} is done, and it is not there"
        assert path.stat().st_size == file.size
    if job.outcome == Outcome.DONE:
        assert job.files_done == job.files


def read_requests(log: Iterable[object]) -> list[Request]:
    """The object store's log, from the simulator itself, its HTTP answer, or its file."""
    return msgspec.convert(list(log), type=list[Request], from_attributes=True)


def recorded_ranges(destination: Path) -> dict[str, list[tuple[int, int]]]:
    """By file id, the ranges `[start, stop)` that sidecars record: read after a kill."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for sidecar in destination.rglob("*.partial.json"):
        lines = sidecar.read_bytes().split(b"\n")[:-1]
        records = [msgspec.json.decode(line, type=dict[str, object]) for line in lines]
        if not records:  # killed before its head was written
            continue
        file = str(records[0]["id"])
        for record in records[1:]:
            if record["line"] == "got":
                found[file].append((int(str(record["start"])), int(str(record["stop"]))))
    return dict(found)


def asked_again(
    requests: Iterable[Request], recorded: Mapping[str, Collection[tuple[int, int]]]
) -> list[Request]:
    """Those requests, made after the kill, that ask for a recorded byte once more."""
    return [
        request
        for request in requests
        if any(
            request.first < stop and start <= request.last
            for start, stop in recorded.get(request.file, ())
        )
    ]


def sent_twice(requests: Iterable[Request]) -> int:
    """Bytes that the object store sent more than once, over all files."""
    spans: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for request in requests:
        if request.status in (200, 206) and request.sent:
            spans[request.file].append((request.first, request.first + request.sent))
    return sum(_overlap(sorted(of_file)) for of_file in spans.values())


def _overlap(spans: list[tuple[int, int]]) -> int:
    """The length of all spans less that of their union; they come by their start."""
    twice = reached = 0
    for start, stop in spans:
        twice += max(0, min(stop, reached) - start)
        reached = max(reached, stop)
    return twice
