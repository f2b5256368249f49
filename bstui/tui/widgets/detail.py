"""The pane beside a list: all that is known of the row under the cursor."""

from collections.abc import Sequence

from rich.cells import cell_len

from bstui.tui.keys import bindings
from bstui.tui.widgets.canvas import Line, Lines, Role, Span, fit, fold

_LABEL_WIDTH = 10
_IN_TITLE = ("id", "size")
"""Facts that the title, and the row above, tell already."""
_LOW, _BROAD = 6, 56
"""So few lines, or less, of such a width, or more, hold two pairs side by side."""


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
        if self.size.height <= _LOW and width >= _BROAD and self.has_class("beside"):
            self.show_lines(self._low_lines(width))
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

    def _low_lines(self, width: int) -> list[Line]:
        """Under a list: the title, then what is to be known before all else, then pairs.

        What differs from row to row stands in one line and role, and the size in the row above:
        each change costs bytes.
        """
        first = "  ".join((self._title, *(value for label, value in self._pairs if label == "id")))
        lines: list[Line] = [(Span(fit(first, width, self.glyphs.ellipsis), Role.STRONG),)]
        for text in self._below:
            lines += [(Span(part, Role.WARNING),) for part in self._folded(text, width)]
        half = width // 2
        waiting: Line = ()
        for label, value in self._pairs:
            if label in _IN_TITLE:
                continue
            shown = self.glyphs.ellipsis if value == "…" else value
            pair = (Span(fit(label, _LABEL_WIDTH, ""), Role.MUTED), Span(shown))
            is_long = len(label) >= _LABEL_WIDTH or cell_len(shown) > half - _LABEL_WIDTH - 1
            if waiting and not is_long:
                lines.append((*waiting, *pair))
                waiting = ()
            elif is_long:
                lines += [waiting] if waiting else []
                waiting = ()
                room = width - _LABEL_WIDTH
                lines.append((pair[0], Span(fit(shown, room, self.glyphs.ellipsis))))
            else:
                waiting = (pair[0], Span(fit(shown, half - _LABEL_WIDTH, "")))
        return [*lines, waiting] if waiting else lines

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
