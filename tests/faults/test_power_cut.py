"""The power fails in the midst of an import: an ext4 of its own is shut down, journal and all.

What was not made durable by then is gone, as on a machine that loses its power. The file system is
mounted again, which replays its journal, and checked; then what stands there.
"""

import fcntl
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bstui.jobs.records import Options
from bstui.simulator.service import Simulator
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


@dataclass(frozen=True)
class Disk:
    """An ext4 in a file."""

    image: Path
    mounted: Path

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", self.image, self.mounted], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.mounted], check=True)

    def cut_power(self) -> None:
        folder = os.open(self.mounted, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
        finally:
            os.close(folder)

    def recover(self) -> None:
        """As at the next start of the machine: the journal, a check, and it is there again."""
        self.mount()
        self.unmount()
        checked = subprocess.run(
            ["fsck.ext4", "-f", "-n", self.image], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout
        self.mount()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0:
        pytest.skip("needs root: only root can mount a disk and cut its power")
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("e2fsprogs is not installed: there is no mkfs.ext4")
    made = Disk(tmp_path / "image", tmp_path / "disk")
    made.mounted.mkdir()
    with made.image.open("wb") as image:
        image.truncate(128 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", made.image], check=True)
    tried = subprocess.run(["mount", "-o", "loop", made.image, made.mounted], check=False)
    if tried.returncode:
        pytest.skip("no ext4 can be mounted here: the kernel or the container does not allow it")
    try:
        yield made
    finally:
        subprocess.run(["umount", "-l", made.mounted], check=False)


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
    disk.cut_power()
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
    disk.recover()

    truth = job.truth()
    assert_nothing_wrong(job.folder, out, truth)
    if not job.has_ended():
        job.let_a_minute_pass()
        assert job.work() == 0, job.folder.log.read_text()
    assert_imported(job.folder, out, truth)
    assert_history(state / "history.db", state / "jobs")
