"""Objects that are files on disk: served from there, hashed when their ETag is first asked for."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from bstui.simulator.contents import (
    DEFAULT_PART,
    MIB,
    Content,
    Piece,
    Pieces,
    Stored,
    multipart_etag,
)
from bstui.simulator.deep_fastq import LARGE_PART

_MOST_PARTS = 10_000
"""Of an S3 object."""
Mark = tuple[int, int, int]
"""What tells that a file was changed: inode, size in bytes, modification time in ns."""


class DiskContent(Content):
    """The bytes of a file on disk, which is opened for reading alone."""

    __slots__ = ("_lock", "_path", "_size", "_stored")

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._stored: _DiskStored | None = None
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        return self._size

    @property
    def stored(self) -> Stored:
        """An OSError where the file is there no more."""
        with self._lock:
            if self._stored is None or self._stored.mark != _mark(self._path.stat()):
                self._stored = _hash(self._path)
                self._size = self._stored.size
            return self._stored


class _DiskStored(Stored):
    """A file as it was when it was hashed."""

    __slots__ = ("_path", "mark")

    def __init__(self, path: Path, mark: Mark, etag: str) -> None:
        super().__init__(mark[1], etag)
        self._path = path
        self.mark = mark

    @contextmanager
    def opened(self) -> Iterator[Pieces]:
        with self._path.open("rb", buffering=0) as file:
            if _mark(os.fstat(file.fileno())) != self.mark:
                raise OSError(f"{self._path} has been changed")
            yield partial(_piece, file)


def _piece(file: IO[bytes], first: int, end: int) -> Piece:
    return Piece(file, first, end - first)


def _mark(info: os.stat_result) -> Mark:
    return info.st_ino, info.st_size, info.st_mtime_ns


def _hash(path: Path) -> _DiskStored:
    with path.open("rb", buffering=0) as file:
        mark = _mark(os.fstat(file.fileno()))
        size = mark[1]
        part_size = DEFAULT_PART if size <= DEFAULT_PART * _MOST_PARTS else LARGE_PART
        digests = [_part_digest(file, part_size) for _ in range(0, size, part_size)]
    return _DiskStored(path, mark, multipart_etag(digests))


def _part_digest(file: IO[bytes], size: int) -> bytes:
    digest = hashlib.md5()
    while size and (data := file.read(min(size, MIB))):
        digest.update(data)
        size -= len(data)
    return digest.digest()
