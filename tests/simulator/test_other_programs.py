"""Programs that others wrote for BaseSpace run against the simulator, unchanged.

bioforklift is installed from PyPI into a venv of its own; of the PyFilesystem client and the
vendor's Python SDK, which cannot be installed from there, the calls are made that they make.
"""

import hashlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bstui.simulator.service import Simulator
from tests.simulator.asking import asking

FORKLIFT = "bioforklift==0.5.4"
ITS_NEEDS = ("requests>=2.32,<3", "pydantic>=2.10,<3", "tqdm>=4.66,<5")
"""What its BaseSpace part imports; its other needs are clouds and databases."""
PROGRAM = """
import json, pathlib, sys
from bioforklift.basespace import BaseSpace
from bioforklift.basespace.basespace_endpoints import fetch_all_items

server, biosample, folder = sys.argv[1:]
token = sys.stdin.readline().strip()
space = BaseSpace(token, server)
ask = space.methods
projects = ask.get_search_items('Name:"zebrafish"', "projects")
runs = ask.get_search_items('ExperimentName:"cardiac"', "runs")
run = ask.resolve_collection_id("Cardiac panel top-up", priority="runs")
project = ask.resolve_collection_id("Cardiac amplicon panel", priority="projects")
by_run = ask.get_datasets(run)
by_project = ask.get_datasets(project)
by_biosample = fetch_all_items(space.endpoints.datasets, inputbiosamples=biosample)
files = [file for dataset in by_run for file in ask.get_dataset_files(dataset)]
space.fetch_sample_fastqs(
    "Cardiac panel top-up", ["Kidney-2"], priority="runs", dest_dir=pathlib.Path(folder),
    group_by_lane=True, progress=False,
)
names = lambda items: sorted(item.name for item in items)
print(json.dumps({
    "projects": names(projects), "runs": sorted(run.experiment_name for run in runs),
    "by_run": names(by_run), "by_project": len(by_project), "by_biosample": names(by_biosample),
    "files": {file.name: file.size for file in files},
}))
"""


