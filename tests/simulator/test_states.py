"""Data change while one looks: uploads end, runs are zipped, archived, deleted and come back."""

import hashlib
import io
import zipfile
from collections.abc import Iterator

import httpx
import pytest

from bstui.simulator.service import Simulator
from tests.lab import TOKENS
from tests.simulator.asking import asking, fetch, file_named


@pytest.fixture
def api(simulator: Simulator) -> Iterator[httpx.Client]:
    with asking(simulator.regions[0]) as client:
        yield client


def run_of(api: httpx.Client, experiment: str) -> dict[str, object]:
    runs = api.get("/v2/runs?limit=100").json()["Items"]
    found: dict[str, object] = next(run for run in runs if run["ExperimentName"] == experiment)
    return found


def paths_of(api: httpx.Client, run: object) -> list[str]:
    files = api.get(f"/v2/runs/{run}/files?limit=1000").json()["Items"]
    return [file["Path"] for file in files]


def test_uploads_go_on_and_end(simulator: Simulator, api: httpx.Client) -> None:
    run = run_of(api, "Panel plate 2")
    before = paths_of(api, run["Id"])
    simulator.faults.upload(str(run["Id"]), 3)
    assert len(paths_of(api, run["Id"])) == len(before) + 3
    assert run_of(api, "Panel plate 2")["UploadStatus"] == "Uploading"
    simulator.faults.become([str(run["Id"])], "uploaded")
    after = run_of(api, "Panel plate 2")
    assert (after["UploadStatus"], after["Status"]) == ("Completed", "Complete")
    assert "RTAComplete.txt" in paths_of(api, run["Id"])
    last = api.get(f"/v2/runs/{run['Id']}/files?limit=1000").json()["Items"][-1]["Id"]
    content = api.get(f"/v2/files/{last}/content?redirect=meta").json()["HrefContent"]
    assert fetch(content).status_code == 200


def test_what_is_not_uploaded_is_not_there(simulator: Simulator, api: httpx.Client) -> None:
    run = run_of(api, "Panel plate 2")
    names = set(simulator.paths().values())
    assert "RTAComplete.txt" not in paths_of(api, run["Id"])
    assert "RTAComplete.txt" in names  # of the other runs


def test_zipped_runs_hold_zip_files(simulator: Simulator, api: httpx.Client) -> None:
    run = str(run_of(api, "Cardiac panel top-up")["Id"])
    before = paths_of(api, run)
    simulator.faults.become([run], "zipped")
    assert run_of(api, "Cardiac panel top-up")["IsZipped"] is True
    zipped = paths_of(api, run)
    assert {"RunInfo.xml", "Data/Intensities/BaseCalls/L001.zip", "Thumbnail_Images.zip"} <= set(
        zipped
    )
    assert not any(path.endswith((".bcl", ".jpg")) for path in zipped)
    listed = api.get(f"/v2/runs/{run}/files?extensions=.zip&pathprefix=Data").json()["Items"]
    file = listed[0]["Id"]
    content = api.get(f"/v2/files/{file}/content?redirect=meta").json()["HrefContent"]
    with zipfile.ZipFile(io.BytesIO(fetch(content).content)) as archive:
        assert archive.testzip() is None
        assert {name for name in before if name.endswith(".bcl")} <= set(archive.namelist())
    assert api.post("/v2/unzip", json={"RunIds": [run]}).status_code == 200
    assert run_of(api, "Cardiac panel top-up")["IsUnzipping"] is True
    assert paths_of(api, run) == zipped
    simulator.faults.become([run], "unzipped")
    assert paths_of(api, run) == before


def test_archives_are_restored_when_told(simulator: Simulator, api: httpx.Client) -> None:
    run = str(run_of(api, "Pilot 2023")["Id"])
    assert api.post("/v2/restore", json={"RunIds": [run]}).status_code == 200
    assert run_of(api, "Pilot 2023")["IsArchived"] is True
    simulator.faults.become([run], "restored")
    assert run_of(api, "Pilot 2023")["IsArchived"] is False
    own = run_of(api, "Cardiac panel top-up")["Id"]
    dataset = api.get(f"/v2/datasets?inputruns={own}").json()["Items"][0]["Id"]
    assert api.post("/v2/archive", json={"DatasetIds": [dataset]}).status_code == 200
    assert api.get(f"/v2/datasets/{dataset}").json()["IsArchived"] is True
    listed = api.get("/v2/datasets?isarchived=true").json()["Items"]
    assert [item["Id"] for item in listed] == [dataset]
    assert all(file["IsArchived"] for file in api.get(listed[0]["HrefFiles"]).json()["Items"])


def test_only_owners_change_data(simulator: Simulator, api: httpx.Client) -> None:
    shared = str(run_of(api, "Shared plate 12")["Id"])
    for path in ("restore", "archive", "unzip"):
        answer = api.post(f"/v2/{path}", json={"RunIds": [shared]})
        assert (answer.status_code, "WRITE" in answer.text) == (403, True)
    assert api.post("/v2/restore", json={"RunIds": 5}).status_code == 400
    assert api.post("/v2/restore", content=b"{").status_code == 400


def test_deleted_things_are_gone(simulator: Simulator, api: httpx.Client) -> None:
    run = str(run_of(api, "Cardiac panel top-up")["Id"])
    file = api.get(f"/v2/runs/{run}/files").json()["Items"][0]["Id"]
    count = api.get("/v2/runs").json()["Paging"]["TotalCount"]
    simulator.faults.become([run], "deleted")
    assert api.get("/v2/runs").json()["Paging"]["TotalCount"] == count - 1
    for path in (f"/v2/runs/{run}", f"/v1pre3/files/{file}"):
        answer = api.get(path)
        assert answer.status_code == 410
        assert answer.json()["ResponseStatus"]["ErrorCode"].endswith("RESOURCE_REMOVED")
    simulator.faults.become([run], "kept")
    assert api.get(f"/v2/runs/{run}").status_code == 200


