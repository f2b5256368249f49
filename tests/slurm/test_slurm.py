"""Jobs in a real Slurm: handed in, held, requeued, cancelled, found again; each state is true."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.basespace.credentials import Profile
from bstui.errors import NotLoggedIn, SchedulerProblem
from bstui.jobs.batch_script import SCRIPT
from bstui.jobs.control import ask
from bstui.jobs.events import first_event, leaving
from bstui.jobs.folder import JobFolder, job_folders
from bstui.jobs.launchers import launch, resume
from bstui.jobs.queue import Queues, shared_queues
from bstui.jobs.records import Batch, Launcher, Want
from bstui.jobs.slurm import JOB_NAME
from bstui.jobs.state import State
from bstui.jobs.watch import JobView, JobWatch
from bstui.paths import Places
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.jobs.imports import DEEP, SMALL, check_tree, log_in, plan_job
from tests.lab import wait_for
from tests.running import call_bstui, run_bstui
from tests.slurm.cluster import Cluster, running_cluster

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
MIB = 1 << 20
LONG = 120.0
"""Seconds that a slow machine may take for what takes a second or two."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("MinJobAge=2") as one:
        yield one


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Simulator]:
    with Simulator(SimulatorOptions(deep=0.6)) as running:
        yield running


@pytest.fixture
def simulator(laboratory: Simulator) -> Iterator[Simulator]:
    yield laboratory
    laboratory.faults.release()
    laboratory.faults.clear()


@pytest.fixture
def profile(simulator: Simulator, places: Places, cluster: Cluster) -> Iterator[Profile]:
    """A stored profile, in an environment that knows the cluster; an idle cluster afterwards."""
    os.environ["SLURM_CONF"] = cluster.conf
    shared_queues().forget()
    yield log_in(simulator, places)
    cluster.undrain()
    cluster.call("scancel", "--quiet", "--user=root")
    wait_for(lambda: not cluster.names(), LONG)


@pytest.fixture
def job(profile: Profile, places: Places, tmp_path: Path) -> JobFolder:
    return plan_job(profile, places, tmp_path / "data", DEEP)


def submit(job: JobFolder, places: Places, batch: Batch | None = None) -> str:
    """Slurm's id."""
    assert launch(job, Launcher.SLURM, places=places, environ=os.environ, batch=batch) == 0
    return native_id(job)


def native_id(job: JobFolder) -> str:
    newest = job.newest_launch(job.numbers())
    assert newest is not None
    return newest.record.native_id


def await_view(job: JobFolder, state: State, words: str = "") -> JobView:
    """The job once it is in that state, for a reason with these words."""
    watch = JobWatch(job, queues=Queues(os.environ, stale=0.5))

    def is_there() -> bool:
        status = watch.refresh().status
        return status.state is state and words in status.text

    try:
        wait_for(is_there, LONG)
    except TimeoutError as error:
        raise AssertionError(f"the job is {watch.refresh().status.text}") from error
    return watch.refresh()


def hold_deep(job: JobFolder, simulator: Simulator) -> list[str]:
    """Let the two largest files stand still in their midst."""
    deep = [file.id for file in sorted(job.files(), key=lambda file: -file.size)[:2]]
    simulator.faults.hold_at(deep, 12 * MIB)
    return deep


def await_small_files(job: JobFolder) -> None:
    """Until the worker stands at the held files, with all others there."""
    files = job.header().files
    watch = JobWatch(job)
    wait_for(lambda: watch.refresh().counts.files_done >= files - 2, LONG)


