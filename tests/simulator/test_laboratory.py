"""The laboratory holds what the design says, the same for each seed."""

import gzip
import hashlib
from collections import Counter
from collections.abc import Iterator

import pytest

from bstui.simulator.account import Biosample, Dataset, Project, Tokens
from bstui.simulator.contents import MIB, Spool
from bstui.simulator.laboratory import make_laboratory
from bstui.simulator.region import Region, View
from tests.lab import SEED, SMALL, TOKENS

Laboratory = tuple[Region, Region]


@pytest.fixture(scope="module")
def regions() -> Iterator[Laboratory]:
    spool = Spool()
    yield make_laboratory(SEED, SMALL, TOKENS, spool)
    spool.close()


@pytest.fixture(scope="module")
def mine(regions: Laboratory) -> View:
    """What the person sees in the first region."""
    return View(regions[0], regions[0].grants[TOKENS.person])


def named(view: View, name: str) -> Biosample:
    return next(b for b in view.biosamples() if b.name == name)


def project(view: View, name: str) -> Project:
    return next(p for p in view.projects() if p.name.startswith(name))


def test_person_sees_three_projects_with_forty_biosamples(mine: View) -> None:
    names = [p.name for p in mine.projects()]
    assert len(names) == 4
    assert "Unindexed Reads" in names
    assert len(list(mine.biosamples())) == 40


def test_biosamples_are_multi_lane_paired_and_single(mine: View) -> None:
    shapes = {(d.run.cell.lanes, d.run.cell.is_paired, len(d.files)) for d in mine.datasets()}
    assert shapes == {(1, True, 2), (2, True, 2), (2, False, 1)}


def test_names_are_awkward(mine: View) -> None:
    names = {b.name for b in mine.biosamples()}
    assert {"S[/b]", "Left ventricle 3", "a_S1_b"} <= names


def test_one_biosample_has_equal_file_names_in_two_runs(mine: View) -> None:
    datasets = mine.region.datasets_of(named(mine, "Kidney-2"))
    names = [[file.name for file in dataset.files] for dataset in datasets]
    assert len({dataset.run.id for dataset in datasets}) == 2
    assert names[0] == names[1]


def test_requeued_dataset_has_the_same_reads_in_other_bytes(mine: View) -> None:
    older, newer = mine.region.datasets_of(named(mine, "Heart-1"))
    assert (older.run, older.lane, older.name) == (newer.run, newer.lane, newer.name)
    assert older.created < newer.created
    texts = [[gzip.decompress(f.content.read()) for f in d.files] for d in (older, newer)]
    assert texts[0] == texts[1]
    assert older.files[0].content.stored.etag != newer.files[0].content.stored.etag


def test_only_those_two_share_run_lane_and_library(mine: View) -> None:
    slots = Counter(
        (d.run.id, d.lane, d.biosample.library.id) for d in mine.datasets() if d.biosample
    )
    assert [count for count in slots.values() if count > 1] == [2]


def test_run_is_shared_without_its_project(mine: View) -> None:
    run = next(run for run in mine.runs() if run.experiment == "Shared plate 12")
    assert len(run.biosamples) == 60
    assert not any(d.run is run for d in mine.datasets())


def test_workgroup_sees_its_own(regions: Laboratory) -> None:
    view = View(regions[0], regions[0].grants[TOKENS.workgroup])
    assert [p.name for p in view.projects()] == [
        "Tumour exomes and small RNA", "Odd names & lost files",
    ]  # fmt: skip
    assert len(view.runs()) == 7
    assert view.grant.user.is_workgroup


def test_second_region_has_little(regions: Laboratory) -> None:
    view = View(regions[1], regions[1].grants[TOKENS.elsewhere])
    assert (len(view.projects()), len(view.runs()), len(list(view.biosamples()))) == (1, 1, 3)
    assert not set(regions[0].files) & set(regions[1].files)


def test_run_states(mine: View) -> None:
    states = {run.experiment: (run.upload_status, run.is_archived) for run in mine.runs()}
    assert states["Panel plate 2"] == ("Uploading", False)
    assert states["Pilot 2023"] == ("Completed", True)
    uploading = next(run for run in mine.runs() if run.experiment == "Panel plate 2")
    assert not any("Complete" in file.path for file in uploading.files)


def test_workgroup_has_a_run_in_every_state(regions: Laboratory) -> None:
    view = View(regions[0], regions[0].grants[TOKENS.workgroup])
    states = {run.experiment: run.storage for run in view.runs()}
    assert states["A run zipped"] == "zipped"
    assert states["A run files-deleted"] == "files-deleted"
    assert [run.experiment for run in view.runs() if run.is_transfer_pending] == [
        "A run transfer-pending"
    ]
    odd = project(view, "Odd names")
    tags = {d.line.name: {f.tag for f in d.files} for d in view.project_datasets(odd)}
    assert (tags["no ETag"], tags["weak ETag"]) == ({"missing"}, {"weak"})
    assert {"50%+1", "Zürich é日"} <= set(tags)


def test_a_run_has_more_files_than_a_page(mine: View) -> None:
    run = next(run for run in mine.runs() if run.platform == "NovaSeq")
    assert len(run.files) > 1000
    assert any(file.content.size == 0 for file in run.files)


def test_the_same_seed_makes_the_same_bytes() -> None:
    spools = Spool(), Spool()
    one, other = (make_laboratory(SEED, SMALL, TOKENS, spool)[0] for spool in spools)
    assert list(one.files) == list(other.files)
    sample = list(one.files)[::97]
    assert [one.files[i].content.sha256() for i in sample] == [
        other.files[i].content.sha256() for i in sample
    ]
    for spool in spools:
        spool.close()


def test_tokens_follow_from_the_seed() -> None:
    tokens = vars(Tokens.derive(SEED)).values()
    assert len(set(tokens)) == 4
    assert all(len(token) == 32 and int(token, 16) for token in tokens)
    assert not set(tokens) & set(vars(Tokens.derive(SEED + 1)).values())


def deep_datasets(region: Region) -> list[Dataset]:
    return [d for d in region.datasets.values() if d.name.startswith(("Tumour", "Normal"))]


def test_deep_fastq_have_many_parts() -> None:
    spool = Spool()
    region, _ = make_laboratory(SEED, 1.0, TOKENS, spool)
    files = {file: dataset for dataset in deep_datasets(region) for file in dataset.files}
    assert sum(file.content.size for file in files) > 120 * MIB
    parts = {file.name: file.content.stored.etag.partition("-")[2] for file in files}
    assert sorted(parts.values()) == ["5", "5", "6", "6"]
    tumour = next(file for file in files if file.name.startswith("Tumour"))
    data = tumour.content.read()
    digests = (hashlib.md5(data[at : at + 5 * MIB]) for at in range(0, len(data), 5 * MIB))
    whole = hashlib.md5(b"".join(digest.digest() for digest in digests)).hexdigest()
    assert tumour.content.stored.etag == f"{whole}-6"
    spool.close()


def test_scale_makes_deep_fastq_larger_and_nothing_else() -> None:
    spool = Spool()
    region, _ = make_laboratory(SEED, 3.0, TOKENS, spool)
    assert sum(dataset.size for dataset in deep_datasets(region)) > 360 * MIB
    panel = next(p for p in region.projects.values() if p.name.startswith("Cardiac"))
    assert sum(dataset.size for dataset in region.project_datasets(panel)) < MIB
    spool.close()
