"""The job folder's files: written once, numbered without a gap or a double, read while broken."""

import json
import os
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from bstui.errors import BstuiError, InUse, NotFound
from bstui.jobs.events import EventLog, count_damaged, first_event, leaving, read_events
from bstui.jobs.folder import PLAN, JobFolder, create_job, job_folders
from bstui.jobs.records import (
    Control,
    FileDone,
    Left,
    Noted,
    Outcome,
    Progress,
    Result,
    Started,
    Want,
)
from tests.jobs.jobs import ID, make_files, make_header

STARTED = Started(time=1.0, attempt=1, host="h", pid=7, start_time=9, boot_id="b")
NOTE = Noted(time=2.0, text="hello")
LEFT = Left(time=3.0, reason="signal")


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return create_job(tmp_path / "jobs", make_header(), make_files())


def test_the_plan_is_written_once_for_its_owner_alone(folder: JobFolder) -> None:
    assert folder.path.name == ID
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder.path / PLAN).stat().st_mode) == 0o600
    again = JobFolder(folder.path)
    assert again.header() == make_header()
    assert list(again.files()) == list(make_files())
    with pytest.raises(OSError, match="not empty"):
        create_job(folder.path.parent, make_header(), make_files())
    assert os.listdir(folder.path.parent) == [ID], "nothing half-made is left"


def test_a_plan_that_fails_to_be_made_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield from make_files(1)
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError):
        create_job(tmp_path / "jobs", make_header(), broken())  # type: ignore[arg-type]  # as wished
    assert os.listdir(tmp_path / "jobs") == []
    assert job_folders(tmp_path / "jobs") == []
    assert job_folders(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:-1], lines[-1][:20]],
        lambda lines: [*lines[:2], b"\0" * 30 + b"\n", *lines[3:]],
    ],
)
def test_a_damaged_plan_is_never_a_shorter_plan(
    folder: JobFolder, damage: Callable[[list[bytes]], list[bytes]]
) -> None:
    plan = folder.path / PLAN
    plan.write_bytes(b"".join(damage(plan.read_bytes().splitlines(keepends=True))))
    with pytest.raises(BstuiError, match="is damaged"):
        list(JobFolder(folder.path).files())


def test_a_header_that_cannot_be_read_says_why(folder: JobFolder) -> None:
    plan = folder.path / PLAN
    newer = json.loads(msgspec.json.encode(make_header())) | {"format": 2, "launcher": "moon"}
    plan.write_bytes(json.dumps(newer).encode() + b"\n")
    with pytest.raises(BstuiError, match=r"newer bstui \(format 2\)"):
        JobFolder(folder.path).header()
    plan.write_bytes(b"{}\n")
    with pytest.raises(BstuiError, match="is damaged"):
        JobFolder(folder.path).header()
    plan.unlink()
    for look in (JobFolder(folder.path).header, folder.planned):
        with pytest.raises(BstuiError, match=r"is damaged \(plan.jsonl is not there\)"):
            look()
    with pytest.raises(NotFound):
        JobFolder(folder.path / "gone").numbers()


def test_fields_of_later_versions_are_passed_over(folder: JobFolder) -> None:
    path = folder.path / "control-0007.json"
    path.write_text('{"want":"pause","colour":"blue"}')
    found = folder.newest_control(folder.numbers())
    assert found is not None
    assert (found.number, found.record.want) == (7, Want.PAUSE)


def test_a_wish_that_does_not_parse_is_ignored(folder: JobFolder) -> None:
    folder.add_control(lambda wish: Control(want=Want.PAUSE))
    for number, text in enumerate((b"", b"{", b'{"want":"fly"}', b"\0\0\0", b"\xff"), 2):
        (folder.path / f"control-{number:04}.json").write_bytes(text)
    (folder.path / "control-x.json").touch()
    (folder.path / ".control.abc").touch()
    found = folder.newest_control(folder.numbers())
    assert found is not None
    assert (found.number, found.record.want) == (1, Want.PAUSE)
    number, wish = folder.add_control(lambda wish: Control(want=wish.want, bwlimit=5))
    assert (number, wish) == (7, Control(want=Want.PAUSE, bwlimit=5))


def test_wishes_made_at_once_are_all_kept(folder: JobFolder) -> None:
    def raise_limit(_: int) -> int:
        return folder.add_control(
            lambda wish: Control(concurrent_files=(wish.concurrent_files or 0) + 1)
        )[0]

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(raise_limit, range(40)))
    assert sorted(numbers) == list(range(1, 41))
    newest = folder.newest_control(folder.numbers())
    assert newest is not None
    assert newest.record.concurrent_files == 40
    assert not [name for name in os.listdir(folder.path) if name.startswith(".")]


