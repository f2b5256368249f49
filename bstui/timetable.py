"""The limit on bytes per second, as rclone's `--bwlimit` writes it: one rate, or one for times of
the day or of the week.

    10M                                 always
    08:00,512k 12:00,10M 23:00,off      by the time of the day
    Mon-08:00,1M Sat-00:00,off          by the day of the week

A time holds until the next one; before the first, the last of the week or of the day before holds.
Rates are KiB/s where they have no suffix, else B, K, M, G, T or P of 1024. `UP:DOWN` is taken, and
DOWN meant, for bstui only downloads. (rclone, docs/content/docs.md, `--bwlimit`.)
"""

import re
from dataclasses import dataclass
from datetime import datetime

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_TIME = re.compile(r"(?:(?P<day>[A-Za-z]+)-)?(?P<hour>\d{1,2}):(?P<minute>\d{2})", re.ASCII)
_RATE = re.compile(
    r"(?P<number>\d+(?:\.\d*)?|\.\d+)(?P<suffix>[bBkKmMgGtTpP]?)(?:[iI]?[bB]?)", re.ASCII
)
_POWERS = {"b": 0, "": 1, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Timetable:
    """What holds when."""

    slots: tuple[tuple[int, int | None], ...]
    """Minutes since Monday, 00:00, in order, and the bytes per second from then on; None: no
    limit. Never empty."""

    def rate_at(self, moment: datetime) -> int | None:
        """Bytes per second at the local time `moment`; None: no limit."""
        minute = moment.weekday() * _DAY_MINUTES + moment.hour * 60 + moment.minute
        holding = [rate for start, rate in self.slots if start <= minute]
        return holding[-1] if holding else self.slots[-1][1]


def parse_timetable(text: str) -> Timetable:
    """The timetable that `text` means; ValueError, with a sentence, where it means none."""
    words = text.replace(";", " ").split()
    if not words or len(text) > _LONGEST:
        raise ValueError("is empty or too long; write it like 10M, off, or 08:00,512k 23:00,off")
    if len(words) == 1 and "," not in words[0]:
        return Timetable(((0, _parse_rate(words[0])),))
    slots: dict[int, int | None] = {}
    for word in sorted(words, key=_has_day):  # what is said of one day goes before what of all
        minutes, rate = _parse_slot(word)
        slots.update(dict.fromkeys(minutes, rate))
    return Timetable(tuple(sorted(slots.items(), key=lambda slot: slot[0])))


def _has_day(word: str) -> bool:
    return "-" in word.partition(",")[0]


def _parse_slot(word: str) -> tuple[list[int], int | None]:
    """The minutes of the week at which a slot begins, and its rate."""
    time, comma, rate = word.partition(",")
    match = _TIME.fullmatch(time)
    if not comma or match is None:
        raise ValueError(f"has {word!r} where a time and a rate should be, as 08:00,512k")
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 23 or minute > 59:
        raise ValueError(f"has {time!r}, which is no time of the day")
    in_day = hour * 60 + minute
    days = range(7) if match["day"] is None else [_parse_day(match["day"])]
    return [day * _DAY_MINUTES + in_day for day in days], _parse_rate(rate)


def _parse_day(name: str) -> int:
    found = [i for i, day in enumerate(_DAYS) if name.lower() in (day, day[:3])]
    if not found:
        raise ValueError(f"has {name!r}, which is no day of the week; write it like Mon or Sunday")
    return found[0]


def _parse_rate(text: str) -> int | None:
    if _TIME.fullmatch(text):
        raise ValueError(f"has the time {text} without a rate; write it like {text},512k")
    up, colon, down = text.partition(":")
    rates = [_parse_one_rate(each, text) for each in ((up, down) if colon else (up,))]
    return rates[-1]


def _parse_one_rate(text: str, shown: str) -> int | None:
    """Bytes per second; None: no limit, which rclone writes as `off` or 0."""
    if text.lower() == "off":
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"has {shown!r}, which is no rate; write it like 512k, 10M or off")
    rate = float(match["number"]) * 1024 ** _POWERS[match["suffix"].lower()]
    if rate == 0:
        return None
    if rate < 1:
        raise ValueError(f"has {shown!r}, which is less than a byte in a second")
    return int(rate)
