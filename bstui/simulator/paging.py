"""Lists as BaseSpace pages them: clamped limits, silent fallback of unknown sort keys."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bstui.simulator.api_faults import Spoiling
from bstui.simulator.bodies import Json
from bstui.simulator.open_points import Choices

T = TypeVar("T")
_DEFAULT_LIMIT = 10
LIST_LIMIT = 1024
FILES_LIMIT = 1000
_PLACE = frozenset(("limit", "offset", "access_token", "filehrefcontentresolution"))
"""What of a query does not change the list, but the page of it."""
_LONG = 2000
"""Things of a list from which on it is kept."""
_KEPT = 16
"""Long lists that are kept, the last used."""


class BadParameter(ValueError):
    """A query parameter that is not what it must be."""


class Query:
    """A request's query; names are not case-sensitive."""

    def __init__(
        self,
        pairs: Iterable[tuple[str, str]],
        choices: Choices | None = None,
        spoiling: Spoiling | None = None,
    ) -> None:
        self._values = {name.lower(): value for name, value in pairs}
        self._choices = choices or Choices()
        self.spoiling = spoiling or Spoiling()

    def text(self, name: str) -> str:
        return self._values.get(name, "")

    def wishes(self) -> frozenset[tuple[str, str]]:
        """What it asks of a list, wherever in it the page is."""
        return frozenset(pair for pair in self._values.items() if pair[0] not in _PLACE)

    def words(self, name: str) -> set[str]:
        """A comma-separated value's words, in lower case."""
        return {word.strip().lower() for word in self.text(name).split(",") if word.strip()}

    def flag(self, name: str) -> bool:
        return self.text(name).lower() == "true"

    def number(self, name: str, default: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if text.isascii() and text.isdigit():
            return int(text)
        if self._choices["bad-parameter"] == "ignore":
            return default
        raise BadParameter(f"The value '{text}' is not valid for {name}.")

    def limit(self, highest: int) -> int:
        """Items of a page; what happens above the highest is not known."""
        asked, way = self.number("limit", _DEFAULT_LIMIT), self._choices["limit-above-maximum"]
        if asked > highest and way == "refuse":
            raise BadParameter(f"The value '{asked}' is above the maximum of {highest} for limit.")
        return asked if way == "obey" else min(asked, highest)


@dataclass(frozen=True)
class Order(Generic[T]):
    """How a list may be sorted: by these keys, by the first where none or another is asked for."""

    keys: Mapping[str, Callable[[T], object]]
    descending: bool = False
    """Where no direction is asked for."""
    limit: int = LIST_LIMIT


UNSORTED = Order[Json]({"DateCreated": lambda item: 0})
"""For lists that stay in the order in which they are made."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list, and what the service says of the whole."""

    items: list[T]
    total: int | None
    offset: int
    limit: int
    sort: str
    direction: str

    def paging(self, with_total: bool = True) -> Json:
        counts: Json = {"DisplayedCount": len(self.items)}
        if with_total and self.total is not None:
            counts["TotalCount"] = self.total
        return counts | {
            "Offset": self.offset,
            "Limit": self.limit,
            "SortDir": self.direction,
            "SortBy": self.sort,
        }


class Rankings:
    """Long lists as they were sorted, so that a page of one costs no more than what is on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lists: OrderedDict[Hashable, list[Any]] = OrderedDict()

    def ranked(self, key: Hashable, rank: Callable[[], list[T]]) -> list[T]:
        """The list of this key, which says all that it depends on."""
        with self._lock:
            if key in self._lists:
                self._lists.move_to_end(key)
                return self._lists[key]
        made = rank()
        if len(made) >= _LONG:
            with self._lock:
                self._lists[key] = made
                if len(self._lists) > _KEPT:
                    self._lists.popitem(last=False)
        return made


def take_page(things: Iterable[T], query: Query, order: Order[T]) -> Page[T]:
    """The page of `things` that the query asks for."""
    return cut_page(rank(things, query, order), query, order)


def _sorting(query: Query, order: Order[T]) -> tuple[str, bool]:
    """The key that a list is sorted by, and whether downwards."""
    names = {name.lower(): name for name in order.keys}
    sort = names.get(query.text("sortby").lower(), next(iter(order.keys)))
    asked = query.text("sortdir").lower()
    return sort, asked == "desc" or (not asked and order.descending)


def rank(things: Iterable[T], query: Query, order: Order[T]) -> list[T]:
    """All of `things`, sorted as the query asks."""
    sort, descending = _sorting(query, order)
    return sorted(things, key=order.keys[sort], reverse=descending)  # type: ignore[arg-type]  # keys of one list compare


def cut_page(ranked: list[T], query: Query, order: Order[T]) -> Page[T]:
    """The page that the query asks for of things that are sorted."""
    sort, descending = _sorting(query, order)
    offset = query.number("offset", 0)
    limit = query.limit(order.limit)
    spoiling = query.spoiling
    if offset and spoiling.shrink:
        ranked = ranked[spoiling.shrink :]
    start = 0 if spoiling.repeat else offset
    count = limit if spoiling.cap is None else min(limit, spoiling.cap)
    return Page(
        ranked[start : start + count],
        None if spoiling.no_total else len(ranked) + spoiling.total_by,
        offset,
        limit,
        sort,
        "Desc" if descending else "Asc",
    )
