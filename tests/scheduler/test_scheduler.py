"""Jobs in another scheduler, by command lines: handed in, waited for, found again, cancelled."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bstui.basespace.credentials import Profile
from bstui.errors import NotLoggedIn, SchedulerProblem, UsageError
from bstui.jobs.batch_script import SCRIPT
from bstui.jobs.control import ask
from bstui.jobs.events import leaving
from bstui.jobs.folder import JobFolder, job_folders
from bstui.jobs.launchers import launch, resume
from bstui.jobs.queue import Queues, shared_queues
from bstui.jobs.records import Batch, Launcher, Scheduler, Want
from bstui.jobs.slurm import JOB_NAME
from bstui.jobs.state import State
from bstui.jobs.watch import JobView, JobWatch
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.jobs.imports import SMALL, check_tree, log_in, plan_job
from tests.lab import wait_for
from tests.running import call_bstui, run_bstui

_PROGRAM = Path(__file__).with_name("queue_program.py")


class Spool:
    """The queue's folder, and what a user's settings say of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.command = shlex.join([sys.executable, str(_PROGRAM), str(path)])

    def form(self, *header: str) -> Scheduler:
        return Scheduler(
            name="Qsys",
            submit=f"{self.command} submit {{script}}",
            status=f"{self.command} list",
            cancel=f"{self.command} delete {{id}}",
            id=r"^Your job (\d+)",
            job=r"^(?P<id>\d+) (?P<name>\S+) (?P<state>\w)$",
            pending=("Q",),
            running=("R",),
            ended=("C",),
            header=("#Q -N {name}", "#Q -o {out}", *header),
        )

    def settings(self, form: Scheduler) -> str:
        """The table `[scheduler]` of a settings file."""
        words = {"name": form.name, "submit": form.submit, "status": form.status}
        words |= {"cancel": form.cancel, "id": form.id, "job": form.job}
        lists = {"pending": form.pending, "running": form.running, "ended": form.ended}
        lines = [f"{key} = '''{text}'''" for key, text in words.items()]
        lines += [f"{key} = {list(texts)!r}" for key, texts in lists.items()]
        lines.append(f"header = {list(form.header)!r}")
        return "[scheduler]\n" + "\n".join(lines) + "\n"

    def call(self, *action: str) -> str:
        command = [sys.executable, str(_PROGRAM), str(self.path), *action]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def ids(self) -> list[str]:
        """Of all jobs that it lists."""
        return [line.split()[0] for line in self.call("list").splitlines()]

    def hold(self) -> None:
        (self.path / "held").touch()

    def release(self) -> None:
        (self.path / "held").unlink()
        self.call("start")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool with blanks")
    shared_queues().forget()
    yield made
    for number in made.ids():
        made.call("delete", number)


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


@pytest.fixture
def job(profile: Profile, places: Places, tmp_path: Path) -> JobFolder:
    return plan_job(profile, places, tmp_path / "data", SMALL)


def submit(job: JobFolder, places: Places, form: Scheduler) -> str:
    """The scheduler's id."""
    batch = Batch(scheduler=form)
    assert launch(job, Launcher.SCHEDULER, places=places, environ=os.environ, batch=batch) == 0
    return native_id(job)


def native_id(job: JobFolder) -> str:
    newest = job.newest_launch(job.numbers())
    assert newest is not None
    return newest.record.native_id


def await_view(job: JobFolder, state: State, words: str = "") -> JobView:
    """The job once it is in that state, for a reason with these words."""
    watch = JobWatch(job, queues=Queues(os.environ, stale=0.2))

    def is_there() -> bool:
        status = watch.refresh().status
        return status.state is state and words in status.text

    try:
        wait_for(is_there)
    except TimeoutError as error:
        raise AssertionError(f"the job is {watch.refresh().status.text}") from error
    return watch.refresh()


def grow_old(job: JobFolder) -> None:
    """Let the launches be two minutes past."""
    for path in job.path.glob("launch-*.json"):
        then = path.stat().st_mtime - 120
        os.utime(path, (then, then))


def test_the_command_line_hands_a_job_in_by_the_settings_commands(
    profile: Profile, places: Places, simulator: Simulator, spool: Spool, tmp_path: Path
) -> None:
    places.settings.write_text(spool.settings(spool.form("#Q -q transfer")))
    environ = {"SECRET_OF_MINE": "x", "https_proxy": "http://ada:pass-word@127.0.0.1:9"}
    environ["no_proxy"] = "*"
    target = ("import", SMALL, "--to", str(tmp_path / "data"), "--launch", "scheduler")
    shown = call_bstui(*target, "--dry-run", environ=environ).stderr
    assert "#Q -q transfer" in shown
    assert "the script for Qsys" in shown
    spool.hold()
    said = call_bstui(*target, "--yes", environ=environ)
    assert said.returncode == 0, said.stderr
    assert "queued: Qsys job 42: waits its turn" in said.stdout
    (job,) = job_folders(places.jobs)
    assert native_id(job) == "42"
    script = (job.path / SCRIPT).read_text()
    assert f"#Q -N {JOB_NAME.format(id=job.id)}\n#Q -o {job.path}/scheduler.out\n" in script
    assert "#SBATCH" not in script
    assert "SECRET_OF_MINE" not in script
    assert "pass-word" not in script
    spool.release()
    run_bstui("attach", "last")
    check_tree(job, simulator)


