"""The decisions of a review as a table, above what follows from them."""

from collections.abc import Sequence

from textual.message import Message

from bstui.tui.keys import bindings
from bstui.tui.screens.choices import Choice
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.row_view import RowView

_SMALL = 20
"""Rows of a terminal under which the table shows a part of its lines, and what follows has room."""
_FEW = 5

_FIELDS = (
    Field[Choice](Column("label", "import", 9, priority=0), lambda one: one.label),
    Field[Choice](Column("text", "what is decided", 40, 20, 0, grow=True), lambda one: one.text),
)


class ChoiceTable(RowView):
    """The list; `enter` starts the import, the other keys of going in change a line."""

    BINDINGS = bindings("review")

    class Asked(Message):
        """A key of the review was pressed."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self) -> None:
        self.model = ItemRows(_FIELDS, lambda one: one.key)
        super().__init__(self.model.columns, self.model)

    @property
    def current(self) -> Choice | None:
        row = self.cursor_row
        return None if row is None else self.model.items[row]

    def show(self, lines: Sequence[Choice]) -> None:
        """Show these lines, the cursor on the same one."""
        self.model = self.model.renewed(lines)
        self._fit_height()
        self.set_rows(self.model)

    def on_resize(self) -> None:
        self._fit_height()
        super().on_resize()

    def _fit_height(self) -> None:
        shown = len(self.model.items)
        self.styles.height = 1 + (min(shown, _FEW) if self.screen.size.height < _SMALL else shown)

    def action_start(self) -> None:
        self.post_message(self.Asked("start"))

    def action_edit(self) -> None:
        self.post_message(self.Asked("edit"))

    def action_arrange(self) -> None:
        self.post_message(self.Asked("arrange"))

    def action_warnings(self) -> None:
        self.post_message(self.Asked("warnings"))
