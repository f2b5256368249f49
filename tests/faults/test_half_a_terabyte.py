"""A file of 500 GB: a worker that is killed after 2 GiB goes on from there. It is never whole here.

The destination is a file system that says it has room for it; what is written is held in memory.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.identifiers import find_job
from bstui.jobs.records import Started
from bstui.jobs.watch import JobWatch
from bstui.paths import Places
from tests.lab import RemoteSimulator, read_log, simulator_process, wait_for
from tests.oracle import asked_again, read_requests, recorded_ranges
from tests.running import run_bstui

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

GIB = 1 << 30
MIB = 1 << 20
STOPPED_AT = 2 * GIB
GOES_TO = STOPPED_AT + 256 * MIB
IMPORT = ("import", "biosample:Deep-genome", "--yes", "--concurrent-parts", "4")


@pytest.fixture
def vast(tmp_path: Path) -> Iterator[Path]:
    """A destination that claims a terabyte; what it really holds is in memory, under 4 GiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if free < 4 * GIB:
        pytest.skip("less than 4 GiB of memory are free")
    folder = tmp_path / "vast"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1t", "bstui-test", folder]).returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_worker_killed_after_2_gib_goes_on(vast: Path, places: Places, tmp_path: Path) -> None:
    logs = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    with simulator_process("--scale", "huge", "--log", str(logs[0])) as before:
        file = hold_the_deep_file(before, vast, STOPPED_AT)
        run_bstui(*IMPORT, "--to", str(vast), environ=before.environment)
        job = find_job(places.jobs, "last")
        before.wait_until_held([file], timeout=200)
        wait_for(lambda: bytes_recorded(vast) >= STOPPED_AT - 128 * MIB, timeout=60)
        end_worker(job, 1, signal.SIGKILL)
        recorded = recorded_ranges(vast)
        port = before.api_url.rpartition(":")[2]
    with simulator_process("--scale", "huge", "--port", port, "--log", str(logs[1])) as after:
        assert hold_the_deep_file(after, vast, GOES_TO) == file
        run_bstui("resume", "last", environ=after.environment)
        after.wait_until_held([file], timeout=200)
        wait_for(lambda: bytes_recorded(vast) >= GOES_TO - 128 * MIB, timeout=60)
        end_worker(job, 2, signal.SIGTERM)
    requests = read_requests(read_log(logs[1]))
    assert any(request.first >= STOPPED_AT - 128 * MIB for request in requests)
    assert asked_again(requests, recorded) == []
    assert not list(vast.rglob("*.fastq.gz"))


def hold_the_deep_file(simulator: RemoteSimulator, destination: Path, at: int) -> str:
    """Let none of its bytes from `at` on be sent; its id."""
    printed = run_bstui(
        "files", "biosample:Deep-genome", "--tsv", environ=simulator.environment
    ).splitlines()
    (file,) = (line.split("\t")[0] for line in printed[1:])
    simulator.fault("hold_at", files=[file], at=at)
    return file


def bytes_recorded(destination: Path) -> int:
    spans = (span for spans in recorded_ranges(destination).values() for span in spans)
    return sum(stop - start for start, stop in spans)


def end_worker(job: JobFolder, attempt: int, number: signal.Signals) -> None:
    started = next(event for event, _ in read_events(job.events(attempt), 0))
    assert isinstance(started, Started)
    os.kill(started.pid, number)
    wait_for(lambda: not JobWatch(job).refresh().status.is_alive)
