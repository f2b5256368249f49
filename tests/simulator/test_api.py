"""The API's behaviour: who sees what, how lists are paged, what is refused."""

import re
from collections.abc import Iterator

import httpx
import pytest

from bstui.simulator.service import Simulator
from tests.simulator.asking import asking


@pytest.fixture(scope="module")
def api(laboratory: Simulator) -> Iterator[httpx.Client]:
    with asking(laboratory.regions[0]) as client:
        yield client


@pytest.fixture(scope="module")
def ids(api: httpx.Client) -> dict[str, str]:
    """Ids to put into paths: of a project, a run, a biosample, a dataset and a file."""
    project = api.get("/v1pre3/users/current/projects").json()["Response"]["Items"][0]["Id"]
    run = api.get("/v2/runs?sortby=DateCreated").json()["Items"][1]["Id"]
    biosample = api.get(f"/v2/biosamples?projectid={project}").json()["Items"][0]["Id"]
    dataset = api.get(f"/v2/datasets?inputbiosamples={biosample}").json()["Items"][0]["Id"]
    file = api.get(f"/v2/datasets/{dataset}/files").json()["Items"][0]["Id"]
    sample = api.get(f"/v1pre3/projects/{project}/samples").json()["Response"]["Items"][0]["Id"]
    session = api.get(f"/v2/appsessions?output.projects={project}").json()["Items"][0]["Id"]
    return {
        "sample": sample, "session": session,
        "project": project, "run": run, "biosample": biosample, "dataset": dataset, "file": file,
    }  # fmt: skip


def test_token_goes_in_three_ways(laboratory: Simulator) -> None:
    region = laboratory.regions[0]
    token = region.accounts[0].token
    address = f"{region.api_url}/v1pre3/users/current"
    for answer in (
        httpx.get(address, headers={"x-access-token": token}),
        httpx.get(address, headers={"Authorization": f"Bearer {token}"}),
        httpx.get(f"{address}?Access_Token={token}"),
    ):
        assert answer.json()["Response"]["Name"] == "Robin Ferris"


def test_every_answer_carries_the_recorded_headers(api: httpx.Client) -> None:
    for path in ("/v2/runs", "/v1pre3/files/1111111", "/nowhere"):
        headers = api.get(path).headers
        assert re.fullmatch(r"(\d+\.){6}[\w-]{22}", headers["x-request-id"])
        assert headers["x-basespace-source"] == "master/readonly"
        assert headers["cache-control"] == "no-cache, no-store, must-revalidate"


def test_workgroup_token_is_the_workgroup(laboratory: Simulator) -> None:
    region = laboratory.regions[0]
    with asking(region, region.accounts[1].token) as client:
        body = client.get("/v2/users/current").json()
        assert (body["IsWorkgroup"], body["LoggedInUser"]["Name"]) == (True, "Robin Ferris")
    with asking(region) as client:
        person = client.get("/v2/users/current").json()
        groups = client.get(f"/v2/users/{person['Id']}/workgroups").json()["Items"]
        assert [group["Id"] for group in groups] == [body["Id"]]


def test_scopes_are_told(laboratory: Simulator) -> None:
    region = laboratory.regions[0]
    with asking(region, region.accounts[2].token) as client:
        body = client.get("/v1pre3/oauthv2/token/current").json()["Response"]
    assert body["Scopes"] == ["BROWSE GLOBAL"]
    assert body["AccessToken"] == region.accounts[2].token


def test_browse_token_lists_but_reads_nothing(laboratory: Simulator, ids: dict[str, str]) -> None:
    region = laboratory.regions[0]
    with asking(region, region.accounts[2].token) as client:
        files = f"/v2/datasets/{ids['dataset']}/files?filehrefcontentresolution=true"
        listed = client.get(files).json()["Items"]
        assert listed[0]["HrefContent"].endswith("/content")
        answer = client.get(f"/v2/files/{ids['file']}/content?redirect=meta")
    assert answer.status_code == 403
    assert "READ access" in answer.json()["ResponseStatus"]["Message"]


def test_paging_clamps_and_falls_back(api: httpx.Client) -> None:
    page = api.get("/v2/biosamples?LIMIT=5000&sortby=Name&sortdir=Desc").json()["Paging"]
    assert (page["Limit"], page["SortBy"], page["SortDir"]) == (1024, "Id", "Desc")
    page = api.get("/v2/biosamples").json()["Paging"]
    assert (page["Limit"], page["DisplayedCount"], page["TotalCount"]) == (10, 10, 40)
    past = api.get("/v2/biosamples?offset=40").json()
    assert (past["Items"], past["Paging"]["TotalCount"]) == ([], 40)
    none = api.get("/v1pre3/users/current/projects?limit=0").json()["Response"]
    assert (none["Items"], none["TotalCount"]) == ([], 4)
    assert api.get("/v2/runs?limit=many").status_code == 400


