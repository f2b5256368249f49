"""One range of a file on its way, over as many requests as it takes."""

from bstui.text import Secret
from bstui.transfer.flight import Flight
from bstui.transfer.waits import Tries


class Leg:
    """The bytes `[start, stop)`."""

    def __init__(self, start: int, stop: int, tries: Tries) -> None:
        self.start = start
        self.stop = stop
        self.tries = tries
        self.position = start
        """Everything before it has arrived."""
        self.checksum = 0
        """CRC-32 of that."""
        self.address: Secret | None = None
        """Of its last request."""
        self.flight: Flight | None = None
        self.ignored = 0
        """How often the whole file came instead."""

    @property
    def arrived(self) -> int:
        return self.position + (self.flight.received if self.flight else 0)
