"""What screens see of jobs, and what they ask: over real folders, with this test as the worker."""

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.errors import AmbiguousName, NotFound, UsageError
from bstui.jobs.attempt import Attempt
from bstui.jobs.control import ask
from bstui.jobs.folder import PLAN, JobFolder, create_job
from bstui.jobs.glance import status_of
from bstui.jobs.identifiers import check_name, find_job, is_id, job_name, names_taken, new_id
from bstui.jobs.liveness import (
    Machine,
    file_server_time,
    introduce,
    process_start,
    this_machine,
)
from bstui.jobs.records import (
    Control,
    FileDone,
    FileFailed,
    Launch,
    Launcher,
    Noted,
    Outcome,
    Phase,
    Progress,
    Result,
    Started,
    Want,
)
from bstui.jobs.state import State
from bstui.jobs.watch import JobsWatch, JobWatch, list_jobs
from tests.jobs.jobs import make_files, make_header

FAILED = FileFailed(time=2.0, id="r1", path="b", message="gone", exit_code=1)


@pytest.fixture
def jobs_dir(tmp_path: Path) -> Path:
    return tmp_path / "jobs"


@pytest.fixture
def folder(jobs_dir: Path) -> JobFolder:
    return make_job(jobs_dir, "rna", 1_700_000_000)


def make_job(jobs_dir: Path, name: str, moment: float) -> JobFolder:
    return create_job(jobs_dir, make_header(id=new_id(moment), name=name), make_files())


def begin(folder: JobFolder, attempt: int = 1) -> Attempt:
    return Attempt(folder, introduce(attempt, time.time()))


def finish(attempt: Attempt, outcome: Outcome) -> None:
    result = Result(attempt=attempt.number, time=1.0, outcome=outcome, files_done=3, bytes_done=300)
    attempt.finish(result, "done")


# Identifiers


def test_ids_sort_by_time() -> None:
    early, late = new_id(1_700_000_000.0), new_id(1_700_000_000.002)
    assert early < late
    assert is_id(early)
    assert new_id(0.0).startswith("0000000000")
    assert new_id(1_469_918_176.385)[:10] == "01ARYZ6S41", "the example of the ULID specification"


def test_names_are_the_source_and_the_date_and_unique() -> None:
    day = date(2025, 8, 25)
    assert job_name("RNA seq [/b]", day, ()) == "RNA-seq-b-2025-08-25"
    taken = {"x-2025-08-25", "x-2025-08-25-2"}
    assert job_name("x", day, taken) == "x-2025-08-25-3"
    assert job_name("日本", day, ()) == "import-2025-08-25"
    assert job_name("Ärzte Größe", day, ()) == "Arzte-Gro-e-2025-08-25"


@given(source=st.text(max_size=200))
def test_every_made_name_may_be_given(source: str) -> None:
    name = job_name(source, date(2025, 8, 25), ())
    assert check_name(name, ()) == name


@pytest.mark.parametrize("name", ["", "last", "-x", " x", "a/b", "x" * 81, "é", "0" * 26])
def test_some_names_may_not_be_given(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name, ())
    with pytest.raises(UsageError, match="already"):
        check_name("x", {"x"})


def test_a_job_is_found_by_name_id_or_last(jobs_dir: Path) -> None:
    with pytest.raises(NotFound, match="no job yet"):
        find_job(jobs_dir, "last")
    jobs = [make_job(jobs_dir, name, 1_700_000_000 + n * 10**7) for n, name in enumerate("aab")]
    assert find_job(jobs_dir, "last") == find_job(jobs_dir, "b") == jobs[2]
    assert find_job(jobs_dir, jobs[0].id.lower()) == jobs[0]
    assert find_job(jobs_dir, jobs[1].id[:12]) == jobs[1]
    assert names_taken(jobs_dir) == {"a", "b"}
    for several in ("a", "01"):
        with pytest.raises(AmbiguousName, match=jobs[1].id):
            find_job(jobs_dir, several)
    for nobody in ("", "c"):
        with pytest.raises(NotFound):
            find_job(jobs_dir, nobody)
    (jobs[2].path / PLAN).write_text("")
    assert find_job(jobs_dir, jobs[2].id) == jobs[2], "a damaged job can be found by its id"


# Liveness


def test_a_process_is_known_by_number_start_and_boot() -> None:
    here, me = this_machine(), introduce(1, 0.0)
    assert here.sees_process(me) is True
    assert here.sees_process(other(me, start_time=me.start_time + 1)) is False
    assert here.sees_process(other(me, boot_id="another")) is None
    assert here.sees_process(other(me, host="another")) is None


def other(me: Started, **changes: object) -> Started:
    facts = {name: getattr(me, name) for name in me.__struct_fields__}
    return Started(**(facts | changes))


def test_a_zombie_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process_start(process.pid)
    assert process.stdin is not None
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process_start(process.pid) is None
    process.wait()
    assert process_start(process.pid) is None


def test_the_file_servers_clock_leaves_nothing_behind(jobs_dir: Path) -> None:
    assert file_server_time(jobs_dir) is None
    jobs_dir.mkdir()
    now = file_server_time(jobs_dir)
    assert now is not None
    assert abs(now - time.time()) < 60
    assert os.listdir(jobs_dir) == []


# Watching


