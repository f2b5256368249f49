"""Whether the files of a tile count the same clusters."""

from collections.abc import Mapping

from bstui.runs.expected import surface_of
from bstui.runs.headers import DAMAGED, Broken, Header, check_blocks
from bstui.runs.places import Layout, Part, Place


class Clusters:
    """Takes in headers, filters and positions before base calls; compares each with the rest."""

    def __init__(self, tiles: Mapping[int, frozenset[int]]) -> None:
        self._tiles = tiles
        """That each lane must have."""
        self._known: dict[tuple[int, int], int] = {}
        """Clusters by lane and tile; tile 0 is the whole lane."""
        self._order: dict[int, tuple[int, ...]] = {}
        """The clusters of each tile of a lane, in the order of its index."""
        self._begins: dict[tuple[int, int], tuple[int, ...]] = {}
        """Where tiles begin in the base calls of a lane and cycle."""

    def explain(self, error: Broken, place: Place, size: int, path: str) -> Broken:
        """The same, unless the other files of the tile say that it is the count that is wrong."""
        known = self._known.get((place.lane, place.number))
        if known is not None and path.endswith(".bcl") and size == 4 + known:
            return Broken(DAMAGED, f"it does not count the {known:,} clusters of its tile")
        return error

    def compare(self, place: Place, header: Header) -> None:
        """Raises Broken where it does not agree."""
        match place.part:
            case Part.TILE_INDEX:
                self._order[place.lane] = tuple(header.tiles.values())
                for tile, clusters in header.tiles.items():
                    self._agree(place.lane, tile, clusters)
                self._require_tiles(header, self._tiles.get(place.lane, frozenset()))
            case Part.CALL_INDEX:
                self._take_index(place, header)
                return
            case Part.CALLS if place.layout is Layout.SURFACES:
                self._compare_surface(place, header)
                return
        if header.clusters is not None:
            self._agree(place.lane, place.number, header.clusters)

    def _agree(self, lane: int, tile: int, clusters: int) -> None:
        known = self._known.get((lane, tile))
        if known is None:
            self._known[lane, tile] = clusters
        elif known != clusters:
            of = f"tile {tile}" if tile else f"lane {lane}"
            raise Broken(
                DAMAGED, f"it counts {clusters:,} clusters, and other files of {of} {known:,}"
            )

    def _take_index(self, place: Place, header: Header) -> None:
        tiles = self._order.get(place.lane)
        if tiles is not None and len(header.offsets) != len(tiles):
            raise Broken(
                DAMAGED, f"it has {len(header.offsets):,} tiles, and its lane has {len(tiles):,}"
            )
        self._begins[place.lane, place.cycle] = header.offsets

    def check_end(self, place: Place, header: Header, fd: int, size: int) -> None:
        """That the base calls of a lane are there to the end. Raises Broken, OSError."""
        begins = self._begins.pop((place.lane, place.cycle), ())
        tiles = self._order.get(place.lane, ())
        if begins and len(begins) == len(tiles):
            check_blocks(fd, size, begins[-1], tiles[-1])
        elif header.clusters is not None:
            check_blocks(fd, size, 0, header.clusters + 4)

    def _compare_surface(self, place: Place, header: Header) -> None:
        wanted = self._tiles.get(place.lane, frozenset())
        self._require_tiles(header, {tile for tile in wanted if surface_of(tile) == place.number})
        for tile, clusters in header.tiles.items():
            known = self._known.get((place.lane, tile))
            if known is not None and header.passing_only and clusters <= known:
                continue
            self._agree(place.lane, tile, clusters)

    def _require_tiles(self, header: Header, wanted: frozenset[int] | set[int]) -> None:
        lacking = sorted(wanted - header.tiles.keys())
        if lacking:
            more = f" and {len(lacking) - 1:,} more" if len(lacking) > 1 else ""
            raise Broken(DAMAGED, f"it lacks tile {lacking[0]}{more}")
