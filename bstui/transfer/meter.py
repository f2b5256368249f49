"""How fast bytes come, over the last ten seconds."""

from collections import deque

from bstui.transfer.items import Clock

_SAMPLES = 11


class Meter:
    """A rate from samples of a count, one a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)

    def sample(self, count: int) -> None:
        self._samples.append((self._clock.monotonic(), count))

    @property
    def rate(self) -> float:
        """Per second; 0 while that cannot be said."""
        if len(self._samples) < 2:
            return 0.0
        (then, before), (now, after) = self._samples[0], self._samples[-1]
        return max(0.0, (after - before) / (now - then)) if now > then else 0.0
