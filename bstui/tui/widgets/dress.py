"""Giving an app its look."""

from typing import Any

from textual.app import App
from textual.filter import Monochrome, NoColor

from bstui.tui.themes import THEMES, Look


def dress(app: App[Any], look: Look) -> None:
    """Register our themes and put on the one of this look.

    Under NO_COLOR Textual chooses its filter while it still has its own theme; for a theme of the
    terminal's colours that one gives black on black, and the other gives none at all, as asked.
    """
    for theme in THEMES:
        app.register_theme(theme)
    app.theme = look.theme
    app._filters = [NoColor() if isinstance(f, Monochrome) else f for f in app._filters]
