"""Bytes, rates, ages and dates to short text, and back. Sizes are decimal, as disks' are."""

import re
from datetime import UTC, datetime

_PREFIXES = ("", "k", "M", "G", "T", "P", "E")
_SIZE = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)\s*(?P<prefix>[kmgtpe]?)(?P<binary>i?)b?", re.IGNORECASE
)

_UNITS = (86400.0, 3600.0, 60.0, 1.0)
_DURATION = re.compile(
    r"(?:(\d+)\s*d(?:ays?)?)?\s*(?:(\d+)\s*h(?:ours?)?)?\s*"
    r"(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?",
    re.IGNORECASE,
)


def size_text(size: int | None) -> str:
    """Bytes as at most seven characters: `0 B`, `41.2 GB`, `999 kB`; `…` while unknown."""
    if size is None:
        return "…"
    value = float(size)
    for prefix in _PREFIXES:
        digits = 0 if not prefix or value >= 99.95 else 1
        if round(value, digits) < 1000 or prefix == _PREFIXES[-1]:
            return f"{value:.{digits}f} {prefix}B"
        value /= 1000
    raise AssertionError("unreachable: the last prefix always returns")


def rate_text(bytes_per_second: float | None) -> str:
    """Bytes per second as text: `412 MB/s`."""
    return "…" if bytes_per_second is None else f"{size_text(int(bytes_per_second))}/s"


def parse_size(text: str) -> int:
    """`10G`, `512 MiB`, `1000` as bytes; a ValueError says what was not understood."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size; write it like 500M, 10G or 16MiB")
    power = _PREFIXES.index({"K": "k"}.get(match["prefix"].upper(), match["prefix"].upper()))
    return int(float(match["number"]) * (1024 if match["binary"] else 1000) ** power)


def duration_text(seconds: float | None) -> str:
    """Seconds as text for people: `8 s`, `54 min`, `2 h 10`, `3 days`; `…` while unknown."""
    if seconds is None:
        return "…"
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02}"
    return f"{hours // 24} days"


def parse_duration(text: str) -> float:
    """`90s`, `45m`, `2h`, `1h30m`, `3d` as seconds; a ValueError says what was not understood."""
    match = _DURATION.fullmatch(text.strip())
    numbers = match.groups() if match is not None else ()
    if not any(numbers):
        raise ValueError(f"{text!r} is not a duration; write it like 90m, 12h or 3d")
    return sum(int(number or 0) * unit for number, unit in zip(numbers, _UNITS, strict=True))


def date_text(moment: datetime | None) -> str:
    """A moment as a local date, `2025-08-25`; `…` while unknown."""
    return "…" if moment is None else moment.astimezone().strftime("%Y-%m-%d")


def iso_text(moment: datetime | None) -> str | None:
    """A moment as ISO 8601 in UTC to the second, `2025-08-25T14:02:11Z`; None stays None."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def count_text(number: int, noun: str, plural: str = "") -> str:
    """A number and its noun: `1 file`, `12 files`, `3 libraries`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"
