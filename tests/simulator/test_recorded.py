"""The simulator's bodies, field by field, against what the real service has been recorded to send.

Each recorded body is compared with the simulator's answer to the same call: every field that was
recorded must be there, of the same type, with an address of the same kind (relative, absolute), and
no field may be one that nobody has ever heard of. The bodies lie beside the project
(`tests/basespace/recorded.py`).
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx
import pytest

from bstui.simulator.service import Simulator
from tests.basespace.recorded import FOLDER, recorded
from tests.simulator.asking import asking

Ids = dict[str, str]
_PROPERTIES = "Input.Libraries,Input.Runs,BaseSpace.Metrics.FastQ"
CALLS = {
    "v1_project": "/v1pre3/projects/{project}",
    "v1_users_current_projects_p1": "/v1pre3/users/current/projects?Limit=3",
    "v1_users_current_projects_p2": "/v1pre3/users/current/projects?Offset=3&Limit=3",
    "v1_file_fastq": "/v1pre3/files/{file}",
    "v1_file_sample_parent": "/v1pre3/files/{file}",
    "v1_file_appresult_parent": "/v1pre3/files/{result_file}",
    "v1_file_content_meta": "/v1pre3/files/{result_file}/content?redirect=meta",
    "v1_file_content_meta_fastq": "/v1pre3/files/{file}/content?redirect=meta",
    "v1_project_samples": "/v1pre3/projects/{project}/samples?Limit=512",
    "v1_sample": "/v1pre3/samples/{sample}",
    "v1_project_appresults": "/v1pre3/projects/{project}/appresults?Limit=55",
    "v1_appresult": "/v1pre3/appresults/{result}",
    "v1_appresult_files": "/v1pre3/appresults/{result}/files?Limit=512",
    "v1_appsession_2015": "/v1pre3/appsessions/{analysis}",
    "v2_appsessions_by_project": "/v2/appsessions?output.projects={project}&limit=100",
    "v2_appsessions_by_project_last": "/v2/appsessions?output.projects={project}&offset=1&limit=9",
    "v2_datasets_by_appsession": "/v2/datasets?appsessionids={session}",
    "v2_datasets_by_biosample_with_properties": (
        "/v2/datasets?inputbiosamples={biosample}&include=properties"
        f"&datasettypes=~common.fastq&propertyfilters={_PROPERTIES}"
    ),
    "v2_biosamples_by_project_p1": "/v2/biosamples?projectid={project}&sortby=Name&limit=5",
    "v2_dataset_files": "/v2/datasets/{dataset}/files?sortby=Name&limit=512",
    "v2_dataset_files_page1": "/v2/datasets/{dataset}/files?sortby=Name&limit=1",
    "v2_dataset_files_empty_page": "/v2/datasets/{dataset}/files?sortby=Name&offset=9&limit=1",
    "v2_run_details_masked": "/v2/runs/{novaseq}",
    "v2_run_files_masked": "/v2/runs/{run}/files?extensions=csv&directory=/",
    "v1_error_404_unknown_route": "/v2/v2/datasets",
    "v1_error_403_file_nonexistent": "/v1pre3/files/1111111",
    "v1_error_403_project_browse": "/v2/projects/1111111",
    "v1_error_410_removed": "/v1pre3/runs/{removed}",
}
"""By the name of a recorded body, the call that the simulator answers with its like."""
PARTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "v1_run_object": (
        "/v1pre3/samples/{sample}",
        lambda body: body["Response"]["Properties"]["Items"][0]["Items"][0],
    ),
    "v2_property_input_libraries": (
        "/v2/datasets?inputbiosamples={biosample}&include=properties&propertyfilters=Input.Libraries",
        lambda body: body["Items"][-1]["Properties"]["Items"][0],
    ),
}
"""Recorded parts of a body, and where the like is in one of the simulator's."""
ELSEWHERE = {
    "v1_error_401_bad_token": "test_bad_tokens_get_the_recorded_401",
    "oauth_deviceauthorization": "test_device_login_speaks_as_recorded",
    "oauth_token_pending": "test_device_login_speaks_as_recorded",
    "FIELDS_v1_runs_and_run_files": "test_lists_have_the_fields_that_a_tool_inferred",
}
NOT_MADE = {
    "v1_error_403_2012_style": "the style of 2012, which the service has left",
    "v1_file_pending_2012": "the answer to an upload, which the simulator does not take",
}


