"""What all our widgets draw on: lines of spans, each span in a role, never in a colour.

A line is drawn by the Line API and repainted only where it changed: over SSH, Textual sends every
cell of a dirty region again, changed or not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from bstui.tui.themes import Glyphs, look_of

_WHEEL = 3
"""Lines that a turn of the mouse wheel scrolls."""


class Role(StrEnum):
    """What a piece of text means; the theme decides how that looks."""

    TEXT = "text"
    MUTED = "muted"
    STRONG = "strong"
    ACCENT = "accent"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"
    HEADER = "header"
    CURSOR = "cursor"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one line."""

    text: str
    role: Role = Role.TEXT


Line = tuple[Span, ...]
"""One line of the screen. Its text holds no newline, no control character and no markup."""


def line(*parts: str | Span) -> Line:
    """A line of plain texts and spans."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts if part)


def text_of(spans: Iterable[Span]) -> str:
    return "".join(span.text for span in spans)


def fit(text: str, width: int, ellipsis: str, *, right: bool = False) -> str:
    """Text in exactly `width` columns of the terminal, cut with the ellipsis where it is longer."""
    if text.isascii():
        if len(text) <= width:
            return text.rjust(width) if right else text.ljust(width)
    else:
        room = width - cell_len(text)
        if room >= 0:
            return " " * room + text if right else text + " " * room
    if width <= len(ellipsis):
        return set_cell_size(text, width)
    return set_cell_size(text, width - len(ellipsis)) + ellipsis


def fold(text: str, width: int) -> list[str]:
    """Text as lines of at most `width` columns; between words where it can be, blanks kept."""
    if text.isascii():
        return wrap(text, width, break_on_hyphens=False, drop_whitespace=False)
    return chop_cells(text, width)


def fit_middle(text: str, width: int, ellipsis: str) -> str:
    """Text in at most `width` columns, cut in its middle, for what differs at its end."""
    if cell_len(text) <= width:
        return text
    room = width - len(ellipsis)
    if room < 2:
        return set_cell_size(text, max(0, width))
    tail = text
    while cell_len(tail) > room // 2:
        tail = tail[1:]
    return set_cell_size(text, room - cell_len(tail)) + ellipsis + tail


def changed_columns(old: Line, new: Line) -> tuple[int, int] | None:
    """From which column to which (not included) two lines of ASCII differ; None: nowhere."""
    before, after = _cells(old), _cells(new)
    if before == after:
        return None
    length = max(len(before), len(after))
    before += [(" ", Role.TEXT)] * (length - len(before))
    after += [(" ", Role.TEXT)] * (length - len(after))
    differ = [at for at in range(length) if before[at] != after[at]]
    return (differ[0], differ[-1] + 1) if differ else None


def _cells(spans: Line) -> list[tuple[str, Role]]:
    return [(character, span.role) for span in spans for character in span.text]


class Canvas(Widget, can_focus=False):
    """A widget that draws lines of spans in roles; it has no scroll bars and no hover.

    It scrolls by itself: a change of `ScrollView.virtual_size` has the whole widget painted again.
    """

    COMPONENT_CLASSES = {f"role--{role}" for role in Role}
    DEFAULT_CSS = """
    Canvas {
        background: $background;
        color: $foreground;
        .role--text { color: $foreground; background: $background; }
        .role--muted { color: $text-muted; background: $background; }
        .role--strong { color: $foreground; background: $background; text-style: bold; }
        .role--accent { color: $primary; background: $background; text-style: bold; }
        .role--success { color: $success; background: $background; text-style: bold; }
        .role--warning { color: $warning; background: $background; text-style: bold; }
        .role--error { color: $error; background: $background; text-style: bold; }
        .role--header { color: $foreground; background: $panel; text-style: bold; }
        .role--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
        .role--range { color: $primary; background: $panel; text-style: bold; }
        &:ansi {
            .role--muted { color: ansi_default; text-style: dim; }
            .role--header { text-style: bold underline; }
            .role--cursor {
                color: ansi_default; background: ansi_default; text-style: reverse;
            }
            .role--range { color: ansi_default; text-style: bold reverse; }
        }
        &:nocolor {
            .role--cursor { text-style: reverse; }
            .role--range { text-style: bold reverse; }
        }
    }
    """

    top = 0
    """The line of the content that stands uppermost."""

    @property
    def content_length(self) -> int:
        """Lines there are to scroll through."""
        return 0

    @property
    def page_height(self) -> int:
        """Lines of them that find room."""
        return max(1, self.size.height)

    @property
    def last_top(self) -> int:
        return max(0, self.content_length - self.page_height)

    def show_from(self, top: int) -> None:
        """Scroll so that this line stands uppermost, as far as there are lines."""
        top = max(0, min(top, self.last_top))
        if top != self.top:
            self.top = top
            self.refresh()
            self.scrolled()

    def scrolled(self) -> None:
        """Called when other lines stand there."""

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.show_from(self.top + _WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.show_from(self.top - _WHEEL)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._role_styles: dict[Role, Style] = {}
        self.forget_drawn()

    def forget_drawn(self) -> None:
        """Called when styles changed: whatever was kept of drawn lines is stale."""

    @property
    def glyphs(self) -> Glyphs:
        return look_of(self).glyphs

    def role_style(self, role: Role) -> Style:
        style = self._role_styles.get(role)
        if style is None:
            style = self.get_component_rich_style(f"role--{role}")
            self._role_styles[role] = style
        return style

    def strip_of(self, spans: Iterable[Span], width: int, fill: Role = Role.TEXT) -> Strip:
        """The spans in exactly `width` columns; neighbours of one role become one segment."""
        merged: list[Segment] = []
        last: Role | None = None
        for span in spans:
            if span.role is last:
                merged[-1] = Segment(merged[-1].text + span.text, merged[-1].style)
            else:
                merged.append(Segment(span.text, self.role_style(span.role)))
                last = span.role
        return Strip(merged).adjust_cell_length(width, self.role_style(fill)).simplify()


class Lines(Canvas):
    """Some lines of text, of which only the columns that changed are painted again."""

    DEFAULT_CSS = """
    Lines { height: 1; }
    """

    def __init__(
        self, lines: Sequence[Line] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = list(lines)

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(self._lines)

    @property
    def plain_text(self) -> str:
        """What stands there, without its looks."""
        return "\n".join(text_of(spans).rstrip() for spans in self._lines)

    @property
    def content_length(self) -> int:
        return len(self._lines)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Replace what stands there; equal lines cost nothing."""
        old, self._lines = self._lines, list(lines)
        self.show_from(self.top)
        for number in range(max(len(old), len(self._lines))):
            before = old[number] if number < len(old) else ()
            after = self._lines[number] if number < len(self._lines) else ()
            if before != after:
                self._repaint(number, before, after)

    def _repaint(self, number: int, before: Line, after: Line) -> None:
        y = number - self.top
        if not self.size.height:  # hidden: what was drawn before is not to be shown again
            self.refresh()
            return
        if not 0 <= y < self.size.height:
            return
        width = self.size.width
        region = Region(0, y, width, 1)
        if text_of(before).isascii() and text_of(after).isascii():
            columns = changed_columns(before, after)
            if columns is None:
                return
            region = Region(min(columns[0], width), y, min(columns[1], width) - columns[0], 1)
        if region.width > 0:
            self.refresh(region)

    def render_line(self, y: int) -> Strip:
        number = self.top + y
        spans = self._lines[number] if number < len(self._lines) else ()
        return self.strip_of(spans, self.size.width)
