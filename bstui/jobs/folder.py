"""A job's folder: who writes which file how, and readers that survive every half-written one.

    plan.jsonl            the launcher, once, before the start
    launch-NNNN.json      a launcher, linked to the next number before it starts a worker
    control-NNNN.json     any screen, linked to the next number
    events-NNNN.jsonl     the worker of attempt N; who creates it has the attempt
    progress.json         that worker, renamed in
    result-NNNN.json      that worker, last
    worker.log            for people

One writer per file. A number, once given, is never given again: that fences workers and screens on
hosts that share nothing but the file system.
"""

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from bstui.errors import BstuiError, InUse, NotFound
from bstui.jobs.records import (
    FORMAT,
    Control,
    Launch,
    PlanFile,
    PlanHeader,
    Progress,
    Record,
    Result,
)
from bstui.paths import make_private, naming, sync_folder, write_whole

PLAN = "plan.jsonl"
PROGRESS = "progress.json"
LOG = "worker.log"
_NUMBERED = re.compile(r"(control|launch|events|result)-(\d{4,})\.jsonl?")
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES)

R = TypeVar("R", bound=Record)
_encode = msgspec.json.Encoder().encode
_decode_file = msgspec.json.Decoder(PlanFile).decode


class _Version(msgspec.Struct):
    """As much of a header as every future one will have."""

    format: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbered files of a folder at one moment, ascending."""

    control: tuple[int, ...] = ()
    launch: tuple[int, ...] = ()
    events: tuple[int, ...] = ()
    result: tuple[int, ...] = ()

    @property
    def attempt(self) -> int:
        """The highest attempt that anybody has claimed; 0 for none."""
        return self.events[-1] if self.events else 0


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """A small file that could be read, with the mtime of the very bytes that were."""

    record: R
    moment: float
    number: int = 0


@dataclass(frozen=True)
class JobFolder:
    """One job on disk. Holds no state but the plan's first line, which never changes."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def log(self) -> Path:
        return self.path / LOG

    def events(self, attempt: int) -> Path:
        return self.path / f"events-{attempt:04}.jsonl"

    @cached_property
    def _header(self) -> PlanHeader:
        return _read_header(self.path)

    def header(self) -> PlanHeader:
        """Line 1 of the plan. NotFound, or an error that says why it cannot be read."""
        return self._header

    def check_format(self) -> None:
        """BstuiError where a newer bstui made it: then it is only read."""
        if self.header().format > FORMAT:
            raise _newer(self.path, self.header().format)

    def files(self) -> Iterator[PlanFile]:
        """The plan's files, one at a time. An error where one is missing or damaged."""
        expected, number = self.header().files, 0
        with open(self.path / PLAN, "rb") as lines:
            next(lines, b"")
            for number, line in enumerate(lines, 1):
                try:
                    yield _decode_file(line)
                except msgspec.DecodeError as error:
                    raise _damaged(self.path, f"line {number + 1}: {error}") from error
        if number != expected:
            raise _damaged(self.path, f"{number:,} of {expected:,} files are listed")

    def planned(self) -> float:
        """When the plan was written."""
        try:
            return (self.path / PLAN).stat().st_mtime
        except FileNotFoundError as error:
            raise _missing(self.path) from error

    def changed(self) -> int:
        """The folder's mtime, in ns: it changes when a file in it gets or loses its name."""
        try:
            return self.path.stat().st_mtime_ns
        except FileNotFoundError as error:
            raise _missing(self.path) from error

    def numbers(self) -> Numbers:
        """List the folder: a name that is looked up alone may be hidden by an NFS cache."""
        found: dict[str, list[int]] = {"control": [], "launch": [], "events": [], "result": []}
        try:
            names = os.listdir(self.path)
        except FileNotFoundError as error:
            raise _missing(self.path) from error
        for name in names:
            if match := _NUMBERED.fullmatch(name):
                found[match[1]].append(int(match[2]))
        return Numbers(**{kind: tuple(sorted(numbers)) for kind, numbers in found.items()})

    def newest_control(self, numbers: Numbers) -> Found[Control] | None:
        """The highest wish that parses."""
        return self._newest("control", numbers.control, Control)

    def newest_launch(self, numbers: Numbers) -> Found[Launch] | None:
        return self._newest("launch", numbers.launch, Launch)

    def control(self, number: int) -> Control | None:
        """One wish of those that there are; None where it does not parse."""
        found = _read(self.path / _name("control", number), Control)
        return found.record if found else None

    def launch(self, number: int) -> Launch | None:
        found = _read(self.path / _name("launch", number), Launch)
        return found.record if found else None

    def launches(self) -> Iterator[Launch]:
        """Every launch that parses, the newest first."""
        for number in reversed(self.numbers().launch):
            if found := self.launch(number):
                yield found

    def result(self, attempt: int) -> Result | None:
        found = _read(self.path / _name("result", attempt), Result)
        return found.record if found else None

    def progress(self) -> Found[Progress] | None:
        """The heartbeat of whichever attempt wrote it last."""
        return _read(self.path / PROGRESS, Progress)

    def _newest(self, kind: str, numbers: tuple[int, ...], form: type[R]) -> Found[R] | None:
        for number in reversed(numbers):
            if found := _read(self.path / _name(kind, number), form):
                return Found(found.record, found.moment, number)
        return None

    def add_control(self, change: Callable[[Control], Control]) -> tuple[int, Control]:
        """Link `change` of the highest wish to the next number; again where another came first."""
        while True:
            numbers = self.numbers()
            newest = self.newest_control(numbers)
            wish = change(newest.record if newest else Control())
            number = numbers.control[-1] + 1 if numbers.control else 1
            if self._link("control", number, wish):
                return number, wish

    def add_launch(self, launch: Launch) -> int:
        """Link `launch` to the next number, which is returned."""
        while True:
            numbers = self.numbers()
            number = numbers.launch[-1] + 1 if numbers.launch else 1
            if self._link("launch", number, launch):
                return number

    def _link(self, kind: str, number: int, record: Record) -> bool:
        """Give a whole file this number; False where another has it."""
        self.check_format()
        partial = self.path / f".{kind}.{secrets.token_hex(8)}"
        write_whole(partial, _encode(record))
        try:
            return _link_whole(partial, self.path / _name(kind, number))
        finally:
            partial.unlink()
            sync_folder(self.path)

    def claim(self, attempt: int) -> int:
        """Take the attempt: a descriptor of its new events file. InUse where another has it."""
        self.check_format()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW
        try:
            descriptor = os.open(self.events(attempt), flags, 0o600)
        except FileExistsError as error:
            raise InUse(
                f"Another worker has started attempt {attempt} of the job {self.id}.",
                hint="Watch it with: bstui attach JOB",
            ) from error
        sync_folder(self.path)
        return descriptor

    def is_fenced(self, attempt: int) -> bool:
        """Whether a newer attempt than this has been claimed."""
        return self.numbers().attempt > attempt

    def is_followed(self, attempt: int) -> bool:
        """The same by one look at the next attempt's name: cheap enough for every rename."""
        return os.path.lexists(self.events(attempt + 1))

    def write_progress(self, progress: Progress) -> None:
        """Rename the heartbeat in. Not durable: after a power cut nobody's heart beats.

        Where there is no room for it the old one is touched, so that it still says `alive`.
        """
        partial = self.path / f".{PROGRESS}.{progress.attempt}"
        try:
            partial.write_bytes(_encode(progress))
            os.replace(partial, self.path / PROGRESS)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            with contextlib.suppress(FileNotFoundError):
                os.utime(self.path / PROGRESS)

    def write_result(self, result: Result) -> None:
        """The attempt's own: whoever claimed it writes it alone."""
        path = self.path / _name("result", result.attempt)
        write_whole(path, _encode(result), has_one_writer=True)


