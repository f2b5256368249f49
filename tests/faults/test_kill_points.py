"""kill -9 at every system call with which a worker changes the disk, and the attempt after it.

A small job is traced once; then it is killed at each call that it made beneath its destination and
its own folder, and resumed.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from bstui.jobs.records import Options
from tests.faults.extent import chosen
from tests.faults.small_job import Job, Template, plan, serving
from tests.faults.strace import Point, died_at, points_of, read_trace, require_strace, strace
from tests.lab import wait_for
from tests.oracle import (
    asked_again,
    assert_imported,
    assert_nothing_wrong,
    read_requests,
    recorded_ranges,
    sent_twice,
)
from tests.transfer.store import MIB

pytestmark = [pytest.mark.system, pytest.mark.timeout(3600)]

READS = {
    "Kidney_S1_L001_R1_001": 5 * 1024 + 180,
    "Kidney_S1_L001_R2_001": 30,
    "Liver_S2_L001_R1_001": 20,
}
"""One file of two ranges, two small ones."""
LANES = 2
"""Jobs that are killed at the same time."""
RANGE = 5 * MIB
SMALL = 60 * 1024
MOST_REFETCHED = RANGE + 2 * SMALL
"""One connection's range, and the small files as one batch."""
ONE_BY_ONE = Options(concurrent_files=1, concurrent_parts=1)
UNREACHED = 0.1
"""The share of points that a run may not come to: heartbeats have their time."""


@dataclass(frozen=True)
class Lane:
    """A job that is killed and begun again, as often as there are points."""

    job: Job
    template: Template
    log: Path
    """strace's."""

    def name(self, path: str) -> str:
        """The same place in every lane."""
        named = path.replace(str(self.job.folder.path), "{job}")
        return named.replace(str(self.job.destination), "{out}").replace(self.job.folder.id, "{id}")

    def place(self, name: str) -> str:
        placed = name.replace("{job}", str(self.job.folder.path))
        return placed.replace("{out}", str(self.job.destination)).replace(
            "{id}", self.job.folder.id
        )


@contextmanager
def a_lane(folder: Path) -> Iterator[Lane]:
    with serving(folder, READS) as simulator:
        job = plan(simulator, folder / "home", folder / "state", folder / "out", ONE_BY_ONE)
        template = Template(job, folder / "template")
        template.keep()
        yield Lane(job, template, folder / "trace")


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Lane]]:
    place = tmp_path_factory.mktemp("kill-points")
    require_strace(place)
    with ExitStack() as stack:
        yield [stack.enter_context(a_lane(place / f"lane{i}")) for i in range(LANES)]


def find_points(lane: Lane) -> list[Point]:
    """Every call of an undisturbed run that there is a name for."""
    job = lane.job
    lane.template.begin()
    done = strace(job.command, lane.log, environ=job.environ)
    assert done.returncode == 0, done.stderr
    found = points_of(list(read_trace(lane.log)), [job.folder.path, job.destination])
    return [replace(point, path=lane.name(point.path)) for point in found]


def check_all(lanes: list[Lane], points: list[Point]) -> str:
    """Kill and resume at each of the points, some at the same time; the figures, for people."""
    free: SimpleQueue[Lane] = SimpleQueue()
    for lane in lanes:
        free.put(lane)

    def check(point: Point) -> str:
        lane = free.get()
        try:
            return "" if check_at(lane, point) else f"not reached: {point}"
        except Exception as error:
            return f"FAILED: {point}: {error!r}"
        finally:
            free.put(lane)

    with ThreadPoolExecutor(len(lanes)) as pool:
        said = [text for text in pool.map(check, points) if text]
    shown = "\n".join(said)
    assert "FAILED" not in shown, shown
    assert len(said) <= max(2, UNREACHED * len(points)), shown
    return f"\n{len(points) - len(said)} of {len(points)} points killed and resumed\n{shown}\n"


def check_at(lane: Lane, point: Point) -> bool:
    """Kill a worker there, check what it left, resume; False where it never came there.

    Threads share calls otherwise each time, and bytes come in larger pieces on a busy machine:
    where none of them makes so many of one, the one before will do.
    """
    for number in (point.number, point.number, max(1, point.number - 1), max(1, point.number // 2)):
        began = len(lane.job.simulator.requests())
        if kill_at(lane, replace(point, number=number)):
            check_the_end(lane.job, began)
            return True
        assert lane.job.has_ended(), "it neither died there nor ended"
    return False


def kill_at(lane: Lane, named: Point) -> bool:
    """Begin the job and kill its worker at this call; whether it died there."""
    point = replace(named, path=lane.place(named.path))
    lane.template.begin()
    strace(
        lane.job.command,
        lane.log,
        calls=point.call,
        paths=[point.path],
        inject=[f"{point.call}:signal=KILL:when={point.number}"],
        environ=lane.job.environ,
    )
    return died_at(lane.log, point)


def check_the_end(job: Job, began: int) -> None:
    """What a kill left, and that the next attempt makes a whole tree of it at little cost."""
    truth = job.truth()
    assert_nothing_wrong(job.folder, job.destination, truth)
    standing = [file for file in job.folder.files() if (job.destination / file.path).exists()]
    recorded = recorded_ranges(job.destination) if job.destination.exists() else {}
    kept = {**recorded, **{file.id: [(0, file.size)] for file in standing}}
    killed = len(job.simulator.requests())

    if not job.has_ended():
        job.let_a_minute_pass()
        assert job.work() == 0, job.folder.log.read_text()

    assert_imported(job.folder, job.destination, truth)
    requests = read_requests(job.simulator.requests())
    assert asked_again(requests[killed:], kept) == []
    assert sent_twice(requests[began:]) <= MOST_REFETCHED


def test_a_job_that_is_killed_anywhere_ends_in_the_same_tree(
    lanes: list[Lane], capsys: pytest.CaptureFixture[str]
) -> None:
    points = find_points(lanes[0])
    calls = {point.call for point in points}
    assert calls >= {"write", "fsync", "renameat2", "unlinkat", "openat", "close", "mkdirat"}
    assert calls & {"pwrite64", "pwritev", "pwritev2"}
    last_word = {point.call for point in points if "/.result-0001.json" in point.path}
    assert last_word >= {"openat", "write", "fsync", "close", "rename"}
    figures = check_all(lanes, chosen(points))
    with capsys.disabled():
        sys.stdout.write(figures)


def kill_half_way(lane: Lane) -> None:
    """Let every run from now on find a part recorded, and the next begun."""
    job, faults = lane.job, lane.job.simulator.faults
    big = max(job.folder.files(), key=lambda file: file.size)
    lane.template.begin()
    faults.hold_at([big.id], RANGE + 100_000)
    worker = job.start()
    faults.wait_until_held([big.id], 60)
    wait_for(lambda: bool(recorded_ranges(job.destination).get(big.id)))
    worker.kill()
    worker.wait()
    faults.clear()
    kept = recorded_ranges(job.destination)[big.id]
    assert RANGE // 3 < sum(stop - start for start, stop in kept) <= RANGE + 100_000
    lane.template.keep()


def test_a_job_that_is_killed_while_it_resumes_ends_in_the_same_tree(
    lanes: list[Lane], capsys: pytest.CaptureFixture[str]
) -> None:
    kill_half_way(lanes[0])
    for lane in lanes[1:]:
        lane.template.take_over(lanes[0].template)
    figures = check_all(lanes, chosen(find_points(lanes[0])))
    with capsys.disabled():
        sys.stdout.write(figures)
