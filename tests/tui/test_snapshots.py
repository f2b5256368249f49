"""Every screen draws what is committed, in four sizes of terminal and both sets of signs.

Where a change is meant: `python -m tests.tui.snapshots`, and read the difference.
"""

from functools import partial

import pytest
from rich.cells import cell_len

from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.tui.themes import UTF8
from tests.tui.snapshots import (
    FOLDER,
    SIGNS,
    SIZES,
    at_the_laboratory,
    fixed,
    head_of,
    read_snapshots,
    readme_pictures,
    walk,
)

OURS = {sign for value in vars(UTF8).values() for sign in value if not sign.isascii()}
"""What ASCII screens may not show; names of others may hold anything."""


def is_drawn(wanted: str, shown: str) -> bool:
    return fixed(shown) == wanted


@pytest.mark.parametrize("signs", SIGNS)
async def test_every_screen_is_as_it_was_drawn(
    places: Places, laboratory: Simulator, signs: str
) -> None:
    seen = set()
    async with at_the_laboratory(places, laboratory, signs) as desk:
        async for name in walk(desk, places):
            seen.add(name)
            wanted = read_snapshots(name)
            for size in SIZES:
                await desk.resize(*size)
                drawn = wanted[head_of(signs, size)]
                await desk.read(partial(is_drawn, drawn), f"{name}\n{drawn}")
    assert seen == {path.stem for path in FOLDER.glob("*.txt")}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_every_screen_has_its_lines_whatever_the_size(name: str) -> None:
    snapshots = read_snapshots(name)
    for signs in SIGNS:
        for width, height in SIZES:
            text = snapshots[head_of(signs, (width, height))]
            lines = text.split("\n")
            assert len(lines) == height
            assert max(map(cell_len, lines)) <= width, text
            assert lines[0].strip(), f"it does not say where one is\n{text}"
            assert signs == "unicode" or not OURS & set(text), text


def test_the_pictures_of_the_readme_are_the_snapshots() -> None:
    pictures = readme_pictures()
    assert len(pictures) >= 7
    for shown, drawn in pictures:
        assert shown == drawn
