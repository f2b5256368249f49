"""The database survives: broken files, other processes, older and newer releases."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bstui.errors import BstuiError, InUse
from bstui.history import History
from bstui.history.migrations import STEPS, migrate
from bstui.paths import Places
from tests.history.past import START, finished_job


@pytest.fixture
def path(places: Places) -> Path:
    """A database that has caught up with one job of 300 files."""
    finished_job(places.jobs, 300)
    with History(places.state / "history.db") as history:
        history.catch_up(places.jobs)
    return places.state / "history.db"


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _overwrite(path: Path) -> None:
    path.write_bytes(os.urandom(50_000))


def _spoil_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = os.urandom(64)
    path.write_bytes(data)


def _make_text(path: Path) -> None:
    path.write_text("not a database, but long enough to be taken for one\n" * 40)


@pytest.mark.parametrize("spoil", [_truncate, _overwrite, _spoil_pages, _make_text])
def test_a_broken_file_is_moved_aside_and_built_again(
    places: Places, path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    broken = path.read_bytes()
    with History(path) as history:
        history.jobs()
        history.catch_up(places.jobs)
        assert [job.files_done for job in history.jobs()] == [300]
        assert history.moved_aside is not None
        assert history.moved_aside.read_bytes() == broken
    assert _is_sound(path)


def test_a_file_that_breaks_while_it_is_open(places: Places, path: Path) -> None:
    with History(path) as history:
        _spoil_pages(path)
        for _ in range(2):
            history.jobs("L001.fastq")
        history.catch_up(places.jobs)
        assert len(list(history.files_of(history.jobs()[0].id))) == 300


def test_an_empty_or_deleted_file_is_filled_again(places: Places, path: Path) -> None:
    for is_deleted in (False, True):
        os.truncate(path, 0)
        if is_deleted:
            path.unlink()
        with History(path) as history:
            history.catch_up(places.jobs)
            assert [job.files_done for job in history.jobs()] == [300]


def _is_sound(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def test_a_database_in_wal_mode_is_brought_back(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal"
    with History(path) as history:
        assert len(history.jobs()) == 1
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"


def test_another_process_holds_it(places: Places, path: Path) -> None:
    finished_job(places.jobs, 1, created=START + 1)
    with History(path, patience=0.05) as history:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert len(history.jobs()) == 1
            with pytest.raises(InUse, match="held by another program") as caught:
                history.catch_up(places.jobs)
            assert caught.value.exit_code == 11
            for number in range(70):
                history.cache().put(str(number), b"kept until there is a chance")
            other.execute("ROLLBACK")
        assert history.catch_up(places.jobs).is_whole
        assert history.cache().get("69") is not None
    with History(path) as history:
        assert history.cache().get("69") is not None


def test_it_waits_for_another_process(places: Places, path: Path) -> None:
    finished_job(places.jobs, 1, created=START + 1)
    with (
        History(path) as history,
        contextlib.closing(
            sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        ) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        threading.Timer(0.3, lambda: other.execute("COMMIT")).start()
        assert history.catch_up(places.jobs).is_whole
        assert len(history.jobs()) == 2


_CATCH_UP = """
import sys
from pathlib import Path
from bstui.history import History
with History(Path(sys.argv[1])) as history:
    print(history.catch_up(Path(sys.argv[2])).is_whole, history.totals().files_done)
"""


def test_processes_catch_up_at_once(places: Places) -> None:
    for number in range(6):
        finished_job(places.jobs, 2_000, created=START + number)
    command = [sys.executable, "-c", _CATCH_UP, str(places.state / "history.db"), str(places.jobs)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0] for process in processes] == ["True 12000\n"] * 3
    assert _is_sound(places.state / "history.db")


_KILLED = """
import os, sys
from pathlib import Path
from bstui.history import History
calls = []
def keep_going():
    calls.append(1)
    return len(calls) < 3 or os.kill(os.getpid(), 9)
History(Path(sys.argv[1])).catch_up(Path(sys.argv[2]), keep_going)
"""


def test_killed_while_it_catches_up(places: Places) -> None:
    for number in range(2):
        finished_job(places.jobs, 15_000, created=START + number)
    path = places.state / "history.db"
    command = [sys.executable, "-c", _KILLED, str(path), str(places.jobs)]
    assert subprocess.run(command, check=False).returncode == -9
    with History(path) as history:
        assert 0 < sum(1 for job in history.jobs() for _ in history.files_of(job.id)) < 30_000
        history.catch_up(places.jobs)
        assert history.totals().files_done == 30_000


def test_it_is_private(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BstuiError, match="cannot be made: No such file"):
        History(tmp_path / "nowhere" / "history.db")


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    with pytest.raises(BstuiError, match="cannot be used"):
        History(tmp_path / "history.db")


def test_a_newer_bstui_made_it(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(BstuiError, match="newer bstui"):
        History(path)
    assert path.read_bytes() == before


def test_migration_after_a_copy(path: Path) -> None:
    steps = (*STEPS, ("ALTER TABLE jobs ADD COLUMN colour TEXT",))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, path, steps)
        assert connection.execute("SELECT count(*), max(colour) FROM jobs").fetchone() == (1, None)
    copy = path.with_name(f"history.db.v{len(STEPS)}")
    with History(copy) as history:
        assert [job.files_done for job in history.jobs()] == [300]


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    steps = (*STEPS, ("ALTER TABLE jobs ADD COLUMN colour TEXT", "no SQL at all"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, path, steps)
        with pytest.raises(sqlite3.OperationalError, match="no such column"):
            connection.execute("SELECT colour FROM jobs")
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(STEPS)
