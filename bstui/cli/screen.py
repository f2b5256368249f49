"""`bstui` alone: the screen program."""

from bstui.cli.session import Session


def open_screen(session: Session) -> int:
    """Run the screen program until it is left. UsageError where the terminal cannot show it."""
    from bstui.tui import run
    from bstui.tui.services import Services

    if session.profile_name:
        session.choose_profile()  # refused here, where the shell sees it
    services = Services(
        session.places, session.worker_environ, session.settings, profile_name=session.profile_name
    )
    return run(services)
