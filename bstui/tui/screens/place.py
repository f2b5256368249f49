"""What all screens share: the first and last lines, the way back, and why a key does nothing."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from bstui.errors import BstuiError
from bstui.tui.keys import KEY_BY_ID, bindings
from bstui.tui.palette import Destination
from bstui.tui.screens.work import WorkFailed
from bstui.tui.services import Services
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.foot import Foot
from bstui.tui.widgets.hints import dead_key
from bstui.tui.widgets.messages import Said
from bstui.tui.widgets.quiet_screen import QuietScreen
from bstui.tui.widgets.row_view import RowView
from bstui.tui.widgets.status import TopLine
from bstui.units import count_text

_WAITING_FOR = 60.0
"""Seconds that such a sentence stands: the next one, or the answer, comes before."""


class Remark(Static):
    """What does not fit the status line, above it until the next key."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="remark")


class Place(QuietScreen[object]):
    """A screen of ours: breadcrumbs, a body, the status line or a prompt, the hints."""

    BINDINGS = bindings("screen")
    HINTS: ClassVar[tuple[str, ...]] = ()
    """The ids of the keys at its foot, the most useful first."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.top = TopLine()
        self.remark = Remark()
        self._is_waiting = False
        self.foot = Foot(*self.HINTS)

    def compose(self) -> ComposeResult:
        yield self.top
        yield from self.compose_body()
        yield self.remark
        yield self.foot

    def compose_body(self) -> Iterable[Widget]:
        """What stands between the first line and the last two."""
        raise NotImplementedError

    @property
    def crumbs(self) -> Sequence[str]:
        """The path to this screen, this screen last."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        self.show_top()

    def show_top(self) -> None:
        """The first line, as things are now."""
        self.top.show(self.crumbs, self._who())

    def destinations(self) -> Iterable[Destination]:
        """What the palette can go to by name, of what this screen has loaded."""
        return ()

    def jobs_changed(self) -> None:
        """Called when the jobs were looked at again."""
        self.show_top()

    def _who(self) -> str:
        workspace = self.services.workspace
        active = sum(view.status.is_active for view in self.services.jobs)
        name = workspace.identity.name if workspace else ""
        return " · ".join(
            part for part in (name, count_text(active, "job") if active else "") if part
        )

    # Saying

    def say(self, text: str, role: Role = Role.WARNING) -> None:
        """The answer to a key: in the status line, or above it where that has no room for it."""
        if cell_len(text) <= self.size.width - 2 and not self.foot.is_asking:
            self.foot.say(text, role)
            return
        self.foot.status.unsay()
        self.remark.set_class(role is Role.ERROR, "-error")
        self.remark.update(text)
        self.remark.display = True

    def show_waiting(self, text: str) -> None:
        """What the server is waited for, in the status line until it is not; empty: for nothing."""
        if text:
            self.foot.status.say(text, Role.WARNING, seconds=_WAITING_FOR)
            self._is_waiting = True
        elif self._is_waiting:
            self.foot.status.unsay()
            self._is_waiting = False

    def say_error(self, error: BstuiError) -> None:
        """What happened, why that can be, what to do."""
        self.say(str(error), Role.ERROR)

    def on_work_failed(self, event: WorkFailed) -> None:
        event.stop()
        error = event.error
        if isinstance(error, BstuiError):
            self.say_error(error)
        elif isinstance(error, OSError):
            where = f" ({error.filename})" if error.filename else ""
            self.say(f"The system refused: {error.strerror or error}{where}.", Role.ERROR)
        else:
            self.say(self.services.note_mistake(error), Role.ERROR)

    def on_input_changed(self) -> None:
        """Typed on in a prompt: what was said of it is over."""
        self.remark.display = False

    def on_said(self, event: Said) -> None:
        self.say(event.text)

    # Keys

    def on_key(self, event: events.Key) -> None:
        if self.remark.display:  # even to the same, a change of it paints the whole screen
            self.remark.display = False
        self.foot.status.unsay()
        dead = dead_key(self, event.key)
        if dead:
            action = KEY_BY_ID[dead].action.partition("(")[0]
            self.say(self.refusal(action) or "there is nothing here for that key")

    def refusal(self, action: str) -> str:
        """Why an action cannot be done now; empty where it can."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if self.refusal(action) else super().check_action(action, parameters)

    def action_back(self) -> None:
        """The escape ladder: undo the innermost step, and only that."""
        if self.step_back():
            return
        if len(self.app.screen_stack) > 1:
            self.leave()
        else:
            self.say("nothing to go back to: q leaves, 1 2 3 go to the other places")

    def step_back(self) -> bool:
        """Undo a step within the screen, before it is left; whether there was one."""
        table = self.focused
        return isinstance(table, RowView) and table.step_back()

    def leave(self) -> None:
        """Back to the screen before."""
        self.dismiss()

    def stop_loading(self) -> bool:
        """For `ctrl+c`: whether there was something to stop."""
        return False
