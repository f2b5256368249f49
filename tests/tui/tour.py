"""Every screen one after the other, by keys: for tests of all sizes, and for pictures."""

from collections.abc import AsyncIterator
from pathlib import Path

from tests.tui.desk import Desk
from tests.tui.test_browse import go_to


async def tour(desk: Desk, destination: Path) -> AsyncIterator[str]:
    """The name of each screen while it is shown; the last of them imports two biosamples."""
    await desk.see("robin", " ok")
    yield "profiles"
    await desk.press("escape")
    await go_to(desk, " robin ")
    await desk.press("enter")
    await desk.see("Projects", "Tumour exomes")
    yield "projects"
    await desk.press("right_square_bracket")
    await desk.see("Runs", "small RNA")
    yield "runs"
    await desk.press("left_square_bracket")
    await go_to(desk, "] Tumour exomes")
    await desk.press("enter")
    await go_to(desk, "] miR-01")
    await desk.press("space", "space")
    await desk.see("marked 2 here")
    yield "biosamples"
    await desk.press("i")
    await desk.see("Summary", "enter start")
    await desk.press("e", "ctrl+u")
    await desk.type(str(destination))
    await desk.press("enter")
    await desk.see("job goes on")
    yield "review"
    await desk.press("a")
    await desk.see("together", "1/2")
    yield "samples"
    await desk.press("escape")
    await desk.see("job goes on")
    await desk.press("enter")
    await desk.see("100%", "Log")
    yield "job"
    await desk.press("escape")
    await desk.see("jobs", "1/1", "done")
    yield "jobs"
    await desk.press("3")
    await desk.see("history", "imported", "done")
    yield "history"
    await desk.press("question_mark")
    await desk.see("help", "keys of history")
    yield "help"
