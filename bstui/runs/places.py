"""Where the files of a raw run that a demultiplexer reads are, told by their paths.

MiSeq and HiSeq have a file per cycle and tile, NextSeq 500 and MiniSeq one per cycle and lane with
an index of its tiles, NextSeq 1000 and NovaSeq one per cycle and surface (Illumina, BCL Convert:
input files).
"""

import re
from enum import StrEnum
from typing import NamedTuple


class Part(StrEnum):
    """What such a file holds."""

    CALLS = "base calls"
    CALL_INDEX = "indexes of base calls"
    TILE_INDEX = "indexes of tiles"
    FILTER = "filters"
    POSITIONS = "cluster positions"


class Layout(StrEnum):
    """How an instrument lays out its base calls."""

    TILES = "a file per cycle and tile"
    LANES = "a file per cycle and lane"
    SURFACES = "a file per cycle and surface"


class Place(NamedTuple):
    """What a file is of. Zero where it is of all lanes, cycles or tiles."""

    part: Part
    lane: int
    cycle: int
    number: int
    """The tile, or the surface."""
    layout: Layout | None = None
    """What base calls of this kind tell of the layout."""

    @property
    def key(self) -> tuple[Part, int, int]:
        return self.part, self.lane, self.cycle


_FORMS: tuple[tuple[Part, Layout | None, str], ...] = (
    (Part.CALLS, Layout.TILES, r"L(\d{3})/C(\d+)\.1/s_\d+_(\d+)\.bcl(?:\.gz|\.bgzf)?"),
    (Part.CALLS, Layout.SURFACES, r"L(\d{3})/C(\d+)\.1/L\d{3}_(\d+)\.cbcl"),
    (Part.CALLS, Layout.LANES, r"L(\d{3})/(\d{4})(?:\.bcl)?\.bgzf()"),
    (Part.CALL_INDEX, None, r"L(\d{3})/(\d{4})(?:\.bcl)?(?:\.bgzf)?\.bci()"),
    (Part.TILE_INDEX, None, r"(?:L\d{3}/)?s_(\d+)\.bci()()"),
    (Part.FILTER, None, r"(?:L\d{3}/)?s_(\d+)()(?:_(\d+))?\.filter"),
)
_CALLS = "Data/Intensities/BaseCalls/"
_IN_CALLS = [(part, layout, re.compile(text)) for part, layout, text in _FORMS]
_POSITIONS = re.compile(
    r"Data/Intensities/(?:(?:BaseCalls/)?L\d{3}/)?s(?:_(\d+))?(?:_(\d+))?(?:\.c?locs|_pos\.txt)"
)


def place_of(path: str) -> Place | None:
    """What the file of this path, relative to the run folder, is of; None for any other file."""
    if path.startswith(_CALLS):
        inner = path[len(_CALLS) :]
        for part, layout, form in _IN_CALLS:
            if match := form.fullmatch(inner):
                lane, cycle, number = (int(text or 0) for text in match.groups())
                return Place(part, lane, cycle, number, layout)
    if match := _POSITIONS.fullmatch(path):
        return Place(Part.POSITIONS, int(match[1] or 0), 0, int(match[2] or 0))
    return None


def usual_path(place: Place, layout: Layout, ending: str = "") -> str:
    """The path that such a file usually has, for one that is not there.

    `ending` is that of the names of others like it, `.bcl.gz`.
    """
    path = _usual_path(place, layout)
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}{ending}" if ending else path


def _usual_path(place: Place, layout: Layout) -> str:
    lane, cycle, number = f"L{place.lane:03}", place.cycle, place.number
    of_tile = f"s_{place.lane}_{number:04}" if number else f"s_{place.lane}"
    match place.part:
        case Part.CALLS if layout is Layout.TILES:
            return f"{_CALLS}{lane}/C{cycle}.1/{of_tile}.bcl"
        case Part.CALLS if layout is Layout.SURFACES:
            return f"{_CALLS}{lane}/C{cycle}.1/{lane}_{number}.cbcl"
        case Part.CALLS:
            return f"{_CALLS}{lane}/{cycle:04}.bcl.bgzf"
        case Part.CALL_INDEX:
            return f"{_CALLS}{lane}/{cycle:04}.bcl.bgzf.bci"
        case Part.TILE_INDEX:
            return f"{_CALLS}{lane}/{of_tile}.bci"
        case Part.FILTER:
            return f"{_CALLS}{lane}/{of_tile}.filter"
        case Part.POSITIONS:
            name = f"{lane}/{of_tile}" if place.lane else "s"
            return f"Data/Intensities/{name}.locs"
