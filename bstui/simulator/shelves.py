"""Things of a region that are made when they are first asked for, a shelf at a time.

A region of a hundred thousand biosamples answers at once: the datasets and files of a project are
made when somebody looks into it. Their ids hold numbers that were kept free for them, so that an
id that somebody remembers leads to its shelf.
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from functools import cached_property
from typing import TypeVar, overload

T = TypeVar("T")
D = TypeVar("D")
Maker = Callable[[Iterator[int]], object]
"""Makes things, with numbers of its own for their ids."""


class Shelf:
    """Things that are made together."""

    def __init__(
        self, lock: threading.RLock, numbers: range, measure: Callable[[], int], make: Maker
    ) -> None:
        self.numbers = numbers
        self._measure = measure
        self.is_filled = False
        self._lock = lock
        self._make = make
        self._is_begun = False

    @cached_property
    def size(self) -> int:
        """Bytes of all files that will be on it."""
        return self._measure()

    def fill(self) -> None:
        """Make them, once; what is made may ask for what else is on the shelf."""
        if self.is_filled:
            return
        with self._lock:
            if not self._is_begun:
                self._is_begun = True
                self._make(iter(self.numbers))
                self.is_filled = True

    def finish(self) -> None:
        """Wait for a thread that is filling it; leave it alone where none is."""
        if self._is_begun:
            self.fill()


class Shelves:
    """All shelves of a region, in the order of their numbers."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._shelves: list[Shelf] = []
        self._firsts: list[int] = []

    def add(self, numbers: range, measure: Callable[[], int], make: Maker) -> Shelf:
        shelf = Shelf(self._lock, numbers, measure, make)
        self._shelves.append(shelf)
        self._firsts.append(numbers.start)
        return shelf

    def fill_for(self, name: str) -> bool:
        """Fill the shelf of the thing of this id; whether there is one, and it was not filled."""
        number = number_in(name)
        place = bisect_right(self._firsts, number) - 1
        if place < 0 or number not in self._shelves[place].numbers:
            return False
        self._shelves[place].fill()
        return True

    def fill_all(self) -> None:
        for shelf in self._shelves:
            shelf.fill()


def number_in(name: str) -> int:
    """The number that an id ends with, after `_` or as the last 12 of 32 hex digits; or -1."""
    digits = name.rpartition("_")[2]
    if digits.isdecimal() and len(digits) < 20:
        return int(digits)
    try:
        return int(name[-12:], 16) if len(name) >= 32 else -1
    except ValueError:
        return -1


def numbered(digest: str, number: int) -> str:
    """32 hexadecimal characters that end with a number."""
    return f"{digest[:20]}{number:012x}"


class Register(dict[str, T]):
    """Things by their id, those that are still to be made included."""

    def __init__(self, shelves: Shelves) -> None:
        super().__init__()
        self._shelves = shelves

    def __missing__(self, key: str) -> T:
        if self._shelves.fill_for(key) and super().__contains__(key):
            return super().__getitem__(key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        if super().__contains__(key):
            return True
        return isinstance(key, str) and self._shelves.fill_for(key) and super().__contains__(key)

    @overload
    def get(self, key: str, default: None = None, /) -> T | None: ...
    @overload
    def get(self, key: str, default: T, /) -> T: ...
    @overload
    def get(self, key: str, default: D, /) -> T | D: ...
    def get(self, key: str, default: object = None, /) -> object:
        try:
            return self[key]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        self._shelves.fill_all()
        return super().__iter__()

    def __len__(self) -> int:
        self._shelves.fill_all()
        return super().__len__()

    def made(self) -> list[T]:
        """What is there by now; nothing is made for this."""
        return list(super().values())

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # a view of what is made by then
        self._shelves.fill_all()
        return super().keys()

    def values(self) -> ValuesView[T]:  # type: ignore[override]  # as keys
        self._shelves.fill_all()
        return super().values()

    def items(self) -> ItemsView[str, T]:  # type: ignore[override]  # as keys
        self._shelves.fill_all()
        return super().items()
