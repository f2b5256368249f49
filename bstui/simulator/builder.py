"""Fills a region: from flow cells to runs, biosamples, datasets and their files."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bstui.simulator.account import (
    Biosample,
    Dataset,
    Library,
    Project,
    Run,
    Sample,
    Session,
    Storage,
    StoredFile,
    User,
)
from bstui.simulator.contents import DEFAULT_PART, Batch, Content, Spool, gzip_of, stored_gzip_size
from bstui.simulator.reads import UNDETERMINED, Flowcell, SheetLine
from bstui.simulator.region import Region
from bstui.simulator.runfolder import Group, Layout, run_groups

_GENERATION = timedelta(hours=26)
"""From the start of a run to its FASTQ."""
_MOST_FILES = 400_000
"""Of a run folder that is made later; so many ids are kept free for it."""


@dataclass(frozen=True)
class Instrument:
    """The kind of machine that made a run."""

    platform: str
    type: str
    serial: str
    layout: Layout
    naming: str
    """Of run folders: with {date}, {serial}, {number} and {barcode}."""

    def barcode(self, digits: str) -> str:
        """A flow cell's, made of hexadecimal `digits`."""
        core = digits[:5].upper()
        return f"000000000-{core}" if self.layout is Layout.BCL else f"H{core}DRXX"

    def run_name(self, started: datetime, number: int, barcode: str) -> str:
        return self.naming.format(
            date=f"{started:%y%m%d}", serial=self.serial, number=number, barcode=barcode
        )


_NAMING = "{date}_{serial}_{number:04}_"
MISEQ = Instrument("MiSeq", "MiSeq", "M00421", Layout.BCL, _NAMING + "{barcode}")
HISEQ = Instrument("HiSeq", "HiSeq2500", "D00118", Layout.BCL_GZ, _NAMING + "A{barcode}")
NEXTSEQ = Instrument("NextSeq2000", "NextSeq2000", "VH00384", Layout.CBCL, _NAMING + "{barcode}")
NEXTSEQ_500 = Instrument("NextSeq", "NextSeq", "NS500318", Layout.BGZF, _NAMING + "A{barcode}")
NOVASEQ = Instrument("NovaSeq", "NovaSeq6000", "A01052", Layout.CBCL, _NAMING + "B{barcode}")