def create_job(jobs_dir: Path, header: PlanHeader, files: Iterable[PlanFile]) -> JobFolder:
    """Write the plan; the folder appears under its id when it is whole and durable."""
    make_private(jobs_dir)
    unfinished = jobs_dir / f".{header.id}.{secrets.token_hex(4)}"
    unfinished.mkdir(mode=0o700)
    try:
        descriptor = os.open(unfinished / PLAN, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with naming(unfinished / PLAN), open(descriptor, "wb") as plan:
            plan.write(_encode(header) + b"\n")
            plan.writelines(_encode(file) + b"\n" for file in files)
            plan.flush()
            os.fsync(plan.fileno())
        sync_folder(unfinished)
        os.rename(unfinished, jobs_dir / header.id)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            (unfinished / PLAN).unlink()
            unfinished.rmdir()
        raise
    sync_folder(jobs_dir)
    return JobFolder(jobs_dir / header.id)


def job_ids(jobs_dir: Path) -> list[str]:
    """The ids of every job in `jobs_dir`, oldest first."""
    try:
        return sorted(name for name in os.listdir(jobs_dir) if _ID.fullmatch(name))
    except (FileNotFoundError, NotADirectoryError):
        return []


def job_folders(jobs_dir: Path) -> list[JobFolder]:
    """Every job in `jobs_dir`, oldest first."""
    return [JobFolder(jobs_dir / id) for id in job_ids(jobs_dir)]


def _name(kind: str, number: int) -> str:
    return f"{kind}-{number:04}.json"


def _read(path: Path, form: type[R]) -> Found[R] | None:
    """A small file as a record; None where it is not there, or not (yet) what it should be."""
    try:
        with open(path, "rb") as file:
            moment = os.fstat(file.fileno()).st_mtime
            return Found(msgspec.json.decode(file.read(), type=form), moment)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _read_header(folder: Path) -> PlanHeader:
    try:
        with open(folder / PLAN, "rb") as plan:
            line = plan.readline()
    except FileNotFoundError as error:
        raise _missing(folder) from error
    try:
        version = msgspec.json.decode(line, type=_Version).format
        try:
            return msgspec.json.decode(line, type=PlanHeader)
        except msgspec.ValidationError as error:
            if version > FORMAT:
                raise _newer(folder, version) from error
            raise
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(folder, str(error)) from error


def _newer(folder: Path, version: int) -> BstuiError:
    return BstuiError(
        f"The job {folder.name} was made by a newer bstui (format {version}).",
        why="This one reads of it what it knows, and changes nothing.",
        hint="Use that version for it.",
    )


def _link_whole(partial: Path, final: Path) -> bool:
    """Name a whole file so that it is never half there; False where the name is taken."""
    try:
        os.link(partial, final)
    except FileExistsError:
        # An NFS server that answers a repeated request says "exists" of the link it has made.
        return partial.stat().st_nlink == 2
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _copy_exclusively(partial, final)
    return True


def _copy_exclusively(partial: Path, final: Path) -> bool:
    """For file systems without links; readers ignore a number that does not parse yet."""
    try:
        with open(final, "xb", opener=_private) as file:
            file.write(partial.read_bytes())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _missing(folder: Path) -> BstuiError:
    if folder.is_dir():
        return _damaged(folder, f"{PLAN} is not there")
    return NotFound(
        f"There is no job in {folder}.", why="It has been removed, or is kept on another machine."
    )


def _damaged(folder: Path, reason: str) -> BstuiError:
    return BstuiError(
        f"The plan of the job {folder.name} is damaged ({reason}).",
        why=f"{folder / PLAN} has been changed, cut or removed since it was written.",
        hint="Import again: what has arrived is recognised and kept.",
    )
