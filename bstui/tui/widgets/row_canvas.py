"""A table that draws what is in view, whatever the number of rows."""

from collections.abc import Iterable, Sequence

from textual.cache import LRUCache
from textual.geometry import Region
from textual.strip import Strip

from bstui.tui.widgets.canvas import Canvas, Role
from bstui.tui.widgets.columns import Column, Fitted, fit_columns, has_hidden
from bstui.tui.widgets.rows import NoRows, RowOrder, Rows
from bstui.tui.widgets.table_lines import Facts, gutter_width, header_line, row_line


class RowCanvas(Canvas):
    """A head and rows in columns. The data is the owner's; only lines in view are ever made."""

    DEFAULT_CSS = """
    RowCanvas { height: 1fr; }
    """

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Rows | None = None,
        *,
        badges: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.badges = badges
        self._order = RowOrder([column.key for column in self.columns])
        self._order.replace(NoRows() if rows is None else rows)
        self._fitted: list[Fitted] = []
        self._skip = 0
        """Columns scrolled away on the left."""
        self._drawn: LRUCache[tuple[int, Role, bool], tuple[Facts, Strip]] = LRUCache(512)

    @property
    def rows(self) -> Rows:
        return self._order.rows

    @property
    def total(self) -> int:
        """Rows there are, shown or not."""
        return self._order.total

    @property
    def shown_rows(self) -> Sequence[int]:
        """Row numbers that pass the filter, in the order in which they are shown."""
        return self._order.shown

    @property
    def page_height(self) -> int:
        """Rows that find room beneath the head."""
        return max(1, self.size.height - 1)

    @property
    def content_length(self) -> int:
        return len(self._order.shown)

    def visible_rows(self) -> tuple[int, ...]:
        """The rows in view, from the top."""
        return tuple(self._order.shown[self.top : self.top + self.page_height])

    def refresh_row(self, row: int) -> None:
        """A row's cells or badge changed."""
        self.refresh_rows((row,))

    def refresh_rows(self, rows: Iterable[int] | None = None) -> None:
        """These rows may have changed, or any: those in view that look different are painted."""
        rows = None if rows is None else tuple(rows)
        self._order.cells_changed(rows)
        self._repaint_changed(rows)

    def refresh_badges(self) -> None:
        """Badges and tones of rows may have changed, but not what they say."""
        self._repaint_changed(None)

    def _repaint_changed(self, rows: Iterable[int] | None) -> None:
        among = None if rows is None else frozenset(rows)
        for line, row in enumerate(self.visible_rows(), self.top):
            if among is None or row in among:
                kept = self._drawn.get((row, self._state(line), self.has_focus))
                facts = self._facts(row)
                if kept is None or kept[0][1:] != facts[1:]:
                    self._refresh_lines(line, line)
                elif kept[0][0] != facts[0]:
                    self._refresh_lines(line, line, gutter_width(self.badges))

    def forget_drawn(self) -> None:
        self._drawn.clear()

    def scroll_columns(self, step: int) -> bool:
        """Show columns further to the right, or the left; whether there were any."""
        hidden = has_hidden(self.columns, self._fitted, self._skip)
        if (step > 0 and not hidden) or (step < 0 and not self._skip):
            return False
        self._skip += step
        self._fit()
        self.refresh()
        return True

    def _fit(self) -> None:
        room = self.size.width - gutter_width(self.badges)
        self._fitted = fit_columns(self.columns, room, self._skip)
        self._drawn.clear()

    def _refresh_lines(self, first: int, last: int, width: int | None = None) -> None:
        """Paint lines of the list again, those of them that are in view; so many columns."""
        top = self.top
        first, last = max(first, top), min(last, top + self.page_height - 1)
        if first <= last:
            self.refresh(Region(0, first - top + 1, width or self.size.width, last - first + 1))

    def _state(self, line: int) -> Role:
        """How a line stands out."""
        return Role.TEXT

    def _facts(self, row: int) -> Facts:
        rows = self._order.rows
        badge = rows.badge(row) if self.badges else ""
        return badge, rows.tone(row), tuple(rows.cells(row))

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self._header()
        line = self.top + y - 1
        shown = self._order.shown
        if line >= len(shown):
            return self.strip_of((), self.size.width)
        return self._row(line, shown[line])

    def _header(self) -> Strip:
        spans = header_line(
            self._fitted,
            self._order.sorting,
            self.size.width,
            self.glyphs,
            badges=self.badges,
            has_more=has_hidden(self.columns, self._fitted, self._skip),
            has_focus=self.has_focus,
        )
        return self.strip_of(spans, self.size.width, spans[-1].role)

    def _row(self, line: int, row: int) -> Strip:
        """Drawn again only when what it says, or how it stands out, is not as it was."""
        state, facts = self._state(line), self._facts(row)
        key = (row, state, self.has_focus)
        kept = self._drawn.get(key)
        if kept is None or kept[0] != facts:
            cells = [facts[2][fitted.number] for fitted in self._fitted]
            spans = row_line(
                (facts[0], facts[1], tuple(cells)),
                self._fitted,
                state,
                self.glyphs,
                badges=self.badges,
                has_focus=self.has_focus,
            )
            kept = facts, self.strip_of(spans, self.size.width, spans[-1].role)
            self._drawn.discard(key)  # an LRUCache keeps the first value of a key
            self._drawn[key] = kept
        return kept[1]
