"""The timetable of `--bwlimit`."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.timetable import parse_timetable

MONDAY = datetime(2026, 11, 23)


def at(text: str, day: int, hour: int, minute: int = 0) -> int | None:
    return parse_timetable(text).rate_at(MONDAY + timedelta(days=day, hours=hour, minutes=minute))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10M", 10 << 20),
        ("512", 512 << 10),
        ("512k", 512 << 10),
        ("512Ki", 512 << 10),
        ("100B", 100),
        ("1.5G", 3 << 29),
        (".5K", 512),
        ("1MiB", 1 << 20),
        ("off", None),
        ("OFF", None),
        ("0", None),
        ("1M:2M", 2 << 20),
        ("off:100k", 100 << 10),
        ("10M:off", None),
    ],
)
def test_one_rate_holds_always(text: str, rate: int | None) -> None:
    assert {at(text, day, hour) for day in range(7) for hour in range(24)} == {rate}


def test_a_day_is_cut_at_its_times() -> None:
    text = "08:00,512k 12:00,10M 13:00,512k 18:00,30M 23:00,off"
    expected = {0: None, 7: None, 8: 512 << 10, 12: 10 << 20, 13: 512 << 10, 22: 30 << 20, 23: None}
    for day in range(7):
        for hour, rate in expected.items():
            assert at(text, day, hour) == rate
    assert at(text, 2, 11, 59) == 512 << 10


def test_a_week_goes_over_sunday_night() -> None:
    text = "Mon-00:00,512 Fri-23:59,10M Sat-10:00,1M Sun-20:00,off"
    assert at(text, 0, 0) == 512 << 10
    assert at(text, 4, 23, 58) == 512 << 10
    assert at(text, 4, 23, 59) == 10 << 20
    assert at(text, 5, 10) == 1 << 20
    assert at(text, 6, 21) is None
    assert at("Wednesday-08:00,1M Thu-08:00,2M", 0, 0) == 2 << 20


def test_a_day_of_its_own_goes_before_every_day() -> None:
    text = "Sat-08:00,off 08:00,1M 20:00,5M"
    assert at(text, 4, 9) == 1 << 20
    assert at(text, 5, 9) is None
    assert at(text, 5, 21) == 5 << 20


def test_semicolons_separate_too() -> None:
    assert parse_timetable("08:00,1M;20:00,off") == parse_timetable("08:00,1M 20:00,off")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("08:00", "the time 08:00 without a rate"),
        ("08:00,", "is no rate"),
        ("08:00,1M 20:00", "a time and a rate"),
        ("10M 20M", "a time and a rate"),
        ("24:00,1M", "no time of the day"),
        ("08:60,1M", "no time of the day"),
        ("Foo-08:00,1M", "no day of the week"),
        ("Mon,1M", "a time and a rate"),
        ("fast", "is no rate"),
        ("-1M", "is no rate"),
        ("10X", "is no rate"),
        ("1e3", "is no rate"),
        ("nan", "is no rate"),
        ("0.5B", "less than a byte"),
        ("08:00,09:00", "the time 09:00 without a rate"),
        ("1M:2M:3M", "is no rate"),
        ("٣M", "is no rate"),
        ("x" * 3000, "too long"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_timetable(text)


@given(st.text(alphabet="0123456789:,;-. kMGoffMonSun\x00é", max_size=40))
def test_any_text_is_a_timetable_or_refused(text: str) -> None:
    try:
        table = parse_timetable(text)
    except ValueError:
        return
    starts = [start for start, _ in table.slots]
    assert starts == sorted(set(starts))
    assert all(rate is None or rate >= 1 for _, rate in table.slots)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 59)),
        st.integers(1, 10**6),
        min_size=1,
    ),
    st.integers(0, 7 * 24 * 60 - 1),
)
def test_the_latest_time_holds(slots: dict[tuple[int, int, int], int], minute: int) -> None:
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    text = " ".join(f"{days[d]}-{h:02}:{m:02},{rate}" for (d, h, m), rate in slots.items())
    if len(text) > 2000:
        return
    starts = {d * 1440 + h * 60 + m: rate * 1024 for (d, h, m), rate in slots.items()}
    before = [start for start in starts if start <= minute]
    expected = starts[max(before or starts)]
    assert parse_timetable(text).rate_at(MONDAY + timedelta(minutes=minute)) == expected
