"""What looking at 1 000 jobs costs: `bstui jobs`, and a screen that follows them twice a second."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bstui.jobs.records import Outcome
from bstui.jobs.watch import JobsWatch, list_jobs
from tests.history.past import START, attempt, done, plan_job, planned_file

_SHOWN = 10
"""Refreshes of a screen."""


def main(jobs: int = 1_000, files: int = 30) -> None:
    with tempfile.TemporaryDirectory() as folder:
        jobs_dir = Path(folder, "state", "jobs")
        for job in range(jobs):
            rows = [planned_file(job * files + number) for number in range(files)]
            made = plan_job(jobs_dir, rows, name=f"job-{job}", created=START + job)
            attempt(made, 1, map(done, rows), Outcome.DONE)
            then = time.time() - 3600
            os.utime(made.path, (then, then))
        environ = {**os.environ, "HOME": folder, "BSTUI_STATE_DIR": str(Path(folder, "state"))}
        none = {**environ, "BSTUI_STATE_DIR": str(Path(folder, "none"))}
        startup = min(_seconds(none, "jobs") for _ in range(5))
        listing = min(_seconds(environ, "jobs") for _ in range(5))
        print(f"{1000 * startup:8.0f} ms  bstui jobs, no job")
        print(f"{1000 * (listing - startup):8.0f} ms  bstui jobs, {jobs:,} jobs, beyond that")
        began = time.process_time()
        list_jobs(jobs_dir)
        print(f"{1000 * (time.process_time() - began):8.0f} ms  the list, read anew")
        watch = JobsWatch(jobs_dir)
        watch.refresh()
        began = time.process_time()
        for _ in range(_SHOWN):
            watch.refresh()
        each = (time.process_time() - began) / _SHOWN
        print(
            f"{1000 * each:8.1f} ms  CPU for each look again: {200 * each:.1f} % of a core at 2 Hz"
        )


def _seconds(environ: dict[str, str], *arguments: str) -> float:
    """Of CPU, which is all of its time on a machine that does nothing else."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "bstui", *arguments],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
