"""FASTQ of any size: parts of an upload that are a few base parts in turn, each with its own tail.

Nothing is stored for a file but the tails and less than two blocks at its end. A part is a base
part, of gzip members of at most 32 KiB, then a tail: a member of one read that no other part has.
The ETag of a part goes on from the MD5 state of its base part: what is hashed for half a terabyte
is the base parts and some MB of tails.
"""

import hashlib
import random
import threading
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

from bstui.simulator.contents import MIB, Content, Piece, Pieces, Spool, Stored, multipart_etag

LARGE_PART = 64 * MIB
_BLOCK = 32 * 1024
_TAIL = 512
"""Bytes of a tail."""
_AROUND = 23
"""Bytes of a member besides its text and its comment: header, stored block, trailer."""
_READ = 100
"""Bases of a read."""
_BASE_PARTS = 3
_LETTERS = bytes(b"ACGT"[value & 3] for value in range(256))
_SCORES = bytes(b"#-FFF:FF"[value & 7] for value in range(256))


def member(text: bytes, size: int) -> bytes:
    """`text` stored as a gzip member of exactly `size` bytes, a comment in its header filling up.

    Format: RFC 1952; the text is at most 65 535 bytes.
    """
    spare = size - len(text) - _AROUND
    flag, comment = (16, b" " * (spare - 1) + b"\0") if spare else (0, b"")
    header = bytes((31, 139, 8, flag, 0, 0, 0, 0, 0, 255)) + comment
    length = len(text)
    block = b"\1" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + text
    return header + block + zlib.crc32(text).to_bytes(4, "little") + length.to_bytes(4, "little")


def _record(name: bytes, read: int, calls: bytes) -> bytes:
    letters, scores = calls.translate(_LETTERS), calls.translate(_SCORES)
    return b"@%b %d:N:0:ACGTACGT+TTGCATGC\n%b\n+\n%b\n" % (name, read, letters, scores)


class BaseParts:
    """The base parts of all files of one read and part size: made when first needed, kept in the
    spool. The names of reads 1 and 2 are in step."""

    def __init__(self, spool: Spool, part_size: int = LARGE_PART, read: int = 1) -> None:
        self.spool = spool
        self.part_size = part_size
        self.read = read
        self.size = part_size - _TAIL
        """Bytes of a base part."""
        self._lock = threading.Lock()
        self._offsets: list[int] = []
        self._states: list[hashlib._Hash] = []
        """MD5 after each base part."""

    def offset(self, number: int) -> int:
        """Where in the spool the base part of part `number` of a file begins."""
        return self._made()[0][number % _BASE_PARTS]

    def digest(self, number: int, tail: bytes) -> bytes:
        """The MD5 of the whole part `number` of a file, which ends with `tail`."""
        state = self._made()[1][number % _BASE_PARTS].copy()
        state.update(tail)
        return state.digest()

    def blocks_within(self, size: int) -> int:
        """Bytes of the whole members that a base part begins with, at most `size`."""
        return min(size // _BLOCK, self.size // _BLOCK) * _BLOCK

    def _made(self) -> tuple[list[int], list["hashlib._Hash"]]:
        with self._lock:
            if not self._offsets:
                for number in range(_BASE_PARTS):
                    data = b"".join(self._members(number))
                    self._offsets.append(self.spool.append(data))
                    self._states.append(hashlib.md5(data))
        return self._offsets, self._states

    def _members(self, number: int) -> Iterator[bytes]:
        rnd = random.Random(f"base part {self.part_size} {number} {self.read}")
        left = self.size
        record = len(_record(_place(number, 0), self.read, bytes(_READ)))
        row = 0
        while left:
            size = _BLOCK if left >= _BLOCK else left
            count = (size - _AROUND) // record
            calls = rnd.randbytes(count * _READ)
            text = b"".join(
                _record(_place(number, row + i), self.read, calls[i * _READ : (i + 1) * _READ])
                for i in range(count)
            )
            yield member(text, size)
            row += count
            left -= size


def _place(number: int, row: int) -> bytes:
    """The name of a read of a base part; all are of one length."""
    return b"A01052:52:HDEEPDRXX:1:%d:%06d:%04d" % (1101 + number, 1000 + row // 1000, row % 1000)


class DeepFastq(Content):
    """One read's FASTQ of exactly `size` bytes, uploaded in parts.

    A ValueError for a size that leaves a last part too short for a gzip member.
    """

    def __init__(self, parts: BaseParts, size: int, name: str) -> None:
        if 0 < size % parts.part_size <= _AROUND:
            raise ValueError(f"no gzip member has {size % parts.part_size} bytes; take some more")
        self._parts = parts
        self._size = size
        self._name = name
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        return self._size

    @property
    def stored(self) -> Stored:
        with self._lock:
            return self._stored

    @cached_property
    def _stored(self) -> Stored:
        return _DeepStored(self._parts, self._size, self._name)

    def replaced(self, spool: Spool, part_size: int = 0) -> Content:
        return DeepFastq(self._parts, self._size, f"{self._name}'")


class _DeepStored(Stored):
    """Where the bytes of a deep FASTQ are: whole parts, then a last one that is shorter."""

    def __init__(self, parts: BaseParts, size: int, name: str) -> None:
        self._parts = parts
        self._whole, rest = divmod(size, parts.part_size)
        tails = [self._tail(name, number, _TAIL) for number in range(self._whole)]
        digests = [parts.digest(number, tail) for number, tail in enumerate(tails)]
        self._tails = parts.spool.append(b"".join(tails))
        self._rest_blocks = parts.blocks_within(max(0, rest - 2 * _TAIL))
        ending = b"" if not rest else self._ending(name, rest - self._rest_blocks)
        self._ending_at = parts.spool.append(ending)
        if rest:
            last = hashlib.md5()
            if self._rest_blocks:
                start = parts.offset(self._whole)
                last.update(parts.spool.read(start, self._rest_blocks))
            last.update(ending)
            digests.append(last.digest())
        super().__init__(size, multipart_etag(digests))

    def opened(self) -> AbstractContextManager[Pieces]:
        return nullcontext(self._piece)

    def _piece(self, first: int, end: int) -> Piece:
        part, at = divmod(first, self._parts.part_size)
        within = self._parts.size if part < self._whole else self._rest_blocks
        if at < within:
            offset, left = self._parts.offset(part) + at, within - at
        elif part < self._whole:
            offset, left = self._tails + part * _TAIL + at - within, self._parts.part_size - at
        else:
            offset, left = self._ending_at + at - within, self.size - first
        return Piece(self._parts.spool.file, offset, min(left, end - first))

    def _tail(self, name: str, number: int, size: int) -> bytes:
        """A member of one read that no other part has; of none where it has no room."""
        if size < _TAIL:
            return member(b"", size)
        rnd = random.Random(f"tail {name} {number}")
        place = b"A01052:52:HDEEPDRXX:2:1101:%06d:%04d" % (1000 + number // 1000, number % 1000)
        return member(_record(place, self._parts.read, rnd.randbytes(_READ)), size)

    def _ending(self, name: str, size: int) -> bytes:
        """The last part's own members: a tail of its own, with what no block had room for."""
        pieces: list[bytes] = []
        while size > _TAIL + _BLOCK:
            pieces.append(self._tail(name, self._whole + 1 + len(pieces), _BLOCK))
            size -= _BLOCK
        return b"".join([*pieces, self._tail(name, self._whole, size)])