@pytest.fixture(scope="module")
def api(laboratory: Simulator) -> Iterator[httpx.Client]:
    with asking(laboratory.regions[0]) as client:
        yield client


def first(api: httpx.Client, path: str, number: int = 0) -> str:
    body = api.get(path).json()
    return str(body.get("Response", body)["Items"][number]["Id"])


@pytest.fixture(scope="module")
def ids(laboratory: Simulator, api: httpx.Client) -> Ids:
    """Ids to put into paths."""
    projects = api.get("/v1pre3/users/current/projects?limit=100").json()["Response"]["Items"]
    project = next(p["Id"] for p in projects if p["Name"] == "Cardiac amplicon panel")
    biosample = first(api, f"/v2/biosamples?projectid={project}")
    fastq = f"/v2/datasets?inputbiosamples={biosample}&datasettypes=~common.fastq"
    dataset = first(api, fastq)
    result = first(api, f"/v1pre3/projects/{project}/appresults")
    runs = api.get("/v2/runs?limit=100").json()["Items"]
    removed = next(run["Id"] for run in runs if run["ExperimentName"] == "Pilot 2023")
    run = next(run["Id"] for run in runs if run["ExperimentName"] == "Cardiac panel plate 1")
    novaseq = next(run["Id"] for run in runs if run["Instrument"]["PlatformName"] == "NovaSeq")
    laboratory.faults.become([removed], "deleted")
    analysis = api.get(f"/v1pre3/appresults/{result}").json()["Response"]["AppSession"]["Id"]
    return {
        "project": project, "biosample": biosample, "dataset": dataset, "run": run,
        "novaseq": novaseq, "removed": removed, "result": result, "analysis": analysis,
        "sample": first(api, f"/v1pre3/projects/{project}/samples"),
        "session": api.get(f"/v2/datasets/{dataset}").json()["AppSession"]["Id"],
        "file": first(api, f"/v2/datasets/{dataset}/files"),
        "result_file": first(api, f"/v1pre3/appresults/{result}/files"),
    }  # fmt: skip


NOT_HERE = {
    "v1_appsession_2015": (
        "/Response/Properties/Items[]",  # the settings of that very app
        "/Response/AuthorizationCode",  # of that very launch
        "/Response/HrefLogs",  # nothing here writes logs
    ),
    "v2_datasets_by_appsession": ("/Items[]/AppSession/Application/HomepageUri",),  # another app
    "v2_run_details_masked": ("/HrefIcaUriFiles",),  # where ids are ICA's: test_run_ids
}
"""Fields of a recorded body that the like of it need not have, and why."""


@pytest.mark.parametrize("name", [*CALLS, *PARTS])
def test_bodies_are_as_recorded(api: httpx.Client, ids: Ids, name: str) -> None:
    real = json.loads(recorded(name))
    path, part = PARTS.get(name, (CALLS.get(name, ""), lambda body: body))
    ours = part(api.get(path.format(**ids)).json())
    compare(undated(real) if name == "v1_appsession_2015" else real, ours, NOT_HERE.get(name, ()))


def compare(real: Any, ours: Any, not_here: tuple[str, ...] = ()) -> None:
    there, here = kinds(real), kinds(ours)
    missing = {field for field in there if field not in here}
    assert {field for field in missing if not field.startswith(not_here or "?")} == set()
    assert {f: here[f] for f in there if f in here} == {f: there[f] for f in there if f in here}
    names = {field.rpartition("/")[2].rstrip("[]") for field in here if field not in there}
    assert names - known_names() == {""} & names


