"""A core facility, of any size: customers' projects of plates, sequenced on all kinds of machines.

Their FASTQ come out of one shared pool: a biosample's files are those of the pool, under its name.
Projects and run folders are made when somebody looks into them.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bstui.simulator.account import (
    Biosample,
    Dataset,
    Library,
    Project,
    Run,
    Session,
    StoredFile,
    Tokens,
    moment,
)
from bstui.simulator.builder import HISEQ, MISEQ, NEXTSEQ, NEXTSEQ_500, NOVASEQ, fastq_files
from bstui.simulator.cases import add_cases
from bstui.simulator.contents import Batch, Content, Spool, stored_gzip_size
from bstui.simulator.deep_fastq import LARGE_PART, BaseParts, DeepFastq
from bstui.simulator.reads import Flowcell, SheetLine
from bstui.simulator.region import Region
from bstui.simulator.shelves import numbered
from bstui.simulator.site import Site

_OPENED = moment("2024-01-08 08:30")
_KINDS = ("Exomes", "RNA-seq", "Amplicons", "Methylation", "Metagenomes", "Small genomes")
_MACHINES = (MISEQ, NOVASEQ, NEXTSEQ, HISEQ, NEXTSEQ_500)
_CUSTOMERS = 8
_IN_POOL = 16
_MOST_LINES = 200
"""Samples on a flow cell from which reads are made; beyond, its run folder names none."""
_DEEP_SIZE = 7451 * LARGE_PART + 100_000
"""Bytes of the deep FASTQ: 500 GB in 7452 parts."""
_LETTERS = bytes(b"ACGT"[value & 3] for value in range(256))


@dataclass(frozen=True)
class Extent:
    """How much there is in a facility."""

    projects: int
    biosamples: int
    """Of each project."""
    runs: int
    """That they are spread over."""
    has_giants: bool = False
    """A run of 205 000 files, and a FASTQ file of 500 GB in place of one biosample's."""
    has_cases: bool = False
    """Data in every state, and under every name (`cases.py`)."""


CORE = Extent(projects=40, biosamples=96, runs=40, has_cases=True)
HUGE = Extent(projects=200, biosamples=500, runs=100, has_giants=True)


def make_facility(extent: Extent, seed: int, tokens: Tokens, spool: Spool) -> Region:
    return _Facility(extent, seed, tokens, spool).region


@dataclass(frozen=True)
class _Pooled:
    """A sample of the pool: its files for each read, and its clusters."""

    reads: tuple[Content, ...]
    clusters: int

    @property
    def size(self) -> int:
        return sum(content.size for content in self.reads)


