"""One seeded generator of clusters: base calls by cycle for run folders, by read for FASTQ.

A call is one byte as in a `.bcl` file: quality << 2 | base. Rows are clusters, columns cycles, so
that a FASTQ read is a slice of a row and a base-call file a column of the same bytes.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

QUALITIES = (12, 23, 37)
INDEX_CYCLES = 8
_PASSING = bytes(value < 230 for value in range(256))
_UNDETERMINED = "G" * INDEX_CYCLES
_BASES = "ACGT"


def _call(value: int) -> int:
    """A random byte as a call: most of quality 37, some of 23 and 12."""
    quality = QUALITIES[2] if value < 208 else QUALITIES[1] if value < 240 else QUALITIES[0]
    return quality << 2 | value & 3


_CALLS = bytes(_call(value) for value in range(256))
_LETTERS = bytes(ord(_BASES[call & 3]) for call in range(256))
_SCORES = bytes(33 + (call >> 2) for call in range(256))


def index_call(base: str) -> int:
    return QUALITIES[2] << 2 | _BASES.index(base)


@dataclass(frozen=True)
class SheetLine:
    """A line of the sample sheet: what is demultiplexed to one sample."""

    name: str
    """Of the sample."""
    number: int
    """The `S` number of its files; 0 takes what no index claims."""
    project: str
    indexes: tuple[str, str]
    weight: float = 1.0
    """Its share of the clusters, against those of the others."""

    @property
    def stem(self) -> str:
        """Its name in file names: without what a sample sheet does not allow."""
        return self.name.replace(" ", "-").replace("/", "")


UNDETERMINED = SheetLine("Undetermined", 0, "", (_UNDETERMINED, _UNDETERMINED), 0.3)


@dataclass(frozen=True)
class Flowcell:
    """All clusters of one run."""

    seed: str
    run_name: str
    number: int
    instrument: str
    barcode: str
    lanes: int
    tiles: tuple[int, ...]
    read_length: int
    is_paired: bool
    clusters: int
    """On each tile."""
    lines: tuple[SheetLine, ...]
    """UNDETERMINED is added as the last."""
    second_length: int = 0
    """Of the second read where it is of another length than the first."""
    tables: dict[tuple[int, int], "Tile"] = field(default_factory=dict, compare=False)

    @cached_property
    def claims(self) -> tuple[SheetLine, ...]:
        return (*self.lines, UNDETERMINED)

    @property
    def reads(self) -> tuple[tuple[int, bool], ...]:
        """Cycles of each read, and whether it is an index, in the order of sequencing."""
        first, second = ((cycles, False) for cycles in self.insert_cycles)
        indexes = ((INDEX_CYCLES, True), (INDEX_CYCLES, True))
        return (first, *indexes, second) if self.is_paired else (first, *indexes)

    @property
    def cycles(self) -> int:
        return sum(cycles for cycles, _ in self.reads)

    @property
    def insert_cycles(self) -> tuple[int, int]:
        second = self.second_length or self.read_length
        return self.read_length, second if self.is_paired else 0

    @property
    def index_cycles(self) -> tuple[int, int]:
        return INDEX_CYCLES, INDEX_CYCLES

    def clusters_on(self, lane: int) -> int:
        return len(self.tiles) * self.clusters

    def passing_on(self, lane: int) -> int:
        """Clusters of a lane that pass the filter."""
        return sum(self.tile(lane, number).passing.count(1) for number in self.tiles)

    def tile(self, lane: int, number: int) -> "Tile":
        key = (lane, number)
        if key not in self.tables:
            self.tables[key] = Tile(self, lane, number)
        return self.tables[key]

    def clusters_of(self, line: SheetLine, lane: int) -> int:
        """Clusters of a sample on a lane that pass the filter."""
        return sum(len(self.tile(lane, number).rows_of(line)) for number in self.tiles)

    def fastq(self, lines: Sequence[SheetLine], lane: int, read: int) -> list[bytes]:
        """The FASTQ text of read 1 or 2 on a lane, for each of some samples."""
        tiles = [self.tile(lane, number).fastq(lines, read) for number in self.tiles]
        return [b"".join(texts) for texts in zip(*tiles, strict=True)]

    def index_fastq(self, lines: Sequence[SheetLine], lane: int, number: int) -> list[bytes]:
        """The FASTQ text of index read 1 or 2 on a lane, for each of some samples."""
        tiles = [self.tile(lane, tile).index_fastq(lines, number) for tile in self.tiles]
        return [b"".join(texts) for texts in zip(*tiles, strict=True)]

    def fastq_size(self, line: SheetLine, lane: int, read: int = 1) -> int:
        """Bytes of that text, without making it: every record of a file is of one length."""
        head, tail = self.tile(lane, self.tiles[0]).name_of(line, 1)
        record = (
            len(head) + len(position_text(0)) + len(tail) + 2 * self.insert_cycles[read - 1] + 5
        )
        return record * self.clusters_of(line, lane)


class Tile:
    """The clusters of one tile: which sample each belongs to is kept, their calls are made anew."""

    def __init__(self, flowcell: Flowcell, lane: int, number: int) -> None:
        self.flowcell = flowcell
        self.lane = lane
        self.number = number
        self._seed = f"{flowcell.seed}:{flowcell.run_name}:{lane}:{number}"
        rnd = random.Random(self._seed)
        weights = [line.weight for line in flowcell.claims]
        self.owners = bytes(rnd.choices(range(len(weights)), weights, k=flowcell.clusters))
        """For each cluster the position of its sample in the flow cell's `claims`."""
        self.passing = rnd.randbytes(flowcell.clusters).translate(_PASSING)
        """For each cluster 1 where it passes the filter, else 0."""

    def rows_of(self, line: SheetLine) -> Sequence[int]:
        owner = self.flowcell.claims.index(line)
        pairs = zip(self.owners, self.passing, strict=True)
        return [i for i, (mine, passes) in enumerate(pairs) if passes and mine == owner]

    def calls(self, read: int) -> bytes:
        """The calls of insert read 1 or 2, cluster by cluster."""
        size = self.flowcell.clusters * self.flowcell.insert_cycles[read - 1]
        return random.Random(f"{self._seed}:{read}").randbytes(size).translate(_CALLS)

    def columns(self) -> Iterator[bytes]:
        """The calls cycle by cycle, all reads, as the instrument writes them."""
        insert = index = 0
        for cycles, is_index in self.flowcell.reads:
            if is_index:
                codes = [line.indexes[index] for line in self.flowcell.claims]
                for cycle in range(cycles):
                    table = bytes(index_call(code[cycle]) for code in codes)
                    yield self.owners.translate(table.ljust(256, b"\0"))
                index += 1
            else:
                insert += 1
                calls = self.calls(insert)
                for cycle in range(cycles):
                    yield calls[cycle::cycles]

    def name_of(self, line: SheetLine, read: int) -> tuple[bytes, bytes]:
        """What stands before and after the position in a read's name."""
        cell = self.flowcell
        head = f"@{cell.instrument}:{cell.number}:{cell.barcode}:{self.lane}:{self.number}:"
        return head.encode(), f" {read}:N:0:{line.indexes[0]}+{line.indexes[1]}".encode()

    def fastq(self, lines: Sequence[SheetLine], read: int) -> list[bytes]:
        calls = self.calls(read)
        letters, scores = calls.translate(_LETTERS), calls.translate(_SCORES)
        return [self._records(line, read, letters, scores) for line in lines]

    def index_fastq(self, lines: Sequence[SheetLine], number: int) -> list[bytes]:
        return [self._index_records(line, number) for line in lines]

    def _index_records(self, line: SheetLine, number: int) -> bytes:
        """All calls of an index are as the sample sheet has it, and of the best quality."""
        head, tail = self.name_of(line, number)
        code = line.indexes[number - 1].encode()
        scores = bytes((33 + QUALITIES[-1],)) * len(code)
        record = b"%b%b%b\n%b\n+\n%b\n"
        names = map(position_text, self.rows_of(line))
        return b"".join(record % (head, name, tail, code, scores) for name in names)

    def _records(self, line: SheetLine, read: int, letters: bytes, scores: bytes) -> bytes:
        head, tail = self.name_of(line, read)
        length = self.flowcell.insert_cycles[read - 1]
        records = []
        for row in self.rows_of(line):
            part = slice(row * length, (row + 1) * length)
            name = position_text(row)
            records.append(b"%b%b%b\n%b\n+\n%b\n" % (head, name, tail, letters[part], scores[part]))
        return b"".join(records)


def position(cluster: int) -> tuple[int, int]:
    """Where a cluster lies, in the units of read names, which are 10 × the file's plus 1000."""
    y, x = divmod(cluster, 1000)
    return 10_000 + 10 * x, 10_000 + 10 * y


def position_text(cluster: int) -> bytes:
    return b"%d:%d" % position(cluster)


def make_indexes(seed: str, count: int) -> list[tuple[str, str]]:
    """Pairs of indexes of which any two differ in at least three bases of the first."""
    rnd = random.Random(seed)
    taken = [_UNDETERMINED]
    while len(taken) <= count:
        code = "".join(rnd.choices(_BASES, k=INDEX_CYCLES))
        if all(sum(a != b for a, b in zip(code, other, strict=True)) >= 3 for other in taken):
            taken.append(code)
    return [(code, "".join(rnd.choices(_BASES, k=INDEX_CYCLES))) for code in taken[1:]]
