"""Write the snapshots anew, and the README's pictures."""

import asyncio
import os
import tempfile

from bstui.paths import find_places
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.lab import SMALL
from tests.tui.snapshots import (
    SIGNS,
    SIZES,
    at_the_laboratory,
    fixed,
    head_of,
    walk,
    write_pictures,
    write_snapshots,
)

_STILL = 1.0
"""Seconds after which all that was to come stands there; the test waits as long as it takes."""


async def write(simulator: Simulator) -> None:
    found: dict[str, dict[str, str]] = {}
    for signs in SIGNS:
        with tempfile.TemporaryDirectory() as home:
            os.environ.update(HOME=home, BSTUI_SITE_CONFIG="")
            places = find_places(os.environ)
            async with at_the_laboratory(places, simulator, signs) as desk:
                async for name in walk(desk, places):
                    for size in SIZES:
                        await desk.resize(*size)
                        await asyncio.sleep(_STILL)
                        found.setdefault(name, {})[head_of(signs, size)] = fixed(desk.text)
    for name, snapshots in found.items():
        write_snapshots(name, snapshots)
    write_pictures()


if __name__ == "__main__":
    with Simulator(SimulatorOptions(deep=SMALL)) as laboratory:
        asyncio.run(write(laboratory))
