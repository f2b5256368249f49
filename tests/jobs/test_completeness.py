"""A raw run's import ends with a proof beside the data; it can be proven again at any time."""

import json
import os
from pathlib import Path

import pytest

from bstui.basespace.credentials import Profile
from bstui.errors import UsageError
from bstui.jobs.completeness import Published, prove_job
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import record_folder
from bstui.jobs.records import FileDone, Launch, Launcher, Noted, Options
from bstui.jobs.run_files import run_folder
from bstui.jobs.watch import JobWatch
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.runs.completeness import COMPLETE, INCOMPLETE, Completeness, Verdict, read_proof
from bstui.simulator.scales import Scale
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.jobs.imports import QUICK, SMALL, log_in, plan_job
from tests.oracle import assert_imported
from tests.runs.folders import write_runs

RUN = "run:Cardiac panel top-up"
BCL = Options(bcl=True)


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


@pytest.fixture
def job(profile: Profile, places: Places, tmp_path: Path) -> JobFolder:
    return plan_job(profile, places, tmp_path / "data", RUN, BCL)


def work(job: JobFolder, places: Places, attempt: int = 1) -> int:
    if attempt > 1:
        job.add_launch(Launch(time=0.0, launcher=Launcher.HERE, host="here", attempt=attempt))
    return run_worker(job.path, places, os.environ, rhythm=QUICK)


def record_of(job: JobFolder) -> Path:
    return record_folder(Path(job.header().destination), job.id)


def proof_of(job: JobFolder) -> Completeness:
    proof = JobWatch(job).refresh().proof
    assert proof is not None
    return proof


def check(job: JobFolder) -> Completeness:
    return prove_job(job, is_altered=Published(job).is_altered)


def calls_of(job: JobFolder) -> list[Path]:
    """The base calls of a job on disk."""
    destination = Path(job.header().destination)
    return [destination / file.path for file in job.files() if file.path.endswith(".bcl")]


def test_an_import_of_a_raw_run_ends_with_its_proof(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    assert work(job, places) == 0
    proof = proof_of(job)
    assert proof.verdict is Verdict.COMPLETE, proof.text
    assert proof.files == proof.files_landed == job.header().files
    assert (proof.job, proof.run) == (job.id, run_folder(job).name)
    told = json.loads((record_of(job) / COMPLETE).read_bytes())
    assert told["verdict"] == "complete"
    assert_imported(job, Path(job.header().destination), simulator.truth())
    notes = [event.text for event, _ in read_events(job.events(1)) if isinstance(event, Noted)]
    assert notes == [f"The run is {proof.text}."]


def test_the_proof_comes_after_the_end_markers_and_those_after_all_else(
    job: JobFolder, places: Places
) -> None:
    assert work(job, places) == 0
    markers = {file.id for file in job.files() if file.last}
    events = [event for event, _ in read_events(job.events(1))]
    done = [event.id for event in events if isinstance(event, FileDone)]
    assert set(done[-len(markers) :]) == markers
    (told,) = (place for place, event in enumerate(events) if isinstance(event, Noted))
    assert told > max(place for place, event in enumerate(events) if isinstance(event, FileDone))


def test_where_a_file_fails_there_is_no_complete_file_but_what_is_missing_is_told(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    bad = next(file for file in job.files() if file.path.endswith(".bcl"))
    simulator.faults.flip([bad.id], at=100, times=99)
    assert work(job, places) == 6
    assert not (record_of(job) / COMPLETE).exists()
    proof = proof_of(job)
    assert proof.verdict is Verdict.MISSING_HERE
    markers = [file.path for file in job.files() if file.last]
    missing = sorted(path.partition("/")[2] for path in [bad.path, *markers])
    assert sorted(proof.missing_here_paths) == missing
    simulator.faults.clear()
    assert work(job, places, 2) == 0
    assert proof_of(job).verdict is Verdict.COMPLETE
    assert not (record_of(job) / INCOMPLETE).exists()


def test_a_worker_killed_before_the_proof_makes_it_when_it_is_resumed(
    job: JobFolder, places: Places
) -> None:
    assert work(job, places) == 0
    (record_of(job) / COMPLETE).unlink()  # as if the kill had come right after the end markers
    assert work(job, places, 2) == 0
    assert proof_of(job).verdict is Verdict.COMPLETE
    assert not [e for e, _ in read_events(job.events(2)) if isinstance(e, FileDone)]


def test_what_is_removed_cut_or_flipped_later_is_found_by_a_check(
    job: JobFolder, places: Places
) -> None:
    assert work(job, places) == 0
    assert check(job).verdict is Verdict.COMPLETE
    removed, cut, flipped, touched = calls_of(job)[:4]
    removed.unlink()
    cut.write_bytes(cut.read_bytes()[:-7])
    data = bytearray(flipped.read_bytes())
    data[-1] ^= 0x10
    flipped.write_bytes(data)
    os.utime(touched, ns=(1, 1))
    proof = check(job)
    run = run_folder(job)
    assert proof.missing_here_paths == (str(removed.relative_to(run)),)
    assert {(finding.path, finding.kind, finding.where) for finding in proof.findings} == {
        (str(cut.relative_to(run)), "truncated", "here"),
        (str(flipped.relative_to(run)), "altered", "here"),
    }
    assert proof.missing_at_basespace == 0
    assert proof_of(job).verdict is Verdict.COMPLETE, "what was proven at the end stays"


def test_a_run_that_lacks_files_at_basespace_is_imported_and_said_to(
    places: Places, tmp_path: Path
) -> None:
    run = write_runs(tmp_path, "cbcl")["cbcl"]
    gone, cut = run.find("L001/C3.1/"), run.find("L001/C4.1/")
    gone.unlink()
    run.write(cut, cut.read_bytes()[:-5])
    with Simulator(SimulatorOptions(scale=Scale.TINY, serve=(run.path,))) as serving:
        profile = log_in(serving, places)
        job = plan_job(profile, places, tmp_path / "data", f"run:{_name(run.path)}", BCL)
        assert work(job, places) == 0
    proof = proof_of(job)
    assert proof.missing_at_basespace_paths == (str(gone.relative_to(run.path)),)
    (finding,) = proof.findings
    assert (finding.path, finding.kind) == (str(cut.relative_to(run.path)), "truncated")
    assert finding.where == "at BaseSpace"
    assert proof.missing_here == 0


def _name(folder: Path) -> str:
    info = (folder / "RunInfo.xml").read_text()
    return info.partition('Run Id="')[2].partition('"')[0]


def test_only_a_raw_run_can_be_proven(profile: Profile, places: Places, tmp_path: Path) -> None:
    job = plan_job(profile, places, tmp_path / "data", SMALL)
    with pytest.raises(UsageError, match="imports no raw run"):
        prove_job(job)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"verdict": "x"}', b'{"verdict":"complete","checked":1e300}', b"\xff"]
)
def test_a_proof_that_is_none_is_not_believed(tmp_path: Path, data: bytes) -> None:
    (tmp_path / COMPLETE).write_bytes(data)
    assert read_proof(tmp_path) is None
