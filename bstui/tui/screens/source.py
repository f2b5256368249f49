"""What biosamples are looked for in - a project or a run - and what their lists say of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bstui.basespace.models import Project, ProjectCounts, Run
from bstui.basespace.run_access import RunAccess
from bstui.basespace.states import State, states_of_project, states_of_run
from bstui.runs.facts import RunFacts
from bstui.samples.marks import RunMark, Scope, ScopeKind
from bstui.tui.screens.rows import Field, date_cell, seconds_of
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.rows import MARKED, PARTLY
from bstui.units import count_text, size_text

_FEW = 12
"""Samples of a sheet, and differences of two, that are shown."""

Source = Project | Run


def source_key(source: Source) -> str:
    """Tells a project from a run of the same number."""
    return f"{source_kind(source)} {source.id}"


def source_kind(source: Source) -> str:
    return "run" if isinstance(source, Run) else "project"


def source_name(source: Source) -> str:
    """What people call it: of a run, the experiment."""
    return (source.experiment or source.name) if isinstance(source, Run) else source.name


def scope_of(source: Source) -> Scope:
    """The scope of what is marked under it."""
    kind = ScopeKind.RUN if isinstance(source, Run) else ScopeKind.PROJECT
    return Scope(kind, source.id, source_name(source))


def run_mark(run: Run) -> RunMark:
    return RunMark(run.id, run.name)


@dataclass
class Known:
    """What the lists of sources show beside the sources themselves."""

    counts: dict[str, ProjectCounts]
    """By project id, for the rows that have been in view."""
    marked: Mapping[tuple[str, str], int]
    """Biosamples in the basket, by their scope's kind and id."""
    held: dict[str, int] = field(default_factory=dict)
    """Biosamples of each source that was opened, by its key."""
    bcl: str = ""
    """The id of the run that is marked as raw BCL."""
    access: dict[str, RunAccess] = field(default_factory=dict)
    facts: dict[str, RunFacts] = field(default_factory=dict)
    """By the run's id, like `access`: of those on which the cursor has rested."""
    """What can be had of a run, by its id, for those that the cursor rested on."""
    server: str = ""
    """The API's, for the web pages where something can be done about a state."""


def project_fields(known: Known) -> Sequence[Field[Project]]:
    def biosamples(project: Project) -> int | None:
        counts = known.counts.get(project.id)
        return counts.biosamples if counts else None

    def biosamples_text(project: Project) -> str:
        number = biosamples(project)
        if number is None:
            return "" if project.id in known.counts else "…"
        return f"{number:,}"

    marked = _marked(known, ScopeKind.PROJECT)
    return (
        Field(Column("name", "project", 26, 12, 0, grow=True, letter="n"), lambda p: p.name),
        Field(Column("marked", "marked", 8, 7, 2), *marked),
        Field(Column("owner", "owner", 13, 9, 3), lambda p: p.owner),
        Field(
            Column("biosamples", "biosamples", 10, priority=2, right=True),
            biosamples_text,
            biosamples,
        ),
        Field(
            Column("size", "size", 8, priority=1, right=True, letter="z"),
            lambda p: size_text(p.size) if p.size is not None else "",
            lambda p: p.size,
        ),
        Field(
            Column("created", "created", 10, priority=1),
            lambda p: date_cell(p.created),
            lambda p: seconds_of(p.created),
        ),
    )


def run_fields(known: Known) -> Sequence[Field[Run]]:
    marked_text, marked_order = _marked(known, ScopeKind.RUN)

    def marks(run: Run) -> str:
        return "BCL" if run.id == known.bcl else marked_text(run)

    return (
        Field(Column("name", "experiment", 18, 17, 0, grow=True, letter="n"), source_name),
        Field(Column("marked", "marked", 8, 7, 2), marks, marked_order),
        Field(Column("run", "run folder", 29, 15, 4, letter="r"), lambda r: r.name),
        Field(Column("status", "status", 10, 9, 2, letter="t"), status_text),
        Field(
            Column("size", "size", 8, priority=1, right=True, letter="z"),
            lambda r: size_text(r.size) if r.size is not None else "",
            lambda r: r.size,
        ),
        Field(
            Column("created", "created", 10, priority=1),
            lambda r: date_cell(r.created),
            lambda r: seconds_of(r.created),
        ),
        Field(Column("instrument", "instrument", 10, priority=5), lambda r: r.instrument),
    )