def test_an_attempt_is_claimed_by_one(folder: JobFolder) -> None:
    barrier = threading.Barrier(8)

    def claim(_: int) -> int | None:
        barrier.wait()
        try:
            return folder.claim(1)
        except InUse:
            return None

    with ThreadPoolExecutor(8) as pool:
        claimed = [descriptor for descriptor in pool.map(claim, range(8)) if descriptor]
    assert len(claimed) == 1
    os.close(claimed[0])
    assert not folder.is_fenced(1)
    assert folder.is_fenced(0)
    assert folder.numbers().attempt == 1


def test_numbers_beyond_four_digits_still_count(folder: JobFolder) -> None:
    for number in (9999, 10000):
        os.close(folder.claim(number))
    assert folder.numbers().events == (9999, 10000)
    assert folder.numbers().attempt == 10000


def test_the_heartbeat_says_alive_without_room(folder: JobFolder) -> None:
    folder.write_progress(Progress(attempt=1, time=1.0, files_done=1))
    os.utime(folder.path / "progress.json", (0, 0))
    (folder.path / ".progress.json.1").symlink_to("/dev/full")
    folder.write_progress(Progress(attempt=1, time=2.0, files_done=2))
    found = folder.progress()
    assert found is not None
    assert found.record.files_done == 1
    assert found.moment > 0


def test_a_result_is_whole_or_not_there(folder: JobFolder) -> None:
    result = Result(attempt=1, time=1.0, outcome=Outcome.DONE, files_done=3)
    assert folder.result(1) is None
    (folder.path / "result-0001.json").write_bytes(msgspec.json.encode(result)[:-3])
    assert folder.result(1) is None
    folder.write_result(result)
    assert folder.result(1) == result


def write(folder: JobFolder, *events: Started | Noted | Left) -> Path:
    log = EventLog(folder.claim(1))
    for event in events:
        log.write(event)
    log.close()
    return folder.events(1)


def test_events_are_read_as_far_as_they_are_whole(folder: JobFolder) -> None:
    path = write(folder, STARTED, NOTE)
    with path.open("ab") as file:
        file.write(b'{"event":"left","time":3.0,"rea')
    read = list(read_events(path))
    assert [event for event, _ in read] == [STARTED, NOTE]
    assert leaving(path) is None
    with path.open("ab") as file:
        file.write(b'son":"signal"}\n')
    assert [event for event, _ in read_events(path, read[-1][1])] == [LEFT]
    assert leaving(path) == LEFT
    assert first_event(path) == STARTED


def test_nul_bytes_are_waited_for_and_then_passed_over_as_the_unknown_is(folder: JobFolder) -> None:
    path = write(folder, STARTED)
    note = msgspec.json.encode(NOTE) + b"\n"
    with path.open("ab") as file:
        file.write(b'{"event":"danced","time":1}\nnonsense\n' + note)
        file.write(b"\0" * 100 + b"\n" + note)
    assert [event for event, _ in read_events(path)] == [STARTED, NOTE], "on their way on NFS"
    assert count_damaged(path) == 2
    rested = path.stat().st_mtime - 1000
    os.utime(path, (rested, rested))
    assert [event for event, _ in read_events(path)] == [STARTED, NOTE, NOTE]
    with path.open("ab") as file:
        file.write(msgspec.json.encode(LEFT) + b"\n" + note[:-9])
    assert [event for event, _ in read_events(path)] == [STARTED, NOTE, NOTE, LEFT]
    assert count_damaged(folder.events(2)) == 0
    assert list(read_events(folder.events(2))) == []
    assert first_event(folder.events(2)) is None
    assert leaving(folder.events(2)) is None


def test_events_without_room_wait_in_order(folder: JobFolder) -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    log = EventLog(descriptor)
    done = FileDone(time=1.0, id="r1", path="p", size=1, verified="etag")
    log.write(STARTED)
    log.write(done)
    log.sync()
    assert log.backlog > 0
    claimed = folder.claim(1)
    os.dup2(claimed, descriptor)
    os.close(claimed)
    log.write(LEFT)
    assert log.backlog == 0
    log.close()
    assert [event for event, _ in read_events(folder.events(1))] == [STARTED, done, LEFT]
