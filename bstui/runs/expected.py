"""Which files a raw run must have, from RunInfo.xml and the layout that its listed files show."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bstui.runs.places import Layout, Part, Place
from bstui.runs.run_info import RunInfo

Key = tuple[Part, int, int]
"""A part, a lane, a cycle; zero where it is of all."""
_WHOLE = frozenset({0})


@dataclass
class Listed:
    """What a plan lists of each part: the tiles, or surfaces."""

    numbers: dict[Key, set[int]] = field(default_factory=dict)
    layouts: Counter[Layout] = field(default_factory=Counter)
    endings: dict[Part, str] = field(default_factory=dict)
    """Of the names of each part's files: `.bcl.gz`."""

    def add(self, place: Place, name: str) -> None:
        if place.part not in self.endings:
            self.endings[place.part] = name[name.index(".") :]
        self.numbers.setdefault(place.key, set()).add(place.number)
        if place.layout is not None:
            self.layouts[place.layout] += 1

    @property
    def layout(self) -> Layout | None:
        """That of most base calls; None where none are listed."""
        return self.layouts.most_common(1)[0][0] if self.layouts else None

    def of(self, part: Part, lane: int = 0) -> set[int]:
        return self.numbers.get((part, lane, 0), set())

    def tiles(self, lane: int) -> frozenset[int]:
        """All tiles that anything of the lane is listed of."""
        found = self.of(Part.FILTER, lane) | self.of(Part.POSITIONS, lane)
        if self.layout is Layout.TILES:
            cycles = (key for key in self.numbers if key[:2] == (Part.CALLS, lane))
            found = found.union(*(self.numbers[key] for key in cycles))
        return frozenset(found - _WHOLE)


class Expected:
    """What RunInfo.xml and the layout ask for."""

    def __init__(self, info: RunInfo, layout: Layout, listed: Listed) -> None:
        self.layout = layout
        self._info = info
        self._listed = listed
        self._lanes = range(1, info.lanes + 1)
        self.tiles = {lane: self._choose_tiles(lane) for lane in self._lanes}
        """By lane; none where only their number is known."""

    def _choose_tiles(self, lane: int) -> frozenset[int]:
        """RunInfo's; where it only counts them, those that are listed, if these are others."""
        told = self._info.tiles.get(lane, frozenset())
        seen = self._listed.tiles(lane)
        return told if self._info.names_tiles or seen <= told else seen

    def groups(self) -> Iterator[tuple[Key, frozenset[int]]]:
        """Each part of each lane and cycle, with the tiles or surfaces that it must have."""
        yield from self._positions()
        for lane in self._lanes:
            if self.layout is Layout.LANES:
                yield (Part.TILE_INDEX, lane, 0), _WHOLE
            yield (Part.FILTER, lane, 0), self._whole_or_tiles(Part.FILTER, lane)
            calls = self._calls(lane)
            for cycle in range(1, self._info.cycles + 1):
                yield (Part.CALLS, lane, cycle), calls
                if self.layout is Layout.LANES:
                    yield (Part.CALL_INDEX, lane, cycle), _WHOLE

    def _calls(self, lane: int) -> frozenset[int]:
        match self.layout:
            case Layout.TILES:
                return self.tiles[lane]
            case Layout.SURFACES:
                return frozenset(surface_of(tile) for tile in self.tiles[lane])
            case Layout.LANES:
                return _WHOLE

    def _positions(self) -> Iterator[tuple[Key, frozenset[int]]]:
        """One file for all where there is one, or nothing tells of others; else by lane."""
        are_listed = any(self._listed.of(Part.POSITIONS, lane) for lane in self._lanes)
        if self._listed.of(Part.POSITIONS) or not are_listed:
            yield (Part.POSITIONS, 0, 0), _WHOLE
            return
        for lane in self._lanes:
            yield (Part.POSITIONS, lane, 0), self._whole_or_tiles(Part.POSITIONS, lane)

    def _whole_or_tiles(self, part: Part, lane: int) -> frozenset[int]:
        """One file of the lane where that is how they are listed, or a file for each tile."""
        seen = self._listed.of(part, lane)
        if seen == _WHOLE or (not seen and self.layout is Layout.LANES):
            return _WHOLE
        return self.tiles[lane]


def surface_of(tile: int) -> int:
    """The first digit of a tile's number."""
    return int(str(tile)[0])
