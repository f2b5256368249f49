"""Illumina run folders of a flow cell, in four layouts, valid enough to be demultiplexed.

Formats: `.bcl` is a cluster count and a byte per call; `.bcl.gz` the same compressed; `.bcl.bgzf`
the same for all tiles of a lane, in blocks, with a `.bci` that tells where tiles begin; `.cbcl` one
file per cycle, lane and surface with a table of tiles and two calls per byte. Checked with
picard 2.27 (CheckIlluminaDirectory, IlluminaBasecallsToFastq).
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import accumulate

from bstui.simulator.bgzf import bgzf_of, bgzf_offset, bgzf_size
from bstui.simulator.contents import gzip_of, stored_gzip_size
from bstui.simulator.reads import QUALITIES, Flowcell, Tile, position

_CALLS = "Data/Intensities/BaseCalls"
_BINS = (0, *QUALITIES)
_NIBBLES = bytes(
    _BINS.index(call >> 2) << 2 | call & 3 if call >> 2 in _BINS else 0 for call in range(256)
)
_HIGH = bytes(nibble << 4 & 0xFF for nibble in range(256))
_COMPLETION = (
    b'<?xml version="1.0"?>\n<RunCompletionStatus>\n'
    b"  <CompletionStatus>CompletedAsPlanned</CompletionStatus>\n</RunCompletionStatus>\n"
)
_JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


class Layout(StrEnum):
    """How an instrument lays out its base calls."""

    BCL = "MiSeq: a file per cycle and tile"
    BCL_GZ = "HiSeq: the same, compressed"
    BGZF = "NextSeq 500: a file per cycle and lane, with an index of its tiles"
    CBCL = "NextSeq 2000 and NovaSeq: a file per cycle and surface"


@dataclass(frozen=True)
class Group:
    """Files that are made together: their paths, their sizes in bytes."""

    files: list[tuple[str, int]]
    make: Callable[[], Iterable[bytes]]


def run_groups(cell: Flowcell, layout: Layout) -> Iterator[Group]:
    """All files of a run folder, in the order in which an instrument writes them."""
    yield _ready(dict(_texts(cell, layout)))
    for lane in range(1, cell.lanes + 1):
        positions = list(_positions(cell, layout, lane))
        makers = [make for _, _, make in positions]
        files = [(path, size) for path, size, _ in positions]
        yield Group(files, partial(_make_all, makers))
        yield _base_calls(cell, layout, lane)
    yield _ready(dict(_markers(layout)))


def _ready(files: dict[str, bytes]) -> Group:
    return Group([(path, len(data)) for path, data in files.items()], files.values)


def _make_all(makers: Iterable[Callable[[], bytes]]) -> Iterator[bytes]:
    return (make() for make in makers)


def _base_calls(cell: Flowcell, layout: Layout, lane: int) -> Group:
    folder = f"{_CALLS}/L{lane:03d}"
    cycles = range(1, cell.cycles + 1)
    if layout is Layout.CBCL:
        surfaces = sorted({tile // 1000 for tile in cell.tiles})
        return Group(
            [
                (f"{folder}/C{cycle}.1/L{lane:03d}_{surface}.cbcl", _cbcl_size(cell, surface))
                for cycle in cycles
                for surface in surfaces
            ],
            lambda: _cbcl_files(cell, lane, surfaces),
        )
    if layout is Layout.BGZF:
        size = bgzf_size(4 + cell.clusters * len(cell.tiles))
        index = 8 + 8 * len(cell.tiles)
        return Group(
            [
                (f"{folder}/{cycle:04}.bcl.bgzf{suffix}", length)
                for cycle in cycles
                for suffix, length in (("", size), (".bci", index))
            ],
            lambda: _bgzf_files(cell, lane),
        )
    compress = layout is Layout.BCL_GZ
    size = stored_gzip_size(4 + cell.clusters) if compress else 4 + cell.clusters
    suffix = "bcl.gz" if compress else "bcl"
    return Group(
        [
            (f"{folder}/C{cycle}.1/s_{lane}_{tile}.{suffix}", size)
            for cycle in cycles
            for tile in cell.tiles
        ],
        lambda: _bcl_files(cell, lane, compress),
    )


def _columns(cell: Flowcell, lane: int) -> Iterator[list[bytes]]:
    """For each cycle the calls of every tile of a lane."""
    tiles = [cell.tile(lane, number).columns() for number in cell.tiles]
    return (list(columns) for columns in zip(*tiles, strict=True))


def _bcl_files(cell: Flowcell, lane: int, compress: bool) -> Iterator[bytes]:
    for columns in _columns(cell, lane):
        for calls in columns:
            data = struct.pack("<I", len(calls)) + calls
            yield gzip_of(data, 0) if compress else data


def _bgzf_files(cell: Flowcell, lane: int) -> Iterator[bytes]:
    """For each cycle the calls of all tiles, and where in them each tile begins."""
    for columns in _columns(cell, lane):
        yield bgzf_of(struct.pack("<I", sum(map(len, columns))) + b"".join(columns))
        starts = accumulate(map(len, columns[:-1]), initial=4)
        offsets = [bgzf_offset(start) for start in starts]
        yield struct.pack(f"<II{len(offsets)}Q", 0, len(offsets), *offsets)


def _cbcl_files(cell: Flowcell, lane: int, surfaces: list[int]) -> Iterator[bytes]:
    for columns in _columns(cell, lane):
        for surface in surfaces:
            pairs = zip(cell.tiles, columns, strict=True)
            yield _cbcl([(tile, calls) for tile, calls in pairs if tile // 1000 == surface])


def _cbcl(tiles: list[tuple[int, bytes]]) -> bytes:
    """One `.cbcl` file: a header with a table of tiles, then a gzip block for each."""
    blocks = [(tile, len(calls), _packed(calls)) for tile, calls in tiles]
    compressed = [gzip_of(packed, 0) for _, _, packed in blocks]
    header = struct.pack("<BBI", 2, 2, len(_BINS))
    header += b"".join(struct.pack("<II", i, quality) for i, quality in enumerate(_BINS))
    header += struct.pack("<I", len(blocks))
    for (tile, clusters, packed), block in zip(blocks, compressed, strict=True):
        header += struct.pack("<IIII", tile, clusters, len(packed), len(block))
    header += b"\0"  # clusters that do not pass the filter are not left out
    return struct.pack("<HI", 1, len(header) + 6) + header + b"".join(compressed)


def _cbcl_size(cell: Flowcell, surface: int) -> int:
    tiles = sum(tile // 1000 == surface for tile in cell.tiles)
    return 17 + 8 * len(_BINS) + tiles * (16 + stored_gzip_size((cell.clusters + 1) // 2))


def _packed(calls: bytes) -> bytes:
    """Two calls a byte, the first in the low half: quality bin << 2 | base."""
    nibbles = calls.translate(_NIBBLES)
    low, high = nibbles[0::2], nibbles[1::2].translate(_HIGH).ljust((len(calls) + 1) // 2, b"\0")
    merged = int.from_bytes(low, "little") | int.from_bytes(high, "little")
    return merged.to_bytes(len(low), "little")


def _positions(
    cell: Flowcell, layout: Layout, lane: int
) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Filters and cluster positions of a lane: path, size in bytes, and how they are made."""
    tiles, clusters = len(cell.tiles), cell.clusters
    if layout is Layout.BGZF:
        calls = f"{_CALLS}/L{lane:03d}/s_{lane}"
        yield f"{calls}.bci", 8 * tiles, partial(_tile_index, cell)
        filters = partial(_filter, [cell.tile(lane, tile) for tile in cell.tiles])
        yield f"{calls}.filter", 12 + tiles * clusters, filters
        places = f"Data/Intensities/L{lane:03d}/s_{lane}.locs"
        yield places, 12 + 8 * tiles * clusters, partial(_locations, cell, True)
        return
    for number in cell.tiles:
        tile = cell.tile(lane, number)
        name = f"s_{lane}_{number}"
        yield f"{_CALLS}/L{lane:03d}/{name}.filter", 12 + clusters, partial(_filter, [tile])
        if layout is not Layout.CBCL:
            places = f"Data/Intensities/L{lane:03d}/{name}.locs"
            yield places, 12 + 8 * clusters, partial(_locations, cell)
    if layout is Layout.CBCL and lane == 1:
        yield "Data/Intensities/s.locs", 12 + 8 * clusters, partial(_locations, cell)


