"""How often a server is asked, and how long we go on when it does not answer.

BaseSpace tells no limits; ten calls a second and eight at a time are what its other clients keep to
(BaseSpace API §10).
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from weakref import WeakKeyDictionary

from bstui.basespace.waiting import Waits
from bstui.errors import BstuiError, Policy, TooManyRequests

_LOG = logging.getLogger(__name__)
_DAY = 86_400.0
"""No server means more than that, in seconds."""
T = TypeVar("T")


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a `Retry-After` asks for: a number or a date; None where it is nonsense."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _DAY)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - (now or datetime.now(UTC))).total_seconds()), _DAY)


@dataclass(frozen=True)
class Patience:
    """How long a call goes on: so many tries, with waits that double. Seconds."""

    head: float = 60.0
    """Until an answer begins: large pages take the server long."""
    answer: float = 180.0
    """For one whole answer: a socket's own limit starts anew with every byte."""
    slow: float = 4.0
    """After so long without an answer it is said that we wait."""
    tries: int = 5
    first: float = 0.5
    longest: float = 30.0
    longest_asked: float = 60.0
    """A server that asks for a longer wait is not waited for here: the caller shows the wait."""

    def wait_before(self, error: BstuiError, tries_made: int) -> float | None:
        """Seconds before the next try, or None where there is none."""
        if tries_made >= self.tries or error.policy not in (Policy.TRANSIENT, Policy.RATE):
            return None
        if isinstance(error, TooManyRequests) and error.retry_after is not None:
            asked = error.retry_after
            return asked if asked <= self.longest_asked else None
        ceiling: float = min(self.longest, self.first * 2.0 ** (tries_made - 1))
        # Clients that failed together must not come back together.
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311  (no secret)


class Pace:
    """A token bucket for one host: `rate` calls a second, `burst` at once, `together` in flight."""

    def __init__(self, rate: float = 10.0, burst: int = 50, together: int = 8) -> None:
        self._interval = 1.0 / rate if rate > 0 else 0.0
        self._allowance = self._interval * (burst - 1)
        self._free_at = 0.0
        self._places = asyncio.Semaphore(together)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place and for the time to use it."""
        async with self._places:
            now = asyncio.get_running_loop().time()
            start = max(now, self._free_at - self._allowance)
            self._free_at = max(now, self._free_at) + self._interval
            if start > now:
                await asyncio.sleep(start - now)
            yield

    def hold(self, seconds: float) -> None:
        """Ask nothing for so long: the server wants it, and it means every caller."""
        until = asyncio.get_running_loop().time() + seconds + self._allowance
        self._free_at = max(self._free_at, until)


_PACES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Pace]] = WeakKeyDictionary()


def shared_pace(server: str, *, spares: bool = True) -> Pace:
    """The one pace of every client of this server on the running loop, to which it belongs.

    Where it `spares` the server not, only the calls in flight are limited.
    """
    paces = _PACES.setdefault(asyncio.get_running_loop(), {})
    if server not in paces:
        paces[server] = Pace() if spares else Pace(rate=0)
    return paces[server]


async def persist(
    call: Callable[[], Awaitable[T]], pace: Pace, patience: Patience, waits: Waits | None = None
) -> T:
    """Make `call` in its turn, again and again while its error is one that passes."""
    with (waits or Waits(None, patience.tries, patience.slow)).call() as waiting:
        tries = 0
        while True:
            tries += 1
            try:
                async with pace.turn():
                    with waiting.try_number(tries):
                        return await call()
            except BstuiError as error:
                wait = patience.wait_before(error, tries)
                if wait is None:
                    raise
                _LOG.info(
                    "try %d failed, next in %.1f s: %s (%s)", tries, wait, error, error.details
                )
                waiting.fail(error, tries + 1, wait)
                if isinstance(error, TooManyRequests):
                    pace.hold(wait)
            await asyncio.sleep(wait)
