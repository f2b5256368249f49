"""A biosample as it is listed under a project or a run, and what its list says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bstui.basespace.models import Biosample, BiosampleDetail, Run
from bstui.history import ImportedRun
from bstui.samples.marks import Mark
from bstui.tui.screens.rows import Field, date_cell, seconds_of
from bstui.tui.screens.source import Source, scope_of, source_name
from bstui.tui.widgets.columns import Column
from bstui.units import count_text, size_text


@dataclass(frozen=True)
class Candidate:
    """One biosample under one source: what a mark stands for."""

    biosample: Biosample
    source: Source
    mark: Mark

    @property
    def key(self) -> str:
        return " ".join(self.mark.key)


def candidate(biosample: Biosample, source: Source) -> Candidate:
    return Candidate(biosample, source, Mark(biosample.id, biosample.name, scope_of(source)))


def place_on_disk(
    one: Candidate, detail: BiosampleDetail | None, imported: Sequence[ImportedRun]
) -> str:
    """Where all of this biosample's FASTQ under this source are already; empty where some are not.

    `imported` is what imports hold of the biosample, the newest last. While the details are not
    known it is not known either.
    """
    if detail is None or not detail.datasets:
        return ""
    if isinstance(one.source, Run):
        wanted, parts = {one.source.name}, imported
    else:
        wanted = {run.name for run in detail.runs} or {""}
        parts = [part for part in imported if part.project == one.source.name]
    held = {name: part for part in parts for name in part.run.split("+")}
    return max((held[name] for name in wanted), key=_moment).place if wanted <= set(held) else ""


def _moment(part: ImportedRun) -> float:
    return part.time


Details = Mapping[str, BiosampleDetail]
"""By the candidate's key, for the rows that have been in view."""


def candidate_fields(details: Details, has_many_sources: bool) -> Sequence[Field[Candidate]]:
    """The columns; the source has one where there are several."""

    def detail(one: Candidate) -> BiosampleDetail | None:
        return details.get(one.key)

    def runs(one: Candidate) -> str:
        known = detail(one)
        return "…" if known is None else ", ".join(run.name for run in known.runs)

    def lanes(one: Candidate) -> str:
        known = detail(one)
        return "…" if known is None else lanes_text(known)

    def size(one: Candidate) -> int | None:
        known = detail(one)
        return None if known is None or not known.datasets else known.size

    source = Field[Candidate](
        Column("in", "in", 16, 14, 2, letter="i"), lambda one: source_name(one.source)
    )
    return (
        Field(
            Column("name", "biosample", 22, 12, 0, grow=True, letter="n"),
            lambda one: one.biosample.name,
        ),
        *([source] if has_many_sources else []),
        Field(Column("runs", "runs", 22, 18, 4, letter="r"), runs),
        Field(Column("lanes", "lanes", 5, priority=2), lanes),
        Field(
            Column("size", "size", 8, priority=1, right=True, letter="z"),
            lambda one: "" if detail(one) and size(one) is None else size_text(size(one)),
            size,
        ),
        Field(
            Column("created", "created", 10, priority=1),
            lambda one: date_cell(one.biosample.created),
            lambda one: seconds_of(one.biosample.created),
        ),
        Field(Column("status", "status", 10, 8, 5, letter="t"), lambda one: one.biosample.status),
    )


def lanes_text(detail: BiosampleDetail) -> str:
    """`1-4`, `1,3`; `all` where the datasets hold all lanes; empty without any FASTQ."""
    lanes = detail.lanes
    if not lanes:
        return "all" if detail.datasets else ""
    if len(lanes) > 2 and lanes == tuple(range(lanes[0], lanes[-1] + 1)):
        return f"{lanes[0]}-{lanes[-1]}"
    return ",".join(map(str, lanes))


def candidate_pairs(
    one: Candidate, detail: BiosampleDetail | None, imported: str
) -> tuple[str, Sequence[tuple[str, str]], Sequence[str]]:
    """Title, facts and free lines for the pane beside the list."""
    biosample = one.biosample
    pairs = [
        ("id", biosample.id),
        ("project", biosample.project),
        ("owner", biosample.owner),
        ("created", date_cell(biosample.created)),
        ("status", biosample.status),
        ("lab", biosample.lab_status),
    ]
    if detail is None:
        pairs.append(("FASTQ", "…"))
    elif not detail.datasets:
        pairs.append(("FASTQ", f"none here, in {source_name(one.source)}"))
    else:
        pairs += [
            ("FASTQ", f"{count_text(detail.datasets, 'dataset')}, lanes {lanes_text(detail)}"),
            ("size", f"{size_text(detail.size)} ({detail.size:,} bytes)"),
        ]
        pairs += [("run", run.name) for run in detail.runs]
    pairs.append(("on disk", imported))
    return biosample.name, [pair for pair in pairs if pair[1]], ()
