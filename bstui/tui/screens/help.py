"""The keys: first those that work where it was asked, then all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.screen import Screen
from textual.widget import Widget

from bstui.tui.keys import KEY_BY_ID, KEYS, Key, shown_keys
from bstui.tui.screens.list_pane import Emptiness, ListPane
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.services import Services
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.detail import Detail

_FIELDS = (
    Field[Key](Column("keys", "key", 13, priority=0), shown_keys),
    Field[Key](Column("what", "what it does", 60, 30, 0, grow=True), lambda key: key.help),
    Field[Key](Column("group", "group", 24, priority=2), lambda key: key.group),
    Field[Key](Column("id", "in [keys]", 16, priority=3), lambda key: key.id),
)


@dataclass(frozen=True)
class KeysHere:
    """The keys that work on a screen, and what the screen is called."""

    title: str
    ids: frozenset[str]


def keys_here(screen: Screen[Any], title: str) -> KeysHere:
    """Those of the focused widget, the screen and the program."""
    ids = (active.binding.id or "" for active in screen.active_bindings.values())
    return KeysHere(title, frozenset(ids) & KEY_BY_ID.keys())


class HelpScreen(ListPlace):
    """A list of keys, to move through and filter as any other."""

    HINTS = ("back", "filter")

    def __init__(self, services: Services, here: KeysHere) -> None:
        super().__init__(services)
        self._here = here
        self._all = False
        rows = ItemRows(_FIELDS, lambda key: key.id)
        self._whole = Detail(id="help-whole")
        self._pane: ListPane[Key] = ListPane(rows, Emptiness("No keys."), markable=False)

    @property
    def pane(self) -> ListPane[Any]:
        return self._pane

    @property
    def crumbs(self) -> Sequence[str]:
        return ("help", "all keys" if self._all else f"keys of {self._here.title}")

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane
        yield self._whole

    def on_pick_table_cursor_moved(self) -> None:
        """The columns cut a long text: it stands below in full, with its name in the settings."""
        super().on_pick_table_cursor_moved()
        key = self._pane.cursor_item
        if key is not None:
            self._whole.show("", [(key.id, key.help)])

    def on_mount(self) -> None:
        self.set_focus(self._pane.table)
        self.load()

    def load(self) -> None:
        self._pane.show([key for key in KEYS if self._all or key.id in self._here.ids])
        self.show_top()

    def status_right(self) -> str:
        return "times are local" if self._all else "times are local; ? again: all keys"

    def show_more(self) -> None:
        """`?` again: all keys, and back."""
        self._all = not self._all
        self.load()
        self.show_status()

    def on_pick_table_opened(self) -> None:
        self.say("press a key where it works: esc goes back there")

    def copy_text(self) -> str:
        key = self._pane.cursor_item
        return "" if key is None else str(key.id)