def test_the_command_line_hands_a_job_in_whole(
    profile: Profile, places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    meddling = {"SBATCH_PARTITION": "nosuch", "SQUEUE_FORMAT": "%i", "SECRET_OF_MINE": "x"}
    state = tmp_path / "state with blanks, 100%"
    common = ("--state-dir", str(state))
    said = call_bstui(
        *common, "import", SMALL, "--to", str(tmp_path / "data"), "--launch", "slurm",
        "--partition", "transfer", "--time", "30:00", "--yes",
        environ=meddling,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    run_bstui(*common, "attach", "last", environ=meddling)
    (job,) = job_folders(state / "jobs")
    check_tree(job, simulator)
    script = (job.path / SCRIPT).read_text()
    assert "#SBATCH --partition=transfer\n" in script
    assert f"#SBATCH --job-name={JOB_NAME.format(id=job.id)}\n" in script
    started = first_event(job.events(1))
    assert started is not None
    assert started.slurm_id == native_id(job)


def test_a_dry_run_shows_the_script_and_what_slurm_says(profile: Profile, tmp_path: Path) -> None:
    arguments = ("import", SMALL, "--to", str(tmp_path), "--launch", "slurm", "--dry-run")
    said = call_bstui(*arguments, "--partition", "transfer").stderr
    assert "#SBATCH --partition=transfer" in said
    assert "to start at" in said
    assert "partition compute, the default: up, at most 2:00:00" in said
    assert "Invalid partition name" in call_bstui(*arguments, "--partition", "nosuch").stderr


def test_what_slurm_refuses_is_told_in_its_words_and_mended(
    job: JobFolder, places: Places, simulator: Simulator
) -> None:
    with pytest.raises(SchedulerProblem, match="invalid partition specified: nosuch"):
        submit(job, places, Batch(partition="nosuch"))
    await_view(job, State.STOPPED, "invalid partition")
    better = Batch(partition="transfer")
    assert resume(job, places=places, environ=os.environ, batch=better) == 0
    await_view(job, State.DONE)
    check_tree(job, simulator)


def test_waiting_it_is_held_released_and_taken_back(
    job: JobFolder, places: Places, cluster: Cluster
) -> None:
    cluster.drain()
    number = submit(job, places)
    await_view(job, State.QUEUED, "down, drained or reserved")
    ask(job, want=Want.PAUSE)
    await_view(job, State.QUEUED, "held; `bstui resume` releases it")
    assert resume(job, places=places, environ=os.environ) == 0
    assert native_id(job) == number, "a second job was handed in"
    await_view(job, State.QUEUED, "down, drained or reserved")
    ask(job, want=Want.CANCEL)
    await_view(job, State.CANCELLED)
    wait_for(lambda: JOB_NAME.format(id=job.id) not in cluster.names(), LONG)


def test_too_long_a_time_is_said_never_to_start(job: JobFolder, places: Places) -> None:
    submit(job, places, Batch(partition="compute", time="5-00"))
    await_view(job, State.QUEUED, "will never start: its time is over the partition's limit")


def test_cancelled_behind_our_back_and_purged(
    job: JobFolder, places: Places, cluster: Cluster
) -> None:
    cluster.drain()
    number = submit(job, places)
    await_view(job, State.QUEUED, "drained")
    cluster.call("scancel", number)
    await_view(job, State.STOPPED, "Slurm")
    view = await_view(job, State.STOPPED, "Slurm does not know it any more")
    assert view.status.resumable


def test_the_time_limit_lets_it_start_again_where_it_was(
    job: JobFolder, places: Places, simulator: Simulator, cluster: Cluster
) -> None:
    deep = hold_deep(job, simulator)
    number = submit(job, places)
    await_small_files(job)
    cluster.call("scancel", "--signal=USR1", "--batch", number)
    await_view(job, State.QUEUED, "not before its time, starts at")
    left = leaving(job.events(1))
    assert left is not None
    assert left.reason == "time limit"
    simulator.faults.release()
    simulator.faults.clear()
    cluster.start_now(number)
    await_view(job, State.DONE)
    check_tree(job, simulator)
    again = first_event(job.events(2))
    assert again is not None
    assert again.slurm_id == number
    assert deep


def test_without_requeue_it_is_handed_in_again(
    job: JobFolder, places: Places, simulator: Simulator, cluster: Cluster
) -> None:
    hold_deep(job, simulator)
    number = submit(job, places, Batch(options=("--no-requeue",)))
    await_small_files(job)
    cluster.call("scancel", "--signal=USR1", "--batch", number)
    wait_for(lambda: native_id(job) != number, LONG)
    simulator.faults.release()
    simulator.faults.clear()
    await_view(job, State.DONE)
    check_tree(job, simulator)


def test_after_a_node_failed_it_waits_in_slurm_and_can_go_on_elsewhere(
    job: JobFolder, places: Places, simulator: Simulator, cluster: Cluster
) -> None:
    hold_deep(job, simulator)
    number = submit(job, places)
    await_small_files(job)
    cluster.fail_node()
    await_view(job, State.QUEUED, f"Slurm job {number}")
    simulator.faults.release()
    simulator.faults.clear()
    # Slurm may hold it for minutes now, as it takes care of a node that has just come back.
    assert resume(job, Launcher.DETACHED, places=places, environ=os.environ) == 0
    await_view(job, State.DONE)
    check_tree(job, simulator)
    wait_for(lambda: JOB_NAME.format(id=job.id) not in cluster.names(), LONG)
    wait_for(cluster.is_idle, LONG)


def test_paused_in_place_and_then_off_the_node(
    job: JobFolder, places: Places, simulator: Simulator, cluster: Cluster
) -> None:
    hold_deep(job, simulator)
    number = submit(job, places)
    await_small_files(job)
    ask(job, want=Want.PAUSE)
    await_view(job, State.PAUSED)
    ask(job, want=Want.PAUSE, free=True)
    await_view(job, State.STOPPED, "paused")
    wait_for(lambda: JOB_NAME.format(id=job.id) not in cluster.names(), LONG)
    simulator.faults.release()
    simulator.faults.clear()
    assert resume(job, places=places, environ=os.environ) == 0
    assert native_id(job) != number
    await_view(job, State.DONE)
    check_tree(job, simulator)


def test_a_job_in_slurm_is_found_by_name_after_its_launcher_died(
    job: JobFolder, places: Places, cluster: Cluster
) -> None:
    cluster.drain()
    number = submit(job, places)
    for launched in job.path.glob("launch-*.json"):
        launched.unlink()  # as it is where the launcher died before it could note anything
    assert submit(job, places) == number
    assert cluster.names().count(JOB_NAME.format(id=job.id)) == 1


def test_a_controller_that_is_down_stops_no_worker_and_is_said(
    job: JobFolder, profile: Profile, places: Places, simulator: Simulator, cluster: Cluster,
    tmp_path: Path,
) -> None:  # fmt: skip
    hold_deep(job, simulator)
    submit(job, places)
    await_small_files(job)
    cluster.drain()
    waiting = plan_job(profile, places, tmp_path / "other", SMALL)
    submit(waiting, places)
    cluster.down("slurmctld")
    try:
        await_view(waiting, State.QUEUED, "squeue")
        simulator.faults.release()
        simulator.faults.clear()
        await_view(job, State.DONE)
        check_tree(job, simulator)
    finally:
        cluster.up("slurmctld")
    await_view(waiting, State.QUEUED, "drained")


def test_a_token_of_the_environment_is_not_given_to_slurm(
    simulator: Simulator, cluster: Cluster, tmp_path: Path
) -> None:
    environ = {
        "BSTUI_API_SERVER": simulator.regions[0].api_url,
        "BSTUI_ACCESS_TOKEN": simulator.tokens.person,
        "SLURM_CONF": cluster.conf,
    }
    arguments = ("import", SMALL, "--to", str(tmp_path / "data"), "--launch", "slurm", "--yes")
    said = call_bstui(*arguments, environ=environ)
    assert said.returncode == NotLoggedIn.exit_code
    assert "bstui login" in said.stderr
