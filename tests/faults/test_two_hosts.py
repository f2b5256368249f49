"""One job on several hosts that share a file system without coherent locks or fresh listings.

P12 of the catalogue of faults (test_catalogue.py).
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bstui.jobs.events import first_event, leaving
from bstui.jobs.folder import PROGRESS, JobFolder, job_folders
from bstui.jobs.records import Started
from bstui.jobs.state import SILENCE
from bstui.simulator.service import Simulator
from tests.faults.hosts import Host, hosts
from tests.jobs.imports import SMALL, told_done
from tests.lab import wait_for
from tests.oracle import assert_imported

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Site:
    """Two login nodes, and what their file server holds."""

    first: Host
    second: Host
    server: Path
    share: Path
    simulator: Simulator

    @property
    def destination(self) -> Path:
        """Where the server has what was imported."""
        return self.server / "data"

    def import_held(self) -> JobFolder:
        """A job that the first host has begun, and that cannot end yet; as the server has it."""
        files = self.plan()
        self.simulator.faults.hold_at([files[-1]["id"]], at=1)
        self.first.bstui(*self.command(), "--yes")
        (job,) = job_folders(self.server / "home/.local/state/bstui/jobs")
        self.simulator.faults.wait_until_held([files[-1]["id"]], 90)
        return job

    def command(self) -> tuple[str, ...]:
        return ("import", SMALL, "--to", str(self.share / "data"))

    def plan(self) -> list[dict[str, Any]]:
        printed = self.first.bstui(*self.command(), "--dry-run", "--json").out
        return [json.loads(line) for line in printed.splitlines()]

    def on_share(self, job: JobFolder) -> str:
        """The job's folder as the hosts name it."""
        return str(self.share / job.path.relative_to(self.server))

    def check(self, job: JobFolder) -> None:
        """Every file is there and was told of, and both hosts' histories say so."""
        assert_imported(job, self.destination, self.simulator.truth())
        for host in (self.first, self.second):
            (row,) = rows(host, "history")
            assert (row["outcome"], row["files_done"]) == ("done", job.header().files)


@pytest.fixture
def site(tmp_path: Path, laboratory: Simulator) -> Iterator[Site]:
    server, share = tmp_path / "server", tmp_path / "share"
    with hosts(server, share, "node-a", "node-b") as (first, second):
        url, token = laboratory.regions[0].api_url, laboratory.tokens.person
        first.bstui("login", "lab", "--server", url, given=f"{token}\n")
        yield Site(first, second, server, share, laboratory)
    laboratory.faults.release()
    laboratory.faults.clear()


def rows(host: Host, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in host.bstui(*arguments, "--json").out.splitlines()]


def await_state(host: Host, state: str) -> dict[str, Any]:
    """The one job's row, once this host says that it is so."""
    wait_for(lambda: rows(host, "jobs")[0]["state"] == state)
    return rows(host, "jobs")[0]


def process_of(job: JobFolder, attempt: int) -> int:
    started = first_event(job.events(attempt))
    assert isinstance(started, Started)
    return started.pid


def let_silence_pass(job: JobFolder) -> None:
    """What a host says that has said nothing for so long as another has to wait for."""
    for path in (job.path / PROGRESS, job.events(job.numbers().attempt)):
        then = path.stat().st_mtime - SILENCE - 1
        os.utime(path, (then, then))


def test_locks_of_one_host_are_not_seen_by_the_other(site: Site) -> None:
    """Else the other tests would prove nothing."""
    (site.server / "locked").touch()
    locked = str(site.share / "locked")
    holder = site.first.start("flock", locked, "cat")
    try:
        wait_for(lambda: site.first.code_of("flock", "-n", locked, "true") != 0)
        assert site.second.code_of("flock", "-n", locked, "true") == 0
    finally:
        holder.communicate()


