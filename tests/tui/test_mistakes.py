"""What nobody had thought of ends in a sentence and a report, never in a traceback."""

import os

import pytest

from bstui.paths import Places
from bstui.tui.app import BstuiApp
from bstui.tui.mistake import Mistake
from tests.tui.broken_program import SECRET, broken_services
from tests.tui.keyboard import Keyboard
from tests.tui.test_keys_everywhere import leave_a_job
from tests.tui.widgets.pty_program import PtyProgram


async def test_a_mistake_is_reported_without_anybodys_variables(places: Places) -> None:
    leave_a_job(places)
    app = BstuiApp(broken_services())

    async def go_to_jobs() -> None:
        async with app.run_test() as pilot:
            app.simulate_key("2")
            await Keyboard(app, pilot).until(lambda: not app.is_running, "the end")

    with pytest.raises(Mistake, match=r"made a mistake \(LookupError\).*screen\.log"):
        await go_to_jobs()
    report = (places.state / "screen.log").read_text()
    assert "broken_clock" in report
    assert SECRET not in report


def test_the_page_says_so_and_opens_the_screens_again(places: Places) -> None:
    leave_a_job(places)
    variables = {"BSTUI_SITE_CONFIG": "", "LC_ALL": "C.UTF-8"}
    with PtyProgram(("-m", "tests.tui.broken_program"), **variables) as program:
        program.wait_for("Nobody is logged in", 60)
        program.send("2")
        seen = program.wait_for("open again", 60)
        assert b"made a mistake (LookupError)" in seen
        assert b"Traceback" not in seen
        assert SECRET.encode() not in seen
        program.send("\r")
        program.wait_for("Nobody is logged in", 60)
        program.send("2")
        program.wait_for("open again", 60)
        program.send("q")
        assert program.wait() == 1
    assert os.stat(places.state / "screen.log").st_mode & 0o077 == 0