class _Facility(Site):
    def __init__(self, extent: Extent, seed: int, tokens: Tokens, spool: Spool) -> None:
        super().__init__(Region("Virginia", "USE1", 1), seed, spool)
        self._spool = spool
        self._random = random.Random(f"facility {seed}")
        self._robin = self.user("Robin Ferris", "robin.ferris@example.org")
        self._group = self.user("Sequencing Core", "core@example.org", self._robin)
        self._customers = [
            self.user(f"Customer {number:02}", f"customer{number}@example.org")
            for number in range(1, _CUSTOMERS + 1)
        ]
        self.admit(tokens, self._robin, self._group)
        self._pool = self._make_pool(spool)
        projects = [self._project(number) for number in range(extent.projects)]
        members = [
            self._members(number, project, extent.biosamples)
            for number, project in enumerate(projects)
        ]
        for number in range(extent.runs):
            here = range(number, extent.projects, extent.runs)
            self._sequence(number, [members[place] for place in here], extent.has_giants)
        if extent.has_giants:
            self._add_full_run()
        if extent.has_cases:
            add_cases(self, spool, self._robin, self._customers[0])

    def _make_pool(self, spool: Spool) -> list[_Pooled]:
        """Pairs of files of some hundred reads, of different sizes."""
        lines = tuple(
            SheetLine(f"pool-{place}", place, "", (code, code[::-1]), 1 + place / 8)
            for place, code in enumerate(map(self._code, range(_IN_POOL)), 1)
        )
        cell = Flowcell(
            seed=self._seed,
            run_name="pool",
            number=1,
            instrument=NOVASEQ.serial,
            barcode="HPOOLDRXX",
            lanes=1,
            tiles=(1101,),
            read_length=101,
            is_paired=True,
            clusters=8000,
            lines=lines,
        )
        batches = [Batch(spool, partial(fastq_files, cell, lines, 1, read, 0)) for read in (1, 2)]
        pool = []
        for line in lines:
            size = stored_gzip_size(cell.fastq_size(line, 1))
            reads = tuple(batch.add(size) for batch in batches)
            pool.append(_Pooled(reads, cell.clusters_of(line, 1)))
        return pool

    def _code(self, _: int) -> str:
        return self._random.randbytes(8).translate(_LETTERS).decode()

    def _project(self, number: int) -> Project:
        owner = self._robin if number % 3 == 0 else self._customers[number % _CUSTOMERS]
        shown = [self._robin] + ([self._group] if number % 4 == 0 else [])
        kind, created = _KINDS[number % len(_KINDS)], _OPENED + timedelta(days=4 * number)
        name = f"{kind} {number + 1:03}"
        return self.builder.project(name, owner, created, f"Order {number + 4101}", shown)

    def _members(self, number: int, project: Project, count: int) -> list[Biosample]:
        """Plates of a project; their indexes are not told apart by any distance."""
        region, made = self.region, []
        stem = f"{project.name[0]}{number + 1:03}"
        for place in range(1, count + 1):
            library = Library(region.next_id(), (self._code(0), self._code(1)))
            name = f"{stem}-{place:04}"
            made.append(Biosample(region.next_id(), name, project, project.created, library))
            region.add_biosample(made[-1])
        return made

    def _sequence(self, number: int, plates: list[list[Biosample]], has_giants: bool) -> None:
        """A run of the biosamples of some projects, and their FASTQ."""
        machine = _MACHINES[number % len(_MACHINES)]
        ordered = max(plate[0].created for plate in plates)
        created = ordered + timedelta(days=9, hours=number % 7)
        everyone = [biosample for plate in plates for biosample in plate]
        cell = self.cell(
            machine,
            created,
            everyone if len(everyone) <= _MOST_LINES else (),
            tiles=(1101, 2101),
            lanes=1 + number % 2,
            read_length=101,
            clusters=200,
        )
        experiment = f"Core run {number + 1:03}"
        is_shown = any(self._group.id in plate[0].project.readers for plate in plates)
        run = self.builder.run(
            cell,
            machine,
            experiment,
            self._robin,
            created,
            shared_with=[self._group] if is_shown else [],
            is_archived=number % 8 == 7,
            is_made_later=True,
        )
        run.biosamples = everyone
        for plate in plates:
            pooled = plate
            if has_giants and number == 0 and plate is plates[0]:
                pooled = plate[:-1]
                self._add_deep(run, plate[-1])
            self._postpone_fastq(run, pooled)

    def _postpone_fastq(self, run: Run, plate: Sequence[Biosample]) -> None:
        session, lanes = self.builder.session(run), run.cell.lanes
        sizes = [pooled.size for pooled in self._pool]
        size = lanes * sum(sizes[place % _IN_POOL] for place in range(len(plate)))
        session.shelf = self.region.postpone(
            len(plate) * (1 + 3 * lanes),
            lambda: size,
            (plate[0].project.id, run.id),
            partial(self._add_fastq, run, session, plate),
        )

    def _add_fastq(
        self, run: Run, session: Session, plate: Sequence[Biosample], numbers: Iterator[int]
    ) -> None:
        for place, biosample in enumerate(plate):
            pooled = self._pool[place % _IN_POOL]
            line = _line_of(biosample, place + 1)
            sample = self.region.add_sample(next(numbers))
            for lane in range(1, run.cell.lanes + 1):
                number = next(numbers)
                dataset = Dataset(
                    f"ds.{numbered(self.region.key_of(f'dataset {number}'), number)}",
                    f"{line.name}_L{lane:03}",
                    biosample.project,
                    run,
                    lane,
                    line,
                    session,
                    biosample,
                    sample,
                    told_clusters=pooled.clusters,
                )
                self.region.add_dataset(dataset)
                for read, content in enumerate(pooled.reads, 1):
                    self._add_file(dataset, read, content, next(numbers))

    def _add_file(self, dataset: Dataset, read: int, content: Content, number: int) -> None:
        line = dataset.line
        path = f"{line.stem}_S{line.number}_L{dataset.lane:03}_R{read}_001.fastq.gz"
        key = self.region.numbered_key(number)
        self.region.hold(StoredFile(str(number), path, content, dataset.created, key, dataset))

    def _add_deep(self, run: Run, biosample: Biosample) -> None:
        """A dataset with a single file that is larger than most disks have room for."""
        biosample.name = "Deep-genome"
        line = _line_of(biosample, len(run.biosamples))
        dataset = Dataset(
            f"ds.{self.region.key_of('deep')}",
            f"{line.name}_L001",
            biosample.project,
            run,
            1,
            line,
            self.builder.session(run),
            biosample,
            self.region.add_sample(),
            told_clusters=_DEEP_SIZE // 250,
        )
        self.region.add_dataset(dataset)
        content = DeepFastq(BaseParts(self._spool), _DEEP_SIZE, dataset.id)
        self._add_file(dataset, 1, content, int(self.region.next_id()))

    def _add_full_run(self) -> None:
        """A HiSeq 2500 with both flow cell sides full: 8 lanes, 268 cycles, 96 tiles."""
        created = _OPENED + timedelta(days=3)
        tiles = tuple(
            1000 * surface + 100 * swath + number
            for surface in (1, 2)
            for swath in (1, 2, 3)
            for number in range(1, 17)
        )
        cell = self.cell(HISEQ, created, tiles=tiles, lanes=8, read_length=126, clusters=20)
        self.builder.run(cell, HISEQ, "Full flow cell", self._robin, created, is_made_later=True)


def _line_of(biosample: Biosample, number: int) -> SheetLine:
    return SheetLine(biosample.name, number, biosample.project.name, biosample.library.indexes)
