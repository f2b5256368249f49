"""What earlier attempts have brought, as far as the disk still proves it."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import FileDone, Merged, PlanFile, PlanHeader
from bstui.samples.fastq_name import build_name, parse_name
from bstui.transfer.items import Item


@dataclass(frozen=True, slots=True)
class Adopted:
    """The files that need not be brought again."""

    ids: frozenset[str] = frozenset()
    bytes: int = 0
    reads: Mapping[str, int] = field(default_factory=dict)
    """By file id: how many reads FASTQ held that was opened."""


def find_adopted(folder: JobFolder, header: PlanHeader) -> Adopted:
    """Files that an earlier attempt said were done, and that stand there as they were left.

    One that was touched since is not among them: the engine proves it again. One that was removed
    once its lanes were joined is, as long as the joined file stands.
    """
    destination = Path(header.destination)
    sizes: dict[str, int] = {}
    reads: dict[str, int] = {}
    gone: dict[str, int] = {}
    for attempt in folder.numbers().events:
        for event, _ in read_events(folder.events(attempt)):
            if isinstance(event, FileDone) and stands_as(destination, event):
                sizes[event.id] = event.size
                if event.reads is not None:
                    reads[event.id] = event.reads
            elif isinstance(event, FileDone):
                gone[event.id] = event.size
            elif isinstance(event, Merged) and event.removes and stands_as(destination, event):
                sizes |= {id: gone[id] for id in event.parts if id in gone}
    return Adopted(frozenset(sizes), sum(sizes.values()), reads)


def known_reads(folder: JobFolder, adopted: Adopted) -> dict[str, int]:
    """How many reads the files had that need not be brought again, by what mates share."""
    files = folder.files() if adopted.reads else ()
    known = {find_mates(file): adopted.reads[file.id] for file in files if file.id in adopted.reads}
    known.pop("", None)
    return known


def find_mates(file: PlanFile) -> str:
    """What is equal for the files of one dataset, lane and segment: they hold one read each of the
    same clusters. Empty where the name is no FASTQ file's."""
    parts = parse_name(file.name)
    if parts is None:
        return ""
    name = build_name(msgspec.structs.replace(parts, read="R1"))
    return f"{file.dataset}/{file.path.rpartition('/')[0]}/{name}"


def items_left(
    folder: JobFolder, adopted: Adopted, *, last: bool, full: bool = False
) -> Iterator[Item]:
    """The plan's files that are still to be brought, one at a time; or its end markers.

    Where the proof is `full`, each with what tells its mates.
    """
    for number, file in enumerate(folder.files(), 1):
        if file.last is last and file.id not in adopted.ids:
            yield Item(
                number=number,
                id=file.id,
                path=file.path,
                size=file.size,
                etag=file.etag,
                mates=find_mates(file) if full else "",
            )


class _Left(Protocol):
    """A file as somebody left it."""

    @property
    def path(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def mtime_ns(self) -> int | None: ...


def stands_as(destination: Path, left: _Left) -> bool:
    """Whether a plain file stands there with the size and the time of change that it was left with;
    an old record has no time."""
    try:
        info = os.lstat(destination / left.path)
    except OSError:
        return False
    is_untouched = left.mtime_ns is None or info.st_mtime_ns == left.mtime_ns
    return stat.S_ISREG(info.st_mode) and info.st_size == left.size and is_untouched
