"""A small job with a service of its own, for tests that disturb its worker."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bstui.jobs.events import first_event
from bstui.jobs.folder import PLAN, JobFolder
from bstui.jobs.records import Options
from bstui.jobs.state import START_GRACE
from bstui.paths import find_places
from bstui.simulator.service import Simulator, SimulatorOptions, Truth
from tests.jobs.imports import log_in, plan_job
from tests.transfer.store import make_fastq


@dataclass(frozen=True)
class Job:
    """A planned job, the service that it imports from, and how its worker is started."""

    simulator: Simulator
    folder: JobFolder
    destination: Path
    environ: dict[str, str]

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "bstui", "worker", str(self.folder.path)]

    def start(self) -> "subprocess.Popen[bytes]":
        """A worker, on its way."""
        return subprocess.Popen(
            self.command,
            env={**os.environ, **self.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def work(self) -> int:
        """Let a worker make an attempt to its end; its exit code."""
        return self.start().wait()

    def truth(self) -> dict[str, Truth]:
        """What its files really hold."""
        return self.simulator.truth({file.id for file in self.folder.files()})

    def has_ended(self) -> bool:
        """Whether its last attempt said how it went."""
        return self.folder.result(self.folder.numbers().attempt) is not None

    def let_a_minute_pass(self) -> None:
        """Where a worker had claimed its attempt and not begun it: so long it is waited for."""
        events = self.folder.events(self.folder.numbers().attempt)
        if events.exists() and first_event(events) is None:
            then = events.stat().st_mtime - START_GRACE - 1
            os.utime(events, (then, then))


@dataclass(frozen=True)
class Template:
    """A job's folder and its destination at one moment, to begin from again and again."""

    job: Job
    place: Path

    def keep(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.job.folder.path, self.place / "job")
        if self.job.destination.exists():
            shutil.copytree(self.job.destination, self.place / "out")

    def take_over(self, other: "Template") -> None:
        """Begin from now on as another job of the same files does; the plan remains this job's."""
        own = (self.place / "job" / PLAN).read_bytes()
        shutil.rmtree(self.place)
        shutil.copytree(other.place, self.place)
        (self.place / "job" / PLAN).write_bytes(own)

    def begin(self) -> None:
        shutil.rmtree(self.job.folder.path)
        shutil.copytree(self.place / "job", self.job.folder.path)
        shutil.rmtree(self.job.destination, ignore_errors=True)
        if (self.place / "out").exists():
            shutil.copytree(self.place / "out", self.job.destination)


@contextmanager
def serving(folder: Path, reads: Mapping[str, int]) -> Iterator[Simulator]:
    """A service whose project `served` holds FASTQ of so many reads, about 1 KiB each."""
    served = folder / "served"
    served.mkdir(parents=True)
    for seed, (name, count) in enumerate(reads.items()):
        (served / f"{name}.fastq.gz").write_bytes(make_fastq(count, seed))
    with Simulator(SimulatorOptions(serve=(served,), deep=0.01)) as simulator:
        yield simulator


def plan(simulator: Simulator, home: Path, state: Path, out: Path, options: Options) -> Job:
    """An import of all of `served` to `out`, not begun; its folder is beneath `state`."""
    environ = {"HOME": str(home), "BSTUI_STATE_DIR": str(state)}
    places = find_places(environ)
    folder = plan_job(log_in(simulator, places), places, out, "project:=served", options)
    return Job(simulator, folder, out, environ)
