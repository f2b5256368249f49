"""Selectors asked of the service: names to ids, projects and runs to the biosamples in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from bstui.basespace.addresses import Kind
from bstui.basespace.client import Client
from bstui.basespace.listings import Listing
from bstui.basespace.models import UNINDEXED, Biosample, Dataset, Project, Run
from bstui.basespace.regions import OTHER, region_code
from bstui.errors import AmbiguousName, NotAllowed, NotFound, UsageError
from bstui.samples.marks import AnyMark, Mark, RunMark, Scope, ScopeKind
from bstui.samples.parallel import each
from bstui.samples.selectors import Selector, Source
from bstui.units import count_text, iso_text

_Thing = TypeVar("_Thing")

_SHOWN = 20
_LISTED_BY = {
    Kind.PROJECT: "`bstui projects` lists what there is.",
    Kind.RUN: "`bstui runs` lists what there is.",
    Kind.BIOSAMPLE: "`bstui biosamples project:X` lists those of a project.",
}
_ONE_RUN = "An import holds FASTQ of many biosamples, or the BCL of one run."


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be imported: marks, and datasets that were named themselves."""

    marks: tuple[AnyMark, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    undetermined: tuple[Dataset, ...] = ()
    """Reads of the sources that no index claimed: they count only where they are asked for."""
    sources: tuple[str, ...] = ()
    """The selectors that said it; empty where the marks come from the basket."""
    notes: tuple[str, ...] = ()
    """Where what BaseSpace says of the sources may not be all; sentences."""
    title: str = ""
    """The name of the first selector's source."""

    @property
    def run(self) -> RunMark | None:
        """The run to import as raw BCL."""
        return next((mark for mark in self.marks if isinstance(mark, RunMark)), None)

    @property
    def biosamples(self) -> tuple[Mark, ...]:
        return tuple(mark for mark in self.marks if isinstance(mark, Mark))

    @property
    def first_source(self) -> str:
        """What a job is named after: the run or project of the first mark, or the mark itself."""
        if self.title:
            return self.title
        for mark in self.marks:
            return mark.name if isinstance(mark, RunMark) else mark.scope.name or mark.name
        return self.datasets[0].name if self.datasets else ""

    @property
    def selectors(self) -> tuple[str, ...]:
        """What says the same on a command line."""
        if self.sources:
            return self.sources
        return (
            *(mark.selector for mark in self.marks),
            *(f"dataset:{dataset.id}" for dataset in self.datasets),
        )


async def resolve(client: Client, selectors: Sequence[Selector], bcl: bool) -> Selection:
    """The selection that the selectors mean; `bcl` takes the one run they name as raw BCL.

    Raises AmbiguousName, NotFound, UsageError, and what the service refuses.
    """
    if not selectors:
        raise UsageError("Nothing was chosen to import.", hint="Give a selector, or --from FILE.")
    if bcl:
        return await _resolve_bcl(client, selectors)
    asked = list(dict.fromkeys(selector.scope for selector in selectors))
    resolved = await each(asked, lambda source: _resolve_scope(client, source))
    scopes = dict(zip(asked, resolved, strict=True))
    found = await each(selectors, lambda one: _resolve_one(client, one, scopes[one.scope]))
    return Selection(
        marks=tuple({mark.key: mark for part in found for mark in part.marks}.values()),
        datasets=tuple({item.id: item for part in found for item in part.datasets}.values()),
        undetermined=tuple({d.id: d for part in found for d in part.undetermined}.values()),
        sources=tuple(dict.fromkeys(source for part in found for source in part.sources)),
        notes=tuple(dict.fromkeys(note for part in found for note in part.notes)),
        title=found[0].title,
    )


async def _resolve_bcl(client: Client, selectors: Sequence[Selector]) -> Selection:
    for selector in selectors:
        if selector.source.kind is not Kind.RUN:
            raise UsageError(
                f"{selector} cannot be imported as raw BCL.",
                why=_ONE_RUN,
                hint="Leave --bcl out, or name one run alone.",
            )
    runs = {run.id: run for run in [await find_run(client, s.source) for s in selectors]}
    if len(runs) > 1:
        names = ", ".join(run.name for run in runs.values())
        raise UsageError(
            f"{len(runs)} runs cannot be imported as raw BCL at once: {names}.",
            why=_ONE_RUN,
            hint="Start an import for each run.",
        )
    run = next(iter(runs.values()))
    mark = RunMark(run.id, run.name)
    return Selection(marks=(mark,), sources=(mark.selector,), title=run.name)


async def _resolve_one(client: Client, selector: Selector, scope: Scope) -> Selection:
    source = selector.source
    match source.kind:
        case Kind.PROJECT:
            return await _select_project(client, await find_project(client, source))
        case Kind.RUN:
            return await _select_run(client, await find_run(client, source))
        case Kind.DATASET:
            dataset = await find_dataset(client, source)
            return Selection(
                datasets=(dataset,), sources=(f"dataset:{dataset.id}",), title=dataset.name
            )
    biosample = await find_biosample(client, source, scope)
    mark = Mark(biosample.id, biosample.name, scope)
    return Selection(marks=(mark,), sources=(mark.selector,), title=mark.name)


async def _select_project(client: Client, project: Project) -> Selection:
    scope = Scope(ScopeKind.PROJECT, project.id, project.name)
    listing = client.biosamples(project.id)
    marks = [Mark(b.id, b.name, scope) async for b in listing]
    orphans = [d async for d in client.datasets(project=project.id) if not d.biosamples]
    is_asked_for = project.name.strip() == UNINDEXED
    return Selection(
        marks=tuple(marks),
        datasets=tuple(d for d in orphans if is_asked_for or not _is_undetermined(d)),
        undetermined=tuple(d for d in orphans if not is_asked_for and _is_undetermined(d)),
        notes=_notes_of(listing),
        sources=(f"project:{project.id}",),
        title=project.name,
    )


async def _select_run(client: Client, run: Run) -> Selection:
    scope = Scope(ScopeKind.RUN, run.id, run.experiment or run.name)
    listing = client.run_biosamples(run)
    marks = [Mark(b.id, b.name, scope) async for b in listing]
    try:
        orphans = [d async for d in client.datasets(run=run) if not d.biosamples]
    except NotAllowed:  # some of its projects are not shared: its biosamples tell which are
        orphans = []
    return Selection(
        marks=tuple(marks),
        notes=(*_notes_of(listing), *_unfinished(run)),
        datasets=tuple(d for d in orphans if not _is_undetermined(d)),
        undetermined=tuple(d for d in orphans if _is_undetermined(d)),
        sources=(f"run:{run.id}",),
        title=run.experiment or run.name,
    )


def _is_undetermined(dataset: Dataset) -> bool:
    return dataset.is_unindexed or dataset.name.startswith("Undetermined")


def _notes_of(listing: Listing[Biosample]) -> tuple[str, ...]:
    """What is to be said of a list that may not be whole."""
    if not listing.missing:
        return tuple(listing.notes)
    short = f"BaseSpace counts {count_text(listing.missing, 'more biosample')} than it lists."
    return (short, *listing.notes)


def _unfinished(run: Run) -> tuple[str, ...]:
    if run.is_complete or not run.status:
        return ()
    return (f"The run {run.name} is not complete ({run.status}): more FASTQ of it may come.",)


async def _resolve_scope(client: Client, source: Source | None) -> Scope:
    if source is None:
        return Scope()
    if source.kind is Kind.RUN:
        run = await find_run(client, source)
        return Scope(ScopeKind.RUN, run.id, run.experiment or run.name)
    project = await find_project(client, source)
    return Scope(ScopeKind.PROJECT, project.id, project.name)


async def find_project(client: Client, source: Source) -> Project:
    if source.is_id:
        _require_region(client, source)
        return await client.project(source.value)
    found = await client.find_projects(source.value)
    return _only(found, source, [_describe(p.id, p.name, p.owner, p.created) for p in found])


async def find_run(client: Client, source: Source) -> Run:
    """The run of this id, folder name or experiment name."""
    if source.is_id:
        _require_region(client, source)
        return await client.run(source.value)
    found = await client.find_runs(source.value)
    return _only(found, source, [_describe(r.id, r.name, r.owner, r.created) for r in found])


async def find_biosample(client: Client, source: Source, scope: Scope) -> Biosample:
    """The biosample of this id or name; the scope decides where several have the name."""
    if source.is_id:
        _require_region(client, source)
        return await client.biosample(source.value)
    found = await client.find_biosamples(source.value)
    if len(found) > 1 and scope.kind is not ScopeKind.ALL:
        within = await _biosamples_within(client, scope)
        found = [biosample for biosample in found if biosample.id in within]
    described = [_describe(b.id, b.name, b.owner, b.created, b.project) for b in found]
    return _only(found, source, described)


async def find_dataset(client: Client, source: Source) -> Dataset:
    if not source.is_id:
        raise UsageError(
            f"{source} is no dataset's id.",
            why="Several datasets have one name, so a dataset is named by its id.",
            hint="Give dataset:ds.…; `bstui files biosample:X` lists them.",
        )
    _require_region(client, source)
    return await client.dataset(source.value)


async def _biosamples_within(client: Client, scope: Scope) -> set[str]:
    if scope.kind is ScopeKind.RUN:
        listing = client.run_biosamples(await client.run(scope.id))
    else:
        listing = client.biosamples(scope.id)
    return {biosample.id async for biosample in listing}


def _require_region(client: Client, source: Source) -> None:
    """Ids count in each region for itself: one of another region may be something else here."""
    here = region_code(client.server)
    if source.region and here not in (OTHER, source.region):
        raise UsageError(
            f"The address of {source} is of region {source.region}, and this profile is of {here}.",
            hint="Choose a profile of that region with --profile.",
        )


def _only(found: Sequence[_Thing], source: Source, described: Sequence[str]) -> _Thing:
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(
            f"No {source.kind} that this login can see is named {source.value!r}.",
            why="It may be misspelt, belong to another region or workgroup, or not be shared.",
            hint=_LISTED_BY[source.kind],
        )
    shown = "; ".join(described[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise AmbiguousName(
        f"{len(found)} {source.kind}s are named {source.value!r}: {shown}{more}.",
        hint=f"Give the id: {source.kind}:ID.",
    )


def _describe(
    thing_id: str, name: str, owner: str, created: datetime | None, project: str = ""
) -> str:
    told = [
        name,
        f"of {owner}" if owner else "",
        f"in {project}" if project else "",
        f"made {iso_text(created)}" if created else "",
    ]
    return f"{thing_id} ({', '.join(part for part in told if part)})"
