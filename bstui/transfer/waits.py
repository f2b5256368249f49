"""What the engine waits for, and for how long: what holds up everybody, and what only one file."""

import asyncio
import random
from collections.abc import Callable

from bstui.errors import BstuiError, DestinationError, NoSpace, Policy, TooManyRequests
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
            return patience.room
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
    """The patience with one file: it is given up only while bytes come for others, for then it
    is this file's own trouble."""

    def __init__(self, most: int, received: Callable[[], int]) -> None:
        self._most = most
        self._received = received
        self._then = 0
        self._failed = 0

    def renew(self) -> None:
        """The file moved."""
        self._failed = 0

    def failed(self) -> int:
        """Count a failure; how many came before it since the file last moved."""
        if not self._failed:
            self._then = self._received()
        self._failed += 1
        return self._failed - 1

    @property
    def are_over(self) -> bool:
        return self._failed > self._most and self._received() > self._then


def _reason(error: BstuiError) -> str:
    if isinstance(error, NoSpace):
        return "room"
    if isinstance(error, DestinationError):
        return "destination"
    if error.policy is Policy.AUTH:
        return "login"
    return "server" if error.policy is Policy.RATE else "network"
