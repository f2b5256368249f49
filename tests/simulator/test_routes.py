"""Every route, one by one: its envelope, headers, addresses and dates, who may call it, and how.

The table names what a client of the service may rely on; each check walks all of it.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bstui.simulator.service import Simulator
from tests.lab import TOKENS
from tests.simulator.asking import asking

LISTS = {
    "/v1pre3/users/current/runs": "Id",
    "/v1pre3/users/{user}/runs": "Id",
    "/v1pre3/users/current/projects": "Id",
    "/v1pre3/users/{user}/projects": "Id",
    "/v1pre3/runs/{run}/files": "Id",
    "/v1pre3/runs/{run}/properties/Output.Samples/items": "Id",
    "/v1pre3/runs/{run}/samplelibraries": "DateCreated",
    "/v1pre3/projects/{project}/samples": "Id",
    "/v1pre3/projects/{project}/appresults": "Id",
    "/v1pre3/samples/{sample}/files": "Id",
    "/v1pre3/appresults/{result}/files": "Id",
    "/v1pre3/search?scope=runs,projects&query=cardiac": "Id",
    "/v2/users/current/workgroups": "Id",
    "/v2/runs": "Id",
    "/v2/runs/{run}/files?include=TotalCount": "Id",
    "/v2/runs/{run}/properties": "DateCreated",
    "/v2/runs/{run}/properties/Input.BioSamples/items": "DateCreated",
    "/v2/runs/{run}/lanelibrarymappings": "LaneNumber",
    "/v2/projects/{project}/datasets": "DateCreated",
    "/v2/biosamples": "Id",
    "/v2/biosamples/{biosample}/libraries": "DateCreated",
    "/v2/biosamples/{biosample}/runlanesummaries": "CreatedOn",
    "/v2/libraries": "Id",
    "/v2/datasets": "DateCreated",
    "/v2/datasets/{dataset}/files": "Id",
    "/v2/datasets/{dataset}/properties": "DateCreated",
    "/v2/datasets/{dataset}/properties/Input.Runs/items": "DateCreated",
    "/v2/search?scope=runs,projects&query=cardiac": "Id",
    "/v2/appsessions": "Name",
    "/v2/trash": "DateDeleted",
}
"""Lists, and the key by which each is sorted where another is asked for that it does not know."""
SINGLES = (
    "/v1pre3/meta",
    "/v1pre3/users/current",
    "/v1pre3/oauthv2/token/current",
    "/v1pre3/runs/{run}",
    "/v1pre3/runs/{run}/sequencingstats",
    "/v1pre3/runs/{run}/properties",
    "/v1pre3/projects/{project}",
    "/v1pre3/samples/{sample}",
    "/v1pre3/appresults/{result}",
    "/v1pre3/appsessions/{session}",
    "/v1pre3/files/{file}",
    "/v1pre3/files/{run_file}",
    "/v1pre3/files/{file}/content?redirect=meta",
    "/v2/users/current",
    "/v2/workgroups/{workgroup}",
    "/v2/runs/{run}",
    "/v2/runs/{run}/sequencingstats",
    "/v2/runs/{run}/samplesheet",
    "/v2/runs/{run}/properties/Input.BioSamples",
    "/v2/lanes/{run}1",
    "/v2/projects/{project}",
    "/v2/biosamples/{biosample}",
    "/v2/datasets/{dataset}",
    "/v2/datasets/{dataset}/properties/Input.Runs",
    "/v2/datasettypes/illumina.fastq.v1.8",
    "/v2/datasettypes/common.fastq",
    "/v2/files/{file}",
    "/v2/files/{run_file}",
    "/v2/files/{file}/content?redirect=meta",
    "/v2/appsessions/{session}",
)
OTHERS = ("/v2/runs/accesscheck?ids={run},1",)
"""That answer with a bare list."""
FOREIGN = {
    "/v1pre3/runs/1": "BROWSE",
    "/v1pre3/runs/1/files": "BROWSE",
    "/v1pre3/runs/1/sequencingstats": "BROWSE",
    "/v1pre3/runs/1/properties": "BROWSE",
    "/v1pre3/users/1/runs": "BROWSE",
    "/v1pre3/users/1/projects": "BROWSE",
    "/v1pre3/projects/1": "BROWSE",
    "/v1pre3/projects/1/samples": "BROWSE",
    "/v1pre3/projects/1/appresults": "BROWSE",
    "/v1pre3/samples/1": "BROWSE",
    "/v1pre3/samples/1/files": "BROWSE",
    "/v1pre3/appresults/1": "BROWSE",
    "/v1pre3/appresults/1/files": "BROWSE",
    "/v1pre3/appsessions/1": "BROWSE",
    "/v1pre3/files/1": "READ",
    "/v1pre3/files/1/content": "READ",
    "/v2/users/1/workgroups": "BROWSE",
    "/v2/workgroups/1": "BROWSE",
    "/v2/runs/1": "BROWSE",
    "/v2/runs/r.0123456789012345678901": "BROWSE",
    "/v2/runs/1/files": "BROWSE",
    "/v2/runs/1/samplesheet": "BROWSE",
    "/v2/runs/1/lanelibrarymappings": "BROWSE",
    "/v2/lanes/11": "BROWSE",
    "/v2/projects/1": "BROWSE",
    "/v2/projects/1/datasets": "BROWSE",
    "/v2/biosamples/1": "BROWSE",
    "/v2/biosamples/1/libraries": "BROWSE",
    "/v2/biosamples/1/runlanesummaries": "BROWSE",
    "/v2/datasets/ds.0": "BROWSE",
    "/v2/datasets/ds.0/files": "BROWSE",
    "/v2/datasettypes/nothing": "BROWSE",
    "/v2/files/1": "READ",
    "/v2/files/1/content": "READ",
    "/v2/appsessions/1": "BROWSE",
}
"""Ids that are nobody's, and the access that the refusal names."""
UNKNOWN = (
    *("/", "/v1pre3", "/v2", "/v2/", "/v3/runs", "/v2/v2/datasets", "/v1pre3/runs", "/v2/runs/"),
    *(
        "/v2/projects",
        "/v2/runs/1/nonsense",
        "/v2/files",
        "/v2/restore",
        "/v2/oauthv2tokens/current",
    ),
    *("/%2e%2e/v2/runs", "/v2/runs/{run}/properties/Nonsense/items", "/v2/%00"),
)
EVERY = (*LISTS, *SINGLES, *OTHERS)
V1_INSIDE = re.compile(r"/(RunItems|Run|Application|LibraryPrep|DeletedRun)(\[\])?/")
"""What keeps v1's relative addresses under v2."""


