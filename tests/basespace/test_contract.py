"""Every recorded body, served over HTTP and asked for through the client, says what it said.

The bodies lie beside the project (`recorded.py`); each is either in `ASKED`, or named in `OTHERS`
with why no call of ours asks for it, and is then served to calls that expect another thing.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bstui.basespace.client import Client
from bstui.basespace.models import Run
from bstui.errors import BstuiError, Gone, NotAllowed, NotLoggedIn
from tests.basespace.recorded import FOLDER, recorded
from tests.basespace.server import Question, Reply, asking

RUN = Run(id="7", v1_id="7", name="R")
Call = Callable[[Client], Awaitable[Any]]

LISTS: dict[str, Call] = {
    "v1_users_current_projects_p1": lambda c: _read(c.projects()),
    "v1_users_current_projects_p2": lambda c: _read(c.projects()),
    "v2_biosamples_by_project_p1": lambda c: _read(c.biosamples("86591915")),
    "v2_datasets_by_appsession": lambda c: _read(c.datasets()),
    "v2_datasets_by_biosample_with_properties": lambda c: _read(c.datasets(biosample="104555093")),
    "v2_dataset_files": lambda c: _read(c.dataset_files("ds.1")),
    "v2_dataset_files_page1": lambda c: _read(c.dataset_files("ds.1")),
    "v2_dataset_files_empty_page": lambda c: _read(c.dataset_files("ds.1")),
    "v2_run_files_masked": lambda c: _read(c.run_files("r.X")),
    "v1_project_appresults": lambda c: _read(c.projects()),
    "v1_project_samples": lambda c: _read(c.projects()),
}
"""Those of samples and of results have a list's envelope, and items with ids and names."""

SINGLES: dict[str, tuple[Call, str]] = {
    "v1_project": (lambda c: c.project("1"), "Response"),
    "v1_file_fastq": (lambda c: c.file("1"), "Response"),
    "v1_file_appresult_parent": (lambda c: c.file("1"), "Response"),
    "v1_file_sample_parent": (lambda c: c.file("1"), "Response"),
    "v1_file_pending_2012": (lambda c: c.file("1"), "Response"),
    "v1_sample": (lambda c: c.project("1"), "Response"),
    "v1_appresult": (lambda c: c.project("1"), "Response"),
    "v1_appsession_2015": (lambda c: c.project("1"), "Response"),
    "v1_run_object": (lambda c: c.run("1"), ""),
    "v2_run_details_masked": (lambda c: c.run("1"), ""),
}
REFUSALS: dict[str, tuple[int, type[BstuiError]]] = {
    "v1_error_401_bad_token": (401, NotLoggedIn),
    "v1_error_403_2012_style": (403, NotAllowed),
    "v1_error_403_file_nonexistent": (403, NotAllowed),
    "v1_error_403_project_browse": (403, NotAllowed),
    "v1_error_404_unknown_route": (404, Gone),
    "v1_error_410_removed": (410, Gone),
}
CONTENTS = ("v1_file_content_meta", "v1_file_content_meta_fastq")
OTHERS = {
    "FIELDS_v1_runs_and_run_files": "names of fields, no body",
    "oauth_deviceauthorization": "test_device.py",
    "oauth_token_pending": "test_device.py",
    "v1_appresult_files": "bstui asks for files of runs and of datasets",
    "v2_appsessions_by_project": "bstui does not ask for analyses",
    "v2_appsessions_by_project_last": "bstui does not ask for analyses",
    "v2_property_input_libraries": "a part of the datasets' body",
}


async def _read(listing: Any) -> tuple[list[Any], int]:
    """All of a list, and how many it says are missing."""
    return await listing.all(), listing.missing


def replay(name: str, status: int = 200) -> Callable[[Question], Reply]:
    """Serves a body once, as the first page; whatever is asked beyond it is empty."""
    body = recorded(name)

    def answer(question: Question) -> Reply:
        if int(question.query.get("offset", 0)) == 0 or status != 200:
            return Reply(body, status)
        paging = _parts(json.loads(body))[1]
        return Reply(_with_envelope(json.loads(body), [], paging))

    return answer


