"""The SQLite file: how it is opened, shared by threads, and replaced when it is broken."""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from bstui.errors import BstuiError, InUse
from bstui.history.migrations import migrate

PATIENCE = 30.0
"""Seconds to wait for another process that holds the file."""
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

T = TypeVar("T")


class Database:
    """One connection that reads and one that writes, each used by one thread at a time.

    Readers wait for nothing but another's commit. A file that is broken is moved aside with its
    journal and begun anew: everything in it can be read again from the job folders.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path = path
        self._patience = patience
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        self._opened = 0
        self.moved_aside: Path | None = None
        """Where the broken file is, if there was one."""
        self._open()

    def close(self) -> None:
        with self._reading, self._writing:
            self._close()

    def read(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of a query; InUse where another process holds the file too long."""

        def fetch() -> list[sqlite3.Row]:
            with self._reading, _explained(self.path):
                return self._reader.execute(sql, values).fetchall()

        return self.mending(fetch)

    @contextlib.contextmanager
    def transaction(self, *, wait: bool = True) -> Iterator[sqlite3.Connection]:
        """The writing connection within a transaction.

        InUse where another holds it too long, or at all and we shall not `wait`.
        """
        if not self._writing.acquire(blocking=wait):
            raise _in_use(self.path)
        try:
            with _explained(self.path):
                self._writer.execute(f"PRAGMA busy_timeout = {wait * self._patience * 1000:.0f}")
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
        finally:
            self._writing.release()

    def mending(self, work: Callable[[], T]) -> T:
        """`work()`; where the file turns out to be broken, once more with a new one."""
        opened = self._opened
        try:
            return work()
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
        self.replace(opened)
        return work()

    def is_sound(self) -> bool:
        """Read the whole file and compare it with itself: a second for 200 MB, beside the rest."""
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=self._patience)) as own:
                verdict: str = own.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            return not _is_broken(error)
        return verdict == "ok"

    @property
    def opened(self) -> int:
        """Which file it is by now, counting the replaced ones."""
        return self._opened

    def replace(self, broken: int) -> None:
        """Move the file aside and begin a new one, unless another thread has since `broken`."""
        with self._reading, self._writing:
            if self._opened == broken:
                self._close()
                self._replace()

    def _open(self) -> None:
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise _explanation(self.path, error) from error
            self._replace()

    def _connect(self) -> None:
        self._create()
        with contextlib.ExitStack() as opened:
            self._writer = opened.enter_context(contextlib.closing(self._connection()))
            # Set each time: a file once in WAL mode stays in it, and WAL needs shared memory.
            mode = self._writer.execute("PRAGMA journal_mode = TRUNCATE").fetchone()[0]
            if mode != "truncate":
                raise _in_use(self.path)
            self._writer.execute("PRAGMA synchronous = EXTRA")
            self._writer.execute("PRAGMA cache_spill = OFF")  # it would lock readers out early
            migrate(self._writer, self.path)
            self._reader = opened.enter_context(contextlib.closing(self._connection()))
            self._reader.execute("PRAGMA query_only = ON")
            opened.pop_all()
        self._opened += 1

    def _create(self) -> None:
        """Make the file 0600. It is not opened where it is there: closing would drop its locks."""
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return
        except OSError as error:
            raise BstuiError(
                f"The history {self.path} cannot be made: {error.strerror}.",
                hint="Give another place with --state-dir.",
            ) from error

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        return connection

    def _close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _replace(self) -> None:
        """Keep the broken file under another name: never delete what may still be of use."""
        moment = time.strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{self.path.name}.corrupt-{moment}-{self._opened}")
        for ending in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{self.path}{ending}", f"{aside}{ending}")
        self.moved_aside = aside
        self._connect()


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """SQLite's errors as sentences, except that the file is broken, which `mending` sees to."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _explanation(path, error) from error


def _explanation(path: Path, error: sqlite3.DatabaseError) -> BstuiError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY:
        return _in_use(path)
    return BstuiError(
        f"The history {path} cannot be used: {error}.",
        hint="See whether its disk has room and its folder can be written. The file may be "
        "removed: it is built again from the job folders.",
    )


def _in_use(path: Path) -> InUse:
    return InUse(
        f"The history {path} is held by another program.",
        why="Another bstui, or a backup, has it open for writing.",
        hint="Try again when that is through.",
    )


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN
