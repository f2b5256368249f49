"""Blocked gzip (BGZF): members of at most 64 KiB that tell their size, so that one can seek.

Blocks are stored, not compressed, so that the size of a file can be foretold. Format: the SAM
specification, section 4.1.
"""

import re
import struct
import zlib

_DATA = 0xFF00
"""Bytes of data in a block."""
_AROUND = 31
"""Bytes of a block besides its data: the header, that of a stored deflate block, the trailer."""
_EOF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

_CYCLE = re.compile(r"(.*/L\d{3}/\d{4})(?:\.bcl)?(?:\.bgzf)?(\.bgzf|\.bci)")
NAMES = {
    "after-the-file": (".bcl.bgzf", ".bcl.bgzf.bci"),
    "after-the-cycle": (".bcl.bgzf", ".bci"),
    "short": (".bgzf", ".bci"),
}
"""What the calls of a cycle, and the index of their tiles, may be called."""


def named(path: str, way: str) -> str:
    """The path of a cycle's calls or index in one of the `NAMES`; any other path as it is."""
    found = _CYCLE.fullmatch(path)
    return path if found is None else found[1] + NAMES[way][found[2] == ".bci"]


def bgzf_of(data: bytes) -> bytes:
    blocks = [_block(data[start : start + _DATA]) for start in range(0, len(data), _DATA)]
    return b"".join([*blocks, _EOF])


def _block(data: bytes) -> bytes:
    size = len(data)
    header = bytes.fromhex("1f8b08040000000000ff060042430200")
    stored = struct.pack("<BHH", 1, size, size ^ 0xFFFF)
    trailer = struct.pack("<II", zlib.crc32(data), size)
    return header + struct.pack("<H", size + _AROUND - 1) + stored + data + trailer


def bgzf_size(size: int) -> int:
    """Bytes of `bgzf_of` for so many bytes of data."""
    return size + _AROUND * -(-size // _DATA) + len(_EOF)


def bgzf_offset(at: int) -> int:
    """The virtual offset of a byte of the data: its block's place << 16 | its place in there."""
    block, inside = divmod(at, _DATA)
    return block * (_DATA + _AROUND) << 16 | inside
