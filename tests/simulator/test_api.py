"""The API's shapes, against what the real service has been recorded to send."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bstui.simulator.service import Simulator
from tests.simulator.asking import asking

_EXAMPLES = Path(__file__).parents[2] / "../shared/basespace/examples"
_PROPERTIES = "Input.Libraries,Input.Runs,BaseSpace.Metrics.FastQ"


def recorded(name: str) -> object:
    path = _EXAMPLES / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the recorded bodies are not there ({_EXAMPLES})")
    return json.loads(path.read_bytes())


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


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("v1_project", "/v1pre3/projects/{project}"),
        ("v1_users_current_projects_p1", "/v1pre3/users/current/projects?Limit=3"),
        ("v1_file_fastq", "/v1pre3/files/{file}"),
        ("v1_file_sample_parent", "/v1pre3/files/{file}"),
        ("v1_project_samples", "/v1pre3/projects/{project}/samples?Limit=512"),
        ("v1_sample", "/v1pre3/samples/{sample}"),
        ("v2_appsessions_by_project", "/v2/appsessions?output.projects={project}"),
        ("v2_datasets_by_appsession", "/v2/datasets?appsessionids={session}"),
        ("v2_run_details_masked", "/v2/runs/{run}"),
        ("v1_file_content_meta_fastq", "/v1pre3/files/{file}/content?redirect=meta"),
        ("v2_biosamples_by_project_p1", "/v2/biosamples?projectid={project}&limit=5"),
        ("v2_dataset_files", "/v2/datasets/{dataset}/files"),
        ("v2_dataset_files_empty_page", "/v2/datasets/{dataset}/files?offset=9"),
        (
            "v2_datasets_by_biosample_with_properties",
            "/v2/datasets?inputbiosamples={biosample}&include=properties"
            f"&datasettypes=~common.fastq&propertyfilters={_PROPERTIES}",
        ),
        ("v2_run_files_masked", "/v2/runs/{run}/files?extension=csv"),
        ("v1_error_404_unknown_route", "/v2/v2/datasets"),
        ("v1_error_403_file_nonexistent", "/v1pre3/files/1111111"),
        ("v1_error_403_project_browse", "/v2/projects/1111111"),
    ],
)
def test_bodies_have_the_recorded_shape(
    api: httpx.Client, ids: dict[str, str], name: str, path: str
) -> None:
    real, ours = recorded(name), api.get(path.format(**ids)).json()
    missing = _shape(real) - _shape(ours)
    missing = {path for path in missing if not any(part in path for part in _UNUSED)}
    assert {path for path in missing if not path.rstrip("[]").endswith(_LEFT_OUT)} == set()
    assert _kinds(real).items() & _kinds(ours).items() == {
        (path, kind) for path, kind in _kinds(real).items() if path in _kinds(ours)
    }


_UNUSED = ("/LibraryPoolItems", "/ContentItems")
"""Properties of runs that nothing here has."""


_LEFT_OUT = (
    # Adornments of the recorded account that nothing here has.
    *("ShortDescription", "DateCreated", "PublishStatus", "IsBillingActivated", "Category"),
    *("Classifications", "Features", "LockStatus", "DateModified", "DefaultRead1Cycles"),
    *("DefaultRead2Cycles", "AnalysisSettings", "ReverseComplementI5Index", "HrefComments"),
    *("HrefBaseSpaceUI", "DateInstrumentCompleted", "AppSession/TotalSize", "Expires"),
    *("HomepageUri", "FlowcellPosition", "HrefIcaUriFiles", "DatePublished", "NumberOfSubjects"),
    # Statistics that need images, and a gene panel's names.
    *("Chemistry", "Density", "Occupancy", "Last10Cycles", "R1", "R2", "Called", "Extracted"),
    *("Scored", "Aligned", "ErrorRate", "Cycle1", "NumSurfaces", "NumSwathsPerLane"),
    *("NumTilesPerSwath", "PercentResynthesis", "ProjectedTotalYield", "YieldTotal"),
    "NonIndexedPercentGtQ30",
)


def _kinds(body: object, path: str = "") -> dict[str, str]:
    """The kind of each field: of its JSON type, and whether an address is relative or absolute."""
    if isinstance(body, dict):
        found: dict[str, str] = {}
        for key, value in body.items():
            found |= _kinds(value, f"{path}/{key}")
        return found
    if isinstance(body, list):
        return {p: kind for value in body[:1] for p, kind in _kinds(value, f"{path}[]").items()}
    if "Href" in path and "HrefContent" not in path and isinstance(body, str):
        return {path: "absolute" if "://" in body else "relative"}
    if isinstance(body, str) and _DATE.fullmatch(body):
        return {path: "date"}
    return {path: "number" if type(body) in (int, float) else type(body).__name__}


_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")


def _shape(body: object, path: str = "") -> set[str]:
    """The paths of all fields, with the JSON type of their values."""
    if isinstance(body, dict):
        return {p for key, value in body.items() for p in _shape(value, f"{path}/{key}")} | {path}
    if isinstance(body, list):
        return {p for value in body for p in _shape(value, f"{path}[]")} | {path}
    return {path}


@pytest.mark.parametrize("name", ["v1_error_404_unknown_route", "v1_error_403_file_nonexistent"])
def test_errors_are_the_recorded_ones(api: httpx.Client, name: str) -> None:
    path = "/v2/v2/datasets" if "404" in name else "/v1pre3/files/1111111"
    answer = api.get(path)
    assert answer.json() == recorded(name)
    assert answer.status_code == int(name.split("_")[2])
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_bad_tokens_get_the_recorded_401(laboratory: Simulator) -> None:
    here, there = laboratory.regions
    for token in ("f" * 32, there.accounts[0].token):
        with asking(here, token) as client:
            answer = client.get("/v2/runs")
            assert answer.status_code == 401
            assert answer.json() == recorded("v1_error_401_bad_token")


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
    assert "AccessToken" not in body


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
