"""The client's answers, kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.basespace.cache import ListingCache
from bstui.history import History
from bstui.history.database import Database
from bstui.history.listings import Listings


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "history.db")
    yield opened
    opened.close()


def test_it_is_what_the_client_asks_for(tmp_path: Path) -> None:
    with History(tmp_path / "history.db") as history:
        cache: ListingCache = history.cache()
        assert cache.get("projects") is None
        cache.put("projects", b"[1]")
        assert (cache.get("projects") or (b"", 0))[0] == b"[1]"
    with History(tmp_path / "history.db") as history:
        body, stored = history.cache().get("projects") or (b"", 0.0)
        assert body == b"[1]"
        assert stored > 1_700_000_000


def test_the_last_answer_counts(database: Database) -> None:
    moments = iter(range(1_000))
    cache = Listings(database, clock=lambda: next(moments))
    for number in range(200):
        cache.put("key", str(number).encode())
    assert cache.get("key") == (b"199", 199)
    cache.write()
    assert Listings(database).get("key") == (b"199", 199)


def test_the_oldest_go_first(database: Database) -> None:
    moments = iter(range(1_000))
    cache = Listings(database, capacity=1_000, clock=lambda: next(moments))
    for number in range(20):
        cache.put(str(number), bytes(100))
    cache.write()
    kept = [number for number in range(20) if cache.get(str(number))]
    assert kept == list(range(10, 20))


def test_answers_are_written_in_batches(database: Database) -> None:
    cache = Listings(database)
    for number in range(64):
        cache.put(str(number), b"body")
    assert Listings(database).get("0") is not None
