"""What a selection holds: asks the service for the datasets of all marks, and for their files.

A call for many biosamples, one for each dataset and each owning project, a few at once. What one
of them refuses is left out and said; the rest goes on.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from bstui.basespace.belongings import REFUSALS, Held
from bstui.basespace.client import Client
from bstui.basespace.models import Dataset, File, Reference
from bstui.basespace.run_access import look_at_run
from bstui.basespace.states import IN_TRANSFER, State, archived_dataset
from bstui.errors import Archived, BstuiError, NotAllowed
from bstui.samples.choice import Besides, Choice, LeftOut, choose_datasets, leave, run_name
from bstui.samples.marks import Scope, ScopeKind
from bstui.samples.parallel import each
from bstui.samples.selection import Selection
from bstui.text import safe_text

_REFUSALS = (*REFUSALS, Archived)
_REFUSED = "refused by BaseSpace"
NOT_SEEN = "no FASTQ that this login can see"
_RUNS_LOOKED_AT = 3
"""Of more runs that lack FASTQ, the others will lack it for the same reason."""
_LANE = re.compile(r"_L\d{3}$")
UNDETERMINED = "reads that no index claimed"
_Reason = tuple[str, str]
_USUAL = Besides()

OnStep = Callable[[str, int, int], None]
"""Told what is being asked for, how many have come, and of how many."""


@dataclass
class Gathered:
    """The datasets taken and their files."""

    choices: list[Choice]
    files: dict[str, tuple[File, ...]] = field(default_factory=dict)
    """By dataset id."""
    left_out: list[LeftOut] = field(default_factory=list)
    """Of no choice: biosamples without any dataset, single files."""
    warnings: list[str] = field(default_factory=list)
    refusal: BstuiError | None = None
    """The first thing that the service refused."""

    def warn_of_short(self, name: str, what: str, missing: int) -> None:
        """Say that a list is short, where it is."""
        if missing:
            self.warnings.append(
                f"{name}: BaseSpace counts {missing} more {what} than it lists; "
                "they are not in this import."
            )


@dataclass
class _Wanted:
    """One biosample and what of it was chosen."""

    biosample: Reference
    scopes: list[Scope] = field(default_factory=list)
    named: list[Dataset] = field(default_factory=list)


async def gather(
    client: Client, selection: Selection, on_step: OnStep, besides: Besides = _USUAL
) -> Gathered:
    """Everything that the biosamples and datasets of the selection hold."""
    gathered = await gather_datasets(client, selection, on_step, besides)
    await _gather_files(client, gathered, on_step)
    await _check_readable(client, gathered)
    _warn_of_transfers(gathered)
    if any(left.reason == NOT_SEEN for left in gathered.left_out):
        await _find_missing_projects(client, selection, gathered)
    return gathered


async def gather_datasets(
    client: Client, selection: Selection, on_step: OnStep, besides: Besides = _USUAL
) -> Gathered:
    """The datasets that count, without their files."""
    wanted = _wanted_of(selection, besides)
    runs = await _run_numbers(client, selection)
    gathered = Gathered(choices=[])
    asked = [item.biosample.id for item in wanted if item.scopes]
    counter = _Counter("biosamples", len(asked), on_step)
    held = await client.datasets_of(asked, counter.count)
    chosen = [
        _choose(client.server, item, held.get(item.biosample.id, Held()), runs, gathered, besides)
        for item in wanted
    ]
    if not besides.undetermined:
        gathered.left_out += [
            leave(_unnamed(dataset), dataset, UNDETERMINED, "--undetermined takes them")
            for dataset in selection.undetermined
        ]
    gathered.choices = _without_repeats(chosen)
    return gathered


def _wanted_of(selection: Selection, besides: Besides) -> list[_Wanted]:
    wanted: dict[str, _Wanted] = {}
    for mark in selection.biosamples:
        entry = wanted.setdefault(mark.id, _Wanted(Reference(id=mark.id, name=mark.name)))
        entry.scopes.append(mark.scope)
    undetermined = selection.undetermined if besides.undetermined else ()
    for dataset in (*selection.datasets, *undetermined):
        for biosample in dataset.biosamples or (_unnamed(dataset),):
            key = biosample.id or f"{dataset.project_id} {biosample.name}"
            wanted.setdefault(key, _Wanted(biosample)).named.append(dataset)
    return list(wanted.values())


def _unnamed(dataset: Dataset) -> Reference:
    """What stands for the biosample of a dataset that has none: its name without the lane."""
    return Reference(id="", name=_LANE.sub("", dataset.name))


async def _run_numbers(client: Client, selection: Selection) -> dict[str, str]:
    """The number that datasets know a run by, for runs that are listed as `r.…`."""
    scopes = {mark.scope.id for mark in selection.biosamples if mark.scope.kind is ScopeKind.RUN}
    runs = await each([i for i in sorted(scopes) if not i.isdigit()], client.run)
    return {run.id: run.v1_id for run in runs if run.v1_id}


def _choose(
    server: str,
    item: _Wanted,
    held: Held,
    runs: Mapping[str, str],
    gathered: Gathered,
    besides: Besides,
) -> Choice:
    """What is taken of a biosample; those of its datasets in other runs and projects are told."""
    named = {dataset.id: dataset for dataset in item.named}
    found = {dataset.id: dataset for dataset in held.datasets}
    choice = choose_datasets(
        item.biosample, (found | named).values(), item.scopes, named.keys(), runs, server, besides
    )
    gathered.refusal = gathered.refusal or held.refusal
    gathered.warn_of_short(item.biosample.name, "datasets", held.missing)
    if item.scopes and not choice.taken and not any(left.is_chosen for left in choice.left_out):
        reason = "no FASTQ there" if found else NOT_SEEN
        gathered.left_out.append(
            LeftOut(
                name=item.biosample.name,
                reason=_REFUSED if held.refusal else reason,
                detail=held.refusal.message if held.refusal else "",
                id=item.biosample.id,
            )
        )
    return choice


def _without_repeats(choices: Iterable[Choice]) -> list[Choice]:
    """A dataset that belongs to several biosamples is taken with the first of them."""
    holder: dict[str, str] = {}
    kept = []
    for choice in choices:
        again = {
            dataset.id: ("taken already", f"with {holder[dataset.id]}")
            for dataset in choice.taken
            if dataset.id in holder
        }
        kept.append(_without(choice, again))
        holder |= {d.id: choice.biosample.name for d in choice.taken if d.id not in holder}
    return kept


async def _gather_files(client: Client, gathered: Gathered, on_step: OnStep) -> None:
    datasets = [dataset for choice in gathered.choices for dataset in choice.taken]
    counter = _Counter("datasets", len(datasets), on_step)
    refused: dict[str, _Reason] = {}

    async def list_files(dataset: Dataset) -> None:
        try:
            listing = client.dataset_files(dataset.id)
            files = await listing.all()
        except _REFUSALS as error:
            gathered.refusal = gathered.refusal or error
            refused[dataset.id] = (_REFUSED, error.message)
            return
        finally:
            counter.count()
        gathered.warn_of_short(dataset.name, "files", listing.missing)
        gathered.warnings += [f"{dataset.name}: {note}" for note in listing.notes]
        whole = tuple(file for file in files if not file.is_archived)
        cold = archived_dataset(dataset, client.server)
        gathered.left_out += [_cold(dataset, file, cold) for file in files if file.is_archived]
        gathered.files[dataset.id] = whole
        if not whole:
            refused[dataset.id] = (cold.name, cold.advice) if files else ("it holds no files", "")

    await each(datasets, list_files)
    _drop(gathered, refused)


async def _check_readable(client: Client, gathered: Gathered) -> None:
    """Ask for the content of one file of each owning project: seeing is not yet reading."""
    first: dict[str, Dataset] = {}
    for choice in gathered.choices:
        for dataset in choice.taken:
            first.setdefault(dataset.project_id, dataset)
    unreadable: dict[str, _Reason] = {}

    async def ask(dataset: Dataset) -> None:
        try:
            await client.content(gathered.files[dataset.id][0].id)
        except NotAllowed as error:
            gathered.refusal = gathered.refusal or error
            unreadable[dataset.project_id] = (_REFUSED, error.message)
        except _REFUSALS as error:
            gathered.warnings.append(f"{dataset.name}: {error.message}")

    await each(first.values(), ask)
    _drop(
        gathered,
        {
            dataset.id: unreadable[dataset.project_id]
            for choice in gathered.choices
            for dataset in choice.taken
            if dataset.project_id in unreadable
        },
    )


def _drop(gathered: Gathered, reasons: Mapping[str, _Reason]) -> None:
    """Leave these datasets out, each for its reason."""
    gathered.choices = [_without(choice, reasons) for choice in gathered.choices]
    for dataset_id in reasons:
        gathered.files.pop(dataset_id, None)


def _without(choice: Choice, reasons: Mapping[str, _Reason]) -> Choice:
    dropped = [dataset for dataset in choice.taken if dataset.id in reasons]
    if not dropped:
        return choice
    return msgspec.structs.replace(
        choice,
        taken=tuple(dataset for dataset in choice.taken if dataset.id not in reasons),
        left_out=(
            *choice.left_out,
            *(leave(choice.biosample, dataset, *reasons[dataset.id]) for dataset in dropped),
        ),
    )


def _cold(dataset: Dataset, file: File, state: State) -> LeftOut:
    """A file in the archive, as left out."""
    return LeftOut(
        name=safe_text(file.name),
        reason=state.name,
        detail=state.advice,
        id=file.id,
        run=run_name(dataset),
        size=file.size,
    )


def _warn_of_transfers(gathered: Gathered) -> None:
    """Say of each project whose owner is about to change that access may be lost meanwhile."""
    moving = {
        dataset.project: None
        for choice in gathered.choices
        for dataset in choice.taken
        if dataset.is_in_transfer
    }
    gathered.warnings += [f"The project {name} is {IN_TRANSFER.text}" for name in moving]


async def _find_missing_projects(client: Client, selection: Selection, gathered: Gathered) -> None:
    """Of runs that were shared without all their projects, name the projects to ask for."""
    ids = {mark.scope.id for mark in selection.biosamples if mark.scope.kind is ScopeKind.RUN}
    for run_id in sorted(ids)[:_RUNS_LOOKED_AT]:
        run = await client.run(run_id)
        access = await look_at_run(client, run)
        if access.missing:
            gathered.warnings.append(
                f"{run.experiment or run.name}: {access.text}. {access.advice}"
            )


class _Counter:
    """Tells how many of a step's calls have come back."""

    def __init__(self, step: str, total: int, on_step: OnStep) -> None:
        self._step = step
        self._total = total
        self._on_step = on_step
        self._done = 0
        on_step(step, 0, total)

    def count(self, number: int = 1) -> None:
        self._done += number
        self._on_step(self._step, self._done, self._total)
