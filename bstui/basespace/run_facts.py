"""What BaseSpace knows of a run besides its files: sequencing statistics, and its sample sheet.

Answers differ between ages of the service, and metrics that were not measured are 0 (BaseSpace API
§5.1, §5.5): whatever is not a number in its range is told as not known.
"""

import math
from typing import Any

import msgspec

from bstui.basespace.envelopes import Wire, text

_LITTLE = 0.1
"""Gbp: below it, the leading digits are told."""
Number = int | float | str | None
_STATS = (
    ("cycles", "{:,} cycles"),
    ("yield_gbp", "{:,.2f} Gbp"),
    ("q30", "{:.1f} % ≥Q30"),
    ("clusters", "{:,} clusters"),
    ("clusters_passing", "{:,} passing"),
    ("density", "{:,.0f} k/mm²"),
    ("passing", "{:.1f} % PF"),
    ("error_rate", "{:.2f} % error"),
    ("phasing", "{:.3f} % phasing"),
    ("prephasing", "{:.3f} % prephasing"),
)


class StatsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Of a whole run, of one read or of one lane. None: not told, or not measured."""

    read: int = 0
    lane: int = 0
    is_index: bool = False
    cycles: int | None = None
    yield_gbp: float | None = None
    q30: float | None = None
    """Percent of bases of quality 30 or more."""
    clusters: int | None = None
    clusters_passing: int | None = None
    density: float | None = None
    """Thousands of clusters in a square millimetre."""
    passing: float | None = None
    """Percent of clusters that pass the filter."""
    error_rate: float | None = None
    """Percent."""
    phasing: float | None = None
    """Percent; so is prephasing."""
    prephasing: float | None = None

    @property
    def text(self) -> str:
        """`8.82 Gbp, 90.8 % ≥Q30, 31,074,316 clusters`: what was measured."""
        told = [(form, getattr(self, name)) for name, form in _STATS]
        if self.yield_gbp is not None and self.yield_gbp < _LITTLE:
            told[1] = ("{:.2g} Gbp", self.yield_gbp)
        return ", ".join(form.format(value) for form, value in told if value is not None)


class RunStats(msgspec.Struct, frozen=True, kw_only=True):
    """The sequencing statistics of a run."""

    whole: StatsRow
    reads: tuple[StatsRow, ...] = ()
    lanes: tuple[StatsRow, ...] = ()


class SheetLine(msgspec.Struct, frozen=True, kw_only=True):
    """A sample of a sample sheet, as far as its line tells."""

    sample: str
    """Sample_ID."""
    lane: int | None = None
    """None: on every lane."""
    name: str = ""
    index: str = ""
    index2: str = ""
    project: str = ""

    @property
    def text(self) -> str:
        """`Liver-1 lane 2 ACGTACGT+TTGACCTA`."""
        lane = f"lane {self.lane}" if self.lane is not None else ""
        indexes = "+".join(part for part in (self.index, self.index2) if part)
        return " ".join(part for part in (self.sample, lane, indexes) if part)


class ReadStats(Wire):
    """An item of `Reads`."""

    read_number: Number = None
    is_indexed: bool | None = None
    total_cycles: Number = None
    yield_total: Number = None
    percent_gt_q30: Number = msgspec.field(default=None, name="PercentGtQ30")
    error_rate: Number = None

    def model(self) -> StatsRow:
        return StatsRow(
            read=count(self.read_number) or 0,
            is_index=bool(self.is_indexed),
            cycles=count(self.total_cycles),
            yield_gbp=measure(self.yield_total),
            q30=percent(self.percent_gt_q30),
            error_rate=percent(self.error_rate),
        )


class LaneStats(Wire):
    """An item of `Lanes`."""

    lane_number: Number = None
    density: Number = None
    reads: Number = None
    reads_pf: Number = None
    percent_pf: Number = None
    percent_gt_q30: Number = msgspec.field(default=None, name="PercentGtQ30")
    yield_: Number = msgspec.field(default=None, name="Yield")
    error_rate: Number = None
    phasing: Number = None
    pre_phasing: Number = None

    def model(self) -> StatsRow:
        return StatsRow(
            lane=count(self.lane_number) or 0,
            yield_gbp=measure(self.yield_),
            q30=percent(self.percent_gt_q30),
            clusters=count(self.reads),
            clusters_passing=count(self.reads_pf),
            density=measure(self.density),
            passing=share(self.percent_pf),
            error_rate=percent(self.error_rate),
            phasing=percent(self.phasing),
            prephasing=percent(self.pre_phasing),
        )


class Stats(Wire):
    """The answer of `sequencingstats`."""

    clusters: Number = None
    clusters_pf: Number = None
    cluster_density: Number = None
    yield_total: Number = None
    percent_gt_q30: Number = msgspec.field(default=None, name="PercentGtQ30")
    percent_pf: Number = None
    error_rate: Number = None
    phasing_r1: Number = msgspec.field(default=None, name="PhasingR1")
    phasing_r2: Number = msgspec.field(default=None, name="PhasingR2")
    pre_phasing_r1: Number = msgspec.field(default=None, name="PrePhasingR1")
    pre_phasing_r2: Number = msgspec.field(default=None, name="PrePhasingR2")
    reads: list[ReadStats] | None = None
    lanes: list[LaneStats] | None = None

    def model(self) -> RunStats:
        phasing = [(self.phasing_r1, self.pre_phasing_r1), (self.phasing_r2, self.pre_phasing_r2)]
        reads = []
        for row in (read.model() for read in self.reads or ()):
            if not row.is_index and phasing:  # those of the first and the second insert read
                of_read, before = phasing.pop(0)
                row = msgspec.structs.replace(
                    row, phasing=percent(of_read), prephasing=percent(before)
                )
            reads.append(row)
        whole = StatsRow(
            yield_gbp=measure(self.yield_total),
            q30=percent(self.percent_gt_q30),
            clusters=count(self.clusters),
            clusters_passing=count(self.clusters_pf),
            density=measure(self.cluster_density),
            passing=share(self.percent_pf),
            error_rate=percent(self.error_rate),
        )
        lanes = tuple(lane.model() for lane in self.lanes or ())
        return RunStats(whole=whole, reads=tuple(reads), lanes=lanes)


class SheetApplication(Wire):
    """An item of `Applications`: rows whose keys are the sheet's columns, or the service's."""

    name: str | None = None
    data: list[dict[str, Any]] | None = None


class Sheet(Wire):
    """The answer of `samplesheet`: the sheet as it is in BaseSpace now."""

    applications: list[SheetApplication] | None = None

    def rows(self) -> list[dict[str, str]]:
        """The rows of all applications, texts safe."""
        return [
            {text(key): _plain(value) for key, value in row.items()}
            for application in self.applications or ()
            for row in application.data or ()
        ]


def _plain(value: object) -> str:
    return text(value) if isinstance(value, str | int) else ""


def measure(value: Number) -> float | None:
    """A number above 0; None for anything else, for what was not measured is 0."""
    try:
        found = float(value) if value is not None else 0.0
    except ValueError:
        return None
    return found if math.isfinite(found) and 0 < found < 1e18 else None


def count(value: Number) -> int | None:
    found = measure(value)
    return None if found is None else round(found)


def percent(value: Number) -> float | None:
    found = measure(value)
    return None if found is None or found > 100 else found


def share(value: Number) -> float | None:
    """A percentage that the service tells as a fraction, and may tell as percent."""
    found = percent(value)
    return None if found is None else 100 * found if found <= 1 else found