@pytest.fixture(scope="module")
def forklift(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a venv that has bioforklift; skips aloud where pip cannot get it."""
    folder = tmp_path_factory.mktemp("forklift")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    python = folder / "bin/python"
    quiet = ("-m", "pip", "install", "-q", "--no-input", "--retries", "1")
    for wanted in (("--no-deps", FORKLIFT), ITS_NEEDS):
        try:
            command = [python, *quiet, *wanted]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=200)
        except subprocess.SubprocessError as error:
            pytest.skip(
                f"pip cannot install {wanted}: {str(getattr(error, 'stderr', error))[-200:]}"
            )
    return python


@pytest.mark.system
@pytest.mark.timeout(600)
def test_bioforklift_lists_and_downloads(
    simulator: Simulator, forklift: Path, tmp_path: Path
) -> None:
    region = simulator.regions[0]
    with asking(region) as api:
        found = api.get("/v2/biosamples?biosamplename=Kidney-2").json()["Items"]
    command = [forklift, "-c", PROGRAM, region.api_url, found[0]["Id"], str(tmp_path / "got")]
    token = f"{region.accounts[0].token}\n"
    done = subprocess.run(
        command, input=token, capture_output=True, text=True, timeout=120, cwd=tmp_path
    )  # where it leaves a log
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["projects"] == ["Zebrafish heart RNA-seq"]
    assert told["runs"] == ["Cardiac panel plate 1", "Cardiac panel top-up"]
    assert told["by_run"] == ["Kidney-2_L001"]
    assert told["by_project"] == 16
    assert told["by_biosample"] == ["Kidney-2_L001", "Kidney-2_L001"]
    for read in ("R1", "R2"):
        size = told["files"][f"Kidney-2_S1_L001_{read}_001.fastq.gz"]
        data = (tmp_path / f"got/Kidney-2_{read}.fastq.gz").read_bytes()
        truths = {t.sha256 for t in simulator.truth().values() if t.size == size}
        assert len(data) == size
        assert hashlib.sha256(data).hexdigest() in truths


# The PyFilesystem client: a tree of folders, each a call.

PAGE = "Offset=0&Limit=512"
V2_PAGE = "sortby=Name&offset=0&limit=512"
FLAGS = "&".join(
    f"{name}=False"
    for name in (
        *("excludevcfindexfolder", "excludebamcoveragefolder", "excludesystemfolder"),
        *("excludeemptyfiles", "filehrefcontentresolution", "turbomode"),
    )
)


@pytest.fixture
def api(simulator: Simulator) -> Iterator[httpx.Client]:
    with asking(simulator.regions[0]) as client:
        yield client


def items(api: httpx.Client, path: str) -> list[Any]:
    answer = api.get(path)
    assert answer.status_code == 200, path
    body = answer.json()
    found: list[Any] = body.get("Response", body)["Items"]
    return found


def test_a_file_system_is_walked(simulator: Simulator, api: httpx.Client) -> None:
    (project,) = (
        p["Id"]
        for p in items(api, f"/v1pre3/users/current/projects?{PAGE}")
        if p["Name"] == "Cardiac amplicon panel"
    )
    assert api.get(f"/v1pre3/projects/{project}?{PAGE}").json()["Response"]["Id"] == project
    counted: set[str] = set()
    seen: set[str] = set()
    for result in items(api, f"/v1pre3/projects/{project}/appresults?{PAGE}"):
        assert api.get(f"/v1pre3/appresults/{result['Id']}?{PAGE}").status_code == 200
        counted |= {f["Id"] for f in items(api, f"/v1pre3/appresults/{result['Id']}/files?{PAGE}")}
    for sample in items(api, f"/v1pre3/projects/{project}/samples?{PAGE}"):
        assert api.get(f"/v1pre3/samples/{sample['Id']}?{PAGE}").status_code == 200
        seen |= {f["Id"] for f in items(api, f"/v1pre3/samples/{sample['Id']}/files?{PAGE}")}
    by_biosample: set[str] = set()
    for biosample in items(api, f"/v2/biosamples?projectid={project}&{V2_PAGE}"):
        query = (
            f"{V2_PAGE}&sortdir=Asc&include=properties&datasettypes=~common.fastq"
            "&propertyfilters=Input.Libraries,Input.Runs,BaseSpace.Metrics.FastQ"
        )
        for dataset in items(api, f"/v2/datasets?inputbiosamples={biosample['Id']}&{query}"):
            files = f"/v2/datasets/{dataset['Id']}/files?{FLAGS}&{V2_PAGE}&sortdir=Asc"
            by_biosample |= {file["Id"] for file in items(api, files)}
    assert seen == by_biosample
    assert (len(counted), counted & seen) == (14, set())
    for session in items(api, f"/v2/appsessions?output.projects={project}&{V2_PAGE}"):
        assert api.get(f"/v2/datasets?appsessionids={session['Id']}&offset=0").status_code == 200
    told = api.get(f"/v1pre3/files/{min(seen)}?{PAGE}").json()["Response"]
    assert told["UploadStatus"] == "complete"
    content = api.get(f"/v1pre3/files/{min(seen)}/content?redirect=meta").json()["Response"]
    assert len(httpx.get(content["HrefContent"]).content) == told["Size"]


# The vendor's SDKs.


def test_an_sdk_logs_in_and_reads_in_parts(simulator: Simulator) -> None:
    """The Python SDK: the device's codes in the query, a probe of two bytes, parts by ranges."""
    server = simulator.regions[0].api_url
    with httpx.Client(base_url=f"{server}/v1pre3/") as api:
        asked = {"client_id": "a", "scope": "browse global,read global"}
        asked["response_type"] = "device_code"
        login = api.post("oauthv2/deviceauthorization", params=asked).json()
        api.get(f"{login['verification_with_code_uri']}&user={simulator.regions[0].accounts[0].id}")
        wanted = {"client_id": "a", "client_secret": "b", "grant_type": "device"}
        answer = api.post("oauthv2/token", params=wanted | {"code": login["device_code"]})
        api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        api.headers["Content-Type"] = "application/json"
        user = api.get("users/current").json()["Response"]
        runs = api.get(f"users/{user['Id']}/runs", params={"Limit": 1, "SortDir": "Desc"}).json()
        run = runs["Response"]["Items"][0]["Id"]
        listed = api.get(f"runs/{run}/files", params={"Extensions": ".xml", "Limit": 1000}).json()
        file = next(f for f in listed["Response"]["Items"] if f["Name"] == "RunInfo.xml")
        content = api.get(f"files/{file['Id']}/content", params={"redirect": "meta"}).json()
    address = content["Response"]["HrefContent"]
    probe = urllib.request.Request(address, headers={"Range": "bytes=0-1"})
    with urllib.request.urlopen(probe) as reply:
        assert (reply.status, reply.headers["Content-Range"]) == (206, f"bytes 0-1/{file['Size']}")
        assert reply.headers["ETag"].strip('"') == file["ETag"]
    with urllib.request.urlopen(address) as reply:
        assert hashlib.md5(reply.read()).hexdigest() == file["ETag"]


def test_a_stack_that_repeats_its_headers_is_refused(simulator: Simulator) -> None:
    """As a client in Go was, until it left its Content-Type out."""
    with asking(simulator.regions[0]) as api:
        run = items(api, "/v2/runs")[0]["Id"]
        file = items(api, f"/v2/runs/{run}/files")[0]["Id"]
        moved = api.get(f"/v2/files/{file}/content").headers["location"]
    assert httpx.get(moved, headers={"Content-Type": "application/json"}).status_code == 403
