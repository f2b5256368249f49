"""The core facility has data in every state of api.md §11.5 and §11.6, and each is found by API."""

import gzip
import hashlib
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bstui.simulator.contents import MIB, object_etag
from bstui.simulator.scales import Scale
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.simulator.asking import asking, fetch

Body = dict[str, Any]


@pytest.fixture(scope="module")
def core() -> Iterator[Simulator]:
    with Simulator(SimulatorOptions(scale=Scale.CORE)) as running:
        yield running


@pytest.fixture
def api(core: Simulator) -> Iterator[httpx.Client]:
    with asking(core.regions[0]) as client:
        yield client


def items(api: httpx.Client, path: str, **query: object) -> list[Body]:
    body = api.get(path, params={"limit": 1000, **{k: str(v) for k, v in query.items()}}).json()
    return list(body["Items"] if "Items" in body else body["Response"]["Items"])


def run_called(api: httpx.Client, experiment: str) -> Body:
    (found,) = items(api, "/v2/runs", experimentname=experiment)
    return found


def datasets_of(api: httpx.Client, biosample: str) -> list[Body]:
    (found,) = items(api, "/v2/biosamples", biosamplename=biosample)
    return items(api, "/v2/datasets", inputbiosamples=found["Id"])


def files_of(api: httpx.Client, biosample: str) -> list[Body]:
    found = datasets_of(api, biosample)
    return [file for dataset in found for file in items(api, f"/v2/datasets/{dataset['Id']}/files")]


def bytes_of(api: httpx.Client, file: Body) -> bytes:
    content = api.get(f"/v2/files/{file['Id']}/content", params={"redirect": "meta"}).json()
    return fetch(content["HrefContent"]).content


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("archived", {"Status": "Complete", "IsArchived": True}),
        ("zipping", {"IsZipping": True, "IsZipped": False, "IsUnzipping": False}),
        ("zipped", {"IsZipping": False, "IsZipped": True, "IsUnzipping": False}),
        ("unzipping", {"IsZipping": False, "IsZipped": True, "IsUnzipping": True}),
        ("files deleted", {"IsFileDataDeleted": True}),
        ("transfer pending", {"IsTransferPending": True}),
        ("failed", {"Status": "Failed", "UploadStatus": "Failed"}),
        ("still sequencing", {"Status": "Running", "UploadStatus": "Uploading"}),
        ("uploading", {"Status": "Uploading", "UploadStatus": "Uploading"}),
        ("top-up", {"Status": "Complete", "UploadStatus": "Completed", "IsArchived": False}),
    ],
)
def test_there_is_a_run_in_every_state(api: httpx.Client, name: str, told: Body) -> None:
    run = run_called(api, f"Case run {name}")
    assert {key: run[key] for key in told} == told


def test_the_files_of_an_archived_run_are_archived_but_for_its_records(api: httpx.Client) -> None:
    files = items(api, f"/v2/runs/{run_called(api, 'Case run archived')['Id']}/files")
    assert {f["Path"].startswith("Data/") for f in files if f["IsArchived"]} == {True}
    assert not any(f["IsArchived"] for f in files if f["Name"] == "RunInfo.xml")


@pytest.mark.parametrize("state", ["zipped", "unzipping"])
def test_a_zipped_run_has_zips_in_place_of_base_calls(api: httpx.Client, state: str) -> None:
    files = items(api, f"/v2/runs/{run_called(api, f'Case run {state}')['Id']}/files")
    assert not any(file["Name"].endswith(".bcl") for file in files)
    calls = next(file for file in files if file["Path"].endswith("BaseCalls/L001.zip"))
    with zipfile.ZipFile(io.BytesIO(bytes_of(api, calls))) as archive:
        assert any(name.endswith(".bcl") for name in archive.namelist())


@pytest.mark.parametrize("version", ["v1pre3", "v2"])
def test_an_upload_grows_between_looks_until_it_ends(version: str) -> None:
    with (
        Simulator(SimulatorOptions(scale=Scale.CORE)) as core,
        asking(core.regions[0]) as api,
    ):
        run = run_called(api, "Case run uploading")["Id"]
        looks = [items(api, f"/{version}/runs/{run}/files", sortby="Id") for _ in range(60)]
        counts = [len(files) for files in looks]
        assert (counts[1] - counts[0], counts[-1]) == (3, 100)
        assert counts == sorted(counts)
        assert looks[-1][: counts[0]] == looks[0]
        after = run_called(api, "Case run uploading")
        assert (after["Status"], after["UploadStatus"]) == ("Complete", "Completed")


