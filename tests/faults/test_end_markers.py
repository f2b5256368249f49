"""A raw run's end markers, under kill -9: never before all else, and before the proof."""

import json
from pathlib import Path

from bstui.jobs.identifiers import find_job
from bstui.jobs.manifest import record_folder
from bstui.jobs.watch import JobWatch
from bstui.paths import Places
from bstui.runs.completeness import COMPLETE, Verdict
from tests.faults.test_kill import kill_worker
from tests.lab import simulator_process
from tests.oracle import assert_history, assert_imported
from tests.running import run_bstui

IMPORT = ("import", "run:Cardiac panel top-up", "--bcl", "--yes")


def test_a_killed_import_of_a_raw_run_has_no_end_marker(places: Places, tmp_path: Path) -> None:
    destination = tmp_path / "imported"
    with simulator_process() as simulator:
        environ = simulator.environment
        dry = (*IMPORT, "--to", str(destination), "--dry-run", "--json")
        rows = [json.loads(line) for line in run_bstui(*dry, environ=environ).splitlines()]
        held = [row["id"] for row in rows if row["name"].endswith(".bcl")][-1:]
        simulator.fault("hold_at", files=held, at=100)
        run_bstui(*IMPORT, "--to", str(destination), environ=environ)
        job = find_job(places.jobs, "last")
        simulator.wait_until_held(held, timeout=60)
        kill_worker(job)
        markers = [destination / file.path for file in job.files() if file.last]
        assert markers
        assert not any(path.exists() for path in markers)
        assert not (record_folder(destination, job.id) / COMPLETE).exists()
        simulator.fault("release")
        run_bstui("resume", "last", environ=environ)
        row = json.loads(run_bstui("attach", "--wait", "--json", "last", environ=environ))
        assert (row["state"], row["files_done"]) == ("done", len(rows))
        assert all(path.exists() for path in markers)
        proof = JobWatch(job).refresh().proof
        assert proof is not None
        assert proof.verdict is Verdict.COMPLETE
        assert_imported(job, destination, simulator.truth())
    assert_history(places.state / "history.db", places.jobs)
