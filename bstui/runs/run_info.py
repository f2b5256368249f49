"""RunInfo.xml: how many lanes, tiles and cycles an instrument has read. Illumina's format.

The file may be damaged, or made to do harm: it is refused where it is too large, declares entities
of its own, or counts what no instrument has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

_LARGEST = 32 * 1024 * 1024
_MOST_LANES = 64
_MOST_CYCLES = 20_000
_MOST_TILES = 100_000
"""Of a lane."""


class BadRunInfo(ValueError):
    """It is none that can be used; the text says why."""


@dataclass(frozen=True)
class Read:
    number: int
    cycles: int
    is_index: bool


@dataclass(frozen=True)
class RunInfo:
    """What it says; tiles by lane, and none where it does not name them and they cannot be told."""

    name: str = ""
    flowcell: str = ""
    instrument: str = ""
    reads: tuple[Read, ...] = ()
    lanes: int = 0
    tiles: Mapping[int, frozenset[int]] = field(default_factory=dict)
    tiles_per_lane: int = 0
    names_tiles: bool = False
    """Whether the tiles stand in it, and were not counted up from the shape of the flow cell."""

    @property
    def cycles(self) -> int:
        return sum(read.cycles for read in self.reads)


def parse_run_info(data: bytes) -> RunInfo:
    """Raises BadRunInfo."""
    if len(data) > _LARGEST:
        raise BadRunInfo("it is too large")
    reader = _Reader()
    try:
        reader.parse(data)
    except expat.ExpatError as error:
        raise BadRunInfo(f"it is no XML ({expat.errors.messages[error.code]})") from error
    except (OverflowError, UnicodeError) as error:
        raise BadRunInfo("it is no XML") from error
    return reader.run_info()


class _Reader:
    """Takes what is needed from the events of the parser."""

    def __init__(self) -> None:
        self._run: dict[str, str] = {}
        self._layout: dict[str, str] = {}
        self._reads: list[dict[str, str]] = []
        self._tiles: list[str] = []
        self._texts: dict[str, str] = {}
        self._text: list[str] = []

    def parse(self, data: bytes) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(data, True)

    def _refuse(self, *_: object) -> None:
        raise BadRunInfo("it declares a document type of its own")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        match name:
            case "Run":
                self._run = attributes
            case "FlowcellLayout":
                self._layout = attributes
            case "Read":
                self._reads.append(attributes)

    def _end(self, name: str) -> None:
        if name == "Tile":
            self._tiles.append("".join(self._text).strip())
        elif name in ("Flowcell", "Instrument"):
            self._texts[name] = "".join(self._text).strip()
        self._text.clear()

    def run_info(self) -> RunInfo:
        if not self._run and not self._reads:
            raise BadRunInfo("it describes no run")
        reads = tuple(_read(i, attributes) for i, attributes in enumerate(self._reads, 1))
        lanes = _count(self._layout, "LaneCount", 1, _MOST_LANES)
        if sum(read.cycles for read in reads) > _MOST_CYCLES:
            raise BadRunInfo("it counts more cycles than any instrument has")
        named = _named_tiles(self._tiles)
        counted = _counted_tiles(self._layout)
        per_lane = max(map(len, named.values())) if named else _tile_count(self._layout)
        return RunInfo(
            name=self._run.get("Id", ""),
            flowcell=self._texts.get("Flowcell", ""),
            instrument=self._texts.get("Instrument", ""),
            reads=reads,
            lanes=lanes,
            tiles=named or dict.fromkeys(range(1, lanes + 1), counted),
            tiles_per_lane=per_lane,
            names_tiles=bool(named),
        )


def _read(place: int, attributes: dict[str, str]) -> Read:
    if "NumCycles" in attributes:
        cycles = _count(attributes, "NumCycles", 0, _MOST_CYCLES)
    else:  # as the first instruments wrote it
        first = _count(attributes, "FirstCycle", 1, _MOST_CYCLES)
        cycles = max(0, _count(attributes, "LastCycle", 0, _MOST_CYCLES) - first + 1)
    is_index = attributes.get("IsIndexedRead", "N").upper().startswith("Y")
    return Read(_count(attributes, "Number", place, 1000), cycles, is_index)


def _count(attributes: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = attributes.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > most:
        raise BadRunInfo(f"its {name} is {text[:20]!r}")
    return int(text)


def _named_tiles(tiles: list[str]) -> dict[int, frozenset[int]]:
    """`<Tile>1_1101</Tile>` by lane."""
    found: dict[int, set[int]] = {}
    for text in tiles:
        lane, _, tile = text.partition("_")
        if not (lane.isascii() and lane.isdigit() and tile.isascii() and tile.isdigit()):
            raise BadRunInfo(f"a tile is called {text[:20]!r}")
        if len(lane) > 2 or len(tile) > 6:
            raise BadRunInfo(f"a tile is called {text[:20]!r}")
        found.setdefault(int(lane), set()).add(int(tile))
    return {lane: frozenset(numbers) for lane, numbers in found.items()}


def _tile_count(layout: Mapping[str, str]) -> int:
    product = 1
    for name in ("SurfaceCount", "SwathCount", "TileCount", "SectionPerLane"):
        product *= _count(layout, name, 0 if name == "TileCount" else 1, _MOST_TILES)
    if product > _MOST_TILES:
        raise BadRunInfo("it counts more tiles than any flow cell has")
    return product


def _counted_tiles(layout: Mapping[str, str]) -> frozenset[int]:
    """Four-digit names from the shape of the flow cell; none where cameras are counted too."""
    if "SectionPerLane" in layout or not _tile_count(layout):
        return frozenset()
    surfaces, swaths, tiles = (
        _count(layout, name, 1, _MOST_TILES) for name in ("SurfaceCount", "SwathCount", "TileCount")
    )
    if surfaces > 9 or swaths > 9 or tiles > 99:
        return frozenset()
    return frozenset(
        1000 * surface + 100 * swath + tile
        for surface in range(1, surfaces + 1)
        for swath in range(1, swaths + 1)
        for tile in range(1, tiles + 1)
    )