def _parts(body: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The items of a list, and its counts, of v1 or v2."""
    inner = body.get("Response", body)
    return inner["Items"], body.get("Paging", inner)


def _with_envelope(body: dict[str, Any], items: list[Any], paging: dict[str, Any]) -> Any:
    counts = {key: paging[key] for key in ("TotalCount", "Limit") if key in paging}
    if "Response" in body:
        return {"Response": {"Items": items, **counts}}
    return {"Items": items, "Paging": counts}


@pytest.mark.parametrize("name", LISTS)
async def test_a_recorded_list(name: str) -> None:
    body, paging = _parts(json.loads(recorded(name)))
    async with asking(replay(name)) as (client, server):
        found, missing = await LISTS[name](client)
    assert [item.id for item in found] == [item["Id"] for item in body]
    for item, said in zip(found, body, strict=True):
        _compare(item, said)
    short = (paging.get("TotalCount") or 0) - len(body)
    assert missing == max(0, short), "a list that was cut says so"
    assert server.asked[0].query["limit"].isdigit()


@pytest.mark.parametrize("name", SINGLES)
async def test_a_recorded_resource(name: str) -> None:
    call, key = SINGLES[name]
    body = json.loads(recorded(name))
    async with asking(replay(name)) as (client, _):
        found = await call(client)
    _compare(found, body[key] if key else body)


def _compare(found: Any, said: dict[str, Any]) -> None:
    """What a model has is what the body says, field by field, where both have it."""
    owner = said.get("UserOwnedBy", {})
    names = {
        "id": said["Id"],
        "name": said.get("Name", said.get("BioSampleName")),
        "path": said.get("Path"),
        "owner_id": owner.get("Id"),
        "size": said.get("Size", said.get("TotalSize")),
        "status": said.get("Status"),
        "etag": said.get("ETag"),
        "experiment": said.get("ExperimentName"),
        "flowcell": said.get("FlowcellBarcode"),
        "qc_status": said.get("QcStatus"),
        "upload_status": said.get("UploadStatus"),
        "is_archived": said.get("IsArchived"),
        "is_zipped": said.get("IsZipped"),
        "project_id": (said.get("Project") or said.get("DefaultProject") or {}).get("Id"),
    }
    for field, value in names.items():
        if value is not None and hasattr(found, field):
            assert getattr(found, field) == value, field
    if found.created is not None:
        assert found.created.strftime("%Y-%m-%dT%H:%M:%S") == said["DateCreated"][:19]


@pytest.mark.parametrize("name", CONTENTS)
async def test_a_recorded_address(name: str) -> None:
    said = json.loads(recorded(name))["Response"]
    async with asking(replay(name)) as (client, _):
        found = await client.content("1")
    assert found.url == said["HrefContent"]
    assert found.expires is not None
    assert found.expires.strftime("%Y-%m-%dT%H:%M:%S") == said["Expires"][:19]


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_recorded_refusal(name: str) -> None:
    status, error = REFUSALS[name]
    async with asking(replay(name, status)) as (client, _):
        with pytest.raises(error) as caught:
            await client.file("1")
    words = json.loads(recorded(name))["ResponseStatus"].get("Message", "")
    assert " ".join(words.split())[:80] in caught.value.details


@pytest.mark.parametrize("name", [*LISTS, *SINGLES, *REFUSALS, *CONTENTS, *OTHERS])
async def test_a_body_in_the_wrong_place_is_an_answer_or_an_error_of_ours(name: str) -> None:
    calls: tuple[Call, ...] = (
        lambda c: c.identity(),
        lambda c: c.runs().all(),
        lambda c: c.dataset("ds.1"),
        lambda c: c.lane_biosamples(RUN),
        lambda c: c.content("1"),
        lambda c: c.details(["1", "2"]),
        lambda c: c.address_book("1").find("1", 1),
    )
    async with asking(replay(name)) as (client, _):
        for call in calls:
            try:
                await call(client)
            except BstuiError as error:
                assert error.details or error.message  # noqa: PT017  (either will do)


def test_no_recorded_body_is_left_out() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"the recorded bodies are not there ({FOLDER})")
    known = {*LISTS, *SINGLES, *REFUSALS, *CONTENTS, *OTHERS}
    assert {path.stem for path in FOLDER.glob("*.json")} == known
