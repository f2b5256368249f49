"""`demo`: bstui on a built-in BaseSpace, with config, state and jobs apart from the user's own.

The simulator is a process of its own, which serves until no screen of the demo is open and none of
its jobs is alive: a job goes on when the screen is left, as real ones do.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from bstui.cli.demo_server import Served, holding, is_serving, read_served, serve_demo
from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.errors import BstuiError, UsageError
from bstui.paths import Places, make_private

_STARTING = 30.0
"""Seconds that the simulator may take to answer."""
_LOOK = 0.05


@command("demo")
@click.option("--headless", is_flag=True, help="Do the whole main job without a screen.")
@click.option("--to", "destination", metavar="DIR", help="Where to import to, with --headless.")
@click.option("--serve", is_flag=True, hidden=True)
def demo(session: Session, headless: bool, destination: str | None, serve: bool) -> int:
    """Try bstui on a small laboratory's data, served on 127.0.0.1; nothing leaves this machine."""
    places = session.places.demo()
    if serve:
        return serve_demo(places)
    if headless and not destination:
        raise UsageError("--headless imports, and has no destination.", hint="Give --to DIR.")
    if destination and not headless:
        raise UsageError("--to goes with --headless; in the screen, the review page asks.")
    inside = demo_session(session, places)
    with open_demo(places):
        if headless:
            from bstui.cli.demo_tour import take_tour

            return take_tour(inside, Path(str(destination)).expanduser().absolute())
        from bstui.cli.screen import open_screen

        return open_screen(inside)


def demo_session(session: Session, places: Places) -> Session:
    """A session that sees the demo's places and none of the user's credentials or settings."""
    kept = {
        name: value
        for name, value in session.environ.items()
        if not name.startswith(("BSTUI_", "BASESPACE_"))
    }
    return replace(session, environ=kept | places.environment(), state_dir=None)


@contextmanager
def open_demo(places: Places) -> Iterator[Served]:
    """Hold the demo open: its simulator answers until the block ends, and as long as jobs run."""
    for folder in (places.home, places.config, places.state):
        make_private(folder)
    with holding(places):
        yield _serving(places)


def _serving(places: Places) -> Served:
    before = read_served(places)
    if before is not None and is_serving(places):
        return before
    log = places.state / "simulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bstui", "demo", "--serve"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env=os.environ | {"BSTUI_STATE_DIR": str(places.state.parents[1])},
        )
    deadline = time.monotonic() + _STARTING
    while time.monotonic() < deadline:
        served = read_served(places)
        if served is not None and served != before and is_serving(places):
            return served
        if process.poll() is not None and not is_serving(places):
            break
        time.sleep(_LOOK)
    raise BstuiError(
        "The demo's simulator did not start.",
        why=" ".join(log.read_text(errors="replace").split()),
        hint=f"That is its log, {log}.",
    )
