"""Keys that arrive together do what they would have done one by one."""

from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.tui.desk import log_in, make_services, sit_down
from tests.tui.test_browse import go_to, open_profile


async def test_keys_that_arrive_together_reach_what_the_first_one_opened(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await go_to(desk, "Tumour exomes")
        await desk.press("enter")
        await go_to(desk, "miR-03")
        await desk.press("space", "space")
        await desk.see("marked 2 here, 2 in all")
        desk.send_at_once("slash", *"tumour", "enter", "a", "slash", *"umu", "escape")
        await desk.see("marked 3 here, 3 in all", "/tumour")


async def test_an_answer_that_was_typed_ahead_is_that_to_the_question(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await go_to(desk, "Tumour exomes")
        await desk.press("enter")
        await desk.see("› biosamples", "1/")
        desk.send_at_once("a", "U", "y", "s", "N", "question_mark", "slash", *"empty")
        await desk.see("help", "/empty", "U ")
        await desk.press("escape", "escape")
        await desk.see("by biosample, reversed")
        await desk.lose("in all")
