"""From four biosamples to a hundred thousand: what there is, and that looking costs little."""

import gzip
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bstui.simulator.contents import Spool
from bstui.simulator.region import Region, View
from bstui.simulator.scales import Scale, make_regions
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.lab import SEED, TOKENS
from tests.simulator.asking import asking, fetch

GIB = 1 << 30


@pytest.fixture(scope="module")
def huge() -> Iterator[Simulator]:
    with Simulator(SimulatorOptions(scale=Scale.HUGE)) as running:
        yield running


@pytest.fixture
def core() -> Iterator[Region]:
    spool = Spool()
    yield make_regions(Scale.CORE, SEED, 1.0, TOKENS, spool)[0]
    spool.close()


def test_tiny_is_a_run_of_four() -> None:
    spool = Spool()
    region, other = make_regions(Scale.TINY, SEED, 1.0, TOKENS, spool)
    assert (len(region.projects), len(region.runs), len(region.biosamples)) == (1, 1, 4)
    assert len(other.biosamples) == 3
    files = [file for file in region.files.values() if file.name.endswith(".fastq.gz")]
    assert sum(gzip.decompress(file.content.read()).count(b"\n") for file in files) > 400
    spool.close()


def test_core_has_thousands_of_biosamples_in_dozens_of_runs(core: Region) -> None:
    view = View(core, core.grants[TOKENS.person])
    ordered = [p for p in view.projects() if p.description.startswith("Order ")]
    planned = [run for run in view.runs() if run.experiment.startswith("Core run ")]
    assert (len(ordered), len(planned)) == (40, 40)
    assert sum(b.project in ordered for b in view.biosamples()) == 3840
    assert {run.is_archived for run in view.runs()} == {True, False}
    group = View(core, core.grants[TOKENS.workgroup])
    assert len(group.projects()) == 10


def test_sizes_are_foretold(core: Region) -> None:
    projects, runs = list(core.projects.values())[:3], list(core.runs.values())[:5]
    foretold = [core.project_size(p) for p in projects], [run.size for run in runs]
    made = [sum(d.size for d in core.project_datasets(p)) for p in projects]
    assert foretold == (made, [sum(f.content.size for f in run.files) for run in runs])
    assert foretold == ([core.project_size(p) for p in projects], [run.size for run in runs])


def test_an_id_is_remembered_by_another_simulator(core: Region) -> None:
    project = list(core.projects.values())[7]
    dataset = core.project_datasets(project)[5]
    run = list(core.runs.values())[3]
    files = [dataset.files[1], run.files[17]]
    spool = Spool()
    again, _ = make_regions(Scale.CORE, SEED, 1.0, TOKENS, spool)
    for file in files:
        assert again.objects[file.key].path == again.files[file.id].path == file.path
        assert again.files[file.id].content.read() == file.content.read()
    assert again.datasets[dataset.id].name == dataset.name
    assert again.samples[dataset.sample.id].datasets[0].biosample is not None
    spool.close()


@pytest.mark.parametrize(
    "name", ["", "1", "ds.", "ds." + "0" * 32, "r1_2", "r_", "9" * 40, "z" * 32]
)
def test_ids_of_nothing_lead_nowhere(core: Region, name: str) -> None:
    assert name not in core.files
    assert core.datasets.get(name) is None
    assert core.objects.get(name) is None
    with pytest.raises(KeyError):
        core.samples[name]


def test_huge_lists_a_hundred_thousand_biosamples_each_once(huge: Simulator) -> None:
    seen: set[str] = set()
    with asking(huge.regions[0]) as api:
        projects = api.get("/v1pre3/users/current/projects", params={"limit": 1024}).json()
        assert projects["Response"]["TotalCount"] == 200
        for offset in range(0, 100_001, 1000):
            query = {"limit": 1000, "offset": offset}
            body = api.get("/v2/biosamples", params=query).json()
            assert body["Paging"]["TotalCount"] == 100_000
            seen |= {item["Id"] for item in body["Items"]}
    assert len(seen) == 100_000


