"""The lists that tables show: items in the order they came, and how each column says them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.rows import Rows

T = TypeVar("T")
Sortable = str | int | float | None


@dataclass(frozen=True)
class Field(Generic[T]):
    """One column: where it stands, its text, and what it is sorted by."""

    column: Column
    text: Callable[[T], str]
    order: Callable[[T], Sortable] | None = None
    """None: by its text, without regard to case; a value of None stands last."""


class ItemRows(Rows, Generic[T]):
    """A growing list as the rows of a table; an item whose key is there already is not added."""

    def __init__(
        self,
        fields: Sequence[Field[T]],
        key: Callable[[T], str],
        *,
        badge: Callable[[T], str] = lambda _: "",
        tone: Callable[[T], Role] = lambda _: Role.TEXT,
    ) -> None:
        self.fields = tuple(fields)
        self.items: list[T] = []
        self._by_key: dict[str, int] = {}
        self._field_of = {field.column.key: field for field in fields}
        self._key = key
        self._badge = badge
        self._tone = tone

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(field.column for field in self.fields)

    def extend(self, items: Iterable[T]) -> int:
        """Add what is new; how many that were."""
        before = len(self.items)
        for item in items:
            if self._by_key.setdefault(self._key(item), len(self.items)) == len(self.items):
                self.items.append(item)
        return len(self.items) - before

    def renewed(self, items: Iterable[T]) -> "ItemRows[T]":
        """Another list of the same columns: a table that shows this one still reads it."""
        other = ItemRows(self.fields, self._key, badge=self._badge, tone=self._tone)
        other.extend(items)
        return other

    def numbers_of(self, items: Iterable[T]) -> list[int]:
        """The rows of those items that are here."""
        found = (self._by_key.get(self._key(item)) for item in items)
        return [row for row in found if row is not None]

    def __len__(self) -> int:
        return len(self.items)

    def key(self, row: int) -> str:
        return self._key(self.items[row])

    def cells(self, row: int) -> Sequence[str]:
        item = self.items[row]
        return [field.text(item) for field in self.fields]

    def sort_value(self, row: int, column_key: str) -> Sortable:
        field = self._field_of[column_key]
        item = self.items[row]
        return field.text(item).casefold() if field.order is None else field.order(item)

    def badge(self, row: int) -> str:
        return self._badge(self.items[row])

    def tone(self, row: int) -> Role:
        return self._tone(self.items[row])


def seconds_of(moment: datetime | None) -> float | None:
    """A date to sort by."""
    return None if moment is None else moment.timestamp()


def date_cell(moment: datetime | None) -> str:
    """A local date in ten characters; empty where the server did not say."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d")
