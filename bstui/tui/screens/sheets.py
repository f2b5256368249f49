"""Sample sheets to be chosen, each with its first row and the columns left for a person."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.widget import Widget

from bstui.errors import UsageError
from bstui.jobs.plan import Plan
from bstui.samples.sheet_format import SheetFormat, load_sheet, sheet_names, sheet_word
from bstui.tui.keys import bindings
from bstui.tui.lookups import example_sheet
from bstui.tui.screens.list_pane import Emptiness, ListPane
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.review_text import open_text
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.screens.work import begin
from bstui.tui.services import Services
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.detail import Detail
from bstui.tui.widgets.pick_table import PickTable
from bstui.tui.widgets.rows import MARKED, UNMARKED

_ROWS = {"lanes": "lane's files", "samples": "sample", "runs": "raw run"}
_FIELDS = (
    Field[SheetFormat](Column("name", "sheet", 22, 14, 0, letter="n"), lambda one: one.name),
    Field[SheetFormat](
        Column("title", "for", 30, 14, 0, grow=True, letter="f"), lambda one: one.title
    ),
    Field[SheetFormat](
        Column("rows", "a row for each", 14, priority=1, letter="r"), lambda one: _ROWS[one.rows]
    ),
    Field[SheetFormat](Column("open", "open columns", 30, 12, 2, letter="o"), open_text),
)
_NONE = Emptiness("There is no sheet for this.")


class SheetsScreen(ListPlace):
    """The list with marks; `esc` takes them back to the review."""

    BINDINGS = bindings("layouts")
    HINTS = ("mark", "edit", "filter", "back")

    def __init__(self, services: Services, plan: Plan, chosen: Sequence[str]) -> None:
        """`plan`: of what the examples are made. `chosen`: as `Options.sheets`."""
        super().__init__(services)
        self._plan = plan
        self._chosen = list(chosen)
        self._words = {load_sheet(word).name: word for word in chosen}
        """What a job keeps of a format, by its name: of a user's own a path."""
        rows = ItemRows(_FIELDS, lambda one: one.name, badge=self._badge)
        self._pane: ListPane[SheetFormat] = ListPane(rows, _NONE)
        self._about = Detail(id="sheet-about")

    @property
    def pane(self) -> ListPane[SheetFormat]:
        return self._pane

    @property
    def crumbs(self) -> Sequence[str]:
        return ("import", "review", "sheets")

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane
        yield self._about

    def on_mount(self) -> None:
        self.set_focus(self._pane.table)
        self.load()

    def load(self) -> None:
        words = [self._words.get(name, name) for name in sheet_names()]
        own = [word for word in self._words.values() if word not in words]
        formats = [load_sheet(word) for word in (*own, *words)]
        is_of_run = self._plan.header.options.bcl
        self._pane.show([one for one in formats if one.is_of_runs is is_of_run])

    def status_right(self) -> str:
        return f"{len(self._chosen)} chosen, e adds your own" if self._chosen else "e adds your own"

    def _badge(self, one: SheetFormat) -> str:
        return MARKED if self._word(one) in self._chosen else UNMARKED

    def _word(self, one: SheetFormat) -> str:
        return self._words.get(one.name, one.name)

    def on_pick_table_mark_asked(self, event: PickTable.MarkAsked) -> None:
        for one in self._pane.items_of(event.rows):
            word = self._word(one)
            want = word not in self._chosen if event.want is None else event.want
            self._chosen = [other for other in self._chosen if other != word] + [word] * want
        self._pane.table.refresh_badges()
        self.show_status()

    def on_pick_table_cursor_moved(self) -> None:
        super().on_pick_table_cursor_moved()
        one = self._pane.cursor_item
        if one is not None:
            begin(self, lambda: self._show_example(one), "example")

    async def _show_example(self, form: SheetFormat) -> None:
        """The first row, a column a line, those that nobody here can know said so."""
        title = f"{form.name}, beside the data as {form.file}"
        try:
            sheet = await example_sheet(self._plan, form)
        except UsageError as error:
            self._about.show(title, (), [f"! {error}"])
            return
        left = {column.name for column in form.open_columns}
        first = sheet.rows[0] if sheet.rows else [""] * len(form.columns)
        pairs = [
            (column.name, f"{value}  (open: for you to fill in)" if column.name in left else value)
            for column, value in zip(form.columns, first, strict=True)
        ]
        self._about.show(title, pairs, [f"! {problem}" for problem in sheet.problems])

    def on_pick_table_opened(self) -> None:
        self.say("space marks it; esc goes back to the review", Role.MUTED)

    def action_edit(self) -> None:
        self.foot.entry(" a .toml of your own ", "", self._add_own)

    def _add_own(self, text: str) -> str:
        path = str(Path(text.strip()).expanduser())
        try:
            if not path.endswith(".toml"):
                raise UsageError("A sheet of your own is a .toml; `bstui help samples` shows one.")
            form = load_sheet(path)
        except UsageError as error:
            self.say(str(error))
            return "see above"
        self._words[form.name] = sheet_word(path)
        self._chosen = [*self._chosen, self._words[form.name]]
        self.load()
        self._pane.table.select_key(form.name)
        return ""

    def leave(self) -> None:
        self.dismiss(tuple(dict.fromkeys(self._chosen)))
