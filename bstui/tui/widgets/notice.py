"""What stands where a list would: that it is loading, that it is empty, or what went wrong."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.timer import Timer

from bstui.errors import BstuiError
from bstui.tui.keys import KEY_BY_ID, shown_key
from bstui.tui.widgets.canvas import Line, Lines, Role, Span, fold, text_of

_PATIENCE = 0.3
"""Seconds of nothing before the word `loading…` appears."""
_WIDEST = 72
_Paragraph = tuple[str, Role]


class Notice(Lines):
    """A few centred sentences; hidden while it has nothing to say.

    It is as high as its text: good rows of earlier may stay below it.
    """

    DEFAULT_CSS = """
    Notice { height: auto; display: none; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._paragraphs: list[_Paragraph] = []
        self._timer: Timer | None = None

    def wait(self, what: str = "loading…") -> None:
        """Say so, but only if it takes longer than a moment."""
        self.hide()

        def say() -> None:
            if self._timer is timer:  # it may have run out as it was stopped
                self._say([(what, Role.MUTED)])

        self._timer = timer = self.set_timer(_PATIENCE, say)

    def empty(self, what: str, why: str = "", hint: str = "") -> None:
        """What is empty, why that can be, and what to press."""
        self._say([(what, Role.STRONG), (why, Role.TEXT), (hint, Role.MUTED)])

    def error(self, error: BstuiError, keys: Sequence[str] = ()) -> None:
        """What failed, why that can be, what to do; and the keys that act, by their ids."""
        pressed = "     ".join(_key_text(id_) for id_ in keys)
        self._say(
            [
                (error.message, Role.ERROR),
                (error.why, Role.TEXT),
                (error.hint, Role.TEXT),
                (pressed, Role.ACCENT),
            ]
        )

    def hide(self) -> None:
        """There is something to show instead."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._paragraphs = []
        self.display = False

    def on_resize(self) -> None:
        self._lay_out()

    def _say(self, paragraphs: list[_Paragraph]) -> None:
        self.hide()
        self._paragraphs = [pair for pair in paragraphs if pair[0]]
        self.display = True
        self._lay_out()

    def _lay_out(self) -> None:
        room = self.size.width or (self.screen.size.width if self.is_attached else 0)
        if not self._paragraphs or not room:
            return
        lines: list[Line] = [()]
        for text, role in self._paragraphs:
            drawn = self.glyphs.draw(text)
            parts = fold(drawn, max(1, min(_WIDEST, room - 2)))
            lines += [centred(part.strip(), role, room) for part in parts]
        lines.append(())
        self.styles.height = len(lines)
        self.show_lines(lines)

    @property
    def words(self) -> str:
        """What it says, in one piece."""
        return " ".join(text_of(spans).strip() for spans in self.lines).strip()


def centred(text: str, role: Role, width: int) -> Line:
    return (Span(" " * max(0, (width - cell_len(text)) // 2)), Span(text, role))


def _key_text(id_: str) -> str:
    key = KEY_BY_ID[id_]
    return f"{shown_key(key.keys[0])}  {key.hint or key.help}"