@pytest.mark.parametrize(
    ("name", "told", "status"),
    [
        ("case-archived", {"IsArchived": True}, 409),
        ("case-files-deleted", {"IsFileDataDeleted": True}, 404),
        ("case-transfer-pending", {"IsTransferPending": True}, 200),
        ("case-upload-failed", {"UploadStatus": "Failed"}, 200),
    ],
)
def test_there_is_a_dataset_in_every_state(
    api: httpx.Client, name: str, told: Body, status: int
) -> None:
    (dataset,) = datasets_of(api, name)
    assert {key: dataset[key] for key in told} == told
    file = files_of(api, name)[0]
    answer = api.get(f"/v2/files/{file['Id']}/content", params={"redirect": "meta"})
    assert answer.status_code == status


def test_there_are_duplicates_and_equal_file_names(api: httpx.Client) -> None:
    again = datasets_of(api, "case-re-queued")
    assert len({(d["Name"], d["AppSession"]["Name"]) for d in again}) == 2
    assert len({d["Name"] for d in again}) == 1
    twice = files_of(api, "case-two-runs")
    assert (len(twice), len({file["Name"] for file in twice})) == (4, 2)
    assert len({file["ETag"] for file in twice}) == 4


@pytest.mark.parametrize(
    "name", ["case blank name", "case+plus", "case 50%41 per cent", "case Zürich é 日本"]
)
def test_odd_names_of_files_lead_to_their_bytes(api: httpx.Client, name: str) -> None:
    for file in files_of(api, name):
        assert file["Name"].startswith(f"{name}_S")
        assert gzip.decompress(bytes_of(api, file)).startswith(b"@M00421:")


def test_files_may_have_no_bytes(api: httpx.Client) -> None:
    files = files_of(api, "case-zero-bytes")
    assert [(f["Size"], f["ETag"], bytes_of(api, f)) for f in files] == [
        (0, hashlib.md5().hexdigest(), b"")
    ] * 2


@pytest.mark.parametrize(
    ("name", "part_size"),
    [
        ("case-single-end", MIB),
        ("case-parts-of-5-MiB", 5 * MIB),
        ("case-parts-of-8-MiB", 8 * MIB),
        ("case-parts-of-25-MB", 25_000_000),
    ],
)
def test_etags_are_of_parts_of_several_sizes(api: httpx.Client, name: str, part_size: int) -> None:
    (file,) = files_of(api, name)
    assert file["ETag"] == object_etag(bytes_of(api, file), part_size)
    assert ("-" in file["ETag"]) == (file["Size"] > part_size)


def test_etags_may_be_weak_or_missing(api: httpx.Client) -> None:
    assert all("ETag" not in file for file in files_of(api, "case-no-ETag"))
    assert all(file["ETag"].startswith('W/"') for file in files_of(api, "case-weak-ETag"))


def test_index_reads_are_in_step_with_the_inserts_on_each_lane(api: httpx.Client) -> None:
    lanes = datasets_of(api, "case-index-reads")
    assert {dataset["Name"][-4:] for dataset in lanes} == {"L001", "L002"}
    for dataset in lanes:
        files = items(api, f"/v2/datasets/{dataset['Id']}/files")
        texts = {file["Name"][-15:-13]: gzip.decompress(bytes_of(api, file)) for file in files}
        lines = {read: text.decode().splitlines() for read, text in texts.items()}
        assert set(lines) == {"I1", "I2", "R1", "R2"}
        names = {tuple(line.split()[0] for line in text[::4]) for text in lines.values()}
        assert len(names) == 1
        index = lines["R1"][0].rpartition(":")[2]
        assert f"{lines['I1'][1]}+{lines['I2'][1]}" == index


