"""How long the history takes to read 1 000 jobs with 10⁶ files that it has never seen."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bstui.history import History
from bstui.jobs.records import Outcome, PlanFile
from tests.history.past import START, attempt, done, plan_job, planned_file


def main(jobs: int = 1_000, files: int = 1_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for job in range(jobs):
            rows = list(_files(job, files))
            made = plan_job(Path(folder, "jobs"), rows, name=f"job-{job}", created=START + job)
            attempt(made, 1, map(done, rows), Outcome.DONE)
        with History(Path(folder, "history.db")) as history:
            seconds = _timed("catch-up of all", lambda: history.catch_up(Path(folder, "jobs")))
            _timed("catch-up of nothing new", lambda: history.catch_up(Path(folder, "jobs")))
            _timed("search in jobs and samples", lambda: history.jobs("sample7"))
            _timed("search in paths", lambda: history.jobs("L001_R500.fastq"))
            ids = [f"r{number}" for number in range(1_000)]
            _timed("1 000 files: imported?", lambda: history.imported(ids))
            size = history.path.stat().st_size
        print(f"{jobs * files / seconds:,.0f} files/s, {size / jobs / files:.0f} bytes a file")


def _files(job: int, count: int) -> Iterator[PlanFile]:
    for number in range(count):
        yield planned_file(job * count + number, sample=f"sample{number // 8}")


def _timed(what: str, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    print(f"{seconds:8.3f} s  {what}")
    return seconds


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