class Builder:
    """Adds to one region."""

    def __init__(self, region: Region, spool: Spool) -> None:
        self.region = region
        self._spool = spool

    def project(
        self,
        name: str,
        owner: User,
        created: datetime,
        description: str = "",
        shared_with: Iterable[User] = (),
    ) -> Project:
        readers = frozenset(user.id for user in shared_with)
        project = Project(self.region.next_id(), name, owner, created, description, readers)
        self.region.projects[project.id] = project
        return project

    def biosamples(
        self, project: Project, names: Iterable[str], indexes: Iterable[tuple[str, str]]
    ) -> list[Biosample]:
        made = []
        for name, pair in zip(names, indexes, strict=False):
            library = Library(self.region.next_id(), pair)
            biosample = Biosample(self.region.next_id(), name, project, project.created, library)
            self.region.add_biosample(biosample)
            made.append(biosample)
        return made

    def run(
        self,
        cell: Flowcell,
        machine: Instrument,
        experiment: str,
        owner: User,
        created: datetime,
        *,
        shared_with: Iterable[User] = (),
        is_uploading: bool = False,
        is_archived: bool = False,
        is_made_later: bool = False,
    ) -> Run:
        """A run and its folder; of one that is uploading, the end is yet to come."""
        run = Run(
            self.region.next_id(),
            experiment,
            owner,
            created,
            cell,
            machine.platform,
            machine.type,
            readers=frozenset(user.id for user in shared_with),
        )
        if is_archived:
            run.storage = Storage.ARCHIVED
        if is_uploading:
            run.status = run.upload_status = "Uploading"
        self.region.runs[run.id] = run
        folder = partial(run_groups, cell, machine.layout)
        if is_made_later:
            make = partial(self._add_folder, run, folder)
            run.shelf = self.region.postpone(
                _MOST_FILES, lambda: _folder_size(folder()), (run.id,), make
            )
            return run
        groups = self._add_folder(run, folder, self.region.numbers())
        if is_uploading:
            later = sum(len(group.files) for group in groups[-2:])
            run.files, run.upcoming = run.files[:-later], run.files[-later:]
            for file in run.upcoming:
                self.region.hide_file(file)
        return run

    def _add_folder(
        self, run: Run, folder: Callable[[], Iterator[Group]], numbers: Iterator[int]
    ) -> list[Group]:
        groups = list(folder())
        for group in groups:
            batch = Batch(self._spool, group.make)
            for path, size in group.files:
                number = next(numbers)
                name, key = f"r{run.id}_{number}", self.region.numbered_key(number)
                content = batch.add(size)
                self.region.hold(StoredFile(name, path, content, run.created, key, run))
        return groups

    def session(self, run: Run, delay: timedelta = _GENERATION) -> Session:
        session = Session(self.region.next_id(), run.created + delay, run)
        self.region.sessions[session.id] = session
        return session

    def demultiplex(
        self,
        run: Run,
        session: Session,
        biosamples: Sequence[Biosample],
        *,
        level: int = 1,
        part_size: int = DEFAULT_PART,
    ) -> None:
        """Add the datasets of biosamples on each lane of a run; `level` 0 foretells their sizes."""
        named = {(line.name, line.project): line for line in run.cell.lines}
        claims: list[tuple[SheetLine, Biosample | None]] = []
        for biosample in biosamples:
            claims.append((named[biosample.name, biosample.project.name], biosample))
            if biosample not in run.biosamples:
                run.biosamples.append(biosample)
        project = biosamples[0].project
        self._datasets(run, session, project, claims, level, part_size)

    def undetermined(self, run: Run, session: Session, project: Project) -> None:
        """The datasets of the reads that no index claims."""
        self._datasets(run, session, project, [(UNDETERMINED, None)], 1, DEFAULT_PART)

    def _datasets(
        self,
        run: Run,
        session: Session,
        project: Project,
        claims: Sequence[tuple[SheetLine, Biosample | None]],
        level: int,
        part_size: int,
    ) -> None:
        samples = [self.region.add_sample() for _ in claims]
        for lane in range(1, run.cell.lanes + 1):
            made = [
                self.dataset(run, session, project, lane, line, biosample, sample)
                for (line, biosample), sample in zip(claims, samples, strict=True)
            ]
            self.fastq(made, level, part_size)

    def dataset(
        self,
        run: Run,
        session: Session,
        project: Project,
        lane: int,
        line: SheetLine,
        biosample: Biosample | None,
        sample: Sample,
    ) -> Dataset:
        """A dataset that has no files yet."""
        key = self.region.key_of(f"{run.id} {lane} {line.number} {line.name} {session.id}")
        name = f"{line.name}_L{lane:03}"
        dataset = Dataset(f"ds.{key}", name, project, run, lane, line, session, biosample, sample)
        self.region.add_dataset(dataset)
        return dataset

    def fastq(
        self, datasets: Sequence[Dataset], level: int = 1, part_size: int = DEFAULT_PART
    ) -> None:
        """The files of datasets of one lane, which are made together, of the flow cell's reads."""
        cell, lane = datasets[0].run.cell, datasets[0].lane
        assert isinstance(cell, Flowcell), "reads are made of what a flow cell holds"
        lines = [dataset.line for dataset in datasets]
        for read in (1, 2) if cell.is_paired else (1,):
            batch = Batch(self._spool, partial(fastq_files, cell, lines, lane, read, level))
            for dataset, line in zip(datasets, lines, strict=True):
                size = None if level else stored_gzip_size(cell.fastq_size(line, lane, read))
                self.file(dataset, read, batch.add(size, part_size))

    def index_fastq(self, datasets: Sequence[Dataset]) -> None:
        """The files I1 and I2 of datasets of one lane."""
        cell, lane = datasets[0].run.cell, datasets[0].lane
        assert isinstance(cell, Flowcell), "reads are made of what a flow cell holds"
        lines = [dataset.line for dataset in datasets]
        for read in (1, 2):
            batch = Batch(self._spool, partial(_index_files, cell, lines, lane, read))
            for dataset in datasets:
                self.file(dataset, read, batch.add(), "I")

    def file(self, dataset: Dataset, read: int, content: Content, letter: str = "R") -> StoredFile:
        """The file of a dataset's read, or index read (`I`), named as bcl-convert does."""
        line, name = dataset.line, self.region.next_id()
        path = f"{line.stem}_S{line.number}_L{dataset.lane:03}_{letter}{read}_001.fastq.gz"
        key = self.region.key_of(name)
        file = StoredFile(name, path, content, dataset.created, key, dataset)
        self.region.hold(file)
        return file


def _folder_size(groups: Iterable[Group]) -> int:
    return sum(size for group in groups for _, size in group.files)


def fastq_files(
    cell: Flowcell, lines: Sequence[SheetLine], lane: int, read: int, level: int
) -> Iterator[bytes]:
    """One read's FASTQ of some samples on a lane, packed."""
    return (gzip_of(text, level) for text in cell.fastq(lines, lane, read))


def _index_files(
    cell: Flowcell, lines: Sequence[SheetLine], lane: int, read: int
) -> Iterator[bytes]:
    return (gzip_of(text, 1) for text in cell.index_fastq(lines, lane, read))
