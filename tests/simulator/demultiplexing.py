"""Reads back what run folders hold: a second reading of the formats, apart from their writer."""

import gzip
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bstui.simulator.reads import Flowcell

Files = Mapping[str, bytes]
"""A run folder: bytes by path."""
_CALLS = "Data/Intensities/BaseCalls"
_BASES = "ACGT"


@dataclass(frozen=True)
class Cluster:
    """All of a cluster's calls, as the folder has them."""

    lane: int
    tile: int
    x: int
    y: int
    passes: bool
    bases: str
    qualities: tuple[int, ...]


def read_clusters(cell: Flowcell, files: Files) -> Iterator[Cluster]:
    for lane in range(1, cell.lanes + 1):
        for row, tile in enumerate(cell.tiles):
            passing = _filter(_find_filter(files, lane, tile))
            places = _locations(_find_locations(files, lane, tile))
            if f"{_CALLS}/L{lane:03d}/s_{lane}.bci" in files:
                tiles = files[f"{_CALLS}/L{lane:03d}/s_{lane}.bci"]
                counts = [count for _, count in struct.iter_unpack("<II", tiles)]
                ours = slice(sum(counts[:row]), sum(counts[: row + 1]))
                assert tile == struct.unpack_from("<I", tiles, 8 * row)[0]
                passing, places = passing[ours], places[ours]
            columns = [_column(files, lane, tile, cycle) for cycle in range(1, cell.cycles + 1)]
            for number, (x, y) in enumerate(places):
                calls = [column[number] for column in columns]
                bases = "".join(_BASES[base] for base, _ in calls)
                scores = tuple(quality for _, quality in calls)
                yield Cluster(lane, tile, x, y, bool(passing[number]), bases, scores)


def _filter(data: bytes) -> bytes:
    zero, version, count = struct.unpack("<III", data[:12])
    assert (zero, version, count) == (0, 3, len(data) - 12)
    return data[12:]


def _find_filter(files: Files, lane: int, tile: int) -> bytes:
    folder = f"{_CALLS}/L{lane:03d}"
    own = f"{folder}/s_{lane}_{tile}.filter"
    return files[own] if own in files else files[f"{folder}/s_{lane}.filter"]


def _find_locations(files: Files, lane: int, tile: int) -> bytes:
    lanes = f"Data/Intensities/L{lane:03d}/s_{lane}.locs"
    if lanes in files:
        return files[lanes]
    own = f"Data/Intensities/L{lane:03d}/s_{lane}_{tile}.locs"
    return files[own] if own in files else files["Data/Intensities/s.locs"]


def _locations(data: bytes) -> list[tuple[int, int]]:
    one, version, count = struct.unpack("<IfI", data[:12])
    assert (one, version, len(data)) == (1, 1.0, 12 + 8 * count)
    numbers = [round(10 * number + 1000) for (number,) in struct.iter_unpack("<f", data[12:])]
    return list(zip(numbers[0::2], numbers[1::2], strict=True))


def _column(files: Files, lane: int, tile: int, cycle: int) -> list[tuple[int, int]]:
    """Base and quality of each cluster of a tile in a cycle."""
    folder = f"{_CALLS}/L{lane:03d}/C{cycle}.1"
    plain = f"{folder}/s_{lane}_{tile}.bcl"
    if plain in files:
        return _bcl(files[plain])
    if f"{plain}.gz" in files:
        return _bcl(gzip.decompress(files[f"{plain}.gz"]))
    blocked = f"{_CALLS}/L{lane:03d}/{cycle:04}.bcl.bgzf"
    if blocked in files:
        tiles = files[f"{_CALLS}/L{lane:03d}/s_{lane}.bci"]
        return _bgzf(files[blocked], files[f"{blocked}.bci"], tiles, tile)
    return _cbcl(files[f"{folder}/L{lane:03d}_{tile // 1000}.cbcl"], tile)


def _bcl(data: bytes) -> list[tuple[int, int]]:
    (count,) = struct.unpack("<I", data[:4])
    assert count == len(data) - 4
    return [(call & 3, call >> 2) for call in data[4:]]


def _bgzf(data: bytes, index: bytes, tiles: bytes, wanted: int) -> list[tuple[int, int]]:
    """The calls of one tile, read from where the index says that it begins."""
    rows = list(struct.iter_unpack("<II", tiles))
    row = [tile for tile, _ in rows].index(wanted)
    version, count = struct.unpack_from("<II", index)
    assert (version, count, len(index)) == (0, len(rows), 8 + 8 * len(rows))
    (offset,) = struct.unpack_from("<Q", index, 8 + 8 * row)
    text = gzip.decompress(data[offset >> 16 :])[offset & 0xFFFF :]
    assert struct.unpack("<I", gzip.decompress(data)[:4])[0] == sum(n for _, n in rows)
    return [(call & 3, call >> 2) for call in text[: rows[row][1]]]


def _cbcl(data: bytes, wanted: int) -> list[tuple[int, int]]:
    version, start, base_bits, quality_bits, bins = struct.unpack("<HIBBI", data[:12])
    assert (version, base_bits, quality_bits) == (1, 2, 2)
    pairs = struct.unpack(f"<{2 * bins}I", data[12 : 12 + 8 * bins])
    qualities = dict(zip(pairs[0::2], pairs[1::2], strict=True))
    at = 12 + 8 * bins
    (tiles,) = struct.unpack("<I", data[at : at + 4])
    assert start == at + 4 + 16 * tiles + 1
    offset = start
    for row in range(tiles):
        entry = data[at + 4 + 16 * row : at + 20 + 16 * row]
        tile, clusters, raw, packed = struct.unpack("<IIII", entry)
        if tile == wanted:
            block = gzip.decompress(data[offset : offset + packed])
            assert len(block) == raw == (clusters + 1) // 2
            nibbles = [half for byte in block for half in (byte & 15, byte >> 4)][:clusters]
            return [(nibble & 3, qualities[nibble >> 2]) for nibble in nibbles]
        offset += packed
    raise AssertionError(f"tile {wanted} is not in the file")
