"""A worker that is killed at any byte, and the attempt after it."""

import json
import os
import random
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.identifiers import find_job
from bstui.jobs.records import Started
from bstui.jobs.watch import JobWatch
from bstui.paths import Places
from tests.lab import RemoteSimulator, read_log, simulator_process, wait_for
from tests.oracle import (
    asked_again,
    assert_history,
    assert_imported,
    read_requests,
    recorded_ranges,
    sent_twice,
)
from tests.running import run_bstui

MIB = 1 << 20
MOST_REFETCHED = 20 * MIB + 64 * MIB
"""Two files, two ranges of at most 5 MiB each; and one batch."""
IMPORT = ("import", "project:=Tumour exomes and small RNA", "--yes")
LIMITS = ("--concurrent-files", "2", "--concurrent-parts", "2")
SCALE = ("--deep", "1.8")

Row = dict[str, Any]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.system)])
def test_what_a_killed_worker_had_is_not_fetched_again(
    seed: int, places: Places, tmp_path: Path
) -> None:
    destination = tmp_path / "imported"
    logs = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    with simulator_process(*SCALE, "--log", str(logs[0])) as before:
        environ = before.environment
        files = plan_of(destination, environ)
        assert sum(row["size"] for row in files) >= 200 * MIB
        hold_at_a_seeded_byte(before, files, seed)
        run_bstui(*IMPORT, "--to", str(destination), *LIMITS, environ=environ)
        job = find_job(places.jobs, "last")
        before.wait_until_held(held_files(before), timeout=60)
        wait_for(lambda: len(recorded_ranges(destination)) >= 2)
        kill_worker(job)
        recorded = recorded_ranges(destination)
        port = before.api_url.rpartition(":")[2]
    assert JobWatch(job).refresh().status.state == "lost"
    with simulator_process(*SCALE, "--port", port, "--log", str(logs[1])) as after:
        run_bstui("resume", "last", environ=environ)
        row = json.loads(run_bstui("attach", "--wait", "--json", "last", environ=environ))
        assert (row["state"], row["files_done"]) == ("done", len(files))
        assert_imported(job, destination, after.truth())
    requests = [read_requests(read_log(log)) for log in logs]
    assert asked_again(requests[1], recorded) == []
    assert sent_twice([*requests[0], *requests[1]]) <= MOST_REFETCHED
    assert_history(places.state / "history.db", places.jobs)


def plan_of(destination: Path, environ: Mapping[str, str]) -> list[Row]:
    """The rows of the import's dry run, in the order of the plan."""
    printed = run_bstui(*IMPORT, "--to", str(destination), "--dry-run", "--json", environ=environ)
    return [json.loads(line) for line in printed.splitlines()]


def hold_at_a_seeded_byte(simulator: RemoteSimulator, files: Sequence[Row], seed: int) -> None:
    """Let the job come to a byte between 20 and 80 % of it, with two deep files part-done."""
    target = random.Random(seed).uniform(0.2, 0.8) * sum(row["size"] for row in files)
    deep = [row for row in files if row["size"] > 10 * MIB]
    for one, other in zip(deep[::2], deep[1::2], strict=True):
        both = one["size"] + other["size"]
        if target < both or (one, other) == (deep[-2], deep[-1]):
            share = min(max(target / both, 0.25), 0.9)
            for row in (one, other):
                simulator.fault("hold_at", files=[row["id"]], at=int(row["size"] * share))
            return
        target -= both


def held_files(simulator: RemoteSimulator) -> list[str]:
    wait_for(lambda: len(set(simulator.held())) >= 2, timeout=60)
    return simulator.held()


def kill_worker(job: JobFolder) -> None:
    """kill -9 of the first attempt's process, and wait until it is gone."""
    started = next(event for event, _ in read_events(job.events(1), 0))
    assert isinstance(started, Started)
    os.kill(started.pid, signal.SIGKILL)
    wait_for(lambda: not JobWatch(job).refresh().status.is_alive)
