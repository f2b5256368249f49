"""The last lines of a log, as they are written."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from bstui.tui.keys import bindings
from bstui.tui.widgets.canvas import Canvas, Role, Span, fit
from bstui.tui.widgets.messages import Said

_RING = 5000
_LEVELS = ("", "without files that are done", "warnings and errors alone")


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a log, fit for a terminal."""

    text: str
    role: Role = Role.TEXT
    level: int = 0
    """How much it matters: those below the level that is shown are passed over."""


class LogTail(Canvas, can_focus=True):
    """It follows the newest line until you scroll up; `G` follows again.

    It keeps the last 5 000 lines, the file has the rest. `Moved` tells how many came meanwhile.
    """

    BINDINGS = bindings("log")
    DEFAULT_CSS = """
    LogTail { height: 1fr; }
    """

    class Moved(Message):
        """It follows, or stands still, or lines came while it stood."""

        def __init__(self, log: "LogTail") -> None:
            super().__init__()
            self.log = log

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LogTail.Moved) and message.log is self.log

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._all: deque[LogLine] = deque(maxlen=_RING)
        """Of every level."""
        self._lines: deque[LogLine] = deque(maxlen=_RING)
        self.level = 0
        """The least level that is shown."""
        self._needle = ""
        self._found: int | None = None
        self.follows = True
        self.unseen = 0
        """Lines that came while it stood still."""

    @property
    def lines(self) -> Sequence[LogLine]:
        return self._lines

    @property
    def state_text(self) -> str:
        """For the status line: `+41 lines` while it stands still, and what is passed over."""
        parts = [_LEVELS[self.level]] if self.level else []
        if not self.follows:
            parts.append(f"+{self.unseen} lines, G follows" if self.unseen else "G follows")
        return "  ".join(parts)

    def append(self, lines: Iterable[LogLine | str]) -> None:
        """Add what was written since."""
        came = [each if isinstance(each, LogLine) else LogLine(each) for each in lines]
        self._all.extend(came)
        new = [each for each in came if each.level >= self.level]
        if not new:
            return
        length = len(self._lines)
        self._lines.extend(new)
        dropped = length + len(new) - len(self._lines)
        if dropped:
            self._shift(dropped)
        if self.follows:
            self._follow(length)
        else:
            self.unseen += len(new)
            self.post_message(self.Moved(self))

    def _shift(self, dropped: int) -> None:
        """The ring is full: every line that is left has a smaller number."""
        if self._found is not None:
            self._found = self._found - dropped if self._found >= dropped else None
        if self.follows or self.top < dropped:
            self.refresh()
        self.top = max(0, self.top - dropped)

    def clear(self) -> None:
        """Start with another log."""
        self._lines.clear()
        self._all.clear()
        self.top, self._found, self.unseen, self.follows = 0, None, 0, True
        self.refresh()

    def show_level(self, level: int) -> None:
        """Show only lines of this level and above, from the newest."""
        self.level = level
        self._lines.clear()
        self._lines.extend(each for each in self._all if each.level >= level)
        self._found, self.unseen, self.follows = None, 0, True
        self.top = self.last_top
        self.refresh()
        self.post_message(self.Moved(self))

    def search(self, text: str) -> str:
        """Look for a text, backwards from the newest line; returns why it was not found."""
        self._needle, self._found = text, None
        self.refresh()
        if not text:
            return ""
        return self._find(range(len(self._lines) - 1, -1, -1))

    # Keys

    def action_scroll_log(self, lines: int) -> None:
        self.show_from(self.top + lines)

    def action_page_log(self, pages: int) -> None:
        self.show_from(self.top + pages * max(1, self.page_height - 1))

    def action_log_first(self) -> None:
        self.show_from(0)

    def action_follow(self) -> None:
        self.show_from(self.last_top)

    def action_log_level(self) -> None:
        self.show_level((self.level + 1) % len(_LEVELS))

    def action_find(self, step: int) -> None:
        start = self._found if self._found is not None else self.top
        ahead = range(start + 1, len(self._lines)) if step > 0 else range(start - 1, -1, -1)
        problem = self._find(ahead) if self._needle else "nothing to find: press / first"
        if problem:
            self.post_message(Said(self, problem))

    def _find(self, among: Iterable[int]) -> str:
        """Go to the first of these lines that has the text; returns why not."""
        needle = self._needle.lower()
        for number in among:
            if needle in self._lines[number].text.lower():
                self._found = number
                self.show_from(number - self.size.height // 2)
                self.follows = False
                self.refresh()
                return ""
        return f"no other line has {self._needle}"

    # Position

    @property
    def content_length(self) -> int:
        return len(self._lines)

    def scrolled(self) -> None:
        self.follows = self.top >= self.last_top
        if self.follows:
            self.unseen = 0
        self.post_message(self.Moved(self))

    def _follow(self, first_new: int) -> None:
        """Show the newest line; where nothing had to scroll only the new ones are painted."""
        if self.last_top == self.top and first_new < self.size.height:
            self.refresh(Region(0, first_new, self.size.width, self.size.height - first_new))
        self.show_from(self.last_top)

    def on_resize(self) -> None:
        self.show_from(self.last_top if self.follows else self.top)

    def render_line(self, y: int) -> Strip:
        number = self.top + y
        width = self.size.width
        if number >= len(self._lines):
            return self.strip_of((), width)
        line = self._lines[number]
        role = Role.RANGE if number == self._found else line.role
        text = fit(f" {line.text}", width, self.glyphs.ellipsis)
        return self.strip_of((Span(text, role),), width, role)
