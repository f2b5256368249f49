"""`bstui` alone: the screen program, where there is a screen."""

import os

from bstui.cli.session import Session
from bstui.errors import UsageError


def open_screen(session: Session) -> int:
    """Run the screen program until it is left. UsageError where the terminal cannot show it."""
    _check_terminal(session)
    set_terminal_defaults()
    from bstui.tui import run
    from bstui.tui.services import Services

    return run(Services(session.places, session.worker_environ, session.settings))


def set_terminal_defaults() -> None:
    """What Textual reads when it is imported: a quiet wire, arrow keys that survive a slow line."""
    is_remote = "SSH_CONNECTION" in os.environ
    defaults = {
        "TEXTUAL_FPS": "15" if is_remote else "30",
        "TEXTUAL_ANIMATIONS": "none",
        "TEXTUAL_SMOOTH_SCROLL": "0",
    }
    if is_remote:
        defaults["ESCDELAY"] = "200"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def _check_terminal(session: Session) -> None:
    instead = (
        "Use the commands instead: bstui projects, bstui biosamples project:X, "
        "bstui import SELECTOR --to DIR. See: bstui --help"
    )
    if not (os.isatty(0) and os.isatty(1)):
        raise UsageError("The screen program needs a terminal.", hint=instead)
    if session.environ.get("TERM", "dumb") in ("dumb", ""):
        raise UsageError(
            "This terminal cannot show the screen program.",
            why=f"TERM is {session.environ.get('TERM') or 'not set'}.",
            hint=instead,
        )
