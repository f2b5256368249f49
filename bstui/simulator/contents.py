"""The simulated objects' bytes: made when first needed, kept in one file that has no name."""

import gzip
import hashlib
import os
import tempfile
import threading
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import IO

MIB = 1024 * 1024
DEFAULT_PART = 8 * MIB
"""Bytes of a part, as FASTQ that BaseSpace makes are uploaded (recorded sizes and ETags)."""
MOST_REPLACED = 512 * MIB
"""Bytes of an object that can be replaced by another, and of one that is hashed for the truth."""
_DEFLATE_BLOCK = 65_535
_GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that lie together in an open file."""

    file: IO[bytes]
    offset: int
    size: int

    def read(self) -> bytes:
        return os.pread(self.file.fileno(), self.size, self.offset)


Pieces = Callable[[int, int], Piece]
"""The longest piece of an object from its byte `first` on that ends before byte `end`."""


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
        view, written = memoryview(data), 0
        while written < len(data):
            written += os.pwrite(self.file.fileno(), view[written:], offset + written)
        return offset

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self.file.fileno(), size, offset)

    def close(self) -> None:
        self.file.close()


class Stored(ABC):
    """The bytes of an object as they are for a reader that has begun; `etag` is S3's of them."""

    __slots__ = ("etag", "size")

    def __init__(self, size: int, etag: str) -> None:
        self.size = size
        self.etag = etag

    @abstractmethod
    def opened(self) -> AbstractContextManager[Pieces]:
        """Where the bytes are, until the block ends; an OSError where they are no more."""

    def read(self, first: int = 0, size: int | None = None) -> bytes:
        end = self.size if size is None else min(first + size, self.size)
        return b"".join(self.chunks(first, end))

    def chunks(self, first: int, end: int) -> Iterator[bytes]:
        """The bytes from `first` to before `end`, a few MiB at a time."""
        with self.opened() as pieces:
            while first < end:
                piece = pieces(first, min(end, first + DEFAULT_PART))
                data = piece.read()
                if not data:
                    raise OSError("the object ends before its size")
                yield data
                first += len(data)


class Spooled(Stored):
    """Bytes that lie together in the spool."""

    __slots__ = ("_spool", "offset")

    def __init__(self, spool: Spool, offset: int, size: int, etag: str) -> None:
        super().__init__(size, etag)
        self._spool = spool
        self.offset = offset

    def opened(self) -> AbstractContextManager[Pieces]:
        return nullcontext(self._piece)

    def _piece(self, first: int, end: int) -> Piece:
        return Piece(self._spool.file, self.offset + first, end - first)


class Content(ABC):
    """The bytes of one object, or of several that are equal."""

    __slots__ = ()

    @property
    @abstractmethod
    def size(self) -> int:
        """In bytes."""

    @property
    @abstractmethod
    def stored(self) -> Stored:
        """The bytes as they are now; made, or hashed, when this is first asked for."""

    def read(self, first: int = 0, size: int | None = None) -> bytes:
        return self.stored.read(first, size)

    def sha256(self) -> str:
        """Empty where there is too much to hash."""
        if self.size > MOST_REPLACED:
            return ""
        digest = hashlib.sha256()
        for data in self.stored.chunks(0, self.size):
            digest.update(data)
        return digest.hexdigest()

    def replaced(self, spool: Spool, part_size: int = DEFAULT_PART) -> "Content":
        """Another content of the same size: the bytes reversed; a ValueError for too many."""
        if self.size > MOST_REPLACED:
            raise ValueError(f"an object of {self.size} bytes is too large to be replaced")
        data = self.read()[::-1]
        return Batch(spool, lambda: [data]).add(len(data), part_size)


class Batch:
    """Contents that are made together, because they come out of the same reads."""

    __slots__ = ("_contents", "_lock", "_make", "spool")

    def __init__(self, spool: Spool, make: Callable[[], Iterable[bytes]]) -> None:
        self.spool = spool
        self._make = make
        self._contents: list[MadeContent] = []
        self._lock = threading.Lock()

    def add(self, size: int | None = None, part_size: int = DEFAULT_PART) -> "MadeContent":
        """The next content that `make` yields; `size` in bytes where it is known before."""
        content = MadeContent(self, size, part_size)
        self._contents.append(content)
        return content

    def fill(self) -> None:
        with self._lock:
            if all(content.is_made for content in self._contents):
                return
            for content, data in zip(self._contents, self._make(), strict=True):
                content.put(data)


class MadeContent(Content):
    """Bytes that a batch makes when they are first asked for."""

    __slots__ = ("_batch", "_part_size", "_size", "_stored")

    def __init__(self, batch: Batch, size: int | None, part_size: int) -> None:
        self._batch = batch
        self._size = size
        self._part_size = part_size
        self._stored: Spooled | None = None

    @property
    def is_made(self) -> bool:
        return self._stored is not None

    @property
    def size(self) -> int:
        return self.stored.size if self._size is None else self._size

    @property
    def stored(self) -> Spooled:
        if self._stored is None:
            self._batch.fill()
        assert self._stored is not None, "a batch fills all its contents"
        return self._stored

    def put(self, data: bytes) -> None:
        """These are the bytes from now on; what was served before stays readable to its readers."""
        assert self._stored or self._size in (None, len(data)), "a size foretold must be true"
        spool = self._batch.spool
        offset = spool.append(data)
        self._size = len(data)
        self._stored = Spooled(spool, offset, len(data), object_etag(data, self._part_size))

    def replaced(self, spool: Spool, part_size: int = 0) -> Content:
        return super().replaced(spool, part_size or self._part_size)


def object_etag(data: bytes, part_size: int) -> str:
    """S3's ETag of bytes that were uploaded in parts of `part_size`."""
    view = memoryview(data)
    starts = range(0, len(data), part_size)
    return multipart_etag([hashlib.md5(view[i : i + part_size]).digest() for i in starts])


def multipart_etag(digests: Sequence[bytes]) -> str:
    """S3's ETag of an object whose parts have these MD5s: that of the only part, or the MD5 of
    their MD5s with `-` and their number."""
    if len(digests) < 2:
        return (digests[0] if digests else hashlib.md5().digest()).hex()
    return f"{hashlib.md5(b''.join(digests)).hexdigest()}-{len(digests)}"


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
