"""Every screen in every size of terminal, in ASCII; with the other signs all other tests are."""

from pathlib import Path

from rich.cells import cell_len

from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.tui.themes import UTF8
from tests.tui.desk import Desk, log_in, make_services, sit_down
from tests.tui.tour import tour

OURS = {sign for value in vars(UTF8).values() for sign in value if not sign.isascii()}
"""What ASCII screens may not show; names of others may hold anything."""


SIZES = ((60, 16), (120, 40), (200, 50), (80, 24))


async def test_every_screen_has_its_lines_whatever_the_size(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    async with sit_down(make_services(places, LC_ALL="C")) as desk:
        async for name in tour(desk, tmp_path / "in"):
            for size in SIZES:
                await desk.resize(*size)
                check_screen(desk, name, size)


def check_screen(desk: Desk, name: str, size: tuple[int, int]) -> None:
    width, height = size
    lines = desk.text.splitlines()
    assert len(lines) == height, name
    assert max(map(cell_len, lines)) <= width, f"{name}\n{desk.text}"
    assert lines[-1].rstrip().endswith("? help"), f"{name}\n{desk.text}"
    assert lines[0].strip(), f"{name} does not say where one is\n{desk.text}"
    assert not OURS & set(desk.text), f"{name}\n{desk.text}"
