"""A screen that does not paint itself anew whenever the focus moves."""

from typing import TypeVar

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
