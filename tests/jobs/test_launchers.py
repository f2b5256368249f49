"""Detached workers: real processes, killed, resumed, refused."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bstui.basespace.credentials import Profile, choose_profile
from bstui.errors import BstuiError, InUse, NotLoggedIn
from bstui.jobs.events import first_event
from bstui.jobs.folder import JobFolder
from bstui.jobs.glance import status_of
from bstui.jobs.launchers import child_environment, launch, resume
from bstui.jobs.liveness import process_start
from bstui.jobs.records import Launcher
from bstui.jobs.state import State
from bstui.jobs.watch import JobWatch
from bstui.paths import Places, find_places
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.jobs.imports import DEEP, await_state, check_tree, log_in, plan_job
from tests.lab import wait_for

MIB = 1 << 20


@pytest.fixture(scope="module")
def deep_laboratory() -> Iterator[Simulator]:
    """With deep FASTQ of several ranges."""
    with Simulator(SimulatorOptions(deep=0.6)) as running:
        yield running


@pytest.fixture
def simulator(deep_laboratory: Simulator) -> Iterator[Simulator]:
    yield deep_laboratory
    deep_laboratory.faults.release()
    deep_laboratory.faults.clear()


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


@pytest.fixture
def job(profile: Profile, places: Places, tmp_path: Path) -> Iterator[JobFolder]:
    folder = plan_job(profile, places, tmp_path / "data", DEEP)
    yield folder
    for attempt in folder.numbers().events:
        started = first_event(folder.events(attempt))
        if started and started.pid != os.getpid() and process_start(started.pid):
            os.kill(started.pid, signal.SIGKILL)


def worker_pid(job: JobFolder) -> int:
    started = first_event(job.events(job.numbers().attempt))
    assert started is not None
    return started.pid


def deep_files(job: JobFolder) -> list[str]:
    return [file.id for file in sorted(job.files(), key=lambda file: -file.size)[:2]]


def recorded_bytes(destination: Path) -> int:
    """Bytes that stand in partials, by their sidecars."""
    lines = [
        json.loads(line)
        for sidecar in destination.rglob("*.partial.json")
        for line in sidecar.read_bytes().split(b"\n")[:-1]
    ]
    return sum(line["stop"] - line["start"] for line in lines if line["line"] == "got")


def start(job: JobFolder, places: Places) -> int:
    return launch(job, Launcher.DETACHED, places=places, environ=os.environ)


def test_killed_and_resumed_it_ends_with_the_same_tree(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    deep = deep_files(job)
    simulator.faults.hold_at(deep, 12 * MIB)
    assert start(job, places) == 0
    simulator.faults.wait_until_held(deep)
    destination = Path(job.header().destination)
    wait_for(lambda: recorded_bytes(destination) >= 12 * MIB)
    pid = worker_pid(job)
    assert os.getsid(pid) == pid, "a session of its own"
    assert os.getpriority(os.PRIO_PROCESS, pid) == 10
    assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
    with pytest.raises(InUse, match=rf"process {pid}"):
        resume(job, places=places, environ=os.environ)
    os.kill(pid, signal.SIGKILL)
    assert await_state(job, State.LOST).status.resumable
    simulator.faults.release()
    recorded, asked = recorded_bytes(destination), len(simulator.requests())
    assert resume(job, places=places, environ=os.environ) == 0
    await_state(job, State.DONE)
    check_tree(job, simulator)
    again = sum(request.last - request.first + 1 for request in simulator.requests()[asked:])
    assert again <= job.header().bytes - recorded


def test_a_terminated_worker_says_so_and_goes_on_later(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    deep = deep_files(job)
    simulator.faults.hold_at(deep, 12 * MIB)
    start(job, places)
    simulator.faults.wait_until_held(deep)
    os.kill(worker_pid(job), signal.SIGHUP)
    os.kill(worker_pid(job), signal.SIGTERM)
    assert await_state(job, State.STOPPED).status.reason == "signal"
    simulator.faults.release()
    resume(job, places=places, environ=os.environ)
    await_state(job, State.DONE)
    check_tree(job, simulator)


@pytest.mark.parametrize(
    ("number", "reason", "code"),
    [
        (signal.SIGTERM, "signal", 143),
        (signal.SIGINT, "signal", 130),
        (signal.SIGUSR1, "time limit", 10),
    ],
)
def test_each_signal_has_its_exit_code(
    number: int, reason: str, code: int, job: JobFolder, places: Places, simulator: Simulator
) -> None:
    deep = deep_files(job)
    simulator.faults.hold_at(deep, MIB)
    command = [sys.executable, "-m", "bstui", "worker", str(job.path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as worker:
        simulator.faults.wait_until_held(deep)
        worker.send_signal(number)
        _, said = worker.communicate(timeout=90)
    assert (worker.returncode, said) == (code, b"")
    status = status_of(job)
    assert (status.text, status.resumable) == (f"stopped: {reason}", True)


def test_a_token_of_the_environment_goes_through_a_pipe(
    places: Places, tmp_path: Path, simulator: Simulator
) -> None:
    environ = dict(os.environ)
    account = {
        "BASESPACE_API_SERVER": simulator.regions[0].api_url,
        "BASESPACE_ACCESS_TOKEN": simulator.tokens.person,
    }
    profile = choose_profile(places, environ | account)
    job = plan_job(profile, places, tmp_path / "data")
    assert job.header().profile.startswith("env-")
    with pytest.raises(NotLoggedIn):
        launch(job, Launcher.DETACHED, places=places, environ=environ)
    assert launch(job, Launcher.DETACHED, places=places, environ=environ | account) == 0
    pid = worker_pid(job)
    process = Path(f"/proc/{pid}")
    if process_start(pid):
        said = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        assert simulator.tokens.person.encode() not in said
    await_state(job, State.DONE)
    check_tree(job, simulator)


def test_of_two_starts_at_once_one_is_refused(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    def try_to_start(_: int) -> int:
        try:
            return start(job, places)
        except InUse as refusal:
            return refusal.exit_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_to_start, range(2))) == [0, 11]
    await_state(job, State.DONE)
    assert job.numbers().events == (1,)
    check_tree(job, simulator)


def test_in_this_process(job: JobFolder, places: Places, simulator: Simulator) -> None:
    assert launch(job, Launcher.HERE, places=places, environ=os.environ) == 0
    check_tree(job, simulator)
    assert status_of(job).state is State.DONE


def test_a_worker_that_cannot_begin_is_told_with_its_log(
    job: JobFolder, places: Places, tmp_path: Path
) -> None:
    (tmp_path / "msgspec.py").write_text('raise ImportError("half an installation")')
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with pytest.raises(BstuiError, match="ended with exit code") as failure:
        launch(job, Launcher.DETACHED, places=places, environ=environ)
    assert str(job.log) in failure.value.why
    assert "half an installation" in failure.value.why
    view = JobWatch(job).refresh()
    assert view.status.state is State.STOPPED
    assert "ended with exit code" in view.status.reason


def test_the_child_finds_the_same_places_and_no_token(tmp_path: Path) -> None:
    places = find_places({"HOME": str(tmp_path), "BSTUI_STATE_DIR": str(tmp_path / "s")}).demo()
    environ = child_environment(places, {"BSTUI_ACCESS_TOKEN": "x", "TERM": "vt100"})
    assert find_places(environ) == places
    assert "BSTUI_ACCESS_TOKEN" not in environ
    assert environ["TERM"] == "vt100"
