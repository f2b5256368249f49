"""Which FASTQ datasets of a biosample count, and why the others do not.

BaseSpace itself leaves out what failed QC, was deleted or is not whole, and takes the newest of
datasets made twice: two generations of one run, lane and library hold the same reads. Of a dataset
and its copies (`OriginDataset`) the original counts, else the newest copy. Whatever is left out is
listed with its reason, never dropped in silence.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from bstui.basespace.models import Dataset, Reference
from bstui.basespace.states import IN_TRANSFER, states_of_dataset
from bstui.samples.marks import Scope, ScopeKind
from bstui.units import iso_text

SAME_READS = "another dataset holds the same reads"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Besides(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken although it usually does not count."""

    qc_failed: bool = False
    """Datasets that failed quality control."""
    undetermined: bool = False
    """Reads that no index claimed."""


class LeftOut(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something near the selection that is not imported, and the reason."""

    name: str
    reason: str
    """Short, and the same for all that are left out for it."""
    detail: str = ""
    """What is only of this one."""
    id: str = ""
    """The dataset's, file's or biosample's."""
    biosample: str = ""
    """The biosample's name."""
    run: str = ""
    size: int | None = None
    is_chosen: bool = True
    """Whether the selection meant it; False for a biosample's data of other runs or projects, and
    for what nobody imports."""

    @property
    def text(self) -> str:
        """The whole reason."""
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


class Choice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is taken of one biosample."""

    biosample: Reference
    taken: tuple[Dataset, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def runs(self) -> tuple[str, ...]:
        """The names of the runs taken."""
        return tuple(dict.fromkeys(run_name(dataset) for dataset in self.taken))

    @property
    def runs_left_out(self) -> tuple[str, ...]:
        """The names of runs that hold FASTQ of this biosample of which nothing is taken."""
        taken = set(self.runs)
        left = dict.fromkeys(item.run for item in self.left_out if item.run)
        return tuple(run for run in left if run not in taken)


def choose_datasets(
    biosample: Reference,
    datasets: Iterable[Dataset],
    scopes: Collection[Scope],
    named: Collection[str] = (),
    runs: Mapping[str, str] | None = None,
    server: str = "",
    besides: Besides = Besides(),  # noqa: B008 # frozen
) -> Choice:
    """What the scopes, a union, take of the biosample's datasets.

    `named` are ids of datasets that were chosen themselves: these are taken even where a newer
    one holds the same reads. `runs` gives a run's number where the scope has its other id;
    `server` is the API's, on whose web page what is archived can be restored.
    """
    wanted: list[Dataset] = []
    left: list[LeftOut] = []
    for dataset in datasets:
        if dataset.id not in named and not any(_holds(s, dataset, runs or {}) for s in scopes):
            left.append(leave(biosample, dataset, *_outside(dataset, scopes), is_chosen=False))
        elif reason := refusal_of(dataset, server, besides):
            left.append(leave(biosample, dataset, *reason))
        else:
            wanted.append(dataset)
    taken, older = _newest(wanted, named)
    left += [leave(biosample, old, SAME_READS, _same_text(old, new)) for old, new in older]
    taken.sort(key=lambda dataset: (_first_run(dataset), dataset.lane or 0, dataset.id))
    return Choice(biosample=biosample, taken=tuple(taken), left_out=tuple(left))


def leave(
    biosample: Reference, dataset: Dataset, reason: str, detail: str = "", *, is_chosen: bool = True
) -> LeftOut:
    """The dataset as left out of what is taken of the biosample."""
    return LeftOut(
        name=dataset.name,
        reason=reason,
        detail=detail,
        id=dataset.id,
        biosample=biosample.name,
        run=run_name(dataset),
        size=dataset.size,
        is_chosen=is_chosen,
    )


def refusal_of(dataset: Dataset, server: str, besides: Besides) -> tuple[str, str] | None:
    """The reason why this dataset is not imported, and its detail; None where it is."""
    for state in states_of_dataset(dataset, server):
        if state is IN_TRANSFER:  # it can be had, yet
            continue
        return state.name, state.advice
    if not besides.qc_failed and dataset.qc_status.casefold() in ("qcfailed", "failed"):
        return "failed quality control", f"{dataset.qc_status}; --qc-failed takes it"
    return None


def run_name(dataset: Dataset) -> str:
    """The run, or runs joined by `+`; empty for what was uploaded without one."""
    if len(dataset.runs) == 1:
        return dataset.runs[0].name or dataset.runs[0].id
    return "+".join([run.name or run.id for run in dataset.runs])


def _holds(scope: Scope, dataset: Dataset, runs: Mapping[str, str]) -> bool:
    if scope.kind is ScopeKind.ALL:
        return True
    if scope.kind is ScopeKind.PROJECT:
        return dataset.project_id == scope.id
    wanted = (scope.id, runs.get(scope.id, scope.id))
    return any(run.id in wanted for run in dataset.runs)


def _outside(dataset: Dataset, scopes: Collection[Scope]) -> tuple[str, str]:
    kinds = {scope.kind for scope in scopes}
    if kinds == {ScopeKind.RUN}:
        return "of another run", run_name(dataset) or "none that is known"
    if kinds == {ScopeKind.PROJECT}:
        return "of another project", dataset.project or dataset.project_id
    return "not chosen", ""


def _newest(
    datasets: Iterable[Dataset], named: Collection[str]
) -> tuple[list[Dataset], list[tuple[Dataset, Dataset]]]:
    """Of each reads the newest that is no copy of another; and each of the others with that one."""
    taken: list[Dataset] = []
    same: dict[tuple[object, ...], list[Dataset]] = {}
    datasets = list(datasets)
    known = {dataset.id: reads_of(dataset) for dataset in datasets if dataset.runs}
    for dataset in datasets:
        first = dataset.origin or dataset.id
        key = known.get(dataset.id) or known.get(first) or ("of no run", first)
        same.setdefault(key, []).append(dataset)
    older: list[tuple[Dataset, Dataset]] = []
    for group in same.values():
        ids = {dataset.id for dataset in group}
        group.sort(
            key=lambda d: (d.id in named, d.origin not in ids, d.created or _LONG_AGO, d.id),
            reverse=True,
        )
        keep = [dataset for dataset in group if dataset.id in named] or group[:1]
        taken += keep
        older += [(dataset, keep[0]) for dataset in group if dataset not in keep]
    return taken, older


def _same_text(old: Dataset, new: Dataset) -> str:
    copy = ", of which it is a copy" if old.origin == new.id else ""
    return f"{new.id} of {_made(new)} is taken{copy}"


def reads_of(dataset: Dataset) -> tuple[object, ...]:
    """Equal for two datasets that were made of the same reads: run, lane and library."""
    libraries = frozenset([library.id for library in dataset.libraries])
    return (
        frozenset([run.id for run in dataset.runs]),
        dataset.lane,
        libraries or dataset.name,
    )


def _first_run(dataset: Dataset) -> tuple[str, str]:
    return (dataset.runs[0].name, dataset.runs[0].id) if dataset.runs else ("", "")


def _made(dataset: Dataset) -> str:
    return iso_text(dataset.created) or "unknown date"
