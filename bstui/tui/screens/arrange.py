"""The samples of an import, to be renamed, moved, split and left out before it starts.

A row is what one biosample gives to one sample. Nothing is asked and nothing is written: the
review plans again with what was arranged.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from textual.widget import Widget

from bstui.errors import UsageError
from bstui.samples.arrangement import Arrangement
from bstui.samples.choice import Choice
from bstui.tui.keys import bindings
from bstui.tui.screens.list_pane import Emptiness, ListPane
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.services import Services
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.detail import Detail
from bstui.tui.widgets.pick_table import PickTable
from bstui.tui.widgets.rows import MARKED, UNMARKED
from bstui.units import count_text, size_text

_ALL_DROPPED = Emptiness(
    "Every sample is left out.", "An import of nothing cannot start.", "z undoes the last change."
)


@dataclass(frozen=True)
class Part:
    """What one biosample gives to one sample."""

    sample: str
    choice: Choice

    @property
    def key(self) -> str:
        """The biosample and its first dataset: it stays when the sample is another."""
        return f"{self.choice.biosample.id} {self.choice.taken[0].id}"

    @property
    def size(self) -> int:
        return sum(dataset.size or 0 for dataset in self.choice.taken)

    @property
    def lanes(self) -> str:
        return ",".join(str(n) for n in sorted({d.lane for d in self.choice.taken if d.lane}))

    @property
    def libraries(self) -> str:
        named = (library.name or library.id for d in self.choice.taken for library in d.libraries)
        return ", ".join(dict.fromkeys(named))


_FIELDS = (
    Field[Part](Column("sample", "sample", 24, 14, 0, grow=True, letter="n"), lambda p: p.sample),
    Field[Part](
        Column("biosample", "biosample", 24, 14, 0, letter="b"), lambda p: p.choice.biosample.name
    ),
    Field[Part](Column("runs", "runs", 24, 14, 3), lambda p: ", ".join(p.choice.runs)),
    Field[Part](Column("lanes", "lanes", 7, 5, 2), lambda p: p.lanes),
    Field[Part](Column("library", "library", 16, 10, 5), lambda p: p.libraries),
    Field[Part](
        Column("size", "size", 8, priority=1, right=True, letter="z"),
        lambda p: size_text(p.size),
        lambda p: p.size,
    ),
)


class ArrangeScreen(ListPlace):
    """The table of samples; `esc` takes what was arranged back to the review."""

    BINDINGS = bindings("arrange")
    HINTS = ("rename", "gather", "split", "drop", "undo", "back")

    def __init__(self, services: Services, arrangement: Arrangement, sample: str = "") -> None:
        """`sample`: the one that the cursor is put on."""
        super().__init__(services)
        self._first = sample
        self._arrangement = arrangement
        self._marked: set[str] = set()
        rows = ItemRows(_FIELDS, lambda part: part.key, badge=self._badge)
        self._pane: ListPane[Part] = ListPane(rows, _ALL_DROPPED)
        self._about = Detail(id="arrange-about")
        self._steps: list[int] = []
        """How many of the arrangement's changes each key made: undone together."""

    @property
    def pane(self) -> ListPane[Part]:
        return self._pane

    @property
    def crumbs(self) -> Sequence[str]:
        return ("import", "review", "samples")

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane
        yield self._about

    def on_mount(self) -> None:
        self.set_focus(self._pane.table)
        self.load()
        keys = (part.key for part in self._pane.rows.items if part.sample == self._first)
        self._pane.table.select_key(next(keys, ""))

    def load(self) -> None:
        table, samples = self._pane.table, self._arrangement.samples
        line, key = table.cursor, table.cursor_key
        self._pane.show([Part(sample.name, one) for sample in samples for one in sample.choices])
        if key and table.cursor_key != key:
            table.cursor = line  # its row is gone: the next one, not the first
        self.refresh_bindings()
        self.show_status()

    def status_right(self) -> str:
        return count_text(len(self._arrangement.samples), "sample")

    def _badge(self, part: Part) -> str:
        return MARKED if part.key in self._marked else UNMARKED

    def on_pick_table_cursor_moved(self) -> None:
        super().on_pick_table_cursor_moved()
        part = self._pane.cursor_item
        if part is None:
            self._about.show("")
            return
        together = [p for p in self._pane.rows.items if p.sample == part.sample]
        others = ", ".join(dict.fromkeys(p.choice.biosample.name for p in together))
        pairs = [("holds", others), ("runs", ", ".join(part.choice.runs))]
        self._about.show(part.sample, pairs)

    def on_pick_table_mark_asked(self, event: PickTable.MarkAsked) -> None:
        for part in self._pane.items_of(event.rows):
            want = part.key not in self._marked if event.want is None else event.want
            (self._marked.add if want else self._marked.discard)(part.key)
        self._pane.table.refresh_rows()

    def on_pick_table_opened(self) -> None:
        self.say("e renames it, t puts it into another sample; esc goes back to the review")

    # Keys

    def refusal(self, action: str) -> str:
        if action == "undo_change" and not self._steps:
            return "nothing has been changed here"
        if action in ("rename", "gather", "split", "drop") and self._pane.cursor_item is None:
            return "there is no sample here; z undoes the last change"
        return super().refusal(action)

    def action_rename(self) -> None:
        part = self._pane.cursor_item
        if part is not None:
            self.foot.entry(
                " call it ",
                part.sample,
                lambda to: self._change([lambda: self._arrangement.rename(part.sample, to)]),
            )

    def action_gather(self) -> None:
        parts = self._chosen()
        where = parts[0].sample if len(parts) > 1 else ""
        what = count_text(len(parts), "biosample") if len(parts) > 1 else "it"
        self.foot.entry(f" put {what} into the sample ", where, lambda to: self._gather(parts, to))

    def _gather(self, parts: Sequence[Part], to: str) -> str:
        def move(part: Part) -> Callable[[], None]:
            biosample = part.choice.biosample.id
            return lambda: self._arrangement.move(biosample, part.sample, to.strip())

        return self._change([move(part) for part in parts])

    def action_split(self) -> None:
        part = self._pane.cursor_item
        if part is not None:
            problem = self._change([lambda: self._arrangement.split(part.sample)])
            if problem:
                self.say(problem)

    def action_drop(self) -> None:
        names = dict.fromkeys(part.sample for part in self._chosen())

        def drop(name: str) -> Callable[[], None]:
            return lambda: self._arrangement.drop(name)

        if not self._change([drop(name) for name in names]):
            self.say(f"{count_text(len(names), 'sample')} left out; z undoes it", Role.MUTED)

    def action_undo_change(self) -> None:
        for _ in range(self._steps.pop()):
            self._arrangement.undo()
        self.load()

    def _chosen(self) -> list[Part]:
        """What is marked, or else the row under the cursor."""
        marked = [part for part in self._pane.rows.items if part.key in self._marked]
        one = self._pane.cursor_item
        return marked or ([one] if one else [])

    def _change(self, changes: Sequence[Callable[[], None]]) -> str:
        """Change all or nothing; what stands against it."""
        done = 0
        try:
            for change in changes:
                before = self._arrangement.samples
                change()
                done += self._arrangement.samples is not before
        except UsageError as error:
            for _ in range(done):
                self._arrangement.undo()
            return " ".join(part for part in (error.message, error.why, error.hint) if part)
        if done:
            self._steps.append(done)
            self._marked.clear()
        self.load()
        return ""
