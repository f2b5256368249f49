"""Where files go beneath the destination, to be chosen: each layout with the paths it makes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual.widget import Widget

from bstui.samples.grouping import Grouping
from bstui.samples.layout import CELL_RANGER, DEFAULTS, PRESETS
from bstui.tui.keys import bindings
from bstui.tui.screens.choices import layout_value, problem_of
from bstui.tui.screens.list_pane import Emptiness, ListPane
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.services import Services
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.detail import Detail

_USUAL: Mapping[str, str] = {
    "{sample}/{file}": "a folder for each sample",
    "{project}/{run}/{sample}/{file}": "by project and run",
    "{run}/{sample}/{file}": "by run",
    "{sample}/{run}/{file}": "by sample and run",
    "{file}": "all in one folder",
}


@dataclass(frozen=True)
class Layout:
    """One way to place files."""

    value: str
    """A template, or the name of a preset."""
    words: str

    @property
    def template(self) -> str:
        return PRESETS.get(self.value, self.value)


def layouts_for(grouping: Grouping, current: str) -> list[Layout]:
    """The usual ones of a grouping, its default first, and `current` where it is none of them."""
    default = DEFAULTS[grouping]
    known = {default: "as usual"}
    for template, words in _USUAL.items():
        named = "biosample" if grouping is Grouping.NONE else "sample"
        known.setdefault(template.replace("{sample}", f"{{{named}}}"), words)
    if grouping is not Grouping.NONE:
        known[CELL_RANGER] = "as Cell Ranger wants it"
    known.setdefault(current, "your own")
    return [Layout(value, words) for value, words in known.items()]


_FIELDS = (
    Field[Layout](Column("words", "layout", 26, 14, 0), lambda one: one.words),
    Field[Layout](Column("template", "paths", 40, 20, 0, grow=True), lambda one: one.template),
)
_NONE = Emptiness("There is no layout.")


class LayoutScreen(ListPlace):
    """The list and, under it, the paths of the first samples; enter takes the row."""

    BINDINGS = bindings("layouts")
    HINTS = ("open", "edit", "filter", "back")

    def __init__(
        self,
        services: Services,
        layouts: Sequence[Layout],
        current: str,
        examples: Mapping[str, Sequence[str]],
    ) -> None:
        """`examples`: some paths by the value of a layout."""
        super().__init__(services)
        self._layouts, self._current, self._examples = layouts, current, examples
        rows = ItemRows(_FIELDS, lambda one: one.value, tone=self._tone)
        self._pane: ListPane[Layout] = ListPane(rows, _NONE, markable=False)
        self._about = Detail(id="layout-about")

    @property
    def pane(self) -> ListPane[Layout]:
        return self._pane

    @property
    def crumbs(self) -> Sequence[str]:
        return ("import", "review", "paths")

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane
        yield self._about

    def on_mount(self) -> None:
        self.set_focus(self._pane.table)
        self.load()
        self._pane.table.select_key(self._current)

    def load(self) -> None:
        self._pane.show(self._layouts)

    def status_right(self) -> str:
        return "enter takes it, e writes another"

    def _tone(self, one: Layout) -> Role:
        return Role.STRONG if one.value == self._current else Role.TEXT

    def on_pick_table_cursor_moved(self) -> None:
        super().on_pick_table_cursor_moved()
        one = self._pane.cursor_item
        if one is not None:
            taken = "as it is now: " if one.value == self._current else ""
            self._about.show(f"{taken}{one.template}", (), self._examples.get(one.value, ()))

    def on_pick_table_opened(self) -> None:
        one = self._pane.cursor_item
        if one is not None:
            self.dismiss(one.value)

    def action_edit(self) -> None:
        one = self._pane.cursor_item
        self.foot.entry(" paths ", one.template if one else "", self._take)

    def _take(self, text: str) -> str:
        """Give the review what was written; what is wrong with it is said there and then."""
        problem = problem_of(lambda: layout_value(text, self._layouts[0].value))
        if problem:
            self.say(problem)
        else:
            self.call_later(self._leave_with, text.strip())
        return problem

    def _leave_with(self, layout: str) -> None:
        self.dismiss(layout)
