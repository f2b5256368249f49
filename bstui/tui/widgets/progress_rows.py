"""Bars of progress that cost little to watch: figures of fixed width, only changed cells sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from bstui.tui.themes import Glyphs
from bstui.tui.widgets.canvas import Line, Lines, Role, Span, fit, fit_middle
from bstui.units import rate_text

_PERCENT_WIDTH = 4
_RATE_WIDTH = 12
_BARS = ((100, 32), (70, 16), (50, 8), (0, 0))
"""From which width of the widget on, how wide the bar is."""


@dataclass(frozen=True)
class Progress:
    """How far something is."""

    name: str
    done: int
    """Bytes, or whatever `total` counts."""
    total: int | None
    rate: float | None = None
    """Bytes per second."""
    note: str = ""
    """Instead of the rate: `stalled 40 s`, `verifying`."""
    role: Role = Role.TEXT

    @property
    def fraction(self) -> float | None:
        """From 0 to 1; None while the whole is not known."""
        if self.total is None:
            return None
        return min(1.0, self.done / self.total) if self.total > 0 else 1.0


def percent_text(fraction: float | None) -> str:
    """Never `100%` before the end."""
    return "" if fraction is None else f"{int(fraction * 100)}%"


def bar_text(fraction: float | None, width: int, glyphs: Glyphs) -> str:
    """A bar; it is full only at the end."""
    done = int((fraction or 0.0) * width)
    return glyphs.bar_done * done + glyphs.bar_left * (width - done)


def spark_text(values: Sequence[float], width: int, glyphs: Glyphs) -> str:
    """The last values as heights, the newest on the right; the highest of them fills the line."""
    shown = tuple(values)[-width:] if width > 0 else ()
    highest, steps = max(shown, default=0.0), len(glyphs.spark) - 1
    if highest <= 0:
        return ""
    return "".join(glyphs.spark[round(max(0.0, value) / highest * steps)] for value in shown)


def progress_line(row: Progress, width: int, glyphs: Glyphs) -> Line:
    """Name, bar, percent and rate in `width` columns; what is right has its fixed place."""
    bar_width = next(bar for least, bar in _BARS if width >= least)
    end = row.note or (rate_text(row.rate) if row.rate is not None else "")
    right = fit(percent_text(row.fraction), _PERCENT_WIDTH, "", right=True)
    right += fit(glyphs.draw(end), _RATE_WIDTH, "", right=True)
    name_width = max(1, width - bar_width - len(right) - 4)
    name = fit(fit_middle(row.name, name_width, glyphs.ellipsis), name_width, glyphs.ellipsis)
    spans = [Span(f"  {name} ", row.role)]
    if bar_width:
        bar = bar_text(row.fraction, bar_width, glyphs)
        spans.append(Span(bar, Role.ACCENT))
    return (*spans, Span(right, row.role), Span(" "))


class ProgressRows(Lines):
    """A row for each thing that is going on; those without room fold into a count."""

    DEFAULT_CSS = """
    ProgressRows { height: auto; }
    """

    def __init__(
        self, height: int = 1, *, id: str | None = None, classes: str | None = None
    ) -> None:
        """`height`: the lines it always takes, so that nothing below it moves."""
        super().__init__(id=id, classes=classes)
        self.styles.height = height
        self._height = height
        self._rows: tuple[Progress, ...] = ()
        self._more = 0

    def show(self, rows: Sequence[Progress], more: int = 0) -> None:
        """Show how things are now; `more` are going on that are not in `rows`."""
        self._rows, self._more = tuple(rows), more
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width, height = self.size.width, self.size.height or self._height
        if not width:
            return
        rows, more = self._rows, self._more
        if len(rows) + bool(more) > height:
            more += len(rows) - (height - 1)
            rows = rows[: height - 1]
        lines = [progress_line(row, width, self.glyphs) for row in rows]
        if more:
            lines.append((Span(f"  {more} more", Role.MUTED),))
        self.show_lines(lines)
