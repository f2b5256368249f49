"""What the headers of a raw run's files say of their sizes. Illumina's formats, little-endian.

    .bcl            clusters u32, a byte for each
    .bcl.gz         the same, one gzip member; its last four bytes are the size of what it holds
    .bcl.bgzf       the same in blocks: of one tile, or of all tiles of a lane
    NNNN.bci        version u32, tiles u32, then where each tile begins: block << 16 | within, u64
    s_L.bci         tile u32, clusters u32, for each tile of a lane
    .cbcl           version u16, size of the header u32, bits, quality bins, a table of tiles
    .filter         0 u32, version u32, clusters u32, a byte for each
    .locs           1 u32, 1.0 f32, clusters u32, two f32 for each

Only heads and tails are read, and only the first block is decompressed. A file whose own numbers do
not agree is Broken; no number in it is believed beyond its size.
"""

import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from bstui.runs.places import Part

_BLOCK = 1 << 16
_LARGEST_HEADER = 1024 * 1024
_GZIP = b"\x1f\x8b\x08"
_BGZF = 18
"""Bytes of a block's header."""
TRUNCATED, LONGER, DAMAGED = "truncated", "too long", "damaged"


class Broken(Exception):
    """Its own numbers do not agree: `kind` is truncated, too long or damaged."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True)
class Header:
    """What a file says of itself."""

    clusters: int | None = None
    """Of all its tiles."""
    tiles: Mapping[int, int] = field(default_factory=dict)
    """Clusters by tile, where it tells them."""
    offsets: tuple[int, ...] = ()
    """Of an index of base calls: where each tile begins."""
    passing_only: bool = False
    """Whether clusters that did not pass the filter were left out."""


def read_header(fd: int, size: int, part: Part, name: str) -> Header:
    """The header of a file of `size` bytes. Raises Broken, and OSError."""
    match part:
        case Part.FILTER:
            return _read_filter(fd, size)
        case Part.POSITIONS:
            return _read_positions(fd, size, name)
        case Part.TILE_INDEX:
            return _read_tile_index(fd, size)
        case Part.CALL_INDEX:
            return _read_call_index(fd, size)
    if name.endswith(".cbcl"):
        return _read_cbcl(fd, size)
    if name.endswith(".bcl"):
        return _read_bcl(fd, size)
    return _read_packed(fd, size)


def _unpack(form: str, fd: int, size: int, at: int = 0) -> tuple[int, ...]:
    length = struct.calcsize(form)
    data = os.pread(fd, length, at)
    if len(data) < length:
        raise Broken(TRUNCATED, f"its {size:,} bytes are too few for its header")
    return struct.unpack(form, data)


def _require(size: int, needed: int, clusters: int) -> None:
    if size != needed:
        kind = TRUNCATED if size < needed else LONGER
        raise Broken(kind, f"{clusters:,} clusters need {needed:,} bytes, and it has {size:,}")


def _read_bcl(fd: int, size: int) -> Header:
    (clusters,) = _unpack("<I", fd, size)
    _require(size, 4 + clusters, clusters)
    return Header(clusters)


def _read_filter(fd: int, size: int) -> Header:
    (zero,) = _unpack("<I", fd, size)
    if zero and size == 4 + zero:  # the first version, which has neither zero nor version
        return Header(zero)
    zero, version, clusters = _unpack("<III", fd, size)
    if zero or version > 100:
        raise Broken(DAMAGED, f"it begins with {zero} and {version}")
    _require(size, 12 + clusters, clusters)
    return Header(clusters)


def _read_positions(fd: int, size: int, name: str) -> Header:
    if name.endswith(".locs"):
        _, _, clusters = _unpack("<III", fd, size)
        _require(size, 12 + 8 * clusters, clusters)
        return Header(clusters)
    if name.endswith(".clocs"):
        _, blocks = _unpack("<BI", fd, size)
        if size < 5 + blocks:
            raise Broken(TRUNCATED, f"{blocks:,} blocks need more than its {size:,} bytes")
    return Header()


def _read_tile_index(fd: int, size: int) -> Header:
    if size % 8 or size > _LARGEST_HEADER:
        raise Broken(TRUNCATED if size % 8 else DAMAGED, f"{size:,} bytes are no whole tiles")
    numbers = _unpack(f"<{size // 4}I", fd, size)
    return Header(sum(numbers[1::2]), dict(zip(numbers[0::2], numbers[1::2], strict=True)))


def _read_call_index(fd: int, size: int) -> Header:
    _, tiles = _unpack("<II", fd, size)
    if size != 8 + 8 * tiles or size > _LARGEST_HEADER:
        kind = TRUNCATED if size < 8 + 8 * tiles else LONGER
        raise Broken(kind, f"{tiles:,} tiles need {8 + 8 * tiles:,} bytes, and it has {size:,}")
    offsets = _unpack(f"<{tiles}Q", fd, size, 8)
    if list(offsets) != sorted(offsets):
        raise Broken(DAMAGED, "its tiles do not begin one after another")
    return Header(offsets=offsets)


def _read_packed(fd: int, size: int) -> Header:
    """Base calls in gzip: the count from the beginning; the end agrees with it."""
    head = os.pread(fd, _BLOCK, 0)
    if len(head) < _BGZF:
        raise Broken(TRUNCATED, f"its {size:,} bytes are too few for its header")
    clusters = _first_count(head)
    if _block_size(head) is not None:
        return Header(clusters)  # what follows is proven by where its index points
    (held,) = struct.unpack("<I", os.pread(fd, 4, size - 4))
    if held != (4 + clusters) & 0xFFFFFFFF:
        kind = TRUNCATED if _ends_early(fd, size) else DAMAGED
        raise Broken(kind, f"its end does not agree with its {clusters:,} clusters")
    return Header(clusters)


def _first_count(head: bytes) -> int:
    if not head.startswith(_GZIP):
        raise Broken(DAMAGED, "it does not begin as gzip does")
    try:
        start = zlib.decompressobj(31).decompress(head, 4)
    except zlib.error as error:
        raise Broken(DAMAGED, f"its beginning cannot be decompressed ({error})") from error
    if len(start) < 4:
        raise Broken(DAMAGED, "it holds no count of clusters")
    return int.from_bytes(start, "little")


def _ends_early(fd: int, size: int) -> bool:
    """Whether its gzip stream goes on beyond its end. Decompresses all: asked of few files."""
    inflator = zlib.decompressobj(31)
    try:
        for at in range(0, size, _BLOCK):
            data = os.pread(fd, _BLOCK, at)
            while data and not inflator.eof:
                inflator.decompress(data, _BLOCK)
                data = inflator.unconsumed_tail
    except zlib.error:
        return False
    return not inflator.eof


def _block_size(head: bytes) -> int | None:
    """Bytes of the BGZF block that begins there; None where it is none."""
    is_block = head[:4] == _GZIP + b"\x04" and head[12:16] == b"BC\x02\x00"
    return int.from_bytes(head[16:18], "little") + 1 if is_block else None


def check_blocks(fd: int, size: int, offset: int, clusters: int) -> None:
    """That the last tile, at its virtual offset, is there to its end. Raises Broken, OSError."""
    at, held = offset >> 16, -(offset & 0xFFFF)
    while at < size:
        head = os.pread(fd, _BGZF, at)
        length = _block_size(head) if len(head) == _BGZF else None
        if length is None or at + length > size:
            kind = DAMAGED if len(head) == _BGZF and length is None else TRUNCATED
            raise Broken(kind, f"the block at {at:,} is not whole")
        held += int.from_bytes(os.pread(fd, 4, at + length - 4), "little")
        at += length
    if held < clusters or at > size:
        raise Broken(TRUNCATED, f"its last tile has {max(held, 0):,} of {clusters:,} clusters")


def _read_cbcl(fd: int, size: int) -> Header:
    _, length, base_bits, quality_bits, bins = _unpack("<HIBBI", fd, size)
    if length > min(size, _LARGEST_HEADER) or 12 + 8 * bins + 4 > length:
        kind = TRUNCATED if size < length <= _LARGEST_HEADER else DAMAGED
        raise Broken(kind, f"its header is said to have {length:,} bytes")
    (count,) = _unpack("<I", fd, size, 12 + 8 * bins)
    start = 16 + 8 * bins
    if start + 16 * count + 1 != length:
        raise Broken(DAMAGED, f"its header has no room for {count:,} tiles")
    rows = _unpack(f"<{4 * count}I", fd, size, start)
    (flag,) = _unpack("<B", fd, size, length - 1)
    needed = length + sum(rows[3::4])
    if size != needed:
        kind = TRUNCATED if size < needed else LONGER
        raise Broken(kind, f"its {count:,} tiles need {needed:,} bytes, and it has {size:,}")
    for tile, clusters, raw, _ in zip(*(iter(rows),) * 4, strict=True):
        whole = (clusters * (base_bits + quality_bits) + 7) // 8
        if raw > whole or (raw < whole and not flag):  # with it, some clusters are left out
            raise Broken(DAMAGED, f"the size of tile {tile} is not that of {clusters:,} clusters")
    if count and rows[3]:
        _check_beginning(os.pread(fd, min(rows[3], _BLOCK), length), rows[2])
    tiles = dict(zip(rows[0::4], rows[1::4], strict=True))
    return Header(sum(tiles.values()), tiles, passing_only=bool(flag))


def _check_beginning(block: bytes, raw: int) -> None:
    """That a tile's block begins as gzip, and is no longer than it is said to be."""
    inflator = zlib.decompressobj(31)
    try:
        data = inflator.decompress(block, _BLOCK)
    except zlib.error as error:
        raise Broken(DAMAGED, f"its first tile cannot be decompressed ({error})") from error
    if len(data) > raw or (inflator.eof and len(data) != raw):
        raise Broken(DAMAGED, f"its first tile holds not the {raw:,} bytes it is said to")
