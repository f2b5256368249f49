"""Every key on every screen does something or says why not; `esc` undoes one thing at a time."""

from collections.abc import Collection

from textual.screen import Screen

from bstui.jobs.folder import create_job
from bstui.jobs.records import FORMAT, PlanFile, PlanHeader
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.tui.keys import KEY_BY_ID, MOVING, keys_of
from bstui.tui.screens.place import Place
from tests.tui.desk import Desk, log_in, make_services, sit_down
from tests.tui.test_browse import go_to, open_profile

_LEAVING = {"quit", "suspend", "back", "start"}


async def press_every_key(desk: Desk, without: Collection[str] = ()) -> None:
    """Each key that is bound on this screen; afterwards the screen is there as before."""
    here, mode = desk.app.screen, desk.app.current_mode
    assert isinstance(here, Place)
    found = {active.binding.id or "": key for key, active in here.active_bindings.items()}
    for id_ in sorted(found.keys() & KEY_BY_ID.keys() - _LEAVING - set(without)):
        if KEY_BY_ID[id_].group == MOVING:
            continue  # the table's own affair
        before = desk.text
        dead = here.refusal(KEY_BY_ID[id_].action.partition("(")[0])
        await desk.press(found[id_])
        if dead:
            assert desk.text != before, f"{id_} is dead and says nothing\n{desk.text}"
        await go_back_to(desk, here, mode)
        if "marked only" in desk.status:
            await desk.press("m")


async def go_back_to(desk: Desk, here: Screen[object], mode: str) -> None:
    if desk.app.current_mode != mode:
        await desk.press({"browse": "1", "jobs": "2", "history": "3"}[mode])
    for _ in range(4):
        if desk.app.screen is here and not (isinstance(here, Place) and here.foot.is_asking):
            return
        await desk.press("escape")
        await desk.settle()
    raise AssertionError(f"no way back to {here}\n{desk.text}")


def leave_a_job(places: Places) -> None:
    """A job that was planned and never started."""
    header = PlanHeader(
        format=FORMAT,
        id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
        name="never-started",
        created=0.0,
        profile="robin",
        region="other",
        identity_id="1",
        identity="Robin",
        destination="/nowhere",
        files=1,
        bytes=10,
    )
    create_job(places.jobs, header, [PlanFile(id="1", name="a", path="a", size=10)])


async def test_every_key_acts_or_says_why_not(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    leave_a_job(places)
    async with sit_down(make_services(places)) as desk:
        await desk.see("robin", " ok")
        await press_every_key(desk)
        everywhere = {key.id for key in keys_of("app")}
        await open_profile(desk)
        await press_every_key(desk, everywhere)
        while "projects" not in desk.text.splitlines()[0]:
            await desk.press("left_square_bracket")
        await go_to(desk, "Zebrafish")
        await desk.press("u", "enter")
        await desk.see("› biosamples", "1/")
        await press_every_key(desk, everywhere)
        await desk.press("i")
        await desk.see("Summary", "room")
        await press_every_key(desk, everywhere)
        await desk.see("enter start", "job goes on when you leave")
        await desk.press("a")
        await desk.see("review › samples", "1/1")
        await press_every_key(desk, everywhere)
        await desk.press("2")
        await desk.see("never-started")
        await press_every_key(desk, everywhere)
        await desk.press("enter")
        await desk.see("jobs › never-started", "Log")
        await press_every_key(desk, everywhere)
        await desk.press("3")
        await desk.see("never-started", "1/1")
        await press_every_key(desk, everywhere)
        await desk.press("enter")
        await desk.see("› files")
        await press_every_key(desk, everywhere)
        await desk.press("question_mark")
        await desk.see("help › keys of files")
        await press_every_key(desk, everywhere)


async def test_escape_undoes_the_innermost_thing_alone(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await go_to(desk, "Zebrafish")
        await desk.press("enter")
        await desk.see("› biosamples", "1/16")
        await desk.press("j", "space", "slash")
        await desk.type("zf-06h")
        await desk.press("enter", "slash")
        await desk.type("-1")
        await desk.see("/zf-06h-1")
        await desk.press("escape")
        await desk.lose("/zf-06h-1")
        await desk.press("v", "j")
        workspace = desk.app.services.workspace
        assert workspace is not None
        for gone, still in (
            ("", "/zf-06h"),
            ("/zf-06h", "› biosamples"),
            ("› biosamples", "› projects"),
            ("› projects", "› profiles"),
            ("", "nothing to go back to"),
        ):
            await desk.press("escape")
            await desk.see(still)
            if gone:
                await desk.lose(gone)
        assert len(workspace.basket) == 1, "marks stay"


async def test_a_split_arrow_key_does_no_harm(places: Places, laboratory: Simulator) -> None:
    """A stuttering line turns `down` into `escape`, `[`, `B`."""
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await go_to(desk, "Zebrafish")
        await desk.press("enter")
        await desk.see("› biosamples", "1/16")
        await desk.press("a", "left_square_bracket", "A", "B", "C", "D", "O")
        await desk.see("marked 16 here, 16 in all")


async def test_a_remapped_key_acts_and_is_shown(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    places.config.mkdir(parents=True, exist_ok=True)
    places.settings.write_text('[keys]\nimport = "D"\n')
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await desk.see("D import")
        await desk.press("D")
        await desk.see("nothing is marked")
        await desk.press("colon")
        await desk.type("choose: import")
        await desk.see("import  (D)")
        await desk.press("enter")
        await desk.see("nothing is marked")


async def test_keys_that_clash_are_told_at_the_start(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    places.config.mkdir(parents=True, exist_ok=True)
    places.settings.write_text('[keys]\nimport = "s"\nmark = "x"\n')
    async with sit_down(make_services(places)) as desk:
        await desk.see("One key means several things", "s is import and sort")
        assert "x is" not in desk.text, "cancel and mark are never on one screen"


async def test_the_palette_goes_to_what_is_loaded_by_its_name(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    leave_a_job(places)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await go_to(desk, "Zebrafish")
        await desk.press("enter")
        await desk.see("› biosamples", "1/16")
        await desk.press("colon")
        await desk.type("tumour exomes")
        await desk.see("project: Tumour exomes and small RNA")
        await desk.press("enter")
        await desk.see("Tumour exomes and small RNA › biosamples", "1/10")
        await desk.press("escape")
        await desk.see("› projects")
        await desk.press("colon")
        await desk.type("theme: light")
        await desk.see("Until you leave")
        await desk.press("enter")
        await desk.until(lambda: desk.app.theme == "bstui-light", "the theme")
        await desk.press("colon")
        await desk.type("never-started")
        await desk.see("job: never-started")
        await desk.press("enter")
        await desk.see("jobs › never-started", "Log")


async def test_the_palette_finds_and_presses_a_key(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await desk.press("colon")
        await desk.see("go: jobs")
        await desk.type("go: history")
        await desk.see("Go to the history")
        await desk.lose("go: jobs")
        await desk.press("enter")
        await desk.see("Nothing has been imported yet")
