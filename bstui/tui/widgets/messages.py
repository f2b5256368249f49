"""What widgets tell their owner: facts, and what a person asked of them."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from textual.widget import Widget

    from bstui.tui.widgets.row_view import RowView


class FromTable(Message, namespace="pick_table"):
    """What a table says."""

    def __init__(self, table: "RowView") -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> "RowView":
        return self.table

    def can_replace(self, message: Message) -> bool:
        """Of several facts waiting to be handled, the last about a table is enough."""
        return (
            isinstance(message, (CursorMoved, Arranged))
            and type(message) is type(self)
            and message.table is self.table
        )


class Opened(FromTable, namespace="pick_table"):
    """A row was opened."""

    def __init__(self, table: "RowView", row: int) -> None:
        super().__init__(table)
        self.row = row


class CursorMoved(FromTable, namespace="pick_table"):
    """The cursor stands on another row, or in an empty table on none."""

    def __init__(self, table: "RowView", row: int | None) -> None:
        super().__init__(table)
        self.row = row


class ViewMoved(FromTable, namespace="pick_table"):
    """Other rows are in view, and have been for a moment: their details may be fetched."""

    def __init__(self, table: "RowView", rows: tuple[int, ...]) -> None:
        super().__init__(table)
        self.rows = rows


class Arranged(FromTable, namespace="pick_table"):
    """The filter, the order or the number of rows changed."""


class MarkAsked(FromTable, namespace="pick_table"):
    """These rows are to be marked (True), unmarked (False), or each the reverse (None)."""

    def __init__(self, table: "RowView", rows: tuple[int, ...], want: bool | None) -> None:
        super().__init__(table)
        self.rows = rows
        self.want = want


class Said(Message):
    """Why a key did nothing, for the status line; handled as `on_said`, whoever says it."""

    def __init__(self, widget: "Widget", text: str) -> None:
        super().__init__()
        self.widget = widget
        self.text = text