def test_a_long_property_is_cut_and_a_long_folder_is_on_two_pages(api: httpx.Client) -> None:
    run = run_called(api, "Case run 200 biosamples")["Id"]
    (shown,) = [
        item
        for item in api.get(f"/v2/runs/{run}").json()["Properties"]["Items"]
        if item["Name"] == "Input.BioSamples"
    ]
    assert (shown["ItemsDisplayedCount"], shown["ItemsTotalCount"]) == (50, 200)
    assert len(shown["BioSampleItems"]) == 50
    assert len(items(api, f"/v2/runs/{run}/properties/Input.BioSamples/items")) == 200
    run = run_called(api, "Case run of two pages")["Id"]
    pages = [items(api, f"/v2/runs/{run}/files", offset=offset) for offset in (0, 1000)]
    assert len(pages[0]) == 1000 > len(pages[1]) > 0


def test_there_are_all_kinds_of_owners(core: Simulator, api: httpx.Client) -> None:
    me = api.get("/v2/users/current").json()["Id"]
    projects = items(api, "/v1pre3/users/current/projects")
    assert {project["UserOwnedBy"]["Id"] == me for project in projects} == {True, False}
    named = {project["Name"]: project for project in projects}
    assert named["Case transfer pending"]["IsTransferPending"] is True
    unindexed = items(api, "/v2/datasets", projectid=named["Unindexed Reads"]["Id"])
    assert [dataset["Name"] for dataset in unindexed] == ["Undetermined_L001"]
    run = run_called(api, "Case run without its project")
    assert run["UserOwnedBy"]["Id"] != me
    assert items(api, "/v2/datasets", inputruns=run["Id"]) == []
    pooled = items(api, f"/v2/runs/{run['Id']}/properties/Input.BioSamples/items")
    assert len(pooled) == 2
    kinds = [(account.is_workgroup, account.scopes) for account in core.regions[0].accounts]
    assert [is_workgroup for is_workgroup, _ in kinds] == [False, True, False]
    assert kinds[-1][1] == ("BROWSE GLOBAL",)


def test_users_are_found_where_bodies_say(api: httpx.Client) -> None:
    run = run_called(api, "Case run without its project")
    owner = run["UserOwnedBy"]
    assert api.get(owner["Href"]).json()["Name"] == owner["Name"]
    told = api.get(f"/v1pre3/users/{owner['Id']}").json()["Response"]
    assert (told["Name"], "Email" in told) == (owner["Name"], False)
    me = api.get("/v2/users/current").json()
    assert api.get(f"/v2/users/{me['Id']}").json() == me
    for unknown in ("1", "current-not"):
        assert api.get(f"/v2/users/{unknown}").status_code == 403


def test_a_user_with_whom_nothing_is_shared_is_not_seen(core: Simulator, api: httpx.Client) -> None:
    group = core.regions[0].accounts[1]
    seen = {p["UserOwnedBy"]["Id"] for p in items(api, "/v1pre3/users/current/projects")}
    with asking(core.regions[0], group.token) as other:
        mine = {p["UserOwnedBy"]["Id"] for p in items(other, "/v1pre3/users/current/projects")}
        statuses = {user: other.get(f"/v2/users/{user}").status_code for user in seen}
    assert {user for user, status in statuses.items() if status == 200} == mine
    assert 403 in statuses.values()


@pytest.mark.parametrize(
    ("version", "name"), [("v1pre3", "Output.Samples"), ("v2", "Input.Libraries")]
)
def test_a_long_property_is_cut_where_it_stands_and_whole_by_its_items(
    api: httpx.Client, version: str, name: str
) -> None:
    run = run_called(api, "Case run 200 biosamples")["Id"]
    address = f"/{version}/runs/{run}/properties"
    told = api.get(f"{address}/{name}").json()
    one = told.get("Response", told)
    assert (one["ItemsDisplayedCount"], one["ItemsTotalCount"]) == (50, 200)
    assert one in items(api, address)
    assert len({item["Id"] for item in items(api, f"{address}/{name}/items")}) == 200
    assert api.get(f"{address}/Nothing").status_code == 404


def test_thresholds_of_lanes_are_properties_with_words_for_items(api: httpx.Client) -> None:
    run = run_called(api, "Case run top-up")["Id"]
    name = f"/v2/runs/{run}/properties/BaseSpace.LaneQcThresholds.1"
    assert api.get(f"{name}.Passed").json()["ContentItems"] == ["Lane.PercentGtQ30"]
    assert items(api, f"{name}.Passed/items") == [{"Content": "Lane.PercentGtQ30"}]
    assert items(api, f"{name}.Failed/items") == []
    assert api.get(f"{name}.Other/items").status_code == 404
