"""A table to move through: its cursor, and which rows it shows in which order."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeAlias

from textual import events
from textual.geometry import Offset, Region, clamp
from textual.reactive import reactive
from textual.timer import Timer

from bstui.tui.keys import bindings
from bstui.tui.themes import look_of
from bstui.tui.widgets import messages
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.filters import Filter, parse_filter
from bstui.tui.widgets.row_canvas import RowCanvas
from bstui.tui.widgets.rows import Rows, Sorting

_VIEW_DELAY = 0.15
"""Seconds that the view must stand still before it is worth asking for details of its rows."""

_STEPS_AT_ONCE = 8
_BREATH = 0.001
"""Some ten milliseconds of reading ahead, and the seconds in which keys get their turn."""


class RowView(RowCanvas, can_focus=True):
    """Rows to move through and to open. It owns a cursor and an order; the data is the owner's."""

    BINDINGS = bindings("table")
    cursor: reactive[int] = reactive(0, repaint=False, init=False)
    """The line of the cursor: not a row number, see `cursor_row`."""

    Opened: TypeAlias = messages.Opened
    CursorMoved: TypeAlias = messages.CursorMoved
    ViewMoved: TypeAlias = messages.ViewMoved
    Arranged: TypeAlias = messages.Arranged

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Rows | None = None,
        *,
        badges: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, rows, badges=badges, id=id, classes=classes)
        self._view_timer: Timer | None = None
        self._told_view: tuple[int, ...] = ()
        self._told_cursor: tuple[int, str] | None = None
        self._was_empty = not self._order.shown

    # What its owner asks

    @property
    def cursor_row(self) -> int | None:
        """The row under the cursor; None in an empty table."""
        shown = self._order.shown
        return shown[self.cursor] if self.cursor < len(shown) else None

    @property
    def cursor_key(self) -> str:
        """The key of the row under the cursor, or nothing."""
        row = self.cursor_row
        return "" if row is None else self.rows.key(row)

    @property
    def filter_text(self) -> str:
        return self._order.filter.text

    @property
    def sorting(self) -> Sorting:
        return self._order.sorting

    # What its owner does

    def set_rows(self, rows: Rows) -> None:
        """Show other rows; filter and order stay, the cursor too where its row is there again."""
        key = self.cursor_key
        self._order.replace(rows)
        self._drawn.clear()
        self._told_view = ()
        self._settle(self._order.line_of_key(key) if key else None)

    def rows_grew(self) -> None:
        """Rows were added at the end of the model."""
        row, bottom = self.cursor_row, len(self._order.shown)
        self._order.grow()
        if self._order.sorting.column and row is not None:
            self._settle(self._order.line_of(row))
            return
        self._count_changed()
        self._refresh_lines(bottom, len(self._order.shown) - 1)
        self.post_message(self.Arranged(self))
        self._tell_cursor()

    def filter_by(self, text: str) -> str:
        """Show only rows that match. Returns what the text cannot mean, having changed nothing."""
        try:
            wanted = parse_filter(text, self._order.column_keys)
        except ValueError as error:
            return str(error)
        if wanted != self._order.filter:
            self._order.filter = wanted
            self._arrange()
        return ""

    def expect_filter(self) -> None:
        """A filter is about to be typed: read what it will look at, between other work."""
        self._read_ahead(self.rows, self._order.read_ahead())

    def _read_ahead(self, rows: Rows, steps: Iterator[int]) -> None:
        if rows is self.rows and len(tuple(islice(steps, _STEPS_AT_ONCE))) == _STEPS_AT_ONCE:
            self.set_timer(_BREATH, partial(self._read_ahead, rows, steps))

    def sort_by(self, column_key: str, reverse: bool = False) -> None:
        """Sort by a column; by none (an empty key) as the rows came. KeyError: no such column."""
        if column_key and column_key not in self._order.column_keys:
            raise KeyError(column_key)
        self._order.sorting = Sorting(column_key, reverse)
        self._arrange()

    def select_key(self, key: str) -> bool:
        """Put the cursor on the row of that key; whether it is shown."""
        line = self._order.line_of_key(key)
        if line is not None:
            self.cursor = line
        return line is not None

    def step_back(self) -> bool:
        """For `esc`: undo the filter; whether there was one."""
        if self._order.filter.is_empty:
            return False
        self._order.filter = Filter()
        self._arrange()
        return True

    # Order and view

    def _arrange(self) -> None:
        row = self.cursor_row
        self._order.arrange()
        self._settle(None if row is None else self._order.line_of(row))

    def _settle(self, line: int | None) -> None:
        """The lines are others: the cursor stays on its row and at its height, or goes to the top.

        A reader's eye rests on the cursor while pages of a sorted list come in.
        """
        height = self.cursor - self.top
        self._count_changed()
        self.set_reactive(RowView.cursor, self.validate_cursor(line or 0))
        self.show_from(self.cursor - height if line is not None else 0)
        self._keep_in_view(self.cursor)
        self.refresh()
        self.post_message(self.Arranged(self))
        self._tell_cursor()

    def _count_changed(self) -> None:
        """Keys that need a row live or die when the first comes or the last goes."""
        is_empty = not self._order.shown
        if is_empty is not self._was_empty:
            self._was_empty = is_empty
            self.refresh_bindings()
        self._view_changed()

    def _keep_in_view(self, line: int, jump: int = 0) -> None:
        if line < self.top:
            self.show_from(line - jump)
        elif line >= self.top + self.page_height:
            self.show_from(line - self.page_height + 1 + jump)

    def on_mount(self) -> None:
        self._tell_cursor()

    def on_resize(self) -> None:
        self._fit()
        self._keep_in_view(self.cursor)
        self._view_changed()
        self.refresh()

    def on_focus(self, event: events.Focus) -> None:
        self._focus_changed(event, True)
        self._place_terminal_cursor()

    def on_blur(self, event: events.Blur) -> None:
        self._focus_changed(event, False)

    def _focus_changed(self, event: events.Focus | events.Blur, has_focus: bool) -> None:
        """Instead of Textual's own handlers, which paint the whole table again."""
        event.prevent_default()
        self.has_focus = has_focus
        self.refresh(Region(0, 0, self.size.width, 1))
        self._refresh_lines(self.cursor, self.cursor)
        if self.parent is not None:
            gone_or_come = events.DescendantFocus if has_focus else events.DescendantBlur
            self.parent.post_message(gone_or_come(self))

    def scrolled(self) -> None:
        self._view_changed()

    def _view_changed(self) -> None:
        if self._view_timer is not None:
            self._view_timer.stop()
        if self.is_mounted:
            self._view_timer = self.set_timer(_VIEW_DELAY, self._tell_view)

    def _tell_view(self) -> None:
        rows = self.visible_rows()
        if rows != self._told_view:
            self._told_view = rows
            self.post_message(self.ViewMoved(self, rows))
            self.expect_filter()

    def _tell_cursor(self) -> None:
        row = self.cursor_row
        told = None if row is None else (row, self.rows.key(row))
        if told != self._told_cursor or told is None:
            self._told_cursor = told
            self.post_message(self.CursorMoved(self, row))

    # Moving

    def validate_cursor(self, value: int) -> int:
        return clamp(value, 0, max(0, len(self._order.shown) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        self._repaint_move(old, new)
        step = abs(new - old) == 1
        jump = look_of(self).scroll_jump(self.page_height) - 1 if step else 0
        self._keep_in_view(new, jump)
        self._place_terminal_cursor()
        self._tell_cursor()

    def _repaint_move(self, old: int, new: int) -> None:
        self._refresh_lines(old, old)
        self._refresh_lines(new, new)

    def action_cursor(self, delta: int) -> None:
        self.cursor += delta

    def action_page(self, pages: float) -> None:
        lines = max(1, round(abs(pages) * (self.page_height - 1)))
        self.cursor += lines if pages > 0 else -lines

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = len(self._order.shown) - 1

    def action_open(self) -> None:
        row = self.cursor_row
        if row is None:
            self.say("there is no row to open")
        else:
            self.post_message(self.Opened(self, row))

    def action_columns(self, step: int) -> None:
        if not self.scroll_columns(step):
            self.say("there are no more columns on that side")

    def say(self, text: str) -> None:
        """Give the reason why a key did nothing."""
        self.post_message(messages.Said(self, text))

    def on_click(self, event: events.Click) -> None:
        line = self.top + event.y - 1
        if event.y and line < len(self._order.shown):
            self.cursor = line
            self._act_on_click(event)

    def _act_on_click(self, event: events.Click) -> None:
        """The cursor is on the row that was clicked."""
        if event.chain > 1:
            self.action_open()

    def _place_terminal_cursor(self) -> None:
        """Input methods and some screen readers look where the terminal's own cursor is."""
        if self.has_focus:
            line = self.cursor - self.top + 1
            self.app.cursor_position = self.region.offset + Offset(0, line)

    def _state(self, line: int) -> Role:
        return Role.CURSOR if line == self.cursor else Role.TEXT
