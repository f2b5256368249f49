"""A sample sheet that was edited in BaseSpace is kept beside the one that was run."""

from pathlib import Path

from bstui.jobs.arrived import files_brought
from bstui.jobs.edited_sheet import EDITED, sheet_differences
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import record_folder
from bstui.jobs.records import Noted, Options
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.jobs.imports import log_in, plan_job
from tests.jobs.test_unpacking import RUN, work

METRICS = Options(bcl=True, bcl_files="metrics")


def notes(job: JobFolder) -> list[str]:
    events = (event for event, _ in read_events(job.events(1)))
    return [event.text for event in events if isinstance(event, Noted)]


def test_both_are_kept_and_the_difference_is_told(
    simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    profile = log_in(simulator, places)
    before = plan_job(profile, places, tmp_path / "before", RUN, METRICS)
    assert work(before, places) == 0
    simulator.faults.become([next(iter(before.files())).run_id], "sheet-edited")
    job = plan_job(profile, places, tmp_path / "after", RUN, METRICS)
    assert work(job, places) == 0
    kept = record_folder(tmp_path / "after", job.id) / EDITED
    assert b"Edited in BaseSpace" in kept.read_bytes()
    differences = sheet_differences(job)
    assert any("Edited in BaseSpace in BaseSpace" in line for line in differences)
    assert any(differences[0] in note and "Both are kept" in note for note in notes(job))
    sheets = {}
    for one, root in ((before, tmp_path / "before"), (job, tmp_path / "after")):
        (path,) = [f.path for f in files_brought(one) if f.path.endswith("/SampleSheet.csv")]
        sheets[one.id] = (root / path).read_bytes()
    assert sheets[before.id] == sheets[job.id], "the run folder's is as it was"


def test_a_sheet_that_nobody_edited_is_not_kept_twice(
    simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    job = plan_job(log_in(simulator, places), places, tmp_path, RUN, METRICS)
    assert work(job, places) == 0
    assert not (record_folder(tmp_path, job.id) / EDITED).exists()
    assert sheet_differences(job) == []