@pytest.fixture(scope="module")
def api(laboratory: Simulator) -> Iterator[httpx.Client]:
    with asking(laboratory.regions[0]) as client:
        yield client


@pytest.fixture(scope="module")
def ids(laboratory: Simulator, api: httpx.Client) -> dict[str, str]:
    def first(path: str) -> str:
        body = api.get(path).json()
        return str(body.get("Response", body)["Items"][0]["Id"])

    projects = api.get("/v1pre3/users/current/projects?limit=99").json()["Response"]["Items"]
    project = next(p["Id"] for p in projects if p["Name"] == "Cardiac amplicon panel")
    runs = api.get("/v2/runs?limit=99").json()["Items"]
    run = next(r["Id"] for r in runs if r["ExperimentName"] == "Cardiac panel plate 1")
    laboratory.faults.become(
        [r["Id"] for r in runs if r["ExperimentName"] == "Pilot 2023"], "deleted"
    )
    biosample = first(f"/v2/biosamples?projectid={project}")
    dataset = first(f"/v2/datasets?inputbiosamples={biosample}")
    person, group, *_ = laboratory.regions[0].accounts
    return {
        "project": project, "run": run, "biosample": biosample, "dataset": dataset,
        "user": person.id, "workgroup": group.id,
        "sample": first(f"/v1pre3/projects/{project}/samples"),
        "result": first(f"/v1pre3/projects/{project}/appresults"),
        "session": first(f"/v2/appsessions?output.projects={project}"),
        "file": first(f"/v2/datasets/{dataset}/files"),
        "run_file": first(f"/v2/runs/{run}/files"),
    }  # fmt: skip


