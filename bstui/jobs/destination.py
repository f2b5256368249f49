"""The destination before a job: whether it can be written, what is there, how much room it has."""

import errno
import os
import secrets
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bstui.errors import BstuiError, DestinationError, NoSpace
from bstui.jobs.records import PlanFile
from bstui.packed import Packed
from bstui.units import count_text, size_text

_FULL = (errno.ENOSPC, errno.EDQUOT)
_PARTIAL = ".partial"
_NAMES_HELD = 50_000
"""Names of the destination's folders that are held in memory: some 10 MB."""
WILL_FAIL = "this file will fail"
"""The end of a warning of a file that has no chance."""
_TAKEN = "the name is taken"
_NO_FOLDER = f"is there already and is no folder: {WILL_FAIL}"


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What an import needs, and what the file system of its destination has."""

    where: str
    """The nearest folder that exists."""
    needed: int
    """Bytes still to be written."""
    files: int
    """Files still to be made."""
    free: int
    """Bytes that this user may still write, as far as the file system says."""
    inodes: int | None = None
    """Files that may still be made; None where the file system does not count them."""

    @property
    def fits(self) -> bool:
        return self.refusal() is None

    def refusal(self) -> NoSpace | None:
        """Why the import does not fit; None where it does."""
        hint = "Free some, choose less, or give another destination with --to."
        if self.needed > self.free:
            return NoSpace(
                f"The import needs {size_text(self.needed)}, and {self.where} has room for "
                f"{size_text(self.free)}.",
                hint=hint,
            )
        if self.inodes is not None and self.files > self.inodes:
            return NoSpace(
                f"The import makes {count_text(self.files, 'file')}, and the file system of "
                f"{self.where} has room for {self.inodes:,}.",
                why="It has run out of inodes, not of bytes.",
                hint=hint,
            )
        return None


class Present(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What stands at a planned path."""

    is_taken: bool
    """Whether the name itself is there, not its partial alone."""
    size: int | None = None
    """Of a regular file; None for anything else."""
    partial: int = 0
    """Bytes on disk of its partial."""


def check_destination(destination: Path) -> Path:
    """The nearest folder of `destination` that exists, proven writable.

    Raises DestinationError or NoSpace.
    """
    folder = destination
    try:
        while not os.path.lexists(folder):
            folder = folder.parent
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        _probe(folder)
    except OSError as error:
        raise _refused(destination, folder, error) from error
    return folder


def measure_room(folder: Path, needed: int, files: int) -> Room:
    """The room that the file system of `folder`, which exists, has for `needed` bytes."""
    info = os.statvfs(folder)
    return Room(
        where=str(folder),
        needed=needed,
        files=files,
        free=info.f_bavail * info.f_frsize,
        inodes=info.f_favail if info.f_files else None,
    )


def meet_existing(
    files: Iterable[PlanFile], destination: Path, folder: Path, existing: str
) -> tuple[Packed[PlanFile], Room]:
    """The files with what is to be done about those there already, and the room for the others.

    `folder` is the nearest one of `destination` that exists; `existing` says what a name that
    belongs to another file means: adopt (which it cannot be), keep-both or replace.
    """
    obstacles, presence = Obstacles(destination), Presence(destination)
    met = Packed(PlanFile)
    needed = count = 0
    for file in files:
        obstacle = obstacles.above(file.path)
        there = None if obstacle is None else presence.at(file.path)
        file = _blocked(file, obstacle) if obstacle else _meet(file, there, existing)
        met.append(file)
        if file.action != "adopt":
            needed += max(0, file.size - (there.partial if there else 0))
            count += 1
    return met, measure_room(folder, needed, count)


class Presence:
    """What is there already beneath a destination, looked at a folder at a time."""

    def __init__(self, destination: Path) -> None:
        self._destination = destination
        self._held: dict[str, dict[str, Present]] = {}
        """By folder: its names. The plan comes back to few of them after long."""
        self._number = 0
        """How many names are held."""

    def at(self, path: str) -> Present | None:
        """What is at this path; None where nothing is, nor a partial of it."""
        folder, _, name = path.rpartition("/")
        entries = self._held.get(folder)
        if entries is None:
            entries = self._look(folder)
        there, partial = entries.get(name), entries.get(name + _PARTIAL)
        if there is None and partial is None:
            return None
        return Present(
            is_taken=there is not None,
            size=there.size if there else None,
            partial=partial.partial if partial else 0,
        )

    def _look(self, folder: str) -> dict[str, Present]:
        entries = _entries(os.path.join(self._destination, folder))
        if self._number > _NAMES_HELD:
            self._held.clear()
            self._number = 0
        self._held[folder] = entries
        self._number += 1 + len(entries)
        return entries


