"""`bstui` alone: the screen program."""

from typing import TYPE_CHECKING

from bstui.cli.session import Session

if TYPE_CHECKING:
    from bstui.jobs.folder import JobFolder


def open_screen(session: Session) -> int:
    """Run the screen program until it is left. UsageError where the terminal cannot show it."""
    from bstui.tui import run
    from bstui.tui.reports import Reports
    from bstui.tui.services import Services

    if session.profile_name:
        session.choose_profile()  # refused here, where the shell sees it
    services = Services(
        session.places,
        session.worker_environ,
        session.settings,
        profile_name=session.profile_name,
        reports=Reports(session.places, report_page),
    )
    return run(services)


def report_page(folder: "JobFolder") -> str:
    """What `bstui report JOB --html FILE` writes."""
    from bstui.cli.report_page import page_of
    from bstui.cli.report_rows import facts_of
    from bstui.jobs.account import account_of

    account = account_of(folder)
    return page_of(account, facts_of(account))
