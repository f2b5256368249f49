"""The screen program with a clock that breaks the list of jobs: what nobody had thought of."""

import os

from bstui.cli.screen import report_page
from bstui.config import load_settings
from bstui.paths import find_places
from bstui.tui import run
from bstui.tui.reports import Reports
from bstui.tui.services import Services

SECRET = "f00dfacef00dfacef00dfacef00dface"
"""It stands among the variables of what breaks; nothing may show it."""


def broken_clock() -> float:
    token = SECRET
    raise LookupError(f"no clock here: {len(token)}")


def broken_services() -> Services:
    places = find_places(os.environ)
    settings = load_settings(places, os.environ)
    reports = Reports(places, report_page)
    return Services(places, os.environ, settings, reports=reports, clock=broken_clock)


if __name__ == "__main__":
    raise SystemExit(run(broken_services()))