class Obstacles:
    """What stands where a folder of the plan has to be: a link, which is never followed, or a
    file."""

    def __init__(self, destination: Path) -> None:
        self._destination = destination
        self._known: dict[str, str | None] = {"": ""}
        """By folder: its obstacle, or None where nothing is there, and so nothing beneath it."""

    def above(self, path: str) -> str | None:
        """The nearest to the root of what is in the way to this path; empty for nothing, None where
        its folder is not there either."""
        return self._in_the_way(path.rpartition("/")[0])

    def _in_the_way(self, folder: str) -> str | None:
        if folder in self._known:
            return self._known[folder]
        above = self._in_the_way(folder.rpartition("/")[0])
        if above is None:
            return None
        self._known[folder] = above or _obstacle_at(os.path.join(self._destination, folder), folder)
        return self._known[folder]


def _obstacle_at(place: str, folder: str) -> str | None:
    try:
        return "" if stat.S_ISDIR(os.lstat(place).st_mode) else folder
    except FileNotFoundError:
        return None
    except OSError:  # whoever writes there will say what is wrong
        return ""


def _blocked(file: PlanFile, obstacle: str) -> PlanFile:
    return msgspec.structs.replace(file, warning=f"{obstacle} {_NO_FOLDER}")


def warn_of_obstacles(files: Iterable[PlanFile]) -> list[str]:
    """A sentence for each thing that stands where a folder of the plan has to be."""
    blocked = Counter(file.warning for file in files if file.warning.endswith(_NO_FOLDER))
    return [
        f"{warning} ({count_text(number, 'file')} in all). Move it away, or import elsewhere."
        for warning, number in blocked.items()
    ]


def _meet(file: PlanFile, present: Present | None, existing: str) -> PlanFile:
    """The file with what is to be done about whatever has its name already."""
    if present is None or not present.is_taken:
        return file
    if present.size == file.size:
        return msgspec.structs.replace(file, action="adopt")
    there = "something that is no file" if present.size is None else size_text(present.size)
    outcome = {
        "keep-both": "both are kept",
        "replace": "it is kept under another name",
    }.get(existing, WILL_FAIL)
    return msgspec.structs.replace(file, warning=f"{_TAKEN} ({there}): {outcome}")


def warn_of_taken(files: Iterable[PlanFile], existing: str) -> list[str]:
    """A sentence about the planned names that belong to other files, if there are any."""
    taken = (file.path for file in files if file.warning.startswith(_TAKEN))
    first = next(taken, None)
    if first is None:
        return []
    number = 1 + sum(1 for _ in taken)
    what = {
        "keep-both": "both are kept.",
        "replace": "the old ones are kept under other names.",
    }.get(existing, "these will fail. Choose keep-both or replace for --existing, or move them.")
    return [
        f"{count_text(number, 'name')} at the destination, {first} first, "
        f"{'belongs' if number == 1 else 'belong'} to other files: {what}"
    ]


def _entries(folder: str) -> dict[str, Present]:
    """Everything in `folder`, links not followed; nothing where it is no folder of ours."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: _present(entry.stat(follow_symlinks=False)) for entry in entries}
    except OSError:  # whoever writes there will say what is wrong
        return {}


def _present(there: os.stat_result) -> Present:
    """A name as what is planned, or as a partial."""
    is_file = stat.S_ISREG(there.st_mode)
    return Present(
        is_taken=True,
        size=there.st_size if is_file else None,
        partial=there.st_blocks * 512 if is_file else 0,
    )


def _probe(folder: Path) -> None:
    """Make a file in `folder`, write to it and take it away again."""
    probe = folder / f".bstui-{secrets.token_hex(8)}"
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, b"\0")
    finally:
        os.close(descriptor)
        probe.unlink()


def _refused(destination: Path, folder: Path, error: OSError) -> BstuiError:
    hint = "Give another with --to, or have this one made writable."
    if error.errno in _FULL:
        return NoSpace(
            f"There is no room at all in {folder}.",
            why=error.strerror or "",
            hint="Free some, or give another destination with --to.",
        )
    if isinstance(error, NotADirectoryError):
        return DestinationError(
            f"The destination {destination} cannot be a folder: {folder} is none.", hint=hint
        )
    return DestinationError(
        f"The destination {destination} cannot be written.",
        why=f"{folder}: {error.strerror or error}.",
        hint=hint,
    )
