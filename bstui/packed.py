"""Many records of one kind in little memory: as blocks that are packed until they are looked at.

A million files of a plan are some 50 MB, and would be a gigabyte as objects.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

import msgspec
from isal import isal_zlib

_BLOCK = 1024
"""Records that are packed, and unpacked, together: a fraction of a millisecond's work."""

T = TypeVar("T")
_encode = msgspec.msgpack.Encoder().encode


class Packed(Sequence[T], Generic[T]):
    """A sequence of records of the type `form`, which msgspec knows. Nothing in it can be changed,
    only more be added."""

    def __init__(self, form: type[T], items: Iterable[T] = ()) -> None:
        self._decode = msgspec.msgpack.Decoder(list[form]).decode  # type: ignore[valid-type]  # a value, too
        self._blocks: list[bytes] = []
        self._open: list[T] = []
        """The last ones, not yet a whole block."""
        self.extend(items)

    def append(self, item: T) -> None:
        self._open.append(item)
        if len(self._open) == _BLOCK:
            self._blocks.append(isal_zlib.compress(_encode(self._open), 1))
            self._open.clear()

    def extend(self, items: Iterable[T]) -> None:
        for item in items:
            self.append(item)

    def __len__(self) -> int:
        return len(self._blocks) * _BLOCK + len(self._open)

    def __iter__(self) -> Iterator[T]:
        for block in self._blocks:
            yield from self._unpack(block)
        yield from self._open

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        block, offset = divmod(range(len(self))[index], _BLOCK)
        if block == len(self._blocks):
            return self._open[offset]
        return self._unpack(self._blocks[block])[offset]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Packed):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # it can grow: no key of a dictionary

    def _unpack(self, block: bytes) -> list[T]:
        return self._decode(isal_zlib.decompress(block))
