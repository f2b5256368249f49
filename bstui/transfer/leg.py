"""A stretch of a file that one connection brings, over as many requests as it takes; and how much
of a file that is."""

from bstui.text import Secret
from bstui.transfer.flight import Flight, Stretch
from bstui.transfer.waits import Tries


class Leg:
    """The bytes `[start, stop)`; as they are recorded, `start` moves on."""

    def __init__(self, start: int, stop: int, tries: Tries) -> None:
        self.start = start
        self.stop = stop
        self.tries = tries
        self.mark = start
        """Everything before it is recorded, or being recorded."""
        self.position = start
        """Everything before it has arrived."""
        self.checksum = 0
        """CRC-32 from `mark` to there."""
        self.address: Secret | None = None
        """Of its last request."""
        self.flight: Flight | None = None
        self.ignored = 0
        """How often the whole file came instead."""

    @property
    def arrived(self) -> int:
        return self.position + (self.flight.received if self.flight else 0)

    @property
    def has_departed(self) -> bool:
        """Whether a request is, or was, on its way."""
        return self.flight is not None and self.flight.has_departed

    def unrecorded(self) -> list[Stretch]:
        """What has arrived and nobody has begun to record."""
        flight = self.flight
        offered = [flight.offered] if flight is not None and flight.offered is not None else []
        mark, checksum = (flight.mark, flight.checksum) if flight else (self.mark, self.checksum)
        rest = [Stretch(mark, self.arrived, checksum)] if mark < self.arrived else []
        return [*offered, *rest]

    def begin_again(self) -> None:
        """Forget what has arrived and is not recorded."""
        self.flight = None
        self.position, self.mark, self.checksum = self.start, self.start, 0

    def land(self, flight: Flight) -> None:
        """Take over what its flight has brought."""
        self.flight = None
        self.position = flight.start + flight.received
        self.mark, self.checksum = flight.mark, flight.checksum


class Gaps:
    """What of a file no connection has been sent for yet, in order."""

    def __init__(self, missing: list[tuple[int, int]]) -> None:
        self._missing = missing
        self._missing.reverse()
        self.total = sum(stop - start for start, stop in missing)

    def take(self, wanted: int, step: int) -> tuple[int, int] | None:
        """The next `wanted` bytes, or more: up to a multiple of `step`. None where none are left.

        Never beyond a gap's end.
        """
        if not self._missing:
            return None
        start, end = self._missing.pop()
        stop = min(end, -(-(start + max(1, wanted)) // step) * step)
        if stop < end:
            self._missing.append((stop, end))
        self.total -= stop - start
        return start, stop