def _tile_index(cell: Flowcell) -> bytes:
    return b"".join(struct.pack("<II", tile, cell.clusters) for tile in cell.tiles)


def _filter(tiles: list[Tile]) -> bytes:
    passing = b"".join(tile.passing for tile in tiles)
    return struct.pack("<III", 0, 3, len(passing)) + passing


def _locations(cell: Flowcell, of_all_tiles: bool = False) -> bytes:
    places = [(c - 1000) / 10 for cluster in range(cell.clusters) for c in position(cluster)]
    places *= len(cell.tiles) if of_all_tiles else 1
    return struct.pack(f"<IfI{len(places)}f", 1, 1.0, len(places) // 2, *places)


def _texts(cell: Flowcell, layout: Layout) -> Iterator[tuple[str, bytes]]:
    """The small files: what the run is, its sheet, its pictures."""
    yield "RunInfo.xml", _run_info(cell, layout).encode()
    is_new = layout in (Layout.CBCL, Layout.BGZF)
    parameters = "RunParameters.xml" if is_new else "runParameters.xml"
    yield parameters, _run_parameters(cell).encode()
    yield "SampleSheet.csv", _sample_sheet(cell).encode()
    yield "InterOp/TileMetricsOut.bin", _tile_metrics(cell)
    yield "Logs/CycleTimes.txt", b"Date\tTime\tBarcode\tCycle\n"
    for lane in range(1, cell.lanes + 1):
        for base in "acgt":
            yield f"Thumbnail_Images/L{lane:03d}/C1.1/s_{lane}_{cell.tiles[0]}_{base}.jpg", _JPEG


def _markers(layout: Layout) -> Iterator[tuple[str, bytes]]:
    """What says that the run is whole; some are empty."""
    if layout is Layout.BGZF:
        yield "RunCompletionStatus.xml", _COMPLETION
        yield "RTAComplete.xml", b'<?xml version="1.0"?>\n<RTAComplete/>\n'
        return
    yield "RTAComplete.txt", b"Complete\r\n"
    if layout is Layout.CBCL:
        yield "SequenceComplete.txt", b""
        yield "CopyComplete.txt", b""


def _run_info(cell: Flowcell, layout: Layout) -> str:
    reads = "".join(
        f'<Read Number="{i}" NumCycles="{cycles}" IsIndexedRead="{"Y" if is_index else "N"}"/>'
        for i, (cycles, is_index) in enumerate(cell.reads, 1)
    )
    is_new = layout in (Layout.CBCL, Layout.BGZF)
    per_surface = len({tile % 1000 for tile in cell.tiles})
    surfaces = len({tile // 1000 for tile in cell.tiles})
    tiles = "".join(
        f"<Tile>{lane}_{tile}</Tile>" for lane in range(1, cell.lanes + 1) for tile in cell.tiles
    )
    digits = "Five" if max(cell.tiles) > 9999 else "Four"
    named = f'<TileSet TileNamingConvention="{digits}Digit"><Tiles>{tiles}</Tiles></TileSet>'
    return f"""<?xml version="1.0" encoding="utf-8"?>
<RunInfo Version="{5 if layout is Layout.CBCL else 2}">
  <Run Id="{cell.run_name}" Number="{cell.number}">
    <Flowcell>{cell.barcode}</Flowcell>
    <Instrument>{cell.instrument}</Instrument>
    <Date>{cell.run_name.split("_")[0]}</Date>
    <Reads>{reads}</Reads>
    <FlowcellLayout LaneCount="{cell.lanes}" SurfaceCount="{surfaces}" SwathCount="1" \
TileCount="{per_surface}">{named if is_new else ""}</FlowcellLayout>
  </Run>
</RunInfo>
"""


def _run_parameters(cell: Flowcell) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<RunParameters>\n'
        f"  <RunID>{cell.run_name}</RunID>\n"
        f"  <InstrumentSerialNumber>{cell.instrument}</InstrumentSerialNumber>\n"
        "</RunParameters>\n"
    )


def _sample_sheet(cell: Flowcell) -> str:
    lengths = [str(cycles) for cycles, is_index in cell.reads if not is_index]
    rows = [
        f"{line.stem},{line.name},{line.indexes[0]},{line.indexes[1]},{line.project}"
        for line in cell.lines
    ]
    return "\n".join(
        [
            "[Header]",
            "IEMFileVersion,5",
            "Workflow,GenerateFASTQ",
            "[Reads]",
            *lengths,
            "[Data]",
            "Sample_ID,Sample_Name,index,index2,Sample_Project",
            *rows,
            "",
        ]
    )


def _tile_metrics(cell: Flowcell) -> bytes:
    """InterOp TileMetrics, version 2: density and count of clusters, all and passing."""
    records = [b"\x02\x0a"]
    for lane in range(1, cell.lanes + 1):
        for number in cell.tiles:
            passing = cell.tile(lane, number).passing.count(1)
            density = 1000.0
            values = (density, density * passing / cell.clusters, cell.clusters, passing)
            records += [
                struct.pack("<HHHf", lane, number, code, value)
                for code, value in enumerate(values, 100)
            ]
    return b"".join(records)
