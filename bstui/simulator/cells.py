"""A flow cell as the API tells of it, where no reads are made from it."""

from dataclasses import dataclass

from bstui.simulator.reads import SheetLine

Reads = tuple[tuple[int, bool], ...]
"""Cycles of each read, and whether it is an index, in the order of sequencing."""


@dataclass(frozen=True)
class PlainCell:
    """What `RunInfo.xml` says of a run."""

    run_name: str
    number: int
    instrument: str
    barcode: str
    lanes: int
    reads: Reads
    lines: tuple[SheetLine, ...] = ()
    lane_clusters: int = 0
    """On each lane; 0 where nobody knows."""

    @property
    def cycles(self) -> int:
        return sum(cycles for cycles, _ in self.reads)

    @property
    def insert_cycles(self) -> tuple[int, int]:
        return two_of(self.reads, is_index=False)

    @property
    def index_cycles(self) -> tuple[int, int]:
        return two_of(self.reads, is_index=True)

    @property
    def is_paired(self) -> bool:
        return self.insert_cycles[1] > 0

    def clusters_on(self, lane: int) -> int:
        return self.lane_clusters

    def passing_on(self, lane: int) -> int:
        return self.lane_clusters

    def clusters_of(self, line: SheetLine, lane: int) -> int:
        return 0


def two_of(reads: Reads, is_index: bool) -> tuple[int, int]:
    """Cycles of the first two reads of a kind; 0 for what there is not."""
    first, second, *_ = [*(cycles for cycles, kind in reads if kind is is_index), 0, 0]
    return first, second
