"""A folder of FASTQ files as a project: biosamples and datasets after the names of the files.

`X_S1_L001_R1_001.fastq.gz` is of biosample X, on lane 1; what is not named so is of a biosample
called as the file is. Which run the reads are from is taken from the first name in a file.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bstui.simulator.account import (
    Biosample,
    Dataset,
    Library,
    Project,
    Run,
    Session,
    StoredFile,
    User,
    moment,
)
from bstui.simulator.cells import PlainCell
from bstui.simulator.disk import DiskContent
from bstui.simulator.reads import SheetLine
from bstui.simulator.region import Region

_SUFFIX = re.compile(r"\.f(?:ast)?q(?:\.gz|\.ora)?$", re.IGNORECASE)
_NAME = re.compile(
    r"(?P<sample>.+?)(?:_S(?P<number>\d+))?(?:_L(?P<lane>\d{3}))?_(?P<read>[RI][1-4])(?:_\d{3})?",
    re.DOTALL,
)
_READ = re.compile(
    r"@(?P<instrument>[^:\s]+):(?P<number>\d+):(?P<barcode>[^:\s]+):\d+:"
    r"(?:\S+(?:\s\d:[YN]:\d+:(?P<index>[ACGTN]+)?(?:\+(?P<index2>[ACGTN]+))?)?)?"
)


class FastqFile(Protocol):
    """A file that was found."""

    @property
    def path(self) -> Path: ...
    @property
    def name(self) -> str:
        """Its path within the folder."""
        ...

    @property
    def size(self) -> int: ...
    @property
    def modified(self) -> datetime: ...


@dataclass(frozen=True, order=True)
class _Slot:
    """What the files of a dataset have in common."""

    sample: str
    folder: str
    number: int
    lane: int
    """0 where the name tells none."""


@dataclass(frozen=True)
class _FirstRead:
    """What the first read of a file tells of its run; empty where there is none."""

    instrument: str = ""
    number: int = 0
    barcode: str = ""
    indexes: tuple[str, str] = ("", "")
    length: int = 0


def is_fastq(name: str) -> bool:
    return _SUFFIX.search(name) is not None


def add_fastq(
    region: Region, owner: User, name: str, files: Sequence[FastqFile]
) -> tuple[Project, int]:
    """A project of these files; and the number of its biosamples."""
    return _Folder(region, owner, name, files).add(files)


class _Folder:
    def __init__(self, region: Region, owner: User, name: str, files: Iterable[FastqFile]) -> None:
        self._region = region
        newest = max(file.modified for file in files)
        taken = {project.name for project in region.projects.values()}
        names = (name, *(f"{name} ({number})" for number in range(2, len(taken) + 3)))
        free = next(name for name in names if name not in taken)
        self._project = Project(region.next_id(), free, owner, newest)
        region.projects[self._project.id] = self._project
        self._site = User(region.next_id(), "Somebody else", "", moment("2019-03-04 08:12"))
        """Who owns the runs that the reads are from: nobody here sees them."""
        self._sessions: dict[tuple[str, int, str], Session] = {}
        self._biosamples: dict[str, list[Biosample]] = {}

    def add(self, files: Iterable[FastqFile]) -> tuple[Project, int]:
        slots: dict[_Slot, list[FastqFile]] = {}
        for file in files:
            slots.setdefault(_slot_of(file.name), []).append(file)
        for slot, held in sorted(slots.items(), key=lambda item: item[0]):
            self._add_dataset(slot, held)
        return self._project, sum(map(len, self._biosamples.values()))

    def _add_dataset(self, slot: _Slot, files: Sequence[FastqFile]) -> None:
        firsts = [first_read(file.path) for file in files]
        session = self._session(firsts, files)
        line = SheetLine(slot.sample, slot.number, self._project.name, firsts[0].indexes)
        number = int(self._region.next_id())
        dataset = Dataset(
            f"ds.{self._region.numbered_key(number)}",
            f"{slot.sample}_L{slot.lane:03}" if slot.lane else slot.sample,
            self._project,
            session.run,
            slot.lane,
            line,
            session,
            self._biosample(slot, session.run, line.indexes),
            self._region.add_sample(),
        )
        self._region.add_dataset(dataset)
        for file in files:
            number = int(self._region.next_id())
            key, content = self._region.numbered_key(number), DiskContent(file.path, file.size)
            name = file.name.rpartition("/")[2]
            self._region.hold(StoredFile(str(number), name, content, file.modified, key, dataset))

    def _biosample(self, slot: _Slot, run: Run, indexes: tuple[str, str]) -> Biosample:
        """The sample's; another of that name where it has a dataset of this run and lane already,
        for else the two would be the same reads twice."""
        known = self._biosamples.setdefault(slot.sample, [])
        for biosample in known:
            datasets = self._region.datasets_of(biosample)
            if not any((d.run, d.lane) == (run, slot.lane) for d in datasets):
                return biosample
        library = Library(self._region.next_id(), indexes)
        created = self._project.created
        name, project = slot.sample, self._project
        biosample = Biosample(self._region.next_id(), name, project, created, library)
        self._region.add_biosample(biosample)
        known.append(biosample)
        return biosample

    def _session(self, firsts: Sequence[_FirstRead], files: Sequence[FastqFile]) -> Session:
        """The one of the run that the reads are from."""
        told = next((first for first in firsts if first.instrument), _FirstRead())
        key = (told.instrument, told.number, told.barcode)
        if key not in self._sessions:
            lengths = tuple(first.length for first in firsts if first.length)[:2]
            run = self._run(told, lengths, files[0].modified)
            session = Session(self._region.next_id(), self._project.created, run)
            self._region.sessions[session.id] = session
            self._sessions[key] = session
        return self._sessions[key]

    def _run(self, told: _FirstRead, lengths: Sequence[int], created: datetime) -> Run:
        named = f"{told.instrument}_{told.number:04}_{told.barcode}"
        cell = PlainCell(
            run_name=named if told.instrument else self._project.name,
            number=told.number,
            instrument=told.instrument,
            barcode=told.barcode,
            lanes=1,
            reads=tuple((length, False) for length in lengths),
        )
        run = Run(self._region.next_id(), cell.run_name, self._site, created, cell, "", "")
        self._region.runs[run.id] = run
        return run


def _slot_of(name: str) -> _Slot:
    folder, _, base = name.rpartition("/")
    stem = _SUFFIX.sub("", base)
    match = _NAME.fullmatch(stem)
    if match is None:
        return _Slot(stem or base, folder, 0, 0)
    return _Slot(match["sample"], folder, int(match["number"] or 0), int(match["lane"] or 0))


def first_read(path: Path) -> _FirstRead:
    """The first read of a file; nothing of one that is empty, or no FASTQ after all."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            name, letters = (file.readline(4096).decode("ascii").rstrip() for _ in range(2))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return _FirstRead()
    match = _READ.match(name)
    if match is None:
        return _FirstRead(length=len(letters) if name.startswith("@") else 0)
    indexes = (match["index"] or "", match["index2"] or "")
    return _FirstRead(
        match["instrument"], int(match["number"]), match["barcode"], indexes, len(letters)
    )
