"""The table in which things are chosen.

Marks live with its owner, in one basket for all lists: the table asks for them with `MarkAsked`,
and shows what `Rows.badge` says when the owner has answered with `refresh_badges`, or with
`refresh_rows` where cells tell of marks too.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from textual import events
from textual.reactive import reactive

from bstui.tui.keys import bindings, keys_of
from bstui.tui.widgets import messages
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.row_view import RowView
from bstui.tui.widgets.rows import MARKED, Rows
from bstui.tui.widgets.table_lines import gutter_width

MARK_ACTIONS = frozenset(key.action.partition("(")[0] for key in keys_of("marks"))
"""What the keys of a markable table do."""


class PickTable(RowView):
    """Rows to move through, to open and, where `markable`, to mark one by one or many at once."""

    BINDINGS = bindings("marks")

    range_start: reactive[int | None] = reactive(None, repaint=False, init=False)
    """The line in which a range was started: it reaches from there to the cursor."""

    MarkAsked: TypeAlias = messages.MarkAsked

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Rows | None = None,
        *,
        markable: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, rows, badges=markable, id=id, classes=classes)
        self._is_locked = False

    @property
    def markable(self) -> bool:
        """Whether it has badges, and the keys that mark."""
        return self.badges

    @property
    def shows_only_marked(self) -> bool:
        return self._order.only_marked

    def show_only_marked(self, only: bool) -> None:
        """Show the rows that are marked now, or all again."""
        self._order.only_marked = only
        self._arrange()

    def lock_marks(self, locked: bool) -> None:
        """Nothing can be marked now: the keys that mark are dead, and its owner says why."""
        if locked is not self._is_locked:
            self._is_locked = locked
            self.drop_range()
            self.refresh_bindings()

    def drop_range(self) -> bool:
        """Whether there was a range to drop."""
        had_range = self.range_start is not None
        self.range_start = None
        return had_range

    def step_back(self) -> bool:
        """For `esc`: undo the innermost of range, filter, only marked; whether there was one."""
        if self.drop_range() or super().step_back():
            return True
        if self.shows_only_marked:
            self.show_only_marked(False)
            return True
        return False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Marking is no key of a table without marks, and a dead one while it is empty."""
        if action in MARK_ACTIONS:
            if not self.markable:
                return False
            if action != "only_marked" and (self._is_locked or not self.shown_rows):
                return None
        return super().check_action(action, parameters)

    # Marking

    def action_mark(self) -> None:
        lines = self._range_lines()
        if lines is None:
            row = self.cursor_row
            if row is not None:
                self._ask((row,), None)
                self.cursor += 1
            return
        start = self.shown_rows[self.range_start or 0]
        want = self.rows.badge(start) != MARKED
        rows = [self.shown_rows[line] for line in lines]
        self.drop_range()
        self._ask_where_needed(rows, want)

    def action_mark_all(self) -> None:
        rows = self._takes_marks(self.shown_rows)
        self._ask_where_needed(rows, any(self.rows.badge(row) != MARKED for row in rows))

    def action_mark_alike(self) -> None:
        row = self.cursor_row
        if row is not None:
            self._ask_where_needed(self._order.alike(row), True)

    def action_invert(self) -> None:
        self._ask(tuple(self._takes_marks(self.shown_rows)), None)

    def action_unmark_shown(self) -> None:
        self._ask_where_needed(self.shown_rows, False)

    def action_only_marked(self) -> None:
        self.show_only_marked(not self.shows_only_marked)

    def _takes_marks(self, rows: Iterable[int]) -> list[int]:
        return [row for row in rows if self.rows.badge(row)]

    def _ask_where_needed(self, rows: Iterable[int], want: bool) -> None:
        badge = self.rows.badge
        self._ask(tuple(row for row in rows if badge(row) and (badge(row) == MARKED) != want), want)

    def _ask(self, rows: tuple[int, ...], want: bool | None) -> None:
        if rows:
            self.post_message(self.MarkAsked(self, rows, want))
        else:
            self.say("nothing to mark here" if want is not False else "nothing is marked here")

    # Ranges

    def action_range(self) -> None:
        if self.shown_rows:
            self.range_start = self.cursor if self.range_start is None else None

    def action_extend(self, delta: int) -> None:
        if self.range_start is None:
            self.action_range()
        self.cursor += delta

    def watch_range_start(self, old: int | None, new: int | None) -> None:
        self._refresh_between(self.cursor if old is None else old, self.cursor)
        if new is not None:
            self._refresh_between(new, self.cursor)

    def _range_lines(self) -> range | None:
        if self.range_start is None:
            return None
        first, last = sorted((self.range_start, self.cursor))
        return range(first, last + 1)

    def _refresh_between(self, one: int, other: int) -> None:
        self._refresh_lines(min(one, other), max(one, other))

    def _repaint_move(self, old: int, new: int) -> None:
        if self.range_start is None:
            super()._repaint_move(old, new)
        else:
            self._refresh_between(old, new)

    def _settle(self, line: int | None) -> None:
        self.range_start = None
        super()._settle(line)

    def _state(self, line: int) -> Role:
        lines = self._range_lines()
        if line != self.cursor and lines is not None and line in lines:
            return Role.RANGE
        return super()._state(line)

    def _act_on_click(self, event: events.Click) -> None:
        row = self.cursor_row
        if self.markable and row is not None and event.x < gutter_width(badges=True):
            self._ask((row,), None)
        else:
            super()._act_on_click(event)