def test_flags_of_slurm_and_a_missing_table_are_refused(profile: Profile, tmp_path: Path) -> None:
    target = ("import", SMALL, "--to", str(tmp_path / "data"), "--launch", "scheduler", "--yes")
    said = call_bstui(*target)
    assert said.returncode == UsageError.exit_code
    assert "bstui help clusters" in said.stderr
    said = call_bstui(*target, "--partition", "long")
    assert said.returncode == UsageError.exit_code
    assert "--partition is for Slurm" in said.stderr


def test_what_it_refuses_is_told_in_its_words_and_mended(
    job: JobFolder, places: Places, simulator: Simulator, spool: Spool
) -> None:
    with pytest.raises(SchedulerProblem, match="cannot locate queue nosuch"):
        submit(job, places, spool.form("#Q -q nosuch"))
    await_view(job, State.STOPPED, "cannot locate queue nosuch")
    better = Batch(scheduler=spool.form("#Q -q transfer"))
    assert resume(job, places=places, environ=os.environ, batch=better) == 0
    await_view(job, State.DONE)
    check_tree(job, simulator)


def test_waiting_it_cannot_be_held_and_is_taken_back(
    job: JobFolder, places: Places, spool: Spool
) -> None:
    spool.hold()
    number = submit(job, places, spool.form())
    await_view(job, State.QUEUED, f"Qsys job {number}: waits its turn")
    with pytest.raises(SchedulerProblem, match="cannot hold it back"):
        ask(job, want=Want.PAUSE)
    assert resume(job, places=places, environ=os.environ) == 0
    assert spool.ids() == [number], "a second job was handed in"
    ask(job, want=Want.CANCEL)
    await_view(job, State.CANCELLED)
    assert spool.ids() == []


def test_it_is_found_by_name_after_its_launcher_died(
    job: JobFolder, places: Places, spool: Spool
) -> None:
    spool.hold()
    number = submit(job, places, spool.form())
    for launched in job.path.glob("launch-*.json"):
        launched.unlink()  # as it is where the launcher died before it could note anything
    assert submit(job, places, spool.form()) == number
    assert spool.ids() == [number]


def test_an_answer_without_an_id_is_shown_and_the_job_found_again(
    job: JobFolder, places: Places, spool: Spool
) -> None:
    spool.hold()
    (spool.path / "lost-answer").touch()
    with pytest.raises(SchedulerProblem, match="nothing in its answer looks like an id"):
        submit(job, places, spool.form())
    assert submit(job, places, spool.form()) == "42"
    assert spool.ids() == ["42"]


def test_taken_out_behind_our_back_and_words_that_nobody_explains(
    job: JobFolder, places: Places, spool: Spool
) -> None:
    spool.hold()
    number = submit(job, places, spool.form())
    (spool.path / "odd").touch()
    await_view(job, State.QUEUED, f"Qsys job {number}: is 'Z', which the settings do not explain")
    (spool.path / "odd").unlink()
    spool.call("delete", number)
    await_view(job, State.QUEUED, "starting")  # some list a job only after a while
    grow_old(job)
    view = await_view(job, State.STOPPED, "Qsys does not know it any more")
    assert view.status.resumable


def test_a_list_without_names_is_read_by_the_id(
    job: JobFolder, places: Places, spool: Spool
) -> None:
    spool.hold()
    form = spool.form()
    nameless = msgspec.structs.replace(form, job=r"^(?P<id>\d+) \S+ (?P<state>\w)$")
    number = submit(job, places, nameless)
    await_view(job, State.QUEUED, f"Qsys job {number}")
    ask(job, want=Want.CANCEL)
    assert spool.ids() == []


def test_the_time_limit_lets_it_be_handed_in_again(
    job: JobFolder, places: Places, simulator: Simulator, spool: Spool
) -> None:
    first = max(job.files(), key=lambda file: file.size).id
    simulator.faults.hold_at([first], 0)
    number = submit(job, places, spool.form())
    files = job.header().files
    watch = JobWatch(job)
    wait_for(lambda: watch.refresh().counts.files_done >= files - 1)
    started = watch.refresh().status
    spool.hold()
    os.kill(started.pid, 10)  # USR1, as a scheduler can be asked to send before the limit
    await_view(job, State.QUEUED, "waits its turn")
    left = leaving(job.events(1))
    assert left is not None
    assert left.reason == "time limit"
    assert native_id(job) != number
    simulator.faults.release()
    simulator.faults.clear()
    spool.release()
    await_view(job, State.DONE)
    check_tree(job, simulator)


def test_a_command_that_hangs_or_is_not_there_is_said(
    job: JobFolder, places: Places, spool: Spool
) -> None:
    form = msgspec.structs.replace(spool.form(), submit="nosuch-qsub < {script}")
    with pytest.raises(SchedulerProblem, match="nosuch-qsub: not found"):
        submit(job, places, form)
    await_view(job, State.STOPPED, "not found")


def test_a_token_of_the_environment_is_not_given_to_it(
    simulator: Simulator, places: Places, spool: Spool, tmp_path: Path
) -> None:
    places.config.mkdir(parents=True)
    places.settings.write_text(spool.settings(spool.form()))
    environ = {
        "BSTUI_API_SERVER": simulator.regions[0].api_url,
        "BSTUI_ACCESS_TOKEN": simulator.tokens.person,
    }
    arguments = ("import", SMALL, "--to", str(tmp_path / "data"), "--launch", "scheduler", "--yes")
    said = call_bstui(*arguments, environ=environ)
    assert said.returncode == NotLoggedIn.exit_code
    assert "bstui login" in said.stderr
