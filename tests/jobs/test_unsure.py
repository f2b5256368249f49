"""Whatever BaseSpace does where nobody knows what it does, a user sees the same and gets the same.

One journey - lists, biosamples, files, the plan of an import and of a raw run, refusals - for every
variant of every point that is unsure (`bstui simulator --unsure help`).
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from bstui.basespace.client import Client
from bstui.basespace.reach import ping
from bstui.basespace.run_access import look_at_run
from bstui.errors import Archived, BstuiError, Gone, NotAllowed, NotLoggedIn
from bstui.jobs.plan import Plan
from bstui.simulator.open_points import POINTS
from bstui.simulator.service import Simulator
from tests.jobs.planning import PANEL, PLATE, TOP_UP, open_client, plan

VARIANTS = [(point.name, variant) for point in POINTS for variant in point.variants[1:]]
"""The first of each is the usual one, against which the others are held."""
NOT_SHARED = "Shared plate 12"
COLD = "Pilot 2023"
BLOCKED = "run:NextSeq 500, odd names"
"""Its base calls are .bgzf files."""


@dataclass(frozen=True)
class Journey:
    """What a user saw and was given."""

    who: tuple[str, str]
    projects: tuple[str, ...]
    runs: tuple[str, ...]
    biosamples: tuple[str, ...]
    of_run: tuple[str, ...]
    files: tuple[tuple[str, int], ...]
    access: str
    fastq: tuple[str, ...]
    """The paths of an import's plan."""
    bcl: tuple[str, ...]
    blocked: tuple[int, ...]
    """Bytes of the files of a NextSeq run, whatever they are called."""
    refusals: tuple[str, ...]
    """What cannot be had, by the kind of its error."""


def choose(simulator: Simulator, **chosen: str) -> None:
    """These variants, and of all other points the usual one: no test of this file lacks it."""
    usual = {point.name: point.variants[0] for point in POINTS}
    simulator.choices.choose(usual | chosen)


async def travel(simulator: Simulator, folder: Path) -> Journey:
    async with open_client(simulator) as client:
        identity = await client.identity()
        await client.workgroups(identity.id)
        assert not (await ping(client.server)).problem
        projects = await client.projects().all()
        runs = {run.experiment: run async for run in client.runs()}
        panel = next(project for project in projects if project.name in PANEL)
        plate = runs[PLATE.partition(":")[2]]
        datasets = await client.datasets(project=panel.id).all()
        return Journey(
            who=(identity.id, identity.name),
            projects=tuple(project.name for project in projects),
            runs=tuple(runs),
            biosamples=tuple([b.name async for b in client.biosamples(panel.id)]),
            of_run=tuple(sorted([b.name async for b in client.run_biosamples(plate)])),
            files=tuple(
                [
                    (file.name, file.size)
                    for dataset in datasets[:2]
                    async for file in client.dataset_files(dataset.id)
                ]
            ),
            # Which project is missing is known from the lanes alone, where they are told.
            access=(await look_at_run(client, runs[NOT_SHARED])).text.partition(", missing: ")[0],
            fastq=paths(await plan(client, folder, TOP_UP, "biosample:Aorta-1")),
            bcl=paths(await plan(client, folder, TOP_UP, bcl=True)),
            blocked=await blocked_sizes(simulator, folder),
            refusals=(
                await refusal(client, folder, f"run:{NOT_SHARED}"),
                await refusal(client, folder, f"run:{COLD}", bcl=True),
                await refusal(client, folder, "project:1"),
                await content_of_cold(client, runs[COLD].id),
            ),
        )


def paths(made: Plan) -> tuple[str, ...]:
    return tuple(sorted(file.path for file in made.files))


async def blocked_sizes(simulator: Simulator, folder: Path) -> tuple[int, ...]:
    """Bytes of the files of the workgroup's NextSeq run."""
    async with open_client(simulator, simulator.tokens.workgroup) as client:
        made = await plan(client, folder, BLOCKED, bcl=True)
        return tuple(sorted(file.size for file in made.files))


async def refusal(client: Client, folder: Path, selector: str, *, bcl: bool = False) -> str:
    with pytest.raises(BstuiError) as caught:
        await plan(client, folder, selector, bcl=bcl)
    assert caught.value.hint
    return type(caught.value).__name__


async def content_of_cold(client: Client, run_id: str) -> str:
    """An archived file is refused with one of three statuses: all are refusals that do not pass."""
    file = next(f for f in await client.run_files(run_id).all() if f.is_archived)
    with pytest.raises((Archived, Gone, NotAllowed)):
        await client.content(file.id)
    return "refused"


@pytest.fixture(scope="module")
def usual(laboratory: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    choose(laboratory)
    return asyncio.run(travel(laboratory, tmp_path_factory.mktemp("usual")))


@pytest.mark.parametrize(("point", "variant"), VARIANTS)
async def test_every_variant_shows_and_gives_the_same(
    laboratory: Simulator, usual: Journey, tmp_path: Path, point: str, variant: str
) -> None:
    choose(laboratory, **{point: variant})
    assert await travel(laboratory, tmp_path) == usual


@pytest.mark.parametrize("variant", ["401", "403"])
async def test_a_token_that_is_not_known(laboratory: Simulator, variant: str) -> None:
    choose(laboratory, **{"bad-token": variant})
    async with open_client(laboratory, "f" * 32) as client:
        with pytest.raises(NotLoggedIn):
            await client.identity()
        with pytest.raises(NotLoggedIn):
            await client.runs().all()
