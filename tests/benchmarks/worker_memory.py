"""How much memory a worker with 100 000 files to bring takes: at most 150 MB, and no more later.

The plan has the simulator's largest files, in many ranges at once, and then one small file under
many names, again and again. The worker is ended after some seconds. By hand, for an hour of
200 000 files: `python -m tests.benchmarks.worker_memory 200000 3600 high`.
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
_ROUND = 4000
"""Files after which the largest ones come again."""
_SHOWN = 10
"""Moments of which the memory is printed."""


def main(files: int = FILES, seconds: float = SECONDS, concurrency: str = "high") -> None:
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
        planned = list(_files(simulator.truth(), files))
        job = _plan(environ, account, planned, Path(home, "data"), concurrency)
        seen, peak, done = _watch_worker(job, environ, seconds)
    print(f"{files:,} files planned, {done:,} MB arrived in {seen[-1][0]:.0f} s, {concurrency}")
    for i in range(1, _SHOWN + 1):
        moment, held = seen[len(seen) * i // _SHOWN - 1]
        print(f"  after {moment:6.0f} s {held:6.1f} MB")
    early, late = (_middle([held for _, held in part]) for part in _halves(seen))
    print(f"  later half to earlier half {late / early:4.2f}")
    print(f"peak of the worker {peak:6.1f} MB  {peak / ALLOWED:4.2f} of what is allowed")


Seen = list[tuple[float, float]]
"""Seconds after the start, and MB held."""


def _halves(seen: Seen) -> tuple[Seen, Seen]:
    """After a tenth, in which it fills its buffers."""
    rest = seen[len(seen) // 10 :]
    return rest[: len(rest) // 2 + 1], rest[len(rest) // 2 :]


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _files(truth: Mapping[str, Truth], count: int) -> Iterator[PlanFile]:
    by_size = sorted(truth, key=lambda file: truth[file].size)
    small = next(file for file in by_size if truth[file].size)
    largest = by_size[: -_LARGEST - 1 : -1]
    for number in range(count):
        place = number % _ROUND
        file = largest[place] if place < _LARGEST else small
        known = truth[file]
        path = f"folder-{number // 1000}/file-{number}"
        yield PlanFile(id=file, name=path, path=path, size=known.size, etag=known.etag)


def _plan(
    environ: Mapping[str, str],
    account: str,
    files: list[PlanFile],
    destination: Path,
    concurrency: str,
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
        options=Options(concurrency=concurrency),
        files=len(files),
        bytes=sum(file.size for file in files),
    )
    return create_job(find_places(environ).jobs, header, files)


def _watch_worker(
    job: JobFolder, environ: Mapping[str, str], seconds: float
) -> tuple[Seen, float, int]:
    """The worker's memory over time, the most of it in MB, and the MB that arrived.

    VmHWM, not ru_maxrss: that counts what this process held when it started the worker.
    """
    command = [sys.executable, "-m", "bstui", "worker", str(job.path)]
    seen: Seen = []
    peak = 0.0
    with subprocess.Popen(command, env=environ) as worker:
        begun = time.monotonic()
        while worker.poll() is None and time.monotonic() < begun + seconds:
            status = Path(f"/proc/{worker.pid}/status").read_text()
            held = dict(re.findall(r"(VmHWM|VmRSS):\s+(\d+) kB", status))
            if held:
                seen.append((time.monotonic() - begun, int(held["VmRSS"]) * 1024 / 1e6))
                peak = int(held["VmHWM"]) * 1024 / 1e6
            time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
    progress = job.progress()
    if progress is None:
        raise SystemExit(f"the worker ended by itself with {worker.returncode}: see {job.log}")
    return seen, peak, progress.record.bytes_done // 1_000_000


if __name__ == "__main__":
    main(*(kind(word) for kind, word in zip((int, float, str), sys.argv[1:], strict=False)))
