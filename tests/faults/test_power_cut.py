"""The power fails in the midst of an import: an ext4 of its own is shut down, journal and all.

What was not made durable by then is gone, as on a machine that loses its power. The file system is
mounted again, which replays its journal, and checked; then what stands there.
"""

import fcntl
import os
import random
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.jobs.records import Options
from bstui.simulator.service import Simulator
from tests.faults.disks import MIB, Disk, a_disk
from tests.faults.extent import is_full, seed
from tests.faults.small_job import Job, plan, serving
from tests.lab import wait_for
from tests.oracle import assert_history, assert_imported, assert_nothing_wrong

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

CUTS = 50 if is_full() else 5
SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN, linux/fs/ext4/ext4.h."""
WITHOUT_FLUSHING = 2
"""EXT4_GOING_FLAGS_NOLOGFLUSH: nothing that stands in memory reaches the disk any more."""
SMALL = {f"S{i}_S{i}_L001_R1_001": 20 + i for i in range(1, 60)}
READS = {"Deep_S60_L001_R1_001": 12 * 1024, "Deep_S60_L001_R2_001": 7 * 1024, **SMALL}
REQUESTS = len(SMALL) + 3 + 2
"""Those of an import: one for each small file, and for each range."""


def cut_power(disk: Disk) -> None:
    folder = os.open(disk.mounted, os.O_RDONLY)
    try:
        fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
    finally:
        os.close(folder)


def recover(disk: Disk) -> None:
    """As at the next start of the machine: the journal, a check, and it is there again."""
    disk.mount()
    disk.unmount()
    checked = subprocess.run(
        ["fsck.ext4", "-f", "-n", disk.image], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    disk.mount()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with a_disk(tmp_path, 128 * MIB) as made:
        yield made


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with serving(tmp_path_factory.mktemp("power-cut"), READS) as running:
        yield running


def work_until(job: Job, disk: Disk, requests: int) -> None:
    """Let a worker ask for so much, and cut the power; it is gone then."""
    began = len(job.simulator.requests())
    worker = job.start()
    wait_for(
        lambda: len(job.simulator.requests()) >= began + requests or worker.poll() is not None, 60
    )
    cut_power(disk)
    worker.kill()
    worker.wait()


@pytest.mark.parametrize("number", range(CUTS))
def test_a_power_cut_leaves_nothing_wrong_and_is_resumed(
    number: int, disk: Disk, simulator: Simulator, tmp_path: Path
) -> None:
    moment = random.Random(seed() * 1000 + number).randint(1, REQUESTS)
    options = Options(concurrent_files=2, concurrent_parts=2)
    state, out = disk.mounted / "state", disk.mounted / "out"
    job = plan(simulator, tmp_path / "home", state, out, options)

    work_until(job, disk, moment)
    disk.unmount()
    recover(disk)

    truth = job.truth()
    assert_nothing_wrong(job.folder, out, truth)
    if not job.has_ended():
        job.let_a_minute_pass()
        assert job.work() == 0, job.folder.log.read_text()
    assert_imported(job.folder, out, truth)
    assert_history(state / "history.db", state / "jobs")
