"""The only place that draws."""

import os
from typing import TYPE_CHECKING

from bstui.errors import BstuiError, UsageError

if TYPE_CHECKING:
    from bstui.tui.mistake import Mistake
    from bstui.tui.services import Services
    from bstui.tui.themes import Look

SMALLEST = (60, 16)
"""Columns and rows without which a list and its lines find no room."""
_COMMANDS = "Or use the commands: bstui projects, bstui import, bstui jobs; see bstui --help."


def run(services: "Services") -> int:
    """Run the screen program in this terminal; its exit code. UsageError where it cannot be."""
    check_terminal(services.environ.get("TERM", ""))
    _prepare_textual(is_remote=bool(services.environ.get("SSH_CONNECTION")))
    from bstui.tui.app import LOST_TERMINAL, BstuiApp

    while True:
        app = BstuiApp(services, watches_terminal=True)
        left = app.run(mouse=services.settings.screen.mouse)
        if left == LOST_TERMINAL:
            _let_go_of_terminal()
        if app.mistake is None or left is not None:
            return app.return_code or 0 if left is None else left
        if not _offer_again(app.mistake, app.look):
            return BstuiError.exit_code
        services = services.renewed()


def _offer_again(mistake: "Mistake", look: "Look") -> bool:
    """Say what happened; whether to open the screens again."""
    from bstui.tui.mistake import MistakePage

    return bool(MistakePage(mistake, look).run(mouse=False))


def check_terminal(term: str) -> None:
    """UsageError where there is no terminal, or one that cannot show screens."""
    if not (os.isatty(0) and os.isatty(1)):
        raise UsageError(
            "The screen program needs a terminal.",
            why="Its input or output is a file or a pipe.",
            hint=_COMMANDS,
        )
    if term in ("", "dumb", "unknown"):
        raise UsageError(
            f"This terminal cannot show screens (TERM={term or 'unset'}).",
            why="It has no way to put text at a place.",
            hint=f"Use another terminal, or set TERM to what it is. {_COMMANDS}",
        )
    size = os.get_terminal_size(1)
    if 0 < size.columns < SMALLEST[0] or 0 < size.lines < SMALLEST[1]:
        raise UsageError(
            f"This terminal is too small: {size.columns} columns and {size.lines} rows.",
            why=f"The screens need {SMALLEST[0]} columns and {SMALLEST[1]} rows.",
            hint=f"Make it larger. {_COMMANDS}",
        )


def _let_go_of_terminal() -> None:
    """What still waits to be written to it would fail when Python ends, and change the code."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _prepare_textual(*, is_remote: bool) -> None:
    """What Textual reads from the environment when it is imported; the user's own values win.

    Over SSH a frame costs, and an arrow key may come in pieces.
    """
    defaults = {
        "TEXTUAL_FPS": "15" if is_remote else "30",
        "TEXTUAL_ANIMATIONS": "none",
        "TEXTUAL_SMOOTH_SCROLL": "0",
        **({"ESCDELAY": "200"} if is_remote else {}),
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
