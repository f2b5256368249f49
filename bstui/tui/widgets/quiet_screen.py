"""A screen that paints nothing that need not be painted."""

from typing import TypeVar

from textual.app import ScreenStackError
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

Result = TypeVar("Result")


class QuietScreen(Screen[Result]):
    """What all our screens are made from.

    Textual paints the whole screen when another widget is focused, 7 kB at 80 × 24, though both
    widgets paint themselves; here that costs the lines that look different.
    """

    DEFAULT_CSS = """
    QuietScreen { background: $background; color: $foreground; overflow: hidden hidden; }
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    @property
    def is_current(self) -> bool:
        """Whether it is the one on top.

        Textual counts the one beneath as well, for what shines through; of ours nothing does, and
        whatever changed there would have the whole of the upper one painted again.
        """
        try:
            return self.app.screen is self
        except ScreenStackError:
            return False
