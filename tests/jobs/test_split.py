"""One import as several jobs: shared out by samples, found by the name of all of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.basespace.credentials import Profile
from bstui.errors import AmbiguousName, UsageError
from bstui.jobs.folder import job_folders
from bstui.jobs.identifiers import find_job, find_jobs
from bstui.jobs.records import PlanFile
from bstui.jobs.split import share_out
from bstui.jobs.state import State
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.jobs.imports import DEEP, await_state, log_in
from tests.running import call_bstui, run_bstui

SAMPLES = st.lists(
    st.lists(st.integers(0, 10**13), min_size=1, max_size=5), min_size=1, max_size=40
)


def files_of(samples: list[list[int]]) -> list[PlanFile]:
    """The files of these sizes by sample, of which every other comes from no sample's name."""
    return [
        PlanFile(
            id=f"{n}-{i}",
            name="x",
            path=f"{i}/{n}",
            size=size,
            sample=f"s{n}" * (n % 2),
            biosample=str(n),
        )
        for n, sizes in enumerate(samples)
        for i, size in enumerate(sizes)
    ]


@given(SAMPLES, st.integers(2, 16))
def test_every_file_is_in_one_part_no_sample_is_cut_and_no_part_is_much_larger(
    samples: list[list[int]], number: int
) -> None:
    files = files_of(samples)
    shares = share_out(files, number)
    assert len(shares) == min(number, len(samples))
    assert all(shares)
    assert sorted(file.id for share in shares for file in share) == sorted(f.id for f in files)
    owners = [{file.biosample for file in share} for share in shares]
    assert sum(map(len, owners)) == len(samples)
    loads = [sum(file.size for file in share) for share in shares]
    assert max(loads) <= sum(loads) / len(loads) + max(map(sum, samples))
    order = {file.id: n for n, file in enumerate(files)}
    for share in shares:
        assert [order[file.id] for file in share] == sorted(order[file.id] for file in share)


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


def test_a_split_import_is_one_thing_to_its_commands(
    profile: Profile, places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    target = ("import", DEEP, "--to", str(tmp_path / "data"), "--split", "3")
    shown = call_bstui(*target, "--dry-run")
    assert "job 3 of 3: " in shown.stderr
    planned = {line["path"] for line in map(json.loads, _dry_run(target))}
    assert len(job_folders(places.jobs)) == 0
    simulator.faults.hold_at(_files(target), 0)
    said = call_bstui(*target, "--name", "all", "--yes")
    assert said.returncode == 0, said.stderr
    folders = find_jobs(places.jobs, "all")
    assert [one.header().name for one in folders] == ["all-1of3", "all-2of3", "all-3of3"]
    assert find_jobs(places.jobs, "last") == folders
    with pytest.raises(AmbiguousName, match="all-1of3, all-2of3"):
        find_job(places.jobs, "all")
    files = [file.path for folder in folders for file in folder.files()]
    assert len(files) == len(set(files))
    assert set(files) == planned
    run_bstui("pause", "all")
    for folder in folders:
        await_state(folder, State.PAUSED)
    table = run_bstui("jobs")
    assert "3 jobs: 3 paused" in table
    assert "  all-2of3" in table
    assert "3 jobs: 3 paused" in run_bstui("show", "job:all")
    run_bstui("cancel", "all-1of3", "--yes")
    await_state(folders[0], State.CANCELLED)
    simulator.faults.release()
    simulator.faults.clear()
    run_bstui("resume", "all")
    run_bstui("attach", "all", "--wait")
    for path in planned:
        assert (tmp_path / "data" / path).is_file()
    run_bstui("resume", "all")  # every part is through, which is no error
    assert "3 jobs: 3 done" in run_bstui("jobs")
    samples = {file.sample for folder in folders for file in folder.files()}
    sheet = run_bstui("sheet", "all", "--sheet", "nf-core/methylseq")
    assert {line.split(",")[0] for line in sheet.splitlines()[1:]} == samples


def _dry_run(target: tuple[str, ...]) -> list[str]:
    return run_bstui(*target, "--dry-run", "--json").splitlines()


def _files(target: tuple[str, ...]) -> list[str]:
    return [json.loads(line)["id"] for line in _dry_run(target)]


def test_fewer_samples_than_jobs_and_what_is_never_split(profile: Profile, tmp_path: Path) -> None:
    target = ("import", "--to", str(tmp_path / "data"), "--yes", "--dry-run")
    said = call_bstui(*target, DEEP, "--split", "64").stderr
    assert "not 64: a sample is never cut" in said
    single = call_bstui(*target, DEEP, "--grouping", "single", "--sample", "one", "--split", "2")
    assert single.returncode == UsageError.exit_code
    assert "There is one sample" in single.stderr
    for flags, words in (
        (("--launch", "here"), "--launch here runs one"),
        (("--sheet", "nf-core/rnaseq"), "bstui sheet"),
        (("--follow",), "waits for more"),
    ):
        refused = call_bstui(*target, DEEP, "--split", "2", *flags)
        assert refused.returncode == UsageError.exit_code
        assert words in refused.stderr


def test_a_raw_run_is_one_job(profile: Profile, tmp_path: Path) -> None:
    target = ("import", "run:Cardiac panel top-up", "--bcl", "--to", str(tmp_path / "data"))
    said = call_bstui(*target, "--split", "2", "--dry-run")
    assert said.returncode == UsageError.exit_code
    assert "A raw run is one job" in said.stderr
