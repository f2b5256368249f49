"""What earlier attempts have brought, as far as the disk still proves it."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import FileDone, PlanHeader
from bstui.transfer.items import Item


@dataclass(frozen=True, slots=True)
class Adopted:
    """The files that need not be brought again."""

    ids: frozenset[str] = frozenset()
    bytes: int = 0


def find_adopted(folder: JobFolder, header: PlanHeader) -> Adopted:
    """Files that an earlier attempt said were done, and that stand there as they were left.

    One that was touched since is not among them: the engine proves it again.
    """
    destination = Path(header.destination)
    sizes: dict[str, int] = {}
    for attempt in folder.numbers().events:
        for event, _ in read_events(folder.events(attempt)):
            if isinstance(event, FileDone) and _is_there(destination, event):
                sizes[event.id] = event.size
    return Adopted(frozenset(sizes), sum(sizes.values()))


def items_left(folder: JobFolder, adopted: Adopted, *, last: bool) -> Iterator[Item]:
    """The plan's files that are still to be brought, one at a time; or its end markers."""
    for number, file in enumerate(folder.files(), 1):
        if file.last is last and file.id not in adopted.ids:
            yield Item(number=number, id=file.id, path=file.path, size=file.size, etag=file.etag)


def _is_there(destination: Path, event: FileDone) -> bool:
    try:
        info = os.lstat(destination / event.path)
    except OSError:
        return False
    is_untouched = event.mtime_ns is None or info.st_mtime_ns == event.mtime_ns
    return stat.S_ISREG(info.st_mode) and info.st_size == event.size and is_untouched
