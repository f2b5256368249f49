"""What happens to a finished file between two attempts is noticed, and nothing is lost by it."""

import json
import os
from pathlib import Path

from bstui.jobs.control import ask
from bstui.jobs.identifiers import find_job
from bstui.jobs.records import Want
from bstui.jobs.watch import JobWatch
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.lab import wait_for
from tests.oracle import assert_imported
from tests.running import call_bstui, run_bstui

IMPORT = ("import", "biosample:Kidney-2", "--yes")


def test_a_finished_file_that_was_edited_is_proven_again(
    simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    environ = environ_of(simulator)
    destination = tmp_path / "out"
    to = ("--to", str(destination))
    printed = run_bstui(*IMPORT, *to, "--dry-run", "--json", environ=environ)
    rows = [json.loads(line) for line in printed.splitlines()]
    simulator.faults.hold_at([rows[-1]["id"]], 10)
    run_bstui(*IMPORT, *to, environ=environ)
    job = find_job(places.jobs, "last")
    wait_for(lambda: JobWatch(job).refresh().counts.files_done == len(rows) - 1)
    ask(job, want=Want.CANCEL)
    wait_for(lambda: not JobWatch(job).refresh().status.is_active)
    edited = destination / rows[0]["path"]
    whole = edited.read_bytes()
    edited.write_bytes(whole[:100] + b"\0" + whole[101:])
    simulator.faults.release()

    said = call_bstui("resume", "last", "--launch", "here", "--json", environ=environ)

    assert said.returncode == 3, said.stderr
    assert edited.name in said.stderr
    assert json.loads(said.stdout)["state"] == "incomplete"
    assert edited.read_bytes() != whole, "a file that somebody edited is theirs"
    edited.unlink()
    run_bstui("resume", "last", "--launch", "here", environ=environ)
    assert_imported(job, destination, simulator.truth({row["id"] for row in rows}))


def test_attach_gives_the_workers_own_exit_code(
    simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    environ = environ_of(simulator)
    printed = run_bstui(*IMPORT, "--to", str(tmp_path), "--dry-run", "--json", environ=environ)
    held = [json.loads(line)["id"] for line in printed.splitlines()]
    simulator.faults.hold_at(held, 10)
    run_bstui(*IMPORT, "--to", str(tmp_path / "out"), environ=environ)
    job = find_job(places.jobs, "last")
    os.kill(JobWatch(job).refresh().status.pid, 2)
    said = call_bstui("attach", "--wait", "--json", "last", environ=environ)
    assert (said.returncode, json.loads(said.stdout)["state"]) == (130, "stopped")


def environ_of(simulator: Simulator) -> dict[str, str]:
    return {
        "BSTUI_API_SERVER": simulator.regions[0].api_url,
        "BSTUI_ACCESS_TOKEN": simulator.tokens.person,
    }
