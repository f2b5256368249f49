"""The pane beside a list: all that is known of the row under the cursor."""

from collections.abc import Sequence

from bstui.tui.keys import bindings
from bstui.tui.widgets.canvas import Line, Lines, Role, Span, fit, fold

_LABEL_WIDTH = 10


class Detail(Lines):
    """A title, names and values, and below them free lines; `J` and `K` scroll it."""

    DEFAULT_CSS = """
    Detail { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._title = ""
        self._pairs: tuple[tuple[str, str], ...] = ()
        self._below: tuple[str, ...] = ()

    def show(
        self, title: str, pairs: Sequence[tuple[str, str]] = (), below: Sequence[str] = ()
    ) -> None:
        """Show another thing, or the same with what is known by now."""
        if title != self._title:
            self.show_from(0)
        self._title, self._pairs, self._below = title, tuple(pairs), tuple(below)
        self._lay_out()

    def scroll_lines(self, lines: int) -> None:
        """Scroll down, or up where negative."""
        self.show_from(self.top + lines)

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.size.width
        if not width:
            return
        lines: list[Line] = [
            (Span(text, Role.STRONG),) for text in self._folded(self._title, width)
        ]
        if self._pairs:
            lines.append(())
        label_width = max([_LABEL_WIDTH, *(len(label) + 1 for label, _ in self._pairs)])
        for label, value in self._pairs:
            first, *rest = self._folded(value, max(1, width - label_width)) or [""]
            lines.append((Span(fit(label, label_width, ""), Role.MUTED), Span(first)))
            lines += [(Span(" " * label_width), Span(text)) for text in rest]
        if self._below:
            lines.append(())
        for text in self._below:
            lines += [(Span(part),) for part in self._folded(text, width) or [""]]
        self.show_lines(lines)

    def _folded(self, text: str, width: int) -> list[str]:
        """A long name is shown whole here, for the table cuts it."""
        drawn = self.glyphs.ellipsis if text == "…" else text
        return fold(drawn, width)


class Reading(Detail, can_focus=True):
    """A detail that has a page to itself: the keys of a log move in it too."""

    BINDINGS = bindings("reading")

    def action_scroll_log(self, lines: int) -> None:
        self.scroll_lines(lines)

    def action_page_log(self, pages: int) -> None:
        self.scroll_lines(pages * max(1, self.page_height - 1))

    def action_log_first(self) -> None:
        self.show_from(0)

    def action_follow(self) -> None:
        self.show_from(self.last_top)
