"""Which bytes of a file are there: a set of byte ranges that never overlap or touch."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class Spans:
    """Half-open ranges `[start, stop)` of bytes, kept in order and joined where they touch."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._stops, strict=True))

    @property
    def total(self) -> int:
        """Bytes in all ranges together."""
        return sum(self._stops) - sum(self._starts)

    def add(self, start: int, stop: int) -> None:
        if start >= stop:
            return
        first = bisect_left(self._stops, start)
        last = bisect_right(self._starts, stop)
        if first < last:
            start = min(start, self._starts[first])
            stop = max(stop, self._stops[last - 1])
        self._starts[first:last] = [start]
        self._stops[first:last] = [stop]

    def remove(self, start: int, stop: int) -> None:
        if start >= stop:
            return
        kept = Spans()
        for a, b in self:
            kept.add(a, min(b, start))
            kept.add(max(a, stop), b)
        self._starts, self._stops = kept._starts, kept._stops

    def end_from(self, position: int) -> int:
        """Where the bytes that are there without a gap from `position` on end."""
        i = bisect_right(self._starts, position) - 1
        return max(position, self._stops[i]) if i >= 0 else position

    def missing(self, size: int) -> list[tuple[int, int]]:
        """The ranges of `[0, size)` that are not there."""
        gaps = []
        position = 0
        while position < size:
            position = self.end_from(position)
            i = bisect_left(self._starts, position)
            edge = min(self._starts[i] if i < len(self._starts) else size, size)
            if position < edge:
                gaps.append((position, edge))
                position = edge
        return gaps
