"""The proof that a gzip file opens to its end.

A BGZF file cut between two blocks still is valid gzip: its empty last block says that it is whole.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

from isal import isal_zlib

from bstui.errors import IntegrityError

_INPUT = 64 << 10
"""Bytes that are inflated at once: what is left over of one member is copied for the next."""
_OUTPUT = 256 << 10
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


class Broken(IntegrityError):
    """A file that arrived, and does not hold what its name says."""

    position = 0
    """A byte at which this shows: what is wrong stands there or before."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a file holds, once opened."""

    size: int
    """Bytes."""
    lines: int
    """A last line without its end counts too."""


class _Lines:
    """Counts the lines of what comes in pieces."""

    def __init__(self) -> None:
        self.size = self._ends = 0
        self._last = b"\n"

    def take(self, data: bytes) -> None:
        if data:
            self.size += len(data)
            self._ends += data.count(b"\n")
            self._last = data[-1:]

    @property
    def text(self) -> Text:
        return Text(self.size, self._ends + (self._last != b"\n"))


def inflate(
    descriptor: int,
    size: int,
    check: Callable[[], None] = lambda: None,
    *,
    has_end: bool = True,
) -> Text:
    """Inflate `size` bytes of gzip, to count its lines; Broken where they are not whole.

    `check` is called now and then, and may raise; `has_end` is False for BGZF that may lack its
    last block.
    """
    lines = _Lines()
    inflater = isal_zlib.decompressobj(wbits=31)
    position = 0
    is_open = False
    while position < size:
        check()
        data = os.pread(descriptor, min(_INPUT, size - position), position)
        if not data:
            raise _broken("it ends early", position)
        try:
            while data:
                is_open = True
                lines.take(inflater.decompress(data, _OUTPUT))
                if inflater.eof:
                    data = inflater.unused_data
                    inflater = isal_zlib.decompressobj(wbits=31)
                    is_open = False
                else:
                    data = inflater.unconsumed_tail
        except isal_zlib.error as error:  # type: ignore[misc]  # a class, whatever its stub says
            raise _broken(str(error), position) from error
        position = min(size, position + _INPUT)
    if is_open or not size:
        raise _broken("it ends early", size)
    if has_end and _is_bgzf(descriptor) and not _has_bgzf_end(descriptor, size):
        raise _broken("its last block is missing", size)
    return lines.text


def read_text(descriptor: int, size: int, check: Callable[[], None] = lambda: None) -> Text:
    """Count the lines of a file that is not packed."""
    lines = _Lines()
    for position in range(0, size, _OUTPUT):
        check()
        lines.take(os.pread(descriptor, _OUTPUT, position))
    return lines.text


def _is_bgzf(descriptor: int) -> bool:
    """Whether the first member has BGZF's extra field (SAM specification §4.1)."""
    head = os.pread(descriptor, 18, 0)
    return len(head) == 18 and head[3] & 4 != 0 and head[12:14] == b"BC"


def _has_bgzf_end(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 28, max(0, size - 28)) == _BGZF_END


def _broken(how: str, position: int) -> Broken:
    error = Broken(f"The file is no whole gzip file: {how}.")
    error.position = max(0, position)
    return error
