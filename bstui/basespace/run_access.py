"""What this account can have of a run: its raw folder, and the FASTQ of which of its biosamples.

A run is shared apart from the projects that own its FASTQ, and datasets of unreadable projects are
not listed (BaseSpace API §9.1). So what three calls say of a run's biosamples is compared.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from bstui.basespace.client import Client
from bstui.basespace.models import Biosample, Dataset, Run
from bstui.errors import AccessProblem, Archived, Gone, NotLoggedIn, ServerFault

_LISTED = "the run's list (Input.BioSamples)"
_ON_LANES = "the list of its lanes (lanelibrarymappings)"
_IN_DATASETS = "its FASTQ datasets"
_NAMED = 3
"""Names that a sentence holds before it counts the rest."""


@dataclass(frozen=True)
class MissingProject:
    """A project whose FASTQ of a run this account does not see."""

    name: str
    """Empty where no answer names it."""
    owner: str
    biosamples: tuple[str, ...]
    """The names of those that lack their FASTQ."""

    @property
    def text(self) -> str:
        name = f"project {self.name}" if self.name else "a project that is not named"
        return f"{name} ({self.owner})" if self.owner else name


@dataclass(frozen=True)
class RunAccess:
    """What this account can have of a run."""

    has_bcl: bool
    refusal: str
    """Why its raw folder cannot be read; empty where it can."""
    biosamples: int
    """How many it was made of, by all that answered."""
    readable: int
    """Of how many there is FASTQ to be seen."""
    missing: tuple[MissingProject, ...]
    unindexed: int
    """Datasets of reads that no index claimed, which belong to no biosample."""
    differences: tuple[str, ...]
    """Where the answers do not agree, or did not come; sentences."""

    @property
    def text(self) -> str:
        """`BCL yes, FASTQ 3 of 5 biosamples, missing: project P (owner)`."""
        bcl = "BCL yes" if self.has_bcl else f"BCL no ({self.refusal})"
        fastq = f"FASTQ {self.readable} of {self.biosamples} biosamples"
        missing = ", ".join(project.text for project in self.missing)
        return f"{bcl}, {fastq}" + (f", missing: {missing}" if missing else "")

    @property
    def advice(self) -> str:
        """What can be done about what is missing; empty where nothing is."""
        if not self.missing:
            return ""
        return (
            "A run can be shared without the projects that own its FASTQ: ask their owners to "
            "share them. Or no FASTQ was made of these biosamples yet."
        )


async def look_at_run(client: Client, run: Run) -> RunAccess:
    """Ask everything that tells what of this run can be imported: some calls.

    Raises NotLoggedIn, and what BaseSpace answers to the question for the run's datasets.
    """
    refusal = await _bcl_refusal(client, run)
    census = _Census()
    listing = client.listed_biosamples(run)
    census.count(_LISTED, await _answer(listing.all, _LISTED, census.differences))
    if listing.missing:
        census.differences.append(f"{_sentence(_LISTED)} leaves out {listing.missing:,} it counts.")
    on_lanes = await _answer(lambda: client.lane_biosamples(run), _ON_LANES, census.differences)
    census.count(_ON_LANES, on_lanes)
    datasets = client.datasets(run=run)
    held = await datasets.all()
    if datasets.missing:
        census.differences.append(
            f"BaseSpace counts {datasets.missing:,} more datasets of this run than it lists."
        )
    owned = [dataset for dataset in held if not dataset.is_unindexed]
    readable = census.count(_IN_DATASETS, _biosamples_of(owned))
    census.compare()
    return RunAccess(
        has_bcl=not refusal,
        refusal=refusal,
        biosamples=len(census.known),
        readable=len(readable),
        missing=_by_project(b for key, b in census.known.items() if key not in readable),
        unindexed=len(held) - len(owned),
        differences=tuple(census.differences),
    )


class _Census:
    """The biosamples that the answers name: one entry for each, whoever names it."""

    def __init__(self) -> None:
        self.known: dict[str, Biosample] = {}
        """By id, or by `name:` where no answer gives one."""
        self.differences: list[str] = []
        self._named: dict[str, set[str]] = {}
        """By answer."""

    def count(self, answer: str, biosamples: Iterable[Biosample]) -> set[str]:
        """Take down whom an answer names; their keys."""
        named: set[str] = set()
        for biosample in biosamples:
            for key in self._keys_of(biosample):
                named.add(key)
                self.known[key] = _joined(self.known.get(key), biosample)
        self._named[answer] = named
        return named

    def _keys_of(self, biosample: Biosample) -> list[str]:
        if biosample.id:
            return [biosample.id]
        same = [key for key, other in self.known.items() if other.name == biosample.name]
        return same or [f"name:{biosample.name}"]

    def compare(self) -> None:
        """Tell what answers name and others lack; datasets lack what cannot be read anyway."""
        answered = {answer: keys for answer, keys in self._named.items() if keys}
        for answer, keys in answered.items():
            others = set().union(*(k for other, k in answered.items() if other != answer))
            lacking = [self.known[key].name or key for key in self.known if key in others - keys]
            if lacking and answer != _IN_DATASETS:
                self.differences.append(f"{_sentence(answer)} lacks {_some(lacking)}.")


def _joined(one: Biosample | None, other: Biosample) -> Biosample:
    """What two answers say of a biosample: lanes name the project that FASTQ goes to."""
    if one is None:
        return other
    project = other.project or one.project
    owners = [b.project_owner for b in (other, one) if b.project == project and b.project_owner]
    return msgspec.structs.replace(
        one, name=one.name or other.name, project=project, project_owner="".join(owners[:1])
    )


async def _bcl_refusal(client: Client, run: Run) -> str:
    """Why the raw folder cannot be read: tried with the address of one of its files."""
    if run.is_deleted:
        return "deleted"
    if run.is_archived:
        return "archived"
    try:
        file = await client.some_run_file(run.id)
        if file is None:
            return "it holds no files"
        await client.content(file.id)
    except NotLoggedIn:
        raise
    except (AccessProblem, Archived, Gone, ServerFault) as error:
        return error.message
    return ""


async def _answer(
    ask: Callable[[], Awaitable[list[Biosample]]], name: str, differences: list[str]
) -> Sequence[Biosample]:
    """Whom one source names; where it does not answer that is told, and the others must do."""
    try:
        return await ask()
    except NotLoggedIn:
        raise
    except (AccessProblem, Gone, ServerFault) as error:
        differences.append(f"{_sentence(name)} cannot be had: {error.message}")
        return []


def _biosamples_of(datasets: Iterable[Dataset]) -> list[Biosample]:
    return [
        Biosample(id=named.id, name=named.name, project=dataset.project)
        for dataset in datasets
        for named in dataset.biosamples
    ]


def _by_project(biosamples: Iterable[Biosample]) -> tuple[MissingProject, ...]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for biosample in biosamples:
        grouped.setdefault((biosample.project, biosample.project_owner), []).append(biosample.name)
    return tuple(MissingProject(*key, tuple(names)) for key, names in sorted(grouped.items()))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _sentence(answer: str) -> str:
    return answer[0].upper() + answer[1:]