def test_transfers_are_told(simulator: Simulator, api: httpx.Client) -> None:
    run = run_of(api, "Cardiac panel top-up")
    assert "IsTransferPending" not in run
    simulator.faults.become([str(run["Id"])], "transfer-pending")
    assert run_of(api, "Cardiac panel top-up")["IsTransferPending"] is True
    v1 = api.get(f"/v1pre3/runs/{run['Id']}").json()["Response"]
    assert v1["IsTransferPending"] is True


def test_states_that_are_none_are_refused(simulator: Simulator) -> None:
    for things, state in ((["1"], "archived"), (["1"], "melted")):
        with pytest.raises(ValueError, match=r"no run or dataset|one of"):
            simulator.faults.become(things, state)


@pytest.mark.parametrize(
    ("tag", "told", "sent"),
    [("missing", None, None), ("weak", 'W/"{}"', 'W/"{}"'), ("strong", "{}", '"{}"')],
)
def test_etags_are_missing_or_weak(
    simulator: Simulator, api: httpx.Client, tag: str, told: str | None, sent: str | None
) -> None:
    file = file_named(simulator, "Kidney-2_S1_L001_R1_001.fastq.gz")
    etag = simulator.truth({file})[file].etag
    simulator.faults.tag([file], tag)
    body = api.get(f"/v2/files/{file}").json()
    assert body.get("ETag") == (told and told.format(etag))
    content = api.get(f"/v2/files/{file}/content?redirect=meta").json()["HrefContent"]
    assert fetch(content).headers.get("etag") == (sent and sent.format(etag))


@pytest.mark.parametrize("size", [5_000_000, 5 * 1024 * 1024, 1000, 10_000])
def test_uploaders_cut_as_they_like(simulator: Simulator, api: httpx.Client, size: int) -> None:
    file = file_named(simulator, "Kidney-2_S1_L001_R1_001.fastq.gz")
    simulator.faults.repart([file], size)
    told = api.get(f"/v2/files/{file}").json()
    content = api.get(f"/v2/files/{file}/content?redirect=meta").json()["HrefContent"]
    data = fetch(content).content
    parts = [hashlib.md5(data[i : i + size]) for i in range(0, len(data), size)]
    whole = hashlib.md5(b"".join(part.digest() for part in parts)).hexdigest()
    expected = parts[0].hexdigest() if len(parts) == 1 else f"{whole}-{len(parts)}"
    assert told["ETag"] == expected
    assert fetch(content).headers["etag"] == f'"{expected}"'


def test_a_device_logs_in(simulator: Simulator) -> None:
    api = httpx.Client(base_url=simulator.regions[0].api_url)
    asked = {"response_type": "device_code", "client_id": "x", "scope": "browse global,READ GLOBAL"}
    login = api.post("/v1pre3/oauthv2/deviceauthorization", data=asked).json()
    assert (login["expires_in"], login["interval"]) == (1800, 1)
    assert login["verification_with_code_uri"].endswith(f"/oauth/device?code={login['user_code']}")
    ask = {"client_id": "x", "client_secret": "y", "grant_type": "device"}
    ask["code"] = login["device_code"]
    pending = api.post("/v1pre3/oauthv2/token", data=ask)
    assert (pending.status_code, pending.json()["error"]) == (400, "authorization_pending")
    page = api.get(login["verification_with_code_uri"]).text
    assert "Accept as Robin Ferris" in page
    assert "Accept as Heart &amp; Tumour Group" in page
    group = simulator.regions[0].accounts[1].id
    api.get(f"{login['verification_with_code_uri']}&user={group}")
    token = api.post("/v1pre3/oauthv2/token", params=ask).json()["access_token"]
    with asking(simulator.regions[0], token) as client:
        assert client.get("/v2/users/current").json()["Id"] == group
        scopes = client.get("/v1pre3/oauthv2/token/current").json()["Response"]["Scopes"]
    assert scopes == ["BROWSE GLOBAL", "READ GLOBAL"]
    api.close()


def test_a_device_is_refused(simulator: Simulator) -> None:
    with httpx.Client(base_url=simulator.regions[0].api_url) as api:
        path, token = "/v1pre3/oauthv2/deviceauthorization", "/v1pre3/oauthv2/token"
        assert api.post(path, data={"client_id": "x"}).status_code == 400
        login = api.post(path, data={"client_id": "x", "response_type": "device_code"}).json()
        api.get(f"{login['verification_with_code_uri']}&refuse=1")
        ask = {"client_id": "x", "client_secret": "y", "grant_type": "device"}
        refused = api.post(token, data=ask | {"code": login["device_code"]})
        unknown = api.post(token, data=ask | {"code": "0"})
        assert api.get("/oauth/device?code=0").status_code == 404
    assert (refused.json()["error"], unknown.json()["error"]) == ("access_denied", "invalid_grant")


def test_shared_runs_stay_the_owners(simulator: Simulator) -> None:
    with asking(simulator.regions[0], TOKENS.workgroup) as group:
        run = group.get("/v2/runs").json()["Items"][0]["Id"]
        assert group.post("/v2/archive", json={"RunIds": [run]}).status_code == 200
        assert group.get(f"/v2/runs/{run}").json()["IsArchived"] is True