def test_a_job_obeys_the_other_host_and_is_not_started_twice(site: Site) -> None:
    job = site.import_held()
    await_state(site.second, "running")
    for command in (("worker", site.on_share(job)), ("resume", "--take-over", "last")):
        refusal = site.second.bstui(*command, code=11).said
        assert "node-a" in refusal
        assert str(process_of(job, 1)) in refusal
    site.second.bstui("pause", "last")
    await_state(site.first, "paused")
    await_state(site.second, "paused")
    site.second.bstui("resume", "last")
    await_state(site.first, "running")
    site.second.bstui("limit", "last", "--bwlimit", "50M")
    site.simulator.faults.release()
    await_state(site.second, "done")
    assert json.loads(site.second.bstui("attach", "--json", "last").out)["exit_code"] == 0
    assert job.numbers().attempt == 1
    site.check(job)


def test_a_job_is_cancelled_from_the_other_host(site: Site) -> None:
    job = site.import_held()
    await_state(site.second, "running")
    site.second.bstui("cancel", "last", "--yes")
    await_state(site.second, "cancelled")
    await_state(site.first, "cancelled")
    wait_for(lambda: process_of(job, 1) not in site.first.processes())


def test_a_job_of_a_dead_host_is_lost_and_one_of_two_that_resume_it_gets_it(site: Site) -> None:
    job = site.import_held()
    dead = process_of(job, 1)
    os.kill(dead, signal.SIGKILL)
    await_state(site.first, "lost")
    said = site.second.bstui("resume", "last").said
    assert "on node-a already" in said, "silent for less than it takes to be sure"
    assert job.numbers().attempt == 1
    let_silence_pass(job)
    await_state(site.second, "lost")
    site.simulator.faults.release()
    racers = [host.start_bstui("resume", "last") for host in (site.first, site.second)]
    answers = [racer.communicate() for racer in racers]
    codes = {racer.returncode for racer in racers}
    assert 0 in codes, answers
    assert codes <= {0, 11}, answers
    for host in (site.first, site.second):
        await_state(host, "done")
    assert job.numbers().attempt == 2
    assert told_done(job) == {file.id for file in job.files()}
    site.check(job)


def test_a_host_that_comes_back_leaves_its_job_to_whoever_took_it_over(site: Site) -> None:
    job = site.import_held()
    stopped = process_of(job, 1)
    os.kill(stopped, signal.SIGSTOP)
    let_silence_pass(job)
    await_state(site.second, "lost")
    site.simulator.faults.release()
    site.second.bstui("resume", "last")
    await_state(site.second, "done")
    claimed = Path(site.on_share(job), job.events(2).name)
    wait_for(lambda: site.first.code_of("test", "-e", str(claimed)) == 0)
    os.kill(stopped, signal.SIGCONT)
    wait_for(lambda: leaving(job.events(1)) is not None)
    left = leaving(job.events(1))
    assert left is not None
    assert left.reason == "taken over"
    site.check(job)


_CLAIM = """
import sys
from pathlib import Path
from bstui.errors import InUse
from bstui.jobs.attempt import Attempt
from bstui.jobs.control import add_wish
from bstui.jobs.folder import JobFolder
from bstui.jobs.liveness import introduce

folder, count, host = JobFolder(Path(sys.argv[1])), int(sys.argv[2]), sys.argv[3]
sys.stdin.read()
for number in range(1, count + 1):
    add_wish(folder, None, {"concurrent_files": number}, f"{host} {number}")
    try:
        Attempt(folder, introduce(number, 0.0)).leave(host)
        print(number)
    except InUse:
        pass
"""


def test_of_two_hosts_that_ask_and_claim_at_once_each_is_heard_and_one_has_it(site: Site) -> None:
    job = site.import_held()
    os.kill(process_of(job, 1), signal.SIGKILL)
    job.events(1).unlink()
    count = 25
    command = (sys.executable, "-c", _CLAIM, site.on_share(job), str(count))
    racers = [host.start(*command, host.name) for host in (site.first, site.second)]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.close()
        racer.stdin = None
    said = [racer.communicate() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], said
    claimed = [printed.split() for printed, _ in said]
    assert sorted(map(int, claimed[0] + claimed[1])) == list(range(1, count + 1))
    wishes = job.numbers().control
    assert list(wishes) == list(range(1, 2 * count + 1))
    newest = job.newest_control(job.numbers())
    assert newest is not None
    assert newest.number == 2 * count
    for name, numbers in zip(("node-a", "node-b"), claimed, strict=True):
        for number in map(int, numbers):
            left = leaving(job.events(number))
            assert left is not None
            assert left.reason == name
