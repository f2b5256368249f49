"""Pictures of every screen, taken from the running program: text, and SVG.

    python -m tests.tui.pictures DIR [COLUMNSxROWS]

The README's come from here.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
from pathlib import Path

from bstui.paths import find_places
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.lab import SMALL
from tests.tui.desk import log_in, make_services, sit_down
from tests.tui.tour import tour


async def take_pictures(folder: Path, size: tuple[int, int]) -> None:
    """A text and an SVG for each screen, under its name."""
    places = find_places(os.environ)
    with Simulator(SimulatorOptions(deep=SMALL)) as simulator, contextlib.chdir(places.home):
        log_in(places, simulator)
        services = make_services(places, COLORTERM="truecolor")
        async with sit_down(services, size) as desk:
            async for name in tour(desk, places.home / "basespace"):
                (folder / f"{name}.txt").write_text(f"{desk.text}\n")
                desk.app.save_screenshot(f"{name}.svg", str(folder))


def main(folder: str, size: str = "80x24") -> None:
    columns, rows = map(int, size.split("x"))
    target = Path(folder).absolute()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(HOME=home, BSTUI_SITE_CONFIG="")
        asyncio.run(take_pictures(target, (columns, rows)))


if __name__ == "__main__":
    main(*sys.argv[1:])
