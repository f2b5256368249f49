"""Questions of one line, asked where the status line stands: filter, a text, sort by, yes or no.

A modal dialog costs 40 kB over SSH, one of these a line. While one is open no other key works.
"""

from collections.abc import Awaitable, Callable, Sequence

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from bstui.tui.folder_names import Completion
from bstui.tui.keys import bindings
from bstui.tui.widgets import messages
from bstui.tui.widgets.canvas import Lines, Role, Span, text_of
from bstui.tui.widgets.columns import Column, sort_letters


class Closed(Message):
    """A prompt is done with; `after` is to be called once it is gone."""

    def __init__(self, prompt: Widget, after: Callable[[], object] = bool) -> None:
        super().__init__()
        self.prompt = prompt
        self.after = after


def swallow_foreign_key(prompt: Widget, event: events.Key) -> None:
    """Keep a key that is not the prompt's own from the screen and the program."""
    active = prompt.screen.active_bindings.get(event.key)
    if active is None or prompt not in active.node.ancestors_with_self:
        event.stop()


class EntryLine(Horizontal):
    """A label and a text to edit; `enter` takes it, `escape` leaves all as it was."""

    BINDINGS = bindings("entry")
    DEFAULT_CSS = """
    EntryLine {
        height: 1;
        background: $background;
        Lines { width: auto; }
        Input, Input:focus {
            width: 1fr;
            background: $background;
            background-tint: $background 0%;
            color: $foreground;
        }
        &.-wrong Input { color: $error; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.label = Lines(classes="label")
        self.problem = Lines(classes="problem")
        self.input = Input(compact=True, select_on_focus=False)
        self.input.cursor_blink = False
        self._then: Callable[[str], str] = lambda text: ""

    def compose(self) -> ComposeResult:
        yield self.label
        yield self.input
        yield self.problem

    def open(self, label: str, text: str, then: Callable[[str], str]) -> None:
        """Ask for a text. `then` takes it, or says what is wrong with it, and the line stays."""
        self._then = then
        self.start(label, text)

    def start(self, label: str, text: str) -> None:
        self.label.show_lines([(Span(label, Role.ACCENT),)])
        self.label.styles.width = cell_len(label)
        with self.input.prevent(Input.Changed):
            self.input.value = text
        self.input.cursor_position = len(text)
        self.accept("")
        self.input.focus()

    def accept(self, problem: str) -> None:
        """Show whether the text can be meant."""
        self.set_class(bool(problem), "-wrong")
        self.problem.show_lines([(Span(f" {problem}", Role.ERROR),)])
        self.problem.styles.width = min(cell_len(problem) + 1, self.size.width // 2)

    def on_key(self, event: events.Key) -> None:
        swallow_foreign_key(self, event)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.accept("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_keep()

    def action_keep(self) -> None:
        then = self._then
        problem = then(self.input.value)
        if self._then is not then:
            return  # it asked for the next text
        self.accept(problem)
        if not problem:
            self.post_message(Closed(self))

    def action_undo(self) -> None:
        self.post_message(Closed(self))


class FilterLine(EntryLine):
    """The filter of a list, taken at each letter; `escape` brings back the filter there was."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._try: Callable[[str], str] = lambda text: ""
        self._before = ""

    def open_filter(self, text: str, attempt: Callable[[str], str]) -> None:
        """Edit a filter. `attempt` filters and says what is wrong: `PickTable.filter_by`."""
        self._try = attempt
        self._before = text
        self.open("/", text, attempt)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.prevent_default()
        problem = self._try(event.value)
        self.accept(problem)

    def action_undo(self) -> None:
        self._try(self._before)
        super().action_undo()


class FolderLine(EntryLine):
    """A line for a folder's path: Tab completes it, or tells what it can go on with."""

    BINDINGS = bindings("folder")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._complete: Callable[[str], Awaitable[Completion]] | None = None

    def open_folder(
        self,
        label: str,
        text: str,
        then: Callable[[str], str],
        complete: Callable[[str], Awaitable[Completion]],
    ) -> None:
        """Ask for a folder. `complete` is given what stands before the cursor."""
        self._complete = complete
        self.open(label, text, then)

    def action_complete(self) -> None:
        self.run_worker(self._put_in_completion(), exclusive=True)

    async def _put_in_completion(self) -> None:
        text, at = self.input.value, self.input.cursor_position
        if self._complete is None:
            return
        found = await self._complete(text[:at])
        if (self.input.value, self.input.cursor_position) != (text, at):
            return  # typed on meanwhile
        with self.input.prevent(Input.Changed):
            self.input.value = found.text + text[at:].removeprefix("/" * found.text.endswith("/"))
        self.input.cursor_position = len(found.text)
        self.accept("")
        if found.problem or found.choices:
            self.post_message(messages.Said(self, found.problem or "  ".join(found.choices)))


class AskLine(Lines, can_focus=True):
    """A question that is answered by `y` or `n`; `enter` and `escape` are the safe answer, no."""

    BINDINGS = bindings("question")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._then: Callable[[bool], object] = bool

    def open(self, question: str, then: Callable[[bool], object]) -> None:
        """Ask; the question names the thing and the number. `then` gets the answer."""
        self._then = then
        text = self.glyphs.draw(question)
        self.show_lines([(Span(f" {text} ", Role.WARNING), Span("y yes, n no", Role.TEXT))])
        self.focus()

    def on_key(self, event: events.Key) -> None:
        swallow_foreign_key(self, event)

    def action_answer(self, yes: bool) -> None:
        self.post_message(Closed(self, lambda: self._then(yes)))


class SortLine(Lines, can_focus=True):
    """Which column sorts: its letter, or the capital for the reverse."""

    BINDINGS = bindings("choice")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._letters: dict[str, Column] = {}
        self._then: Callable[[str, bool], object] = lambda key, reverse: None

    def open(self, columns: Sequence[Column], then: Callable[[str, bool], object]) -> None:
        """Ask. `then` gets the column's key and whether to reverse: `PickTable.sort_by`."""
        self._letters = sort_letters(columns)
        self._then = then
        spans = [Span(" sort by  ", Role.MUTED)]
        for letter, column in self._letters.items():
            spans += [Span(letter, Role.ACCENT), Span(f" {column.label}  ")]
        spans.append(Span("capital: reverse", Role.MUTED))
        if cell_len(text_of(spans)) > self.app.size.width:
            spans[-1] = Span("A-Z reverse", Role.MUTED)
        self.show_lines([tuple(spans)])
        self.focus()

    def on_key(self, event: events.Key) -> None:
        letter = event.character or ""
        column = self._letters.get(letter.lower())
        if column is None:
            swallow_foreign_key(self, event)
            return
        event.stop()
        self.post_message(Closed(self, lambda: self._then(column.key, letter.isupper())))

    def action_undo(self) -> None:
        self.post_message(Closed(self))