@cache
def known_names() -> set[str]:
    """Every field that was ever recorded, or that v2's models name."""
    models = json.loads((FOLDER.parent / "v2-fields.json").read_bytes())["models"]
    bodies = (json.loads(path.read_bytes()) for path in FOLDER.glob("*.json"))
    seen = {field.rpartition("/")[2].rstrip("[]") for body in bodies for field in kinds(body)}
    return seen | {name for fields in models.values() for name in fields}


@pytest.mark.parametrize("name", ["v1_error_404_unknown_route", "v1_error_403_file_nonexistent"])
def test_errors_are_the_recorded_ones(api: httpx.Client, name: str) -> None:
    answer = api.get(CALLS[name])
    assert answer.json() == json.loads(recorded(name))
    assert answer.status_code == int(name.split("_")[2])
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_bad_tokens_get_the_recorded_401(laboratory: Simulator) -> None:
    here, there = laboratory.regions
    for token in ("f" * 32, there.accounts[0].token):
        with asking(here, token) as client:
            answer = client.get("/v2/runs")
            assert answer.status_code == 401
            assert answer.json() == json.loads(recorded("v1_error_401_bad_token"))


def test_device_login_speaks_as_recorded(api: httpx.Client) -> None:
    wish = {"response_type": "device_code", "client_id": "x", "scope": "browse global"}
    login = api.post("/v1pre3/oauthv2/deviceauthorization", data=wish).json()
    compare(json.loads(recorded("oauth_deviceauthorization")), login)
    ask = {"client_id": "x", "client_secret": "y", "grant_type": "device"}
    pending = api.post("/v1pre3/oauthv2/token", data=ask | {"code": login["device_code"]})
    assert pending.json() == json.loads(recorded("oauth_token_pending"))


def test_lists_have_the_fields_that_a_tool_inferred(api: httpx.Client, ids: Ids) -> None:
    lists = json.loads(recorded("FIELDS_v1_runs_and_run_files"))
    paths = {
        "users/current/runs item": "/v1pre3/users/current/runs",
        "runs/{id}/files item (NO IdAsLong)": f"/v1pre3/runs/{ids['run']}/files",
        "samples/{id}/files item": f"/v1pre3/samples/{ids['sample']}/files",
        "appresults/{id}/files item": f"/v1pre3/appresults/{ids['result']}/files",
    }
    seldom = {"IsTransferPending", "PrepSettings", "Category"}  # absent from the recorded bodies
    for name, path in paths.items():
        (item, *_) = api.get(path).json()["Response"]["Items"]
        assert set(lists[name]) - set(item) <= seldom, name
        assert ("IdAsLong" in item) is ("IdAsLong" in lists[name])


def kinds(body: Any, path: str = "") -> dict[str, str]:
    """The kind of each field: its JSON type, and whether an address is relative or absolute."""
    if isinstance(body, dict):
        found = {path: "object"}
        for key, value in body.items():
            found |= kinds(value, f"{path}/{key}")
        return found
    if isinstance(body, list):
        return {path: "list"} | {p: k for v in body for p, k in kinds(v, f"{path}[]").items()}
    if isinstance(body, str) and "Href" in path.rpartition("/")[2]:
        return {path: "absolute" if "://" in body else "relative"}
    if isinstance(body, str) and DATE.fullmatch(body):
        return {path: "date"}
    return {path: "number" if type(body) in (int, float) else type(body).__name__}


DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")


def undated(body: Any) -> Any:
    """A body of 2015, with the Z that dates have had since."""
    text = json.dumps(body)
    return json.loads(re.sub(r'(\d\dT\d\d:\d\d:\d\d\.\d{7})"', r'\1Z"', text))


def test_no_recorded_body_is_left_out() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"the recorded bodies are not there ({FOLDER})")
    known = [*CALLS, *PARTS, *ELSEWHERE, *NOT_MADE]
    assert {path.stem for path in FOLDER.glob("*.json")} == set(known)
    assert len(known) == len(set(known))
    assert set(ELSEWHERE.values()) <= set(globals())
