"""How much memory a worker takes that has 100 000 files to bring: at most 150 MB.

The plan begins with the simulator's largest files, in many ranges at once, and goes on with one
small file under 100 000 names. The worker is ended after some seconds: its peak comes early.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bstui.jobs.folder import JobFolder, create_job
from bstui.jobs.identifiers import new_id
from bstui.jobs.records import FORMAT, Options, PlanFile, PlanHeader
from bstui.paths import find_places
from bstui.simulator.service import Simulator, SimulatorOptions, Truth

FILES = 100_000
SECONDS = 40.0
ALLOWED = 150.0
"""MB, of 10⁶ bytes."""
_LARGEST = 6


def main(files: int = FILES, seconds: float = SECONDS) -> None:
    options = SimulatorOptions(deep=3)
    with Simulator(options) as simulator, tempfile.TemporaryDirectory() as home:
        environ = {
            "HOME": home,
            "PATH": os.environ["PATH"],
            "BSTUI_SITE_CONFIG": "",
            "BSTUI_API_SERVER": simulator.regions[0].api_url,
            "BSTUI_ACCESS_TOKEN": simulator.regions[0].accounts[0].token,
        }
        account = simulator.regions[0].accounts[0].id
        job = _plan(environ, account, list(_files(simulator.truth(), files)), Path(home, "data"))
        peak, done = _peak_of_worker(job, environ, seconds)
    print(f"{files:,} files planned, {done:,} MB arrived in {seconds:.0f} s or less")
    print(f"peak of the worker {peak:6.1f} MB  {peak / ALLOWED:4.2f} of what is allowed")


def _files(truth: Mapping[str, Truth], count: int) -> Iterator[PlanFile]:
    by_size = sorted(truth, key=lambda file: truth[file].size)
    small = next(file for file in by_size if truth[file].size)
    ids = [*reversed(by_size[-_LARGEST:]), *[small] * (count - _LARGEST)]
    for number, file in enumerate(ids):
        known = truth[file]
        path = f"folder-{number // 1000}/file-{number}"
        yield PlanFile(id=file, name=path, path=path, size=known.size, etag=known.etag)


def _plan(
    environ: Mapping[str, str], account: str, files: list[PlanFile], destination: Path
) -> JobFolder:
    header = PlanHeader(
        format=FORMAT,
        id=new_id(time.time()),
        name="memory",
        created=time.time(),
        profile="env-benchmark",
        region="other",
        identity_id=account,
        identity="benchmark",
        destination=str(destination),
        options=Options(concurrency="high"),
        files=len(files),
        bytes=sum(file.size for file in files),
    )
    return create_job(find_places(environ).jobs, header, files)


def _peak_of_worker(
    job: JobFolder, environ: Mapping[str, str], seconds: float
) -> tuple[float, int]:
    """The most memory of the worker in MB, and the MB that arrived.

    VmHWM, not ru_maxrss: that counts what this process held when it started the worker.
    """
    command = [sys.executable, "-m", "bstui", "worker", str(job.path)]
    peak = 0
    with subprocess.Popen(command, env=environ) as worker:
        end = time.monotonic() + seconds
        while worker.poll() is None and time.monotonic() < end:
            status = Path(f"/proc/{worker.pid}/status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                peak = int(found[1])
            time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
    progress = job.progress()
    if progress is None:
        raise SystemExit(f"the worker ended by itself with {worker.returncode}: see {job.log}")
    return peak * 1024 / 1e6, progress.record.bytes_done // 1_000_000


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
