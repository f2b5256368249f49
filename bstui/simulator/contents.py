"""The simulated objects' bytes: made when first needed, kept in one file that has no name."""

import gzip
import hashlib
import os
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MIB = 1024 * 1024
DEFAULT_PART = 8 * MIB
"""Bytes of a part, as FASTQ that BaseSpace makes are uploaded (recorded sizes and ETags)."""
_DEFLATE_BLOCK = 65_535
_GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")


class Spool:
    """An anonymous temporary file that only grows; it vanishes with the process that holds it."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        self._lock = threading.Lock()
        self._end = 0

    def append(self, data: bytes) -> int:
        """Keep `data`; the answer is its offset."""
        with self._lock:
            offset, self._end = self._end, self._end + len(data)
        written = 0
        while written < len(data):
            written += os.pwrite(self.file.fileno(), data[written:], offset + written)
        return offset

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self.file.fileno(), size, offset)

    def close(self) -> None:
        self.file.close()


@dataclass(frozen=True, slots=True)
class Stored:
    """Where bytes are in the spool, and S3's ETag of them."""

    offset: int
    size: int
    etag: str


class Batch:
    """Contents that are made together, because they come out of the same reads."""

    def __init__(self, spool: Spool, make: Callable[[], Iterable[bytes]]) -> None:
        self.spool = spool
        self._make = make
        self._contents: list[Content] = []
        self._lock = threading.Lock()

    def add(self, size: int | None = None, part_size: int = DEFAULT_PART) -> "Content":
        """The next content that `make` yields; `size` in bytes where it is known before."""
        content = Content(self, size, part_size)
        self._contents.append(content)
        return content

    def fill(self) -> None:
        with self._lock:
            if all(content.is_made for content in self._contents):
                return
            for content, data in zip(self._contents, self._make(), strict=True):
                content.put(data)


class Content:
    """The bytes of one object."""

    def __init__(self, batch: Batch, size: int | None, part_size: int) -> None:
        self._batch = batch
        self._size = size
        self._part_size = part_size
        self._stored: Stored | None = None

    @property
    def is_made(self) -> bool:
        return self._stored is not None

    @property
    def size(self) -> int:
        return self.stored.size if self._size is None else self._size

    @property
    def stored(self) -> Stored:
        if self._stored is None:
            self._batch.fill()
        assert self._stored is not None, "a batch fills all its contents"
        return self._stored

    def put(self, data: bytes) -> None:
        """These are the bytes from now on; what was served before stays readable to its readers."""
        assert self._stored or self._size in (None, len(data)), "a size foretold must be true"
        offset = self._batch.spool.append(data)
        self._size = len(data)
        self._stored = Stored(offset, len(data), object_etag(data, self._part_size))

    def read(self, first: int = 0, size: int | None = None) -> bytes:
        stored = self.stored
        wanted = stored.size - first if size is None else size
        return self._batch.spool.read(stored.offset + first, wanted)

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for first in range(0, self.stored.size, DEFAULT_PART):
            digest.update(self.read(first, min(DEFAULT_PART, self.stored.size - first)))
        return digest.hexdigest()


def object_etag(data: bytes, part_size: int) -> str:
    """S3's ETag: the MD5, or of several parts the MD5 of their MD5s with `-` and their number."""
    if len(data) <= part_size:
        return hashlib.md5(data).hexdigest()
    view = memoryview(data)
    parts = [hashlib.md5(view[i : i + part_size]).digest() for i in range(0, len(data), part_size)]
    return f"{hashlib.md5(b''.join(parts)).hexdigest()}-{len(parts)}"


def gzip_of(data: bytes, level: int) -> bytes:
    """`data` as one gzip member; level 0 is written by us, so that its size can be foretold."""
    if level:
        return gzip.compress(data, level, mtime=0)
    view = memoryview(data)
    blocks = [view[i : i + _DEFLATE_BLOCK] for i in range(0, len(data), _DEFLATE_BLOCK)] or [view]
    pieces: list[bytes | memoryview] = [_GZIP_HEADER]
    for number, block in enumerate(blocks, 1):
        size = len(block)
        is_last = number == len(blocks)
        pieces.append(bytes([is_last]) + size.to_bytes(2, "little"))
        pieces.append((size ^ 0xFFFF).to_bytes(2, "little"))
        pieces.append(block)
    pieces.append(zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little"))
    return b"".join(pieces)


def stored_gzip_size(size: int) -> int:
    """Bytes of `gzip_of(data, 0)` for `size` bytes of data."""
    return 18 + size + 5 * max(1, -(-size // _DEFLATE_BLOCK))
