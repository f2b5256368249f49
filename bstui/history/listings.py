"""What BaseSpace answered before, kept so that the next start shows lists at once."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from bstui.errors import BstuiError, InUse
from bstui.history.database import Database

CAPACITY = 64_000_000
"""Bytes of answers that are kept; the oldest go first."""
_BATCH = 64


class Listings:
    """The client's `ListingCache` in the history's database.

    Answers are written in batches, beside whatever else is being written: the loop that asks never
    waits for the disk of another. What is lost in a crash is asked for again.
    """

    def __init__(
        self,
        database: Database,
        *,
        capacity: int = CAPACITY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._capacity = capacity
        self._clock = clock
        self._unwritten: dict[str, tuple[float, bytes]] = {}
        self._guard = threading.Lock()

    def get(self, key: str) -> tuple[bytes, float] | None:
        """The answer and when it was stored, seconds since 1970."""
        with self._guard:
            waiting = self._unwritten.get(key)
        if waiting:
            return waiting[1], waiting[0]
        try:
            rows = self._database.read("SELECT body, stored FROM listings WHERE key = ?", (key,))
        except InUse:
            return None
        return (rows[0]["body"], rows[0]["stored"]) if rows else None

    def put(self, key: str, body: bytes) -> None:
        with self._guard:
            self._unwritten[key] = (self._clock(), bytes(body))
            is_due = len(self._unwritten) % _BATCH == 0
        if is_due:
            # Held by another, or no room: it waits for the next batch.
            with suppress(BstuiError):
                self.write(wait=False)

    def write(self, *, wait: bool = True) -> None:
        """Write what waits. InUse where another holds the database."""
        with self._guard:
            batch = dict(self._unwritten)
        if not batch:
            return
        rows = [(key, stored, body) for key, (stored, body) in batch.items()]

        def store() -> None:
            with self._database.transaction(wait=wait) as tables:
                tables.executemany("INSERT OR REPLACE INTO listings VALUES (?, ?, ?)", rows)
                self._make_room(tables)

        self._database.mending(store)
        with self._guard:
            for key, entry in batch.items():
                if self._unwritten.get(key) == entry:
                    del self._unwritten[key]

    def _make_room(self, tables: sqlite3.Connection) -> None:
        """Drop the oldest answers beyond the capacity."""
        total = tables.execute("SELECT coalesce(sum(length(body)), 0) FROM listings").fetchone()[0]
        if total <= self._capacity:
            return
        excess = total - self._capacity
        for key, size in tables.execute(
            "SELECT key, length(body) FROM listings ORDER BY stored"
        ).fetchall():
            if excess <= 0:
                break
            tables.execute("DELETE FROM listings WHERE key = ?", (key,))
            excess -= size
