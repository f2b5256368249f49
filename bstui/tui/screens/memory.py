"""Where a person was: kept with the basket, so that the next start is at the same place."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

import msgspec

from bstui.errors import BstuiError
from bstui.tui.widgets.row_view import RowView


class Keeper(Protocol):
    """Who keeps it: a workspace's basket, or the file of what belongs to none."""

    @property
    def place(self) -> dict[str, Any]: ...

    def keep_place(self, place: Mapping[str, Any]) -> None: ...


class TablePlace(msgspec.Struct, omit_defaults=True):
    """How a table stood."""

    sort: str = ""
    reverse: bool = False
    filter: str = ""
    cursor: str = ""
    """The key of its row."""


class OpenSource(msgspec.Struct):
    """A project or a run that was open."""

    kind: str
    id: str


class Remembered(msgspec.Struct, omit_defaults=True):
    """Everything that is remembered of one profile; `mode` and `profile` of none."""

    mode: str = ""
    """The place that was left last: browse, jobs or history."""
    profile: str = ""
    """The one that was being browsed."""

    tab: str = ""
    chosen: list[str] = []
    """Keys of the projects and runs that were chosen to be opened together."""
    open: list[OpenSource] = []
    tables: dict[str, TablePlace] = {}
    destination: str = ""
    """Where the last import went."""


def recall(keeper: Keeper) -> Remembered:
    """What is remembered; what cannot be understood is not."""
    try:
        return msgspec.convert(keeper.place, Remembered, strict=False)
    except msgspec.ValidationError:
        return Remembered()


def remember(keeper: Keeper, **changes: Any) -> None:
    """Keep these fields of `Remembered`; where the disk takes nothing, the next start forgets."""
    with suppress(BstuiError, OSError):
        keeper.keep_place(msgspec.to_builtins(changes))


def remember_table(keeper: Keeper, name: str, table: RowView) -> None:
    """Keep how a table stands."""
    sorting = table.sorting
    now = TablePlace(sorting.column, sorting.reverse, table.filter_text, table.cursor_key)
    remember(keeper, tables={**recall(keeper).tables, name: now})


def restore_table(keeper: Keeper, name: str, table: RowView) -> str:
    """Put a table's order and filter back; the key of the row that its cursor was on."""
    then = recall(keeper).tables.get(name, TablePlace())
    if any(column.key == then.sort for column in table.columns):
        table.sort_by(then.sort, then.reverse)
    table.filter_by(then.filter)
    return then.cursor
