"""What screens with a list share: filter, order, status line, loading again, copying."""

from typing import Any

from bstui.tui.keys import bindings
from bstui.tui.screens.list_pane import ListPane, list_status
from bstui.tui.screens.place import Place
from bstui.tui.widgets.canvas import Role


class ListPlace(Place):
    """A screen about one list at a time: its `pane`."""

    BINDINGS = bindings("list", "reload", "copy")

    @property
    def pane(self) -> ListPane[Any]:
        """The list that the keys are for."""
        raise NotImplementedError

    def load(self) -> None:
        """Fill the list, or fill it again."""
        raise NotImplementedError

    def status_right(self) -> str:
        """What the status line says beside the list's own state."""
        return ""

    def copy_text(self) -> str:
        """What `y` copies; empty where there is nothing."""
        return "" if self.pane.table.cursor_row is None else self.pane.table.cursor_key

    def show_status(self) -> None:
        self.foot.show(list_status(self.pane), self.status_right())

    def on_pick_table_cursor_moved(self) -> None:
        self.show_status()

    def on_pick_table_arranged(self) -> None:
        self.show_status()

    def on_list_pane_changed(self) -> None:
        self.show_status()

    def stop_loading(self) -> bool:
        if not self.pane.stop():
            return False
        if not self.pane.is_broken_off:  # else the status line says it for as long as it is so
            self.say("stopped: the list is not complete, R loads again")
        return True

    def step_back(self) -> bool:
        """Range and filter first; a list of which a part is here and more is to come stops."""
        if self.pane.table.step_back():
            return True
        total = self.pane.loading_total or 0
        return 0 < len(self.pane.rows) < total and self.pane.stop()

    def action_filter(self) -> None:
        self.foot.filter(self.pane.table)

    def action_sort(self) -> None:
        self.foot.sort(self.pane.table)

    def action_reload(self) -> None:
        """Go on where loading was stopped or failed, or else load all again."""
        self.foot.status.unsay()
        if not self.pane.go_on():
            self.load()

    def action_copy(self) -> None:
        text = self.copy_text()
        if text:
            self.app.copy_to_clipboard(text)
            self.say(f"copied: {text}", Role.MUTED)
        else:
            self.say("there is nothing to copy")
