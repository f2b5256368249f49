"""The client against the simulated BaseSpace: everything listed, every refusal understood."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from bstui.basespace.client import Client
from bstui.basespace.models import Dataset, Project, Run
from bstui.errors import Gone, NotAllowed, NotLoggedIn, ServerFault, TooManyRequests
from bstui.simulator.service import RegionEndpoint, Simulator
from bstui.text import Secret
from tests.basespace.server import QUICK
from tests.lab import TOKENS


@pytest.fixture
def region(laboratory: Simulator) -> RegionEndpoint:
    return laboratory.regions[0]


@pytest.fixture
def faulty(laboratory: Simulator) -> Iterator[Simulator]:
    """The same laboratory, whose faults end with the test."""
    yield laboratory
    laboratory.faults.clear()
    laboratory.faults.accept(TOKENS.person)


@asynccontextmanager
async def opened(server: str, token: str = TOKENS.person) -> AsyncIterator[Client]:
    async with Client(server, Secret(token), patience=QUICK) as client:
        yield client


async def run_named(client: Client, part: str) -> Run:
    [run] = [run async for run in client.runs() if part in run.experiment]
    return run


async def project_named(client: Client, part: str) -> Project:
    [project] = [project async for project in client.projects() if part in project.name]
    return project


async def test_every_token_acts_for_one_account(laboratory: Simulator) -> None:
    for endpoint in laboratory.regions:
        for account in endpoint.accounts:
            async with opened(endpoint.api_url, account.token) as client:
                identity = await client.identity()
            assert (identity.id, identity.name) == (account.id, account.name)
            assert identity.is_workgroup == account.is_workgroup
            assert bool(identity.person) == account.is_workgroup
            assert identity.scopes == account.scopes
            assert identity.may_read == ("READ GLOBAL" in account.scopes)


async def test_lists_are_whole_and_agree_with_single_things(region: RegionEndpoint) -> None:
    async with opened(region.api_url) as client:
        for project in await client.projects().all():
            assert await client.project(project.id) == project
            listing = client.biosamples(project.id)
            biosamples = await listing.all()
            datasets = await client.datasets(project=project.id).all()
            counts = await client.project_counts(project.id)
            assert (counts.biosamples, counts.datasets) == (len(biosamples), len(datasets))
            assert listing.missing == 0
            for biosample in biosamples[:2]:
                assert await client.biosample(biosample.id) == biosample
            for dataset in datasets[:2]:
                assert await client.dataset(dataset.id) == dataset
        for run in await client.runs().all():
            assert await client.run(run.id) == run


async def test_runs_come_newest_first(region: RegionEndpoint) -> None:
    async with opened(region.api_url) as client:
        dates = [run.created async for run in client.runs() if run.created]
    assert len(dates) > 3
    assert dates == sorted(dates, reverse=True)


async def test_every_file_of_a_run_with_its_true_size_and_etag(
    laboratory: Simulator, region: RegionEndpoint
) -> None:
    async with opened(region.api_url) as client:
        run = await run_named(client, "NovaSeq")
        listing = client.run_files(run.id)
        files = [file async for file in listing]
    assert len(files) == listing.total
    assert len(files) > 1000  # more than a page
    assert sum(file.size for file in files) == run.size
    truth = laboratory.truth({file.id for file in files[:50]})
    for file in files[:50]:
        assert (file.path, file.size, file.etag) == (
            truth[file.id].path,
            truth[file.id].size,
            truth[file.id].etag,
        )


async def test_a_run_with_more_biosamples_than_a_property_shows(region: RegionEndpoint) -> None:
    async with opened(region.api_url) as client:
        run = await run_named(client, "Shared plate")
        listing = client.run_biosamples(run)
        assert len(await listing.all()) == listing.total == 60
        # The run is shared, the project of its datasets is not: they are not listed.
        assert await client.datasets(run=run).all() == []


async def test_the_datasets_of_a_biosample_within_a_run_or_a_project(
    region: RegionEndpoint,
) -> None:
    async with opened(region.api_url) as client:
        top_up = await run_named(client, "top-up")
        [twice] = await client.run_biosamples(top_up).all()
        everything = await client.datasets(biosample=twice.id).all()
        within = await client.datasets(biosample=twice.id, run=top_up).all()
        owned = await client.datasets(biosample=twice.id, project=twice.project_id).all()
    assert {d.id for d in within} < {d.id for d in everything}
    assert all(d.runs[0].id == top_up.id for d in within)
    assert all(d.project_id == twice.project_id for d in owned)
    assert all(_is_described(d) for d in everything)


def _is_described(dataset: Dataset) -> bool:
    return bool(dataset.lane and dataset.size and dataset.libraries and dataset.read_lengths)


async def test_details_say_what_the_datasets_say(region: RegionEndpoint) -> None:
    async with opened(region.api_url) as client:
        project = await project_named(client, "Zebrafish")
        biosamples = await client.biosamples(project.id).all()
        details = await client.details([b.id for b in biosamples])
        for biosample in biosamples[:3]:
            datasets = await client.datasets(biosample=biosample.id).all()
            detail = details[biosample.id]
            assert detail.size == sum(d.size or 0 for d in datasets)
            assert detail.lanes == tuple(sorted({d.lane for d in datasets if d.lane}))
            assert detail.datasets == len(datasets)
    assert set(details) == {b.id for b in biosamples}


async def test_names_lead_to_things(region: RegionEndpoint) -> None:
    async with opened(region.api_url) as client:
        for project in await client.projects().all():
            assert project in await client.find("project", project.name)
            for biosample in (await client.biosamples(project.id).all())[:20]:
                assert biosample in await client.find("biosample", biosample.name)
        run = await run_named(client, "NovaSeq")
        assert await client.find("run", run.name) == [run]
        assert await client.find("run", run.experiment) == [run]
        assert await client.find("project", "no such project") == []


async def test_content_addresses_differ_by_file_and_are_signed(region: RegionEndpoint) -> None:
    async with opened(region.api_url) as client:
        project = await project_named(client, "amplicon")
        dataset = (await client.datasets(project=project.id).all())[0]
        files = await client.dataset_files(dataset.id).all()
        addresses = [await client.content(file.id) for file in files]
        assert await client.file(files[0].id) == files[0]
    assert len({address.url for address in addresses}) == len(files)
    assert all(address.expires for address in addresses)
    assert all("Signature=" in address.url and "***" in repr(address) for address in addresses)


async def test_a_token_of_another_region_is_refused(laboratory: Simulator) -> None:
    first, second = laboratory.regions[:2]
    for server, token in ((first, TOKENS.elsewhere), (second, TOKENS.person), (first, "0" * 32)):
        async with opened(server.api_url, token) as client:
            with pytest.raises(NotLoggedIn, match="another region"):
                await client.identity()


async def test_a_token_that_may_only_browse(region: RegionEndpoint) -> None:
    async with opened(region.api_url, TOKENS.browse_only) as client:
        await client.identity()
        run = await run_named(client, "panel plate 1")
        files = await client.run_files(run.id).all()
        with pytest.raises(NotAllowed, match="only the scope BROWSE"):
            await client.content(files[0].id)


async def test_what_is_not_shared_and_what_is_not_there_say_both(region: RegionEndpoint) -> None:
    async with opened(region.api_url) as client:
        mine = {project.id async for project in client.projects()}
        run = await run_named(client, "Shared plate")
        biosample = (await client.run_biosamples(run).all())[0]
        assert biosample.project_id not in mine
        for call in (
            client.project(biosample.project_id or "999"),
            client.project("999999"),
            client.run("999999"),
            client.content("999999"),
        ):
            with pytest.raises(NotAllowed, match="nothing with that id"):
                await call
        with pytest.raises((NotAllowed, Gone)):
            await client.dataset("ds.0")


async def test_bursts_are_outlasted(faulty: Simulator, region: RegionEndpoint) -> None:
    async with opened(region.api_url) as client:
        for status, html in ((500, False), (502, True), (503, True), (504, False), (429, False)):
            faulty.faults.burst("api", status, times=3, html=html)
            assert await client.projects().all()
        faulty.faults.burst("api", 429, retry_after="0")
        assert await client.projects().all()
        faulty.faults.burst("api", 500, times=QUICK.tries)
        with pytest.raises(ServerFault):
            await client.projects().all()


async def test_a_wait_that_is_long_is_handed_on(faulty: Simulator, region: RegionEndpoint) -> None:
    faulty.faults.burst("api", 429, retry_after="600")
    async with opened(region.api_url) as client:
        with pytest.raises(TooManyRequests) as caught:
            await client.projects().all()
    assert caught.value.retry_after == 600


async def test_a_token_revoked_and_a_share_withdrawn_meanwhile(
    faulty: Simulator, region: RegionEndpoint
) -> None:
    async with opened(region.api_url) as client:
        run = await run_named(client, "panel plate 1")
        faulty.faults.withdraw(run.id)
        with pytest.raises(NotAllowed, match=r"(READ|BROWSE) access"):
            await client.run_files(run.id).all()
        faulty.faults.revoke(TOKENS.person)
        with pytest.raises(NotLoggedIn, match="revoked"):
            await client.projects().all()