def test_datasets_come_newest_first(api: httpx.Client) -> None:
    dates = [item["DateCreated"] for item in api.get("/v2/datasets?limit=100").json()["Items"]]
    assert dates == sorted(dates, reverse=True)


def test_run_files_fill_two_pages_without_a_total(api: httpx.Client) -> None:
    runs = api.get("/v2/runs?limit=100").json()["Items"]
    run = next(run for run in runs if run["Instrument"]["PlatformName"] == "NovaSeq")
    files = f"/v2/runs/{run['Id']}/files?limit=2000"
    first, second = api.get(files).json(), api.get(f"{files}&offset=1000").json()
    assert first["Paging"] == {
        "DisplayedCount": 1000, "Offset": 0, "Limit": 1000, "SortDir": "Asc", "SortBy": "Id",
    }  # fmt: skip
    total = api.get(f"{files}&include=TotalCount").json()["Paging"]["TotalCount"]
    listed = first["Items"] + second["Items"]
    assert len({file["Id"] for file in listed}) == len(listed) == total
    assert sum(file["Size"] for file in listed) == run["TotalSize"]
    assert not any("IdAsLong" in file for file in listed)


def test_run_files_can_be_chosen(api: httpx.Client, ids: dict[str, str]) -> None:
    files = f"/v2/runs/{ids['run']}/files?limit=1000"
    xml = api.get(f"{files}&extensions=.xml").json()["Items"]
    assert {file["Path"] for file in xml} == {"RunInfo.xml", "runParameters.xml"}
    root = api.get(f"{files}&directory=/&include=SubDirectories").json()
    assert not any("/" in file["Path"] for file in root["Items"])
    assert [folder["Name"] for folder in root["SubDirectories"]] == [
        "Data", "InterOp", "Logs", "Thumbnail_Images",
    ]  # fmt: skip
    logs = api.get(f"{files}&directory=/Logs").json()["Items"]
    assert [file["Path"] for file in logs] == ["Logs/CycleTimes.txt"]


def test_runs_show_fifty_biosamples_and_have_more(api: httpx.Client) -> None:
    runs = api.get("/v2/runs?limit=100").json()["Items"]
    run = next(run["Id"] for run in runs if run["ExperimentName"] == "Shared plate 12")
    shown = api.get(f"/v2/runs/{run}").json()["Properties"]["Items"][0]
    assert (shown["Name"], len(shown["BioSampleItems"])) == ("Input.BioSamples", 50)
    assert shown["ItemsTotalCount"] == 60
    items = api.get(f"/v2/runs/{run}/properties/Input.BioSamples/items?limit=500").json()["Items"]
    assert len({item["BioSample"]["Id"] for item in items}) == 60
    assert api.get(f"/v2/datasets?inputruns={run}").json()["Paging"]["TotalCount"] == 0