def states_of(source: Source, server: str) -> tuple[State, ...]:
    """What stands in the way of an import of it."""
    return states_of_run(source, server) if isinstance(source, Run) else states_of_project(source)


def status_text(run: Run) -> str:
    """The run's status, or what matters more."""
    states = [state.name for state in states_of_run(run, "") if state.name != "uploading"]
    return states[0] if states else run.status or run.upload_status


def _marked(
    known: Known, kind: ScopeKind
) -> tuple[Callable[[Source], str], Callable[[Source], int]]:
    def number(source: Source) -> int:
        return known.marked.get((kind, source.id), 0)

    def text(source: Source) -> str:
        marked = number(source)
        if not marked:
            return ""
        badge = MARKED if marked >= (biosamples_of(source, known) or marked + 1) else PARTLY
        return f"{badge} {marked:,}"

    return text, number


def biosamples_of(source: Source, known: Known) -> int | None:
    """How many biosamples a source holds, as far as that is known."""
    counts = known.counts.get(source.id) if isinstance(source, Project) else None
    if counts is not None and counts.biosamples is not None:
        return counts.biosamples
    return known.held.get(source_key(source))


def _facts_pairs(facts: RunFacts) -> list[tuple[str, str]]:
    """Statistics, and the samples of the sheet."""
    stats, lines = facts.stats, facts.lines
    pairs = [("metrics", stats.whole.text if stats else "")]
    pairs += [(f"lane {row.lane}", row.text) for row in stats.lanes] if stats else []
    if lines:
        samples = count_text(len({line.sample for line in lines}), "sample")
        pairs.append(("sheet", f"{facts.sheet.version or 'in BaseSpace'}, {samples}"))
        pairs += [("", line.text) for line in lines[:_FEW]]
    return pairs


def source_pairs(
    source: Source, known: Known
) -> tuple[str, Sequence[tuple[str, str]], Sequence[str]]:
    """Title, facts and free lines for the pane beside the list."""
    size = "" if source.size is None else f"{size_text(source.size)} ({source.size:,} bytes)"
    pairs = [
        ("id", source.id),
        ("owner", source.owner),
        ("created", date_cell(source.created)),
        ("size", size),
    ]
    if isinstance(source, Run):
        pairs += [
            ("folder", source.name),
            ("status", status_text(source)),
            ("upload", source.upload_status),
            ("instrument", f"{source.instrument} {source.platform}".strip()),
            ("flow cell", source.flowcell),
        ]
    elif counts := known.counts.get(source.id):
        pairs += [
            ("biosamples", "" if counts.biosamples is None else f"{counts.biosamples:,}"),
            ("FASTQ", "" if counts.datasets is None else f"{counts.datasets:,} datasets"),
        ]
    marked = known.marked.get((source_kind(source), source.id), 0)
    held = biosamples_of(source, known)
    of = "" if held is None else f" of {held:,}"
    pairs.append(("marked", f"{marked:,}{of}" if marked else ""))
    advice = [state.text for state in states_of(source, known.server)]
    access = known.access.get(source.id) if isinstance(source, Run) else None
    if access is not None:
        advice += [text for text in (access.text, access.advice, *access.differences) if text]
    facts = known.facts.get(source.id) if isinstance(source, Run) else None
    if facts is not None:
        pairs += _facts_pairs(facts)
        advice += [*facts.differences[:_FEW], *facts.problems]
    return source_name(source), [pair for pair in pairs if pair[1]], advice
