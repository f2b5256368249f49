"""How many connections at once: as many as bring more, and fewer where the server or the line has
enough.

It starts low and doubles while that brings at least a tenth more; where it does not, it goes back,
rests, and tries again later, each time after a longer rest. Replies that ask for less (429, 503)
and lost connections halve it, and it then grows in small steps.
"""

from collections import deque

from bstui.errors import ServerFault, TooManyRequests, Unreachable
from bstui.transfer.items import Limits

USUAL_LEVEL = "medium"
LEVELS = {"low": (8, 4), "medium": (64, 32), "high": (128, 64)}
"""`--concurrency`: the most connections, and the most of one file."""

TROUBLES = (TooManyRequests, ServerFault, Unreachable)
"""Errors that fewer connections may help against."""
START = 8
"""Connections at the beginning."""
PERIOD = 0.5
"""Seconds that a rate is taken over."""
_GAIN = 1.1
"""What a growth must bring to stay."""
_TRIAL = 3
"""Periods in which it must show: a connection over a long line takes a second to be of use."""
_REST = 10.0
"""Seconds between two trials; doubled after each that brought nothing."""
_LONGEST_REST = 300.0
_WARY = 300.0
"""Seconds after a trouble in which it grows in small steps."""
_CLUSTER = 2.0
"""Seconds in which troubles count as one."""
_LEAST = 2
"""Connections that troubles leave: one that stands still must not hold up everything."""
_SHARE = 8
"""One trouble for so many connections, within that time, is one too many: a single file that
fails again and again is its own trouble."""


def limits_of(
    level: str, files: int | None = None, parts: int | None = None, bandwidth: int | None = None
) -> Limits:
    """The ceilings of a level; `files` and `parts` where the person has said others."""
    connections, most_parts = LEVELS.get(level, LEVELS[USUAL_LEVEL])
    return Limits(
        files=max(1, files) if files else connections,
        parts=max(1, parts) if parts else most_parts,
        connections=connections,
        bandwidth=bandwidth,
    )


class Concurrency:
    """The number of connections that may be open, `width`, between 1 and `most`. Pure: it is told
    the time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.width = min(START, most)
        self._sampled: tuple[float, int] | None = None
        self._base = 0.0
        """Bytes per second before the trial that runs."""
        self._before: int | None = None
        """The width before the trial that runs; None: none does."""
        self._periods = 0
        self._rest = _REST
        self._next_trial = 0.0
        self._wary_until = 0.0
        self._troubles: deque[float] = deque()

    def set_most(self, most: int) -> None:
        """Another ceiling. One that was raised is tried soon."""
        if most > self._most:
            self._next_trial, self._rest = 0.0, _REST
        self._most = most
        self.width = min(self.width, most)
        self._sampled = self._before = None

    def observe(self, now: float, count: int, *, is_wanted: bool) -> None:
        """`count` bytes have come since the beginning; `is_wanted`: more connections would be used.

        Said at any time; what is decided is decided once in a period.
        """
        then, before = self._sampled or (now, count)
        if self._sampled is not None and now - then < PERIOD:
            return
        self._sampled = (now, count)
        if not is_wanted or count <= before or now <= then:
            return
        rate = (count - before) / (now - then)
        if self._before is not None:
            self._judge(now, rate, self._before)
        elif now >= self._next_trial:
            self._grow(rate)

    def trouble(self, now: float) -> None:
        """A server asked for fewer requests, or a connection was lost."""
        self._troubles.append(now)
        while self._troubles[0] < now - _CLUSTER:
            self._troubles.popleft()
        if len(self._troubles) * _SHARE < self.width or now < self._wary_until - _WARY + _CLUSTER:
            return
        self.width = max(min(_LEAST, self.width), self.width // 2)
        self._before = None
        self._wary_until = now + _WARY
        self._next_trial = now + _REST

    def _grow(self, rate: float) -> None:
        """Begin a trial, where there is room for one."""
        small = self._sampled is not None and self._sampled[0] < self._wary_until
        wider = self.width + max(1, self.width // 4) if small else 2 * self.width
        wider = min(wider, self._most)
        if wider <= self.width:
            self._before = None
            return
        self._base, self._before, self._periods = rate, self.width, _TRIAL
        self.width = wider

    def _judge(self, now: float, rate: float, before: int) -> None:
        """Keep what a trial has brought, or go back."""
        if rate >= _GAIN * self._base:
            self._rest = _REST
            self._grow(rate)
            return
        self._periods -= 1
        if not self._periods:
            self.width, self._before = min(before, self._most), None
            self._next_trial, self._rest = now + self._rest, min(2 * self._rest, _LONGEST_REST)
