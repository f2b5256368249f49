"""The basket: all marks of a profile, kept on disk across lists, filters, restarts and nodes.

Every change reads the file again under a lock, applies itself and renames the whole file in, so
that two screens of one profile lose nothing of each other's.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bstui.errors import BstuiError, UsageError
from bstui.paths import make_private, write_whole
from bstui.samples.marks import AnyMark, Mark, RunMark

_FORMAT = 1


class _Contents(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the file holds."""

    format: int
    marks: tuple[Mark, ...] = ()
    run: RunMark | None = None
    place: dict[str, Any] = {}


_EMPTY = _Contents(format=_FORMAT)
_Change = Callable[[_Contents], _Contents]


class Basket:
    """The marks of one profile. An import holds FASTQ of many biosamples or BCL of one run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._contents = _EMPTY
        self._keys: frozenset[tuple[str, ...]] | None = None
        self.problem = ""
        """Where the file could not be read: what happened, and where it was put aside."""
        self.refresh()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The biosamples, in the order in which they were marked."""
        return self._contents.marks

    @property
    def run(self) -> RunMark | None:
        """The run that is marked as raw BCL."""
        return self._contents.run

    @property
    def chosen(self) -> tuple[AnyMark, ...]:
        """Whatever is marked."""
        return (self.run,) if self.run else self.marks

    @property
    def place(self) -> dict[str, Any]:
        """Where the screens were, and their tables' choices; a copy."""
        return dict(self._contents.place)

    def __contains__(self, mark: AnyMark) -> bool:
        return mark.key in self._known()

    def __len__(self) -> int:
        return len(self._known())

    def refresh(self) -> None:
        """See what other screens have changed."""
        self._take(self._read())

    def refusal_of(self, mark: AnyMark) -> str | None:
        """Why `mark` cannot be added to what is marked now; None where it can."""
        return _refusal_of(mark, self._contents)

    def add(self, marks: Iterable[AnyMark]) -> None:
        """Mark these. Raises UsageError, and marks none, where one of them is excluded."""
        self._change(lambda contents: _added(contents, tuple(marks)))

    def remove(self, marks: Iterable[AnyMark]) -> None:
        """Unmark these; those not marked are no error."""
        keys = {mark.key for mark in marks}
        self._change(lambda contents: _removed(contents, keys))

    def clear(self) -> None:
        """Unmark everything; the place stays."""
        self._change(lambda contents: msgspec.structs.replace(contents, marks=(), run=None))

    def keep_place(self, place: Mapping[str, Any]) -> None:
        """Keep these JSON values for the screens; keys not named stay as they are."""
        self._change(
            lambda contents: msgspec.structs.replace(contents, place={**contents.place, **place})
        )

    def _change(self, change: _Change) -> None:
        try:
            make_private(self._path.parent)
            with _locked(self._path):
                before = self._read()
                self._take(before)
                after = change(before)
                if after != before:
                    write_whole(self._path, msgspec.json.encode(after))
        except OSError as error:
            raise BstuiError(
                f"The basket {self._path} could not be written ({error.strerror}).",
                why="The marks are kept there.",
                hint="Make room there, or give another folder with --state-dir.",
            ) from error
        self._take(after)

    def _take(self, contents: _Contents) -> None:
        self._contents = contents
        self._keys = None

    def _known(self) -> frozenset[tuple[str, ...]]:
        """The keys of all marks, made when they are first asked for: each row of a list does."""
        if self._keys is None:
            self._keys = frozenset(mark.key for mark in self.chosen)
        return self._keys

    def _read(self) -> _Contents:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return _EMPTY
        except OSError as error:
            raise BstuiError(
                f"The basket {self._path} cannot be read ({error.strerror}).",
                hint=f"Make it readable: chmod 600 {self._path}",
            ) from error
        try:
            return msgspec.json.decode(data, type=_Contents)
        except msgspec.DecodeError as error:
            return self._put_aside(error)

    def _put_aside(self, error: msgspec.DecodeError) -> _Contents:
        aside = self._path.with_name(f"{self._path.name}.broken-{time.time_ns()}")
        with contextlib.suppress(FileNotFoundError):
            self._path.rename(aside)
        self.problem = f"The basket could not be read ({error}); it was put aside as {aside}."
        return _EMPTY


def _refusal_of(mark: AnyMark, contents: _Contents) -> str | None:
    run = contents.run
    if isinstance(mark, RunMark):
        if contents.marks:
            return (
                f"{_count(contents.marks)} marked, so the raw run {mark.name} cannot be: "
                "an import holds FASTQ of many biosamples, or the BCL of one run. "
                "Empty the basket first."
            )
        if run is not None and run.id != mark.id:
            return (
                f"The run {run.name} is marked as raw BCL already, and an import holds the BCL of "
                f"one run. Unmark it first, then mark {mark.name}."
            )
        return None
    if run is not None:
        return (
            f"The run {run.name} is marked as raw BCL, so the biosample {mark.name} cannot be "
            "marked: an import holds FASTQ of many biosamples, or the BCL of one run. "
            "Unmark the run first."
        )
    return None


def _count(marks: tuple[Mark, ...]) -> str:
    number = len({mark.id for mark in marks})
    return "1 biosample is" if number == 1 else f"{number:,} biosamples are"


def _added(contents: _Contents, marks: tuple[AnyMark, ...]) -> _Contents:
    for run in (mark for mark in marks if isinstance(mark, RunMark)):
        _require(run, contents)
        contents = msgspec.structs.replace(contents, run=run)
    chosen = [mark for mark in marks if isinstance(mark, Mark)]
    if not chosen:
        return contents
    _require(chosen[0], contents)
    merged = {mark.key: mark for mark in (*contents.marks, *chosen)}
    return msgspec.structs.replace(contents, marks=tuple(merged.values()))


def _require(mark: AnyMark, contents: _Contents) -> None:
    reason = _refusal_of(mark, contents)
    if reason is not None:
        raise UsageError(reason)


def _removed(contents: _Contents, keys: set[tuple[str, ...]]) -> _Contents:
    run = contents.run
    return msgspec.structs.replace(
        contents,
        marks=tuple(mark for mark in contents.marks if mark.key not in keys),
        run=None if run is not None and run.key in keys else run,
    )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of `path`, which no rename takes away: it has a file of its own."""
    lock = path.with_name(f".{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:  # a file system without locks: renames alone must do
            if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
        yield
    finally:
        os.close(descriptor)
