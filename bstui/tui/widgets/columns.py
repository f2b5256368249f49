"""Which columns a table of a given width shows, and how wide each is."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a table: what it is called and how much room it wants."""

    key: str
    label: str
    width: int
    """Columns of the terminal that it would like."""
    minimum: int = 0
    """It drops rather than be narrower; 0: as `width`."""
    priority: int = 1
    """0 never drops and never scrolls away; the highest drops first."""
    right: bool = False
    """Numbers stand to the right."""
    grow: bool = False
    """It takes the room that is left over."""
    letter: str = ""
    """Sorts by it, after `s`; empty: the first letter of its label that is free."""

    @property
    def least(self) -> int:
        return self.minimum or self.width


@dataclass(frozen=True)
class Fitted:
    """A column as it is shown."""

    column: Column
    number: int
    """Its place among all columns, shown or not."""
    width: int


def fit_columns(columns: Sequence[Column], width: int, skip: int = 0) -> list[Fitted]:
    """The columns that find room in `width`, one blank between them, in their order.

    `skip` leaves out that many from the left, those of priority 0 apart, to make room for others.
    """
    shown = _unskipped(columns, skip)
    while _room_for(shown) > width:
        droppable = [column for column in shown if column.priority]
        if not droppable:
            break
        highest = max(column.priority for column in droppable)
        shown.remove([column for column in droppable if column.priority == highest][-1])
    widths = _share_out(shown, width)
    return [
        Fitted(column, number, widths[column.key])
        for number, column in enumerate(columns)
        if column.key in widths
    ]


def has_hidden(columns: Sequence[Column], fitted: Sequence[Fitted], skip: int) -> bool:
    """Whether columns beyond the skipped ones found no room."""
    return len(_unskipped(columns, skip)) > len(fitted)


def _unskipped(columns: Sequence[Column], skip: int) -> list[Column]:
    movable = [column for column in columns if column.priority][:skip]
    return [column for column in columns if column not in movable]


def _room_for(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + max(0, len(columns) - 1)


def _share_out(columns: Sequence[Column], width: int) -> dict[str, int]:
    """Minimums first, then each what it wishes, the most important first, then those that grow."""
    widths = {column.key: column.least for column in columns}
    left = width - _room_for(columns)
    if left < 0 and columns:
        key = max(widths, key=widths.__getitem__)
        widths[key] = max(1, widths[key] + left)
    for column in sorted(columns, key=lambda column: column.priority):
        more = max(0, min(left, column.width - column.least))
        widths[column.key] += more
        left -= more
    growing = [column for column in columns if column.grow]
    for number, column in enumerate(growing):
        share = max(0, left) // (len(growing) - number)
        widths[column.key] += share
        left -= share
    return widths


def sort_letters(columns: Sequence[Column]) -> dict[str, Column]:
    """The letter that sorts by each column, lower case; its capital reverses."""
    letters: dict[str, Column] = {}
    wished = [column for column in columns if column.letter]
    for column in (*wished, *(column for column in columns if not column.letter)):
        choices = column.letter or "".join(filter(str.isalpha, column.label.lower() + column.key))
        free = next((c for c in choices.lower() if c not in letters), "")
        if free:
            letters[free] = column
    return dict(sorted(letters.items(), key=lambda pair: columns.index(pair[1])))
