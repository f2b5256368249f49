"""The two lines at the foot of every screen."""

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from bstui.tui.folder_names import Completion
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.hints import HintLine
from bstui.tui.widgets.prompts import (
    AskLine,
    Closed,
    EntryLine,
    FilterLine,
    FolderLine,
    SortLine,
)
from bstui.tui.widgets.row_view import RowView
from bstui.tui.widgets.status import StatusLine


class Foot(Vertical):
    """The status line, or a prompt in its place, and the hints.

    A prompt takes the focus while it is open, and gives it back.
    """

    DEFAULT_CSS = """
    Foot {
        height: 2;
        dock: bottom;
        background: $background;
        EntryLine, FolderLine, AskLine, SortLine { display: none; }
        &.-prompting StatusLine { display: none; }
        .-open { display: block; }
    }
    """

    def __init__(self, *hints: str, id: str | None = None) -> None:
        """`hints`: the ids of the keys to show, as for `HintLine`."""
        super().__init__(id=id)
        self.status = StatusLine()
        self.hints = HintLine(*hints)
        self.filter_line = FilterLine()
        self.entry_line = EntryLine()
        self.folder_line = FolderLine()
        self.ask_line = AskLine()
        self.sort_line = SortLine()
        self._open: Widget | None = None
        self._focused: Widget | None = None

    def compose(self) -> ComposeResult:
        yield self.status
        yield self.filter_line
        yield self.entry_line
        yield self.folder_line
        yield self.ask_line
        yield self.sort_line
        yield self.hints

    @property
    def is_asking(self) -> bool:
        return self._open is not None

    def show(self, left: str, right: str = "") -> None:
        """The facts of the status line."""
        self.status.show(left, right)

    def say(self, text: str, role: Role = Role.WARNING) -> None:
        """The answer to a key, in the status line."""
        self.status.say(text, role)

    def filter(self, table: RowView) -> None:
        """Edit a table's filter."""
        self._show(self.filter_line)
        self.filter_line.open_filter(table.filter_text, table.filter_by)
        table.expect_filter()

    def sort(self, table: RowView, then: Callable[[str, bool], object] | None = None) -> None:
        """Ask by which column to sort; `then`, by default, sorts the table."""
        self._show(self.sort_line)
        self.sort_line.open(table.columns, then or table.sort_by)

    def question(self, question: str, then: Callable[[bool], object]) -> None:
        """Ask yes or no; `then` gets the answer."""
        self._show(self.ask_line)
        self.ask_line.open(question, then)

    def entry(self, label: str, text: str, then: Callable[[str], str]) -> None:
        """Ask for a text; `then` takes it, or returns what is wrong with it."""
        self._show(self.entry_line)
        self.entry_line.open(label, text, then)

    def folder(
        self,
        label: str,
        text: str,
        then: Callable[[str], str],
        complete: Callable[[str], Awaitable[Completion]],
    ) -> None:
        """Ask for a folder, as `entry`; `complete` says what a path's beginning goes on with."""
        self._show(self.folder_line)
        self.folder_line.open_folder(label, text, then, complete)

    def _show(self, prompt: Widget) -> None:
        if self._open is None:
            self._focused = self.screen.focused
        else:
            self._open.remove_class("-open")
        self._open = prompt
        prompt.add_class("-open")
        self.add_class("-prompting")
        self.hints.confine(prompt)

    def on_closed(self, event: Closed) -> None:
        event.stop()
        if event.prompt is not self._open:
            return
        self._open.remove_class("-open")
        self._open = None
        self.remove_class("-prompting")
        self.hints.confine(None)
        if self._focused is not None and self._focused.is_attached:
            self.screen.set_focus(self._focused, scroll_visible=False)
        event.after()
