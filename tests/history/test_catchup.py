"""The history says what the job folders say, however often and in what pieces they are read."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bstui.history import CaughtUp, History, HistoryJob
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import Outcome, PlanFile
from bstui.paths import Places
from tests.history.past import (
    START,
    attempt,
    began,
    done,
    failed,
    finished_job,
    plan_job,
    planned_file,
)


@pytest.fixture
def jobs_dir(places: Places) -> Path:
    places.jobs.mkdir(parents=True)
    return places.jobs


@pytest.fixture
def history(places: Places, jobs_dir: Path) -> Iterator[History]:
    with History(places.state / "history.db") as opened:
        yield opened


def settle(folder: JobFolder) -> None:
    """Let the folder look as if nothing had changed for ten minutes."""
    moment = time.time() - 600
    os.utime(folder.path, (moment, moment))


def test_a_finished_job(history: History, jobs_dir: Path) -> None:
    folder = finished_job(jobs_dir, 3)
    caught = history.catch_up(jobs_dir)
    assert caught == CaughtUp(frozenset({folder.id}), {}, is_whole=True)
    job = history.job(folder.id)
    assert job == HistoryJob(
        id=folder.id,
        name="Genomes-2025-08-25",
        created=START,
        profile="lab",
        region="use1",
        identity_id="17",
        identity="Ada",
        destination="/data",
        launcher="detached",
        bcl=False,
        grouping="automatic",
        verify="server",
        sources=("project:Genomes",),
        samples=1,
        files=3,
        bytes=300,
        files_done=3,
        files_failed=0,
        bytes_done=300,
        attempts=1,
        outcome="done",
        exit_code=0,
        left="done",
        started=START + 10,
        ended=START + 61,
        seconds=50,
        problem="",
    )
    files = list(history.files_of(folder.id))
    assert [file.id for file in files] == ["r0", "r1", "r2"]
    assert {file.state for file in files} == {"done"}
    assert (files[0].sample, files[0].biosample, files[0].verified) == (
        "NA12878",
        "b-NA12878",
        "etag",
    )
    (sample,) = history.samples_of(folder.id)
    assert (sample.name, sample.project, sample.runs) == ("NA12878", "Genomes", ("250811_A00912",))
    assert (sample.files, sample.files_done, sample.bytes) == (3, 3, 300)


def test_a_running_job_is_followed_by_offset(history: History, jobs_dir: Path) -> None:
    files = [planned_file(number) for number in range(4)]
    folder = plan_job(jobs_dir, files)
    assert history.catch_up(jobs_dir).changed == {folder.id}
    assert history.job(folder.id).outcome == ""
    log = began(folder, 1)
    log.write(done(files[0]))
    assert history.catch_up(jobs_dir).changed == {folder.id}
    assert history.job(folder.id).files_done == 1
    assert history.catch_up(jobs_dir).changed == frozenset()
    log.write(done(files[1]))
    log.write(failed(files[2]))
    log.close()
    history.catch_up(jobs_dir)
    job = history.job(folder.id)
    assert (job.files_done, job.files_failed, job.bytes_done) == (2, 1, 200)
    assert [file.message for file in history.files_of(folder.id, "failed")] == ["It is gone."]


def test_later_attempts_overrule(history: History, jobs_dir: Path) -> None:
    files = [planned_file(number) for number in range(2)]
    folder = plan_job(jobs_dir, files)
    attempt(folder, 1, [done(files[0]), failed(files[1])], Outcome.INCOMPLETE)
    history.catch_up(jobs_dir)
    job = history.job(folder.id)
    assert (job.outcome, job.exit_code, job.files_failed) == ("incomplete", 3, 1)
    settle(folder)
    history.catch_up(jobs_dir)
    log = began(folder, 2)
    history.catch_up(jobs_dir)
    assert history.job(folder.id).outcome == ""
    log.close()
    attempt(folder, 3, [done(files[1])], Outcome.DONE, moment=START + 100)
    history.catch_up(jobs_dir)
    job = history.job(folder.id)
    assert (job.outcome, job.attempts, job.files_done, job.files_failed) == ("done", 3, 2, 0)
    assert (job.started, job.seconds) == (START + 10, 100)


def test_a_settled_job_is_not_read_again(history: History, jobs_dir: Path) -> None:
    folder = finished_job(jobs_dir, 1)
    settle(folder)
    history.catch_up(jobs_dir)
    (folder.path / "plan.jsonl").write_bytes(b"no longer a plan")
    caught = history.catch_up(jobs_dir)
    assert caught == CaughtUp()
    os.utime(folder.path)
    assert set(history.catch_up(jobs_dir).problems) == {folder.id}
    assert history.job(folder.id).outcome == "done"


def test_a_file_that_was_kept_beside_another(history: History, jobs_dir: Path) -> None:
    file = planned_file(0)
    folder = plan_job(jobs_dir, [file])
    attempt(folder, 1, [done(file, path=f"{file.path}~2")], Outcome.DONE)
    history.catch_up(jobs_dir)
    assert [(f.path, f.state) for f in history.files_of(folder.id)] == [(f"{file.path}~2", "done")]


def test_a_job_without_samples(history: History, jobs_dir: Path) -> None:
    files = [PlanFile(id=f"c{n}", name=f"{n}", path=f"run/{n}", size=1) for n in range(5)]
    folder = plan_job(jobs_dir, files, bcl=True)
    attempt(folder, 1, map(done, files), Outcome.DONE)
    history.catch_up(jobs_dir)
    assert history.samples_of(folder.id) == []
    assert history.job(folder.id).bcl
    assert history.job(folder.id).files_done == 5


def test_what_cannot_be_read_is_said(history: History, jobs_dir: Path) -> None:
    files = [planned_file(number) for number in range(3)]
    damaged = plan_job(jobs_dir, files, name="damaged")
    plan = damaged.path / "plan.jsonl"
    plan.write_bytes(plan.read_bytes()[:-20])
    attempt(damaged, 1, [done(files[0])])
    headless = plan_job(jobs_dir, files, created=START + 1)
    (headless.path / "plan.jsonl").write_bytes(b"")
    (jobs_dir / "not-a-job").mkdir()
    caught = history.catch_up(jobs_dir)
    assert set(caught.problems) == {damaged.id, headless.id}
    assert "is damaged" in history.job(damaged.id).problem
    assert [f.state for f in history.files_of(damaged.id)] == ["done", "planned"]
    assert len(history.jobs()) == 1


def test_half_written_and_foreign_events(history: History, jobs_dir: Path) -> None:
    files = [planned_file(number) for number in range(3)]
    folder = plan_job(jobs_dir, files)
    began(folder, 1).close()
    with folder.events(1).open("ab") as events:
        events.write(b'{"event":"from the future","time":1}\nnonsense\n')
    log = JobFolder(folder.path)
    history.catch_up(jobs_dir)
    line = msgspec.json.encode(done(files[0])) + b"\n"
    with log.events(1).open("ab") as events:
        events.write(line[:30])
    history.catch_up(jobs_dir)
    assert history.job(folder.id).files_done == 0
    with log.events(1).open("ab") as events:
        events.write(line[30:])
    history.catch_up(jobs_dir)
    assert history.job(folder.id).files_done == 1


def test_a_removed_folder_stays_in_the_history(history: History, jobs_dir: Path) -> None:
    folder = finished_job(jobs_dir, 1)
    history.catch_up(jobs_dir)
    for path in folder.path.iterdir():
        path.unlink()
    folder.path.rmdir()
    assert history.catch_up(jobs_dir).problems == {}
    assert history.job(folder.id).files_done == 1


def test_no_jobs_folder(history: History, places: Places) -> None:
    assert history.catch_up(places.state / "nowhere").is_whole
    assert history.jobs() == []


def test_it_can_be_broken_off(history: History, jobs_dir: Path) -> None:
    finished_job(jobs_dir, 2)
    caught = history.catch_up(jobs_dir, keep_going=lambda: False)
    assert (caught.is_whole, history.jobs()) == (False, [])


@settings(max_examples=25, deadline=None)
@given(stops=st.lists(st.integers(0, 12), max_size=6))
def test_any_number_of_readings_say_the_same(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int]
) -> None:
    """Events that arrive between readings, at any place, end in the rows of one reading."""
    root = tmp_path_factory.mktemp("readings")
    files = [planned_file(number, sample=f"S{number % 3}") for number in range(6)]
    events = [event for file in files for event in (failed(file), done(file))]
    folder = plan_job(root / "jobs", files)
    with History(root / "often.db") as often, History(root / "once.db") as once:
        log = began(folder, 1)
        for number, event in enumerate(events):
            for _ in range(stops.count(number)):
                often.catch_up(root / "jobs")
            log.write(event)
        log.close()
        often.catch_up(root / "jobs")
        once.catch_up(root / "jobs")
        assert often.jobs() == once.jobs()
        assert list(often.files_of(folder.id)) == list(once.files_of(folder.id))
        assert often.samples_of(folder.id) == once.samples_of(folder.id)
