"""The limit on bytes per second that all connections share."""

from collections.abc import Callable


class Bandwidth:
    """A bucket that fills with time. Bytes may pass while it is not overdrawn."""

    def __init__(self, limit: int | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.set(limit)

    def set(self, limit: int | None) -> None:
        """Bytes per second; None: no limit."""
        self.limit = limit
        self._room = 0.0
        self._then = self._clock()

    def may_pass(self) -> bool:
        if self.limit is None:
            return True
        now = self._clock()
        self._room = min(self.limit / 4, self._room + (now - self._then) * self.limit)
        self._then = now
        return self._room >= 0

    def pass_(self, count: int) -> None:
        """`count` bytes have passed; the bucket may be overdrawn by one piece."""
        self._room -= count

    def seconds_to_wait(self) -> float:
        """Until bytes may pass again."""
        return 0.0 if self.limit is None or self._room >= 0 else -self._room / self.limit