def walk(body: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(body, dict):
        for key, value in body.items():
            yield from walk(value, f"{path}/{key}")
    elif isinstance(body, list):
        for value in body:
            yield from walk(value, f"{path}[]")
    else:
        yield path, body


@pytest.mark.parametrize("path", EVERY)
def test_bodies_keep_the_rules(api: httpx.Client, ids: dict[str, str], path: str) -> None:
    answer = api.get(path.format(**ids))
    assert answer.status_code == 200
    body = answer.json()
    if path.startswith("/v1pre3"):
        assert set(body) == {"Response", "ResponseStatus", "Notifications"}
        assert (body["ResponseStatus"], body["Notifications"]) == ({}, [])
    else:
        assert "Response" not in body
    for name, value in walk(body):
        field = name.rpartition("/")[2]
        assert value is not None, name
        if field == "Id" and path != OTHERS[0]:
            assert isinstance(value, str) or name.endswith("Instrument/Id"), name
        if field.startswith("Date") and field != "DateUploaded":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", value), name
        if field.startswith("Href") and field not in ("HrefContent", "HrefApiDocumentation"):
            is_inside = V1_INSIDE.search(name) is not None and "sequencingstats" not in path
            is_v1 = path.startswith("/v1pre3") or is_inside
            is_web = value.startswith("https://basespace.invalid/")
            assert ("://" not in value) is is_v1 or is_web, f"{name}: {value}"
            assert not value.startswith("/"), name


@pytest.mark.parametrize("path", LISTS)
def test_lists_are_paged(api: httpx.Client, ids: dict[str, str], path: str) -> None:
    def page(**query: object) -> tuple[list[Any], dict[str, Any]]:
        address = httpx.URL(path.format(**ids))
        answer = api.get(address.copy_merge_params({k: str(v) for k, v in query.items()}))
        assert answer.status_code == 200
        body = answer.json()
        inner = body.get("Response", body)
        return inner["Items"], inner if "Response" in body else inner["Paging"]

    items, counts = page(SORTBY="nonsense")
    assert (counts["Limit"], counts["Offset"], counts["SortBy"]) == (10, 0, LISTS[path])
    assert counts["DisplayedCount"] == len(items) == min(10, counts["TotalCount"])
    total = counts["TotalCount"]
    assert total > 0
    files = "files" in path
    assert page(Limit=100_000)[1]["Limit"] == (1000 if files else 1024)
    none, counts = page(limit=0)
    assert (none, counts["TotalCount"]) == ([], total)
    past, counts = page(OFFSET=total + 5, limit=3)
    assert (past, counts["DisplayedCount"], counts["TotalCount"]) == ([], 0, total)
    seen = [str(item) for start in range(0, total, 7) for item in page(limit=7, offset=start)[0]]
    assert len(seen) == len(set(seen)) == total
    assert page(sortdir="Desc")[1]["SortDir"] == "Desc"


@pytest.mark.parametrize("path", [*EVERY, *FOREIGN, *UNKNOWN])
def test_every_answer_carries_the_headers(
    api: httpx.Client, ids: dict[str, str], path: str
) -> None:
    headers = api.get(path.format(**ids)).headers
    assert re.fullmatch(r"(\d+\.){6}[\w-]{22}", headers["x-request-id"])
    assert headers["server"] == "Mono.WebServer.XSP/4.8.0.0 Linux, Unknown"
    assert headers["x-basespace-source"] == "master/readonly"
    assert headers["cache-control"] == "no-cache, no-store, must-revalidate"
    assert headers["pragma"] == "no-cache"
    assert headers["strict-transport-security"].startswith("max-age=10886400")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["expires"] == "0" or "/content" in path
    assert "date" in headers


@pytest.mark.parametrize("path", EVERY)
def test_tokens_are_asked_for(laboratory: Simulator, ids: dict[str, str], path: str) -> None:
    address = httpx.URL(laboratory.regions[0].api_url + path.format(**ids))
    token = laboratory.regions[0].accounts[0].token
    ways = (
        httpx.get(address, headers={"X-ACCESS-TOKEN": token}),
        httpx.get(address, headers={"Authorization": f"bearer {token}"}),
        httpx.get(address.copy_merge_params({"ACCESS_TOKEN": token})),
    )
    assert [answer.status_code for answer in ways] == [200, 200, 200]
    if path != "/v1pre3/meta":
        for answer in (httpx.get(address), httpx.get(address, headers={"x-access-token": "0"})):
            assert answer.status_code == 401
            assert answer.json()["ResponseStatus"]["ErrorCode"].endswith("AUTHENTICATION_FAILURE")


@pytest.mark.parametrize("path", EVERY)
def test_browsing_is_enough_but_for_content(
    laboratory: Simulator, ids: dict[str, str], path: str
) -> None:
    with asking(laboratory.regions[0], TOKENS.browse_only) as client:
        status = client.get(path.format(**ids)).status_code
    assert status == (403 if "/content" in path else 200)


@pytest.mark.parametrize("path", FOREIGN)
def test_nobodys_ids_are_forbidden(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 403
    assert f"requires {FOREIGN[path]} access" in answer.json()["ResponseStatus"]["Message"]
    assert answer.json()["Notifications"][0]["Type"] == "error"
    assert "Response" not in answer.json()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", UNKNOWN)
def test_other_paths_are_not_recognized(
    api: httpx.Client, ids: dict[str, str], method: str, path: str
) -> None:
    if (method, path) in (("POST", "/v2/restore"), ("DELETE", "/v2/oauthv2tokens/current")):
        return
    answer = api.request(method, path.format(**ids))
    assert answer.status_code == 404
    assert "recognized path" in answer.json()["ResponseStatus"]["Message"]
    assert "ErrorCode" not in answer.json()["ResponseStatus"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_lists_are_read_only(api: httpx.Client, method: str) -> None:
    assert api.request(method, "/v2/runs").status_code == 404


@pytest.mark.parametrize("number", ["many", "-1", "1.5", "²", "0x10", " "])
def test_numbers_must_be_numbers(api: httpx.Client, number: str) -> None:
    for name in ("limit", "offset"):
        answer = api.get("/v2/runs", params={name: number})
        assert answer.status_code == 400
        assert name in answer.json()["ResponseStatus"]["Message"]


def test_samples_of_runs_fail_as_they_have_since_2019(
    api: httpx.Client, ids: dict[str, str]
) -> None:
    assert api.get(f"/v1pre3/runs/{ids['run']}/samples").status_code == 500


def test_datasets_are_unknown_under_other_ids(api: httpx.Client) -> None:
    for path in ("/v2/datasets/1234", "/v2/datasets/1234/files", "/v2/datasets/1234/properties"):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["ErrorMessage"]) == (404, "Reason unknown")


def test_properties_are_cut_and_can_be_cut_further(api: httpx.Client, ids: dict[str, str]) -> None:
    run = api.get(f"/v2/runs/{ids['run']}?propertieslimit=1&propertyitemslimit=3").json()
    (shown,) = run["Properties"]["Items"]
    assert (len(shown["BioSampleItems"]), shown["ItemsDisplayedCount"]) == (3, 3)
    assert shown["ItemsTotalCount"] == 14
    assert run["Properties"]["TotalCount"] > run["Properties"]["DisplayedCount"] == 1


def test_runs_are_filtered(api: httpx.Client, ids: dict[str, str]) -> None:
    run = api.get(f"/v2/runs/{ids['run']}").json()
    for query in (
        {"instrumenttype": "miseq", "experimentname": run["ExperimentName"]},
        {"flowcellbarcode": run["FlowcellBarcode"]},
        {"id": run["Id"]},
    ):
        found = api.get("/v2/runs", params=query).json()["Items"]
        assert [item["Id"] for item in found] == [run["Id"]]
    found = api.get("/v2/runs", params={"output.projects": ids["project"]}).json()["Items"]
    assert run["Id"] in [item["Id"] for item in found]
    assert api.get("/v2/runs?statuses=Failed").json()["Paging"]["TotalCount"] == 0


def test_app_results_hold_what_was_counted(api: httpx.Client, ids: dict[str, str]) -> None:
    listed = api.get(f"/v1pre3/appresults/{ids['result']}/files").json()["Response"]["Items"]
    content = api.get(f"/v1pre3/files/{listed[0]['Id']}/content?redirect=meta").json()
    table = httpx.get(content["Response"]["HrefContent"]).text.splitlines()
    sample = api.get(f"/v1pre3/appresults/{ids['result']}").json()["Response"]["Properties"]
    reads = sample["Items"][0]["Items"][0]["TotalReadsPF"]
    assert table[0] == "sample,lane,clusters,reads"
    assert sum(int(row.rpartition(",")[2]) for row in table[1:]) == reads


def test_what_is_in_the_trash_comes_back(simulator: Simulator) -> None:
    with asking(simulator.regions[0]) as api:
        run = api.get("/v2/runs").json()["Items"][0]["Id"]
        dataset = api.get(f"/v2/datasets?inputruns={run}").json()["Items"][0]["Id"]
        simulator.faults.become([run, dataset], "deleted")
        entries = api.get("/v2/trash").json()["Items"]
        assert {(e.get("DeletedRun") or e["DeletedDataset"])["Id"] for e in entries} == {
            run,
            dataset,
        }
        for entry in entries:
            assert api.post(f"/v2/trash/{entry['Id']}/restorefromtrash").status_code == 200
        assert api.get("/v2/trash").json()["Items"] == []
        assert api.get(f"/v2/runs/{run}").status_code == 200
        assert api.post("/v2/trash/1/restorefromtrash").status_code == 403
    with asking(simulator.regions[0], TOKENS.workgroup) as group:
        simulator.faults.become([run], "deleted")
        assert run not in str(group.get("/v2/trash").json())


def test_tokens_end_themselves(simulator: Simulator) -> None:
    with asking(simulator.regions[0]) as api:
        assert api.delete("/v2/oauthv2tokens/current").status_code == 200
        assert api.get("/v2/runs").status_code == 401
