"""Lists as BaseSpace pages them: clamped limits, silent fallback of unknown sort keys."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bstui.simulator.bodies import Json

T = TypeVar("T")
_DEFAULT_LIMIT = 10
LIST_LIMIT = 1024
FILES_LIMIT = 1000


class BadParameter(ValueError):
    """A query parameter that is not what it must be."""


class Query:
    """A request's query; names are not case-sensitive."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values = {name.lower(): value for name, value in pairs}

    def text(self, name: str) -> str:
        return self._values.get(name, "")

    def words(self, name: str) -> set[str]:
        """A comma-separated value's words, in lower case."""
        return {word.strip().lower() for word in self.text(name).split(",") if word.strip()}

    def flag(self, name: str) -> bool:
        return self.text(name).lower() == "true"

    def number(self, name: str, default: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if not text.isdigit():
            raise BadParameter(f"The value '{text}' is not valid for {name}.")
        return int(text)


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
    total: int
    offset: int
    limit: int
    sort: str
    direction: str

    def paging(self, with_total: bool = True) -> Json:
        counts: Json = {"DisplayedCount": len(self.items)}
        if with_total:
            counts["TotalCount"] = self.total
        return counts | {
            "Offset": self.offset,
            "Limit": self.limit,
            "SortDir": self.direction,
            "SortBy": self.sort,
        }


def take_page(things: Iterable[T], query: Query, order: Order[T]) -> Page[T]:
    """The page of `things` that the query asks for."""
    names = {name.lower(): name for name in order.keys}
    sort = names.get(query.text("sortby").lower(), next(iter(order.keys)))
    asked = query.text("sortdir").lower()
    descending = asked == "desc" or (not asked and order.descending)
    offset = query.number("offset", 0)
    limit = min(query.number("limit", _DEFAULT_LIMIT), order.limit)
    ranked = sorted(things, key=order.keys[sort], reverse=descending)  # type: ignore[arg-type]  # keys of one list compare
    return Page(
        ranked[offset : offset + limit],
        len(ranked),
        offset,
        limit,
        sort,
        "Desc" if descending else "Asc",
    )
