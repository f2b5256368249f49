"""What the engine waits for, and for how long: what holds up everybody, and what only one file."""

import asyncio
import random
from collections.abc import Callable

from bstui.errors import BstuiError, DestinationError, InUse, NoSpace, Policy, TooManyRequests
from bstui.transfer.items import Clock, Patience, Wait

_JITTER = random.SystemRandom()


class Waits:
    """Everything that is waited for. Belongs to the asyncio loop."""

    def __init__(self, patience: Patience, clock: Clock) -> None:
        self._patience = patience
        self._clock = clock
        self._until = 0.0
        self._held: Wait | None = None
        self._alone: dict[object, Wait] = {}
        self.advances = 0
        """Requests so far, of all files, that brought enough to count as progress."""
        self._going = asyncio.Event()
        self._going.set()

    @property
    def is_paused(self) -> bool:
        return not self._going.is_set()

    def pause(self) -> None:
        self._going.clear()

    def go_on(self) -> None:
        self._going.set()

    async def passed(self) -> None:
        """Return once nothing holds everybody up."""
        while True:
            await self._going.wait()
            left = self._until - self._clock.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(left)

    def moved(self) -> None:
        """Bytes have come: what was waited for is over."""
        if self._held is not None and self._until <= self._clock.monotonic():
            self._held = None

    def hold(self, error: BstuiError, tries: int = 0) -> None:
        """Let nobody ask for anything until the cause of `error` may have gone."""
        seconds = self.seconds(error, tries)
        until = self._clock.monotonic() + seconds
        if until <= self._until:
            return
        self._until = until
        self._held = self._describe(error, seconds, self._held)

    async def alone(self, error: BstuiError, tries: int) -> None:
        """Let one file wait, longer at each of its `tries`."""
        seconds = self.seconds(error, tries)
        mark = object()
        self._alone[mark] = self._describe(error, seconds, None)
        try:
            await asyncio.sleep(seconds)
        finally:
            del self._alone[mark]

    async def outlast(self, error: BstuiError, tries: int) -> None:
        """Wait for what everybody waits for, or alone where the cause may be one file's own."""
        if error.policy in (Policy.SPACE, Policy.AUTH, Policy.RATE):
            self.hold(error, tries)
            await self.passed()
        else:
            await self.alone(error, tries)

    def seconds(self, error: BstuiError, tries: int) -> float:
        """How long to wait before the next try, after `tries` that failed before."""
        patience = self._patience
        if error.policy is Policy.SPACE:
            return min(patience.room, patience.first_room * 2.0 ** min(tries, 30))
        if error.policy is Policy.AUTH:
            return patience.login
        if isinstance(error, TooManyRequests) and error.retry_after is not None:
            return min(max(error.retry_after, patience.first_wait), patience.longest_retry_after)
        longest = min(patience.longest_wait, patience.first_wait * 2.0 ** min(tries, 30))
        return longest * _JITTER.uniform(0.5, 1.0)

    def current(self, *, is_moving: bool) -> Wait | None:
        """Why nothing moves; None while something does."""
        if is_moving or self.is_paused:
            return None
        if self._held is not None:
            return self._held
        return min(self._alone.values(), key=lambda wait: wait.next_try, default=None)

    def _describe(self, error: BstuiError, seconds: float, before: Wait | None) -> Wait:
        now = self._clock.now()
        reason = _reason(error)
        since = before.since if before is not None and before.reason == reason else now
        return Wait(reason, str(error), since, now + seconds)


class Tries:
    """The patience with one request, or with whatever else is tried again for one file.

    Each has its own, so that what hits many at the same moment counts once. The waits grow until
    the request itself moves. The file is given up only after failures in whose time nothing of it
    came, while something of others did: for then it is this file's own trouble.
    """

    def __init__(self, most: int, here: Callable[[], int], elsewhere: Callable[[], int]) -> None:
        self._most = most
        self._here = here
        """How often this file has moved."""
        self._elsewhere = elsewhere
        """How often others have."""
        self._in_a_row = 0
        self._fruitless = 0
        self._here_then = self._elsewhere_then = 0

    def renew(self) -> None:
        """The request moved."""
        self._in_a_row = 0
        self._fruitless = 0

    def failed(self, error: BstuiError) -> int:
        """Count a failure; how many came before it since the request last moved.

        What is waited for without end, as room on a disk is, uses up no patience.
        """
        self._in_a_row += 1
        if error.policy is Policy.TRANSIENT:
            here = self._here()
            if not self._fruitless or here != self._here_then:
                self._fruitless = 0
                self._here_then, self._elsewhere_then = here, self._elsewhere()
            self._fruitless += 1
        return self._in_a_row - 1

    @property
    def are_spent(self) -> bool:
        """Whether nothing of the file came for long."""
        return self._fruitless > self._most

    @property
    def are_over(self) -> bool:
        """Whether that is the file's own trouble."""
        return self.are_spent and self._elsewhere() > self._elsewhere_then


def _reason(error: BstuiError) -> str:
    if isinstance(error, NoSpace):
        return "room"
    if isinstance(error, DestinationError):
        return "destination"
    if error.policy is Policy.AUTH:
        return "login"
    if isinstance(error, InUse):
        return "in use"
    return "server" if error.policy is Policy.RATE else "network"
