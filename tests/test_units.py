"""Bytes, rates, ages and dates as text, and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.units import (
    count_text,
    date_text,
    duration_text,
    iso_text,
    parse_duration,
    parse_size,
    rate_text,
    size_text,
)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "…"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (41_234_567_890, "41.2 GB"),
        (6_000_000_000_000, "6.0 TB"),
        (10**21, "1000 EB"),
    ],
)
def test_sizes(size: int | None, text: str) -> None:
    assert size_text(size) == text


@given(st.integers(0, 10**18))
def test_a_size_is_short_and_right(size: int) -> None:
    text = size_text(size)
    assert len(text) <= 7
    assert parse_size(text) == pytest.approx(size, rel=0.05, abs=0.5)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1000", 1000),
        ("10G", 10**10),
        ("10 g", 10**10),
        ("512 MiB", 512 * 2**20),
        ("1.5kB", 1500),
        ("2K", 2000),
        ("1Ki", 1024),
        (" 3 TB ", 3 * 10**12),
    ],
)
def test_sizes_are_understood(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "B", "ten", "-1", "1,5G", "1e3", "10GG", "10 G B"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


def test_rates() -> None:
    assert rate_text(None) == "…"
    assert rate_text(412_345_678.9) == "412 MB/s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "…"),
        (-5, "0 s"),
        (8.4, "8 s"),
        (119, "119 s"),
        (120, "2 min"),
        (54 * 60, "54 min"),
        (7_199, "2 h 00"),
        (7_800, "2 h 10"),
        (47 * 3600 + 59 * 60, "47 h 59"),
        (3 * 86_400, "3 days"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


def test_dates() -> None:
    moment = datetime(2025, 8, 25, 16, 2, 11, 987_654, tzinfo=timezone(timedelta(hours=2)))
    assert iso_text(moment) == "2025-08-25T14:02:11Z"
    assert iso_text(None) is None
    assert date_text(None) == "…"
    assert date_text(datetime(2025, 8, 25, 12, tzinfo=UTC)) == "2025-08-25"


def test_counts() -> None:
    assert count_text(1, "file") == "1 file"
    assert count_text(0, "file") == "0 files"
    assert count_text(1_200, "library", "libraries") == "1,200 libraries"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("45m", 2700), ("2h", 7200), ("1h30m", 5400), ("3d", 259200), ("1 d 2 h", 93600)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5m", "5", "1.5h", "h", "5m2h", "1e9d"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)
