"""What a table needs to know about its rows, and which of them it shows in which order."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, Protocol

from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.filters import Filter
from bstui.tui.widgets.row_texts import BLOCK, RowTexts

UNMARKED = "[ ]"
MARKED = "[x]"
ON_DISK = "[=]"
LOOK_AT = "[!]"
PARTLY = "[-]"


class Rows(Protocol):
    """A table's data, by row number; rows are only ever added at the end.

    Texts are fit for a terminal already (`safe_text`). Inherit from it for the last two methods.
    """

    def __len__(self) -> int: ...

    def key(self, row: int) -> str:
        """What the row is known by when rows are loaded again."""
        ...

    def cells(self, row: int) -> Sequence[str]:
        """A text for each of the table's columns, in their order."""
        ...

    def sort_value(self, row: int, column_key: str) -> Any:
        """What the row is sorted by; None stands last, whichever way."""
        ...

    def badge(self, row: int) -> str:
        """`[ ]`, `[x]`, `[=]`, `[!]`, `[-]`, or nothing for a row that takes no mark."""
        return ""

    def tone(self, row: int) -> Role:
        """How the whole row is drawn, where it is not the usual."""
        return Role.TEXT


class NoRows(Rows):
    """No rows at all."""

    def __len__(self) -> int:
        return 0

    def key(self, row: int) -> str:
        raise IndexError(row)

    def cells(self, row: int) -> Sequence[str]:
        raise IndexError(row)

    def sort_value(self, row: int, column_key: str) -> Any:
        raise IndexError(row)


@dataclass(frozen=True)
class Sorting:
    """By which column rows are sorted; no column: as they came."""

    column: str = ""
    reverse: bool = False


class RowOrder:
    """The rows that pass the filter, in the order in which they are shown.

    Numbers of rows in one array: sorting and filtering never touch the rows themselves. What rows
    say is kept once a filter asked for it, until `cells_changed`.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.column_keys = tuple(columns)
        self._rows: Rows = NoRows()
        self._texts = RowTexts(self._rows.cells)
        self._seen = 0
        """Rows that were looked at; the model may hold more already."""
        self.filter = Filter()
        self.sorting = Sorting()
        self.only_marked = False
        self.shown = array("I")

    @property
    def rows(self) -> Rows:
        return self._rows

    @property
    def total(self) -> int:
        return self._seen

    def replace(self, rows: Rows) -> None:
        self._rows = rows
        self._texts = RowTexts(rows.cells)
        self.arrange()

    def read_ahead(self) -> Iterator[int]:
        """Read in small steps what the next filter will look at."""
        return self._texts.read_ahead(self._seen)

    def cells_changed(self, rows: Iterable[int] | None = None) -> None:
        """These rows, or any, may say something else now: the next filter reads them again."""
        self._texts.forget(rows)

    def arrange(self) -> None:
        """Filter and sort again."""
        self._seen = len(self._rows)
        self.shown = array("I", self._sorted(self._passing(range(self._seen))))

    def grow(self) -> int:
        """Take in the rows that were added; how many of them are shown."""
        before = len(self.shown)
        new = range(self._seen, len(self._rows))
        self._seen = len(self._rows)
        passing = array("I", self._passing(new))
        self.shown.extend(passing)
        if passing and self.sorting.column:
            self.shown = array("I", self._sorted(self.shown))
        return len(self.shown) - before

    def line_of(self, row: int) -> int | None:
        """Where a row is shown, if it is."""
        if not self.sorting.column:
            at = bisect_left(self.shown, row)
            return at if at < len(self.shown) and self.shown[at] == row else None
        try:
            return self.shown.index(row)
        except ValueError:
            return None

    def line_of_key(self, key: str) -> int | None:
        """Where the row of that key is shown, if it is."""
        of = self._rows.key
        return next((at for at, row in enumerate(self.shown) if of(row) == key), None)

    def alike(self, row: int) -> list[int]:
        """The rows shown that have this row's value in the column that sorts."""
        column = self.sorting.column or self.column_keys[0]
        value = self._rows.sort_value(row, column)
        return [other for other in self.shown if self._rows.sort_value(other, column) == value]

    def _passing(self, rows: range) -> Iterator[int]:
        """Those of successive rows, the last seen among them, that are to be shown."""
        passing: Iterable[int] = rows if self.filter.is_empty else self._matching(rows)
        return filter(self._is_marked, passing) if self.only_marked else iter(passing)

    def _matching(self, rows: range) -> Iterator[int]:
        for first in range(rows.start - rows.start % BLOCK, rows.stop, BLOCK):
            length = min(BLOCK, rows.stop - first)
            block = self._texts.block(first // BLOCK, length)
            lines = range(max(0, rows.start - first), length)
            is_marked = partial(self._is_marked_after, first)
            yield from (first + line for line in self.filter.among(lines, block, is_marked))

    def _is_marked_after(self, first: int, line: int) -> bool:
        return self._is_marked(first + line)

    def _is_marked(self, row: int) -> bool:
        return self._rows.badge(row) == MARKED

    def _sorted(self, rows: Iterable[int]) -> Iterable[int]:
        column = self.sorting.column
        if not column:
            return rows
        valued = [(row, self._rows.sort_value(row, column)) for row in rows]
        known = [pair for pair in valued if pair[1] is not None]
        known.sort(key=itemgetter(1), reverse=self.sorting.reverse)
        unknown = sorted(row for row, value in valued if value is None)
        return [*(row for row, _ in known), *unknown]