def test_a_watch_reads_what_is_new(folder: JobFolder) -> None:
    watch = JobWatch(folder)
    assert watch.refresh().status.text == "queued: starting"
    attempt = begin(folder)
    attempt.tell(FAILED)
    assert watch.refresh().status.state is State.RUNNING
    assert watch.refresh().failures == (FAILED,)
    attempt.beat(Progress(attempt=1, time=1.0, files_done=1, bytes_done=100, rate=50.0))
    view = watch.refresh()
    assert (view.counts.files, view.counts.files_done, view.counts.bytes_done) == (3, 1, 100)
    assert (view.rate, view.seconds_left) == (50.0, 4.0)
    attempt.leave("signal")
    view = watch.refresh()
    assert view.status.text == "stopped: signal"
    assert (view.rate, view.seconds_left) == (None, None)
    second = begin(folder, 2)
    second.tell(FileDone(time=3.0, id="r1", path="b", size=100, verified="etag"))
    view = watch.refresh()
    assert view.failures == ()
    assert view.counts.files_done == 1, "as far as the last attempt came"
    assert view.progress is None, "an older attempt's heart does not beat for this one"
    assert [type(event).__name__ for event in view.events] == [
        "Started",
        "FileFailed",
        "Left",
        "Started",
        "FileDone",
    ]
    finish(second, Outcome.DONE)
    assert watch.refresh() == JobWatch(folder).refresh()


def test_an_older_heartbeat_is_not_this_attempts(folder: JobFolder) -> None:
    attempt = begin(folder)
    attempt.beat(Progress(attempt=1, time=1.0, phase=Phase.PAUSED))
    attempt.leave("signal")
    second = begin(folder, 2)
    assert status_of(folder).state is State.RUNNING
    second.leave("signal")


def test_another_host_goes_by_the_age_of_the_heartbeat(folder: JobFolder) -> None:
    elsewhere = Machine(host="login2", boot_id="other")
    attempt = begin(folder)
    attempt.beat(Progress(attempt=1, time=0.0))
    watch = JobWatch(folder, elsewhere)
    assert watch.refresh().status.state is State.RUNNING
    old = time.time() - 91
    for path in (folder.events(1), folder.path / "progress.json"):
        os.utime(path, (old, old))
    assert watch.refresh().status.state is State.LOST
    attempt.beat(Progress(attempt=1, time=0.0))
    assert watch.refresh().status.state is State.RUNNING
    attempt.leave("signal")


def test_the_list_shows_every_job_newest_first(jobs_dir: Path) -> None:
    assert list_jobs(jobs_dir) == []
    folders = [make_job(jobs_dir, name, 1_700_000_000 + n) for n, name in enumerate("abc")]
    finish(begin(folders[0]), Outcome.DONE)
    (folders[1].path / PLAN).write_text("broken\n")
    (jobs_dir / "notes").mkdir()
    watch = JobsWatch(jobs_dir)
    assert [(view.header.name, view.status.state) for view in watch.refresh()] == [
        ("c", State.QUEUED),
        ("a", State.DONE),
    ]
    assert "is damaged" in watch.unreadable[folders[1].id]


def test_an_ended_job_is_read_once_until_it_changes(jobs_dir: Path) -> None:
    folder = make_job(jobs_dir, "a", 1_700_000_000)
    attempt = begin(folder)
    finish(attempt, Outcome.INCOMPLETE)
    long_ago = time.time() - 60
    os.utime(folder.path, (long_ago, long_ago))
    watch = JobsWatch(jobs_dir)
    first = watch.refresh()[0]
    assert watch.refresh()[0] is first
    folder.add_launch(Launch(time=0.0, launcher=Launcher.HERE, host="h", attempt=2))
    assert watch.refresh()[0].status.state is State.QUEUED


# Asking


def test_a_wish_keeps_the_rest_of_the_one_before(folder: JobFolder) -> None:
    attempt = begin(folder)
    ask(folder, bwlimit=10**6, concurrent_files=2, by="me")
    ask(folder, want=Want.PAUSE)
    wish = JobWatch(folder).refresh().wish
    assert (wish.want, wish.bwlimit, wish.concurrent_files) == (Want.PAUSE, 10**6, 2)
    assert "@" in wish.by
    assert ask(folder, want=Want.RUN, bwlimit=None).bwlimit is None
    attempt.leave("signal")


def test_there_must_be_somebody_to_pause(folder: JobFolder) -> None:
    attempt = begin(folder)
    attempt.tell(Noted(time=0.0, text="x"))
    attempt.leave("signal")
    for want in (Want.PAUSE, Want.RUN):
        with pytest.raises(UsageError, match="stopped: signal"):
            ask(folder, want=want)
    finish(begin(folder, 2), Outcome.DONE)
    with pytest.raises(UsageError, match="is done"):
        ask(folder, want=Want.CANCEL)


def test_a_job_without_a_worker_is_cancelled_at_once(folder: JobFolder) -> None:
    attempt = begin(folder)
    attempt.beat(Progress(attempt=1, time=1.0, files_done=2, bytes_done=200))
    attempt.leave("signal")
    assert ask(folder, want=Want.CANCEL).want is Want.CANCEL
    view = JobWatch(folder).refresh()
    assert view.status.state is State.CANCELLED
    assert view.status.attempt == 2
    assert view.status.exit_code == 1
    assert (view.counts.files_done, view.counts.bytes_done) == (2, 200)
    assert view.status.resumable
    ask(folder, want=Want.CANCEL)
    assert folder.numbers().attempt == 2, "once is enough"


def test_a_living_worker_is_left_to_cancel_itself(folder: JobFolder) -> None:
    attempt = begin(folder)
    assert ask(folder, want=Want.CANCEL) == JobWatch(folder).refresh().wish
    assert status_of(folder).state is State.RUNNING
    assert folder.numbers().attempt == 1
    attempt.leave("signal")
    assert Control() == Control(want=Want.RUN)
