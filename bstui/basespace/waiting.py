"""What is said while a client waits: of a server that is slow, and of tries after the first."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bstui.errors import BstuiError
from bstui.units import duration_text

Tell = Callable[[str], None]
"""Given a sentence on what is waited for, and an empty one once nothing is."""
_SHORT = 1.0
"""A try that fails and is made again within so many seconds is nobody's concern."""


class Waits:
    """The calls of one client that wait: however many they are, one sentence at a time."""

    def __init__(self, tell: Tell | None, tries: int, slow: float) -> None:
        """`tries` that a call has at most; `slow`: seconds after which a person wants to know."""
        self._tell = tell
        self._tries = tries
        self._slow = slow
        self._waiting: set[Wait] = set()

    @contextmanager
    def call(self) -> Iterator["Wait"]:
        """While one call is made, again and again if need be."""
        wait = Wait(self, self._tries, self._slow)
        try:
            yield wait
        finally:
            wait.cancel()
            self.end(wait)

    def say(self, wait: "Wait", text: str) -> None:
        self._waiting.add(wait)
        if self._tell is not None:
            self._tell(text)

    def end(self, wait: "Wait") -> None:
        """The call is through; nothing is said before the last that waits is."""
        if wait in self._waiting:
            self._waiting.discard(wait)
            if not self._waiting and self._tell is not None:
                self._tell("")


class Wait:
    """One call, which may become one that is waited for."""

    def __init__(self, waits: Waits, tries: int, slow: float) -> None:
        self._waits = waits
        self._slow = slow
        self._tries = tries
        self._loop = asyncio.get_running_loop()
        self._begin = self._loop.time()
        self._alarm: asyncio.TimerHandle | None = None

    @contextmanager
    def try_number(self, number: int) -> Iterator[None]:
        """While a try is under way: says so once it is slow."""
        self._alarm = self._loop.call_later(self._slow, self._say_slow, number)
        try:
            yield
        finally:
            self.cancel()

    def cancel(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _say_slow(self, number: int) -> None:
        seconds = duration_text(self._loop.time() - self._begin)
        self._waits.say(
            self, f"waiting for the server, try {number} of {self._tries}: no answer for {seconds}"
        )
        self._alarm = self._loop.call_later(2 * self._slow, self._say_slow, number)

    def fail(self, error: BstuiError, number: int, seconds: float) -> None:
        """Try `number` is to be made after so many seconds."""
        if self._loop.time() - self._begin + seconds < _SHORT:
            return
        after = f" in {duration_text(seconds)}" if seconds >= 1 else ""
        self._waits.say(
            self, f"waiting for the server, try {number} of {self._tries}{after}: {error.message}"
        )
