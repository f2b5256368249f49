"""What this account can have of a run: its raw folder, and the FASTQ of which of its biosamples.

A run is shared apart from the projects that own its FASTQ, and datasets of unreadable projects are
not listed (BaseSpace API §9.1). So what three calls say of a run's biosamples is compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bstui.basespace.client import Client
from bstui.basespace.models import Biosample, Dataset, Run
from bstui.basespace.run_census import IN_DATASETS, LISTED, ON_LANES, Census, biosamples_of
from bstui.errors import AccessProblem, Archived, Gone, NotAllowed, NotLoggedIn, ServerFault


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
    census = Census()
    listing = client.listed_biosamples(run)
    census.count(LISTED, await census.ask(LISTED, listing.all))
    if listing.missing:
        census.differences.append(
            f"The run's list (Input.BioSamples) leaves out {listing.missing:,} it counts."
        )
    census.count(ON_LANES, await census.ask(ON_LANES, lambda: client.lane_biosamples(run)))
    datasets = client.datasets(run=run)
    held: list[Dataset] = []
    try:
        held = await datasets.all()
    except NotAllowed as error:
        census.refuse(IN_DATASETS, error)
    if datasets.missing:
        census.differences.append(
            f"BaseSpace counts {datasets.missing:,} more datasets of this run than it lists."
        )
    owned = [dataset for dataset in held if not dataset.is_unindexed]
    readable = census.count(IN_DATASETS, biosamples_of(owned))
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


def _by_project(biosamples: Iterable[Biosample]) -> tuple[MissingProject, ...]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for biosample in biosamples:
        grouped.setdefault((biosample.project, biosample.project_owner), []).append(biosample.name)
    return tuple(MissingProject(*key, tuple(names)) for key, names in sorted(grouped.items()))
