"""The tables, release by release. A step that was released is never changed; others follow it.

Only what SQLite 3.26 (RHEL 8) understands: no RETURNING, no UPDATE FROM, no STRICT.
"""

import contextlib
import sqlite3
from pathlib import Path

from bstui.errors import BstuiError

_FIRST = (
    """
    CREATE TABLE jobs (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        created REAL NOT NULL,
        profile TEXT NOT NULL,
        region TEXT NOT NULL,
        identity_id TEXT NOT NULL,
        identity TEXT NOT NULL,
        destination TEXT NOT NULL,
        launcher TEXT NOT NULL,
        bcl INTEGER NOT NULL,
        grouping TEXT NOT NULL,
        verify TEXT NOT NULL,
        sources TEXT NOT NULL,
        samples INTEGER NOT NULL,
        files INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        files_done INTEGER NOT NULL DEFAULT 0,
        files_failed INTEGER NOT NULL DEFAULT 0,
        bytes_done INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        outcome TEXT NOT NULL DEFAULT '',
        exit_code INTEGER,
        ended REAL,
        problem TEXT NOT NULL DEFAULT '',
        indexed INTEGER NOT NULL DEFAULT 0,
        settled INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE attempts (
        job INTEGER NOT NULL,
        number INTEGER NOT NULL,
        host TEXT NOT NULL DEFAULT '',
        started REAL,
        ended REAL,
        reason TEXT NOT NULL DEFAULT '',
        offset INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (job, number)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE samples (
        key INTEGER PRIMARY KEY,
        job INTEGER NOT NULL,
        name TEXT NOT NULL,
        biosample TEXT NOT NULL,
        project TEXT NOT NULL,
        run TEXT NOT NULL,
        first INTEGER NOT NULL,
        files INTEGER NOT NULL DEFAULT 0,
        files_done INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0,
        UNIQUE (job, name, biosample, project, run)
    )
    """,
    "CREATE INDEX samples_by_biosample ON samples (biosample)",
    """
    CREATE TABLE files (
        job INTEGER NOT NULL,
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        path TEXT NOT NULL,
        size INTEGER NOT NULL,
        sample INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'planned',
        verified TEXT NOT NULL DEFAULT '',
        md5 TEXT NOT NULL DEFAULT '',
        message TEXT NOT NULL DEFAULT '',
        time REAL,
        PRIMARY KEY (job, number)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX files_by_id ON files (id)",
    """
    CREATE TABLE listings (
        key TEXT PRIMARY KEY,
        stored REAL NOT NULL,
        body BLOB NOT NULL
    )
    """,
)

_SHA256 = ("ALTER TABLE files ADD COLUMN sha256 TEXT NOT NULL DEFAULT ''",)

_JOINED = (
    "ALTER TABLE files ADD COLUMN joined TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE files ADD COLUMN joined_size INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE files ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0",
    "UPDATE attempts SET offset = 0",
    "UPDATE jobs SET settled = 0",
)
"""What was joined stands in events that were passed over: all are read once more."""

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, _SHA256, _JOINED)
"""Step N leads from version N to version N + 1."""


def migrate(
    connection: sqlite3.Connection, path: Path, steps: tuple[tuple[str, ...], ...] = STEPS
) -> None:
    """Bring the tables to the last version, in one transaction, after a copy of the old ones.

    BstuiError where a newer bstui made them.
    """
    if _version(connection) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have been quicker
        if version > len(steps):
            raise BstuiError(
                f"The history {path} was made by a newer bstui (version {version}).",
                hint="Use that one, or remove the file: it is built again from the job folders.",
            )
        if 0 < version < len(steps):
            _keep_copy(path, version)
        for step in steps[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _keep_copy(path: Path, version: int) -> None:
    """Copy the database to `history.db.v1` beside it, whole and consistent."""
    with (
        contextlib.closing(sqlite3.connect(path)) as old,
        contextlib.closing(sqlite3.connect(path.with_name(f"{path.name}.v{version}"))) as copy,
    ):
        old.backup(copy)
