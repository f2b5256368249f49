"""What bstui relies on of BaseSpace, asked of the simulator and, with a token, of the real one.

`BSTUI_LIVE_TOKEN=… pytest tests/basespace/test_conformance.py -rs` asks the real service as well
(`BSTUI_LIVE_SERVER` names the region). Nothing is changed there; of every list a little is read.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import pytest

from bstui.basespace.client import Client
from bstui.basespace.listings import Identified, Listing
from bstui.basespace.models import Dataset, File, Identity, Project, Run
from bstui.basespace.reach import ping
from bstui.basespace.regions import DEFAULT, parse_server
from bstui.basespace.run_access import look_at_run
from bstui.errors import Gone, NotAllowed, NotLoggedIn, ServiceError
from bstui.simulator.service import Simulator
from bstui.text import Secret
from tests import live

_SOME = 20
Item = TypeVar("Item", bound=Identified)


@pytest.fixture(params=["simulator", "live"])
def account(request: pytest.FixtureRequest) -> Iterator[tuple[str, Secret]]:
    """A server and a token."""
    if request.param == "simulator":
        laboratory: Simulator = request.getfixturevalue("laboratory")
        yield laboratory.regions[0].api_url, Secret(laboratory.tokens.person)
        return
    if not live.TOKEN:
        pytest.skip("BSTUI_LIVE_TOKEN is not set: the real service is not asked")
    with live.network():
        yield parse_server(live.SERVER or DEFAULT.code), Secret(live.TOKEN)


@pytest.fixture
async def client(account: tuple[str, Secret]) -> AsyncIterator[Client]:
    async with Client(*account) as opened:
        yield opened


async def some(listing: Listing[Item], number: int = _SOME) -> list[Item]:
    """The first items of a list."""
    found: list[Item] = []
    async with aclosing(listing.pages()) as pages:
        async for page in pages:
            found += page
            if len(found) >= number:
                break
    return found[:number]


async def a_dataset(client: Client) -> tuple[Dataset, File]:
    """A FASTQ dataset with a file that holds bytes."""
    for project in await some(client.projects()):
        for dataset in await some(client.datasets(project=project.id), 3):
            for file in await some(client.dataset_files(dataset.id)):
                if file.size and not file.is_archived and not dataset.is_archived:
                    return dataset, file
    pytest.skip("this account has no FASTQ in its first projects")


async def some_runs(client: Client) -> list[Run]:
    runs = await some(client.runs())
    return runs or pytest.skip("this account has no runs")


async def test_the_region_answers(account: tuple[str, Secret]) -> None:
    answered = await ping(account[0])
    assert answered.problem == ""


async def test_the_token_acts_for_somebody(client: Client) -> None:
    identity = await client.identity()
    assert isinstance(identity, Identity)
    assert identity.id
    assert identity.name
    assert identity.may_read, "an importer's token needs READ"


async def test_a_token_that_nobody_gave_is_refused(account: tuple[str, Secret]) -> None:
    async with Client(account[0], Secret("0" * 32)) as client:
        with pytest.raises(NotLoggedIn) as caught:
            await client.identity()
    assert "X-Request-ID" in caught.value.details


async def test_workgroups_are_told_or_not(client: Client) -> None:
    identity = await client.identity()
    assert all(group.id and group.name for group in await client.workgroups(identity.id))


async def test_projects_come_newest_first_and_agree_with_single_ones(client: Client) -> None:
    projects: list[Project] = await some(client.projects())
    dates = [project.created for project in projects if project.created]
    assert dates == sorted(dates, reverse=True)
    for project in projects[:2]:
        alone = await client.project(project.id)
        assert (alone.id, alone.name) == (project.id, project.name)


async def test_runs_come_newest_first_and_agree_with_single_ones(client: Client) -> None:
    runs = await some_runs(client)
    dates = [run.created for run in runs if run.created]
    assert dates == sorted(dates, reverse=True)
    for run in runs[:2]:
        alone = await client.run(run.id)
        assert (alone.id, alone.name) == (run.id, run.name)
        assert alone.v1_id.isdecimal()
        assert alone.status


async def test_biosamples_of_a_project_agree_with_single_ones(client: Client) -> None:
    for project in await some(client.projects(), 5):
        listing = client.biosamples(project.id)
        for biosample in (await some(listing))[:2]:
            assert biosample.name
            assert (await client.biosample(biosample.id)).name == biosample.name


async def test_fastq_datasets_say_what_an_import_needs(client: Client) -> None:
    dataset, file = await a_dataset(client)
    assert dataset.id.startswith("ds.")
    assert dataset.project_id
    assert dataset.is_fastq
    alone = await client.dataset(dataset.id)
    assert (alone.name, alone.project_id) == (dataset.name, dataset.project_id)
    files = await client.dataset_files(dataset.id).all()
    assert file.id in {each.id for each in files}
    assert all(each.name and each.path and each.size >= 0 for each in files)


async def test_a_biosamples_datasets_alone_and_in_a_list_are_the_same(client: Client) -> None:
    dataset, _ = await a_dataset(client)
    ids = [biosample.id for biosample in dataset.biosamples]
    for project in await some(client.projects(), 2):
        ids += [biosample.id for biosample in await some(client.biosamples(project.id), 3)]
    together = await client.datasets_of(ids)
    for biosample in dict.fromkeys(ids):
        alone = await client.datasets(biosample=biosample).all()
        assert {d.id for d in together[biosample].datasets} == {d.id for d in alone}


async def test_a_file_is_fetched_from_a_signed_address_without_a_token(client: Client) -> None:
    _, file = await a_dataset(client)
    address = await client.content(file.id)
    assert urlsplit(address.url).netloc != urlsplit(client.server).netloc
    assert address.expires is None or address.expires > datetime.now(UTC)
    async with httpx.AsyncClient(trust_env=live.may_reach_network()) as bare:
        answer = await bare.get(address.url, headers={"Range": "bytes=0-3"})
    assert answer.status_code == httpx.codes.PARTIAL_CONTENT
    assert answer.headers["Content-Range"] == f"bytes 0-3/{file.size}"
    assert answer.content[:2] == b"\x1f\x8b", "FASTQ is gzip"


async def test_a_runs_folder_is_listed_with_relative_paths(client: Client) -> None:
    for run in (await some_runs(client))[:3]:
        if run.is_deleted:
            continue
        files = await some(client.run_files(run.id))
        assert all(file.path and not file.path.startswith("/") for file in files)
        assert all(file.path.rpartition("/")[2] == file.name for file in files)


async def test_it_is_told_what_can_be_had_of_a_run(client: Client) -> None:
    for run in (await some_runs(client))[:3]:
        access = await look_at_run(client, run)
        assert access.readable <= access.biosamples
        listed = await client.run_biosamples(run).all()
        assert len(listed) <= access.biosamples


async def test_a_page_past_the_end_is_empty(client: Client) -> None:
    for listing in (client.projects(), client.runs()):
        page = await listing.fetch(10_000_000, 10)
        assert page.items == ()


async def test_a_limit_above_the_maximum_is_clamped_obeyed_or_refused(client: Client) -> None:
    try:
        page = await client.runs().fetch(0, 5_000)
    except ServiceError:
        return
    assert len(page.items) <= page.limit


async def test_what_is_not_there_is_refused_with_the_servers_words(client: Client) -> None:
    for ask in (client.project("1"), client.run("1"), client.biosample("1"), client.content("1")):
        with pytest.raises((NotAllowed, Gone)) as caught:
            await ask
        assert caught.value.hint
        assert "X-Request-ID" in caught.value.details