def test_unknown_and_unshared_things_look_alike(api: httpx.Client, laboratory: Simulator) -> None:
    region = laboratory.regions[0]
    with asking(region, region.accounts[1].token) as group:
        mine = {
            p["Id"] for p in api.get("/v1pre3/users/current/projects").json()["Response"]["Items"]
        }
        theirs = {
            p["Id"] for p in group.get("/v1pre3/users/current/projects").json()["Response"]["Items"]
        }
        hidden = min(mine - theirs)
        answers = [group.get(f"/v2/projects/{project}") for project in (hidden, "1111111")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json() == answers[1].json()
    assert api.get("/v2/datasets/1234/files").status_code == 404


def test_content_comes_by_redirect_or_whole(api: httpx.Client, ids: dict[str, str]) -> None:
    content = f"/v1pre3/files/{ids['file']}/content"
    moved = api.get(content)
    assert moved.status_code == 302
    whole = httpx.get(moved.headers["location"]).content
    assert api.get(content, params={"redirect": "false"}).content == whole


def test_archived_files_have_no_content(api: httpx.Client) -> None:
    runs = api.get("/v2/runs?limit=100").json()["Items"]
    run = next(run["Id"] for run in runs if run["IsArchived"])
    files = api.get(f"/v2/runs/{run}/files?limit=1000").json()["Items"]
    assert {f["Path"].startswith("Data/") for f in files if f["IsArchived"]} == {True}
    assert any(not f["IsArchived"] for f in files)
    file = next(f for f in files if f["IsArchived"])
    assert api.get(f"/v2/files/{file['Id']}/content?redirect=meta").status_code == 409


def test_search_finds_by_field_and_fails_like_lucene(api: httpx.Client) -> None:
    found = api.get("/v2/search", params={"scope": "projects", "query": 'Name:"zebrafish heart"'})
    assert [item["Project"]["Name"] for item in found.json()["Items"]] == [
        "Zebrafish heart RNA-seq"
    ]
    assert api.get("/v2/search", params={"scope": "runs", "query": "a(b"}).status_code == 500


def test_other_routes_answer(api: httpx.Client, ids: dict[str, str]) -> None:
    for path in (
        "/v1pre3/meta",
        f"/v1pre3/runs/{ids['run']}",
        f"/v1pre3/runs/{ids['run']}/files",
        f"/v1pre3/runs/{ids['run']}/sequencingstats",
        "/v1pre3/users/current/runs",
        f"/v2/runs/{ids['run']}/sequencingstats",
        f"/v2/runs/{ids['run']}/properties",
        f"/v2/runs/{ids['run']}/lanelibrarymappings",
        f"/v2/runs/accesscheck?ids={ids['run']},1",
        f"/v2/projects/{ids['project']}",
        f"/v2/projects/{ids['project']}/datasets",
        f"/v2/biosamples/{ids['biosample']}",
        f"/v2/biosamples/{ids['biosample']}/libraries",
        f"/v2/biosamples/{ids['biosample']}/runlanesummaries",
        f"/v2/datasets/{ids['dataset']}",
        f"/v2/datasets/{ids['dataset']}/properties/Input.Runs/items",
        "/v2/datasettypes/common.fastq",
        f"/v2/files/{ids['file']}",
    ):
        assert api.get(path).status_code == 200, path
    assert api.get(f"/v1pre3/runs/{ids['run']}/samples").status_code == 500


@pytest.mark.parametrize("version", ["v1pre3", "v2"])
def test_run_files_are_of_the_folder_and_endings_that_are_asked_for(
    laboratory: Simulator, version: str
) -> None:
    with asking(laboratory.regions[0]) as api:
        run = api.get("/v2/runs?experimentname=Cardiac panel top-up").json()["Items"][0]["Id"]

        def paths(**query: str) -> set[str]:
            body = api.get(f"/{version}/runs/{run}/files", params={"Limit": 1000, **query}).json()
            return {file["Path"] for file in body.get("Response", body)["Items"]}

        everything = paths()
        assert paths(Directory="/") == {path for path in everything if "/" not in path}
        inside = {path for path in everything if path.rpartition("/")[0] == "InterOp"}
        assert inside
        for name in ("InterOp", "/InterOp/"):
            assert paths(Directory=name) == inside
        tables = {path for path in everything if path.endswith((".xml", ".csv"))}
        assert paths(Extensions=".xml,csv") == tables
        assert paths(Extensions="XML", Directory="/") == {
            path for path in tables if path.endswith(".xml") and "/" not in path
        }
        assert paths(Directory="Nowhere") == set()


@pytest.mark.parametrize("version", ["v1pre3", "v2"])
@pytest.mark.parametrize(
    ("scope", "query", "kind", "name"),
    [
        ("samples", 'SampleId:"Kidney-2"', "Sample", "Kidney-2"),
        ("samples", 'experimentname:"top-up"', "Sample", "Kidney-2"),
        ("appresults", 'name:"Kidney-2"', "AppResult", "Kidney-2"),
        ("sample_files", 'Path:"Kidney-2_S1"', "SampleFile", "Kidney-2_S1_L001_R1_001.fastq.gz"),
        ("appresult_files", '"Kidney-2"', "AppResultFile", "Kidney-2_S1.counts.csv"),
    ],
)
def test_search_finds_samples_results_and_their_files(
    api: httpx.Client, version: str, scope: str, query: str, kind: str, name: str
) -> None:
    body = api.get(f"/{version}/search", params={"scope": scope, "query": query}).json()
    items = body.get("Response", body)["Items"]
    assert {item["Type"] for item in items} == {kind.lower()}
    assert name in {item[kind]["Name"] for item in items}


def test_search_shows_nothing_that_is_not_shared(api: httpx.Client) -> None:
    query = {"scope": "projects,samples,sample_files", "query": "well"}
    assert api.get("/v2/search", params=query).json()["Items"] == []