def test_huge_has_a_run_of_two_hundred_thousand_files(huge: Simulator) -> None:
    with asking(huge.regions[0]) as api:
        runs = api.get("/v2/runs", params={"experimentname": "Full flow cell"}).json()["Items"]
        address = f"/v2/runs/{runs[0]['Id']}/files"
        query = {"include": "TotalCount"}
        first = api.get(address, params={"limit": 1000, **query}).json()
        total = first["Paging"]["TotalCount"]
        last = api.get(address, params={"limit": 1000, "offset": total - 7}).json()
        assert total > 200_000
        assert (len(first["Items"]), len(last["Items"])) == (1000, 7)
        calls = re.compile(r"Data/Intensities/BaseCalls/L00\d/C\d+\.1/s_\d_\d{4}\.bcl\.gz")
        file = next(item for item in first["Items"] if calls.fullmatch(item["Path"]))
        content = api.get(f"/v2/files/{file['Id']}/content", params={"redirect": "meta"}).json()
        body = fetch(content["HrefContent"]).content
    assert len(body) == file["Size"]
    assert gzip.decompress(body)[:4] == (20).to_bytes(4, "little")


def test_huge_serves_any_range_of_half_a_terabyte(huge: Simulator) -> None:
    with asking(huge.regions[0]) as api:
        (deep,) = api.get("/v2/biosamples", params={"biosamplename": "Deep-genome"}).json()["Items"]
        (dataset,) = api.get("/v2/datasets", params={"inputbiosamples": deep["Id"]}).json()["Items"]
        (file,) = api.get(f"/v2/datasets/{dataset['Id']}/files").json()["Items"]
        content = api.get(f"/v2/files/{file['Id']}/content", params={"redirect": "meta"}).json()
    size, address = file["Size"], content["HrefContent"]
    assert size > 500e9
    assert file["ETag"].endswith("-7452")
    held = next(world.files[file["Id"]] for world in huge._worlds if file["Id"] in world.files)
    for place in (2**31, 2**32, 64 * 2**20, size):
        first, last = place - 300, min(place + 299, size - 1)
        answer = fetch(address, Range=f"bytes={first}-{last}", If_Match=f'"{file["ETag"]}"')
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert answer.content == held.content.read(first, last + 1 - first)
    assert gzip.decompress(fetch(address, Range="bytes=0-32767").content).startswith(b"@A01052:")
    assert fetch(address, Range=f"bytes={size}-").status_code == 416
    assert fetch(address, Range="bytes=-5").content == held.content.read(size - 5)


def test_a_withdrawn_biosample_leaves_a_list_that_was_kept(huge: Simulator) -> None:
    with asking(huge.regions[0]) as api:

        def total() -> int:
            listed = api.get("/v2/biosamples", params={"limit": 1}).json()
            gone = listed["Items"][0]["Id"]
            huge.faults.withdraw(gone)
            left = api.get("/v2/biosamples", params={"limit": 1}).json()
            assert left["Items"][0]["Id"] != gone
            huge.faults.share(gone)
            return int(listed["Paging"]["TotalCount"] - left["Paging"]["TotalCount"])

        assert total() == 1


def test_nothing_is_sequenced_before_it_is_ordered(core: Region) -> None:
    for run in core.runs.values():
        for dataset in core.run_datasets(run):
            assert dataset.project.created < run.created < dataset.created


def test_many_ask_at_once_and_everything_is_made_once(core: Region) -> None:
    projects = list(core.projects.values())[:6] * 4
    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(core.project_size, projects))
        found = list(pool.map(lambda project: list(core.project_datasets(project)), projects))
    assert sizes == [sum(dataset.size for dataset in datasets) for datasets in found]
    for project, datasets in zip(projects, found, strict=True):
        assert datasets == core.project_datasets(project)
        assert len({dataset.id for dataset in datasets}) == len(datasets) >= 96


def test_lists_that_are_kept_are_those_that_are_asked_for(huge: Simulator) -> None:
    with asking(huge.regions[0]) as api:

        def names(**query: str) -> list[str]:
            body = api.get("/v2/biosamples", params={"limit": 3, **query}).json()
            return [item["BioSampleName"] for item in body["Items"]]

        upwards = names(sortby="BioSampleName")
        downwards = names(sortby="BioSampleName", sortdir="Desc")
        assert upwards == sorted(upwards)
        assert downwards == sorted(downwards, reverse=True)
        assert upwards[0] < downwards[-1]
        assert names(biosamplename=downwards[1]) == [downwards[1]]
        assert names(sortby="BioSampleName", offset="99998") == downwards[1::-1]
        workgroup = {"x-access-token": huge.tokens.workgroup}
        others = api.get("/v2/biosamples", params={"limit": 1}, headers=workgroup).json()
        assert others["Paging"]["TotalCount"] == 25_000
