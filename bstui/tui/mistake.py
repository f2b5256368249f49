"""What is shown when bstui itself went wrong: no traceback, but what to do."""

from rich.text import Text
from textual.app import App, ComposeResult
from textual.screen import Screen

from bstui.tui.keys import bindings
from bstui.tui.themes import Look
from bstui.tui.widgets.canvas import Lines, Role, Span, fold, line
from bstui.tui.widgets.dress import dress
from bstui.tui.widgets.hints import HintLine
from bstui.tui.widgets.quiet_screen import QuietScreen

_WIDEST = 76
_KEPT = "Jobs go on by themselves, marks and place are kept: nothing is lost."
_REPORT = (
    "The report holds no token and none of your data but names of files; please send it to those "
    "who look after bstui."
)


class Mistake(Exception):
    """An error that nobody had thought of; its sentence says where the report is."""

    def __rich__(self) -> Text:
        """What Textual prints in place of a traceback."""
        return Text(f"{self}\n{_KEPT}")


class MistakePage(App[bool]):
    """In place of the screens, once they had to stop; its answer is whether to open them again."""

    BINDINGS = bindings("mistake")
    CSS = "Lines { height: 1fr; } HintLine { dock: bottom; height: 1; }"

    def __init__(self, mistake: Mistake, look: Look) -> None:
        self.look = look
        super().__init__()
        self._mistake = mistake
        self._text = Lines()
        self.animation_level = "none"

    def get_default_screen(self) -> Screen[object]:
        return QuietScreen()

    def compose(self) -> ComposeResult:
        yield self._text
        yield HintLine("again", "quit")

    def on_mount(self) -> None:
        dress(self, self.look)
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        width = max(1, min(_WIDEST, self.size.width - 2))
        draw = self.look.glyphs.draw
        lines = [line()]
        for text, role in (
            (str(self._mistake), Role.ERROR),
            (_KEPT, Role.TEXT),
            (_REPORT, Role.MUTED),
        ):
            lines += [line(" ", Span(part, role)) for part in fold(draw(text), width)]
            lines.append(line())
        self._text.show_lines(lines)

    def action_again(self) -> None:
        self.exit(True)
