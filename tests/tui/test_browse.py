"""From the profiles to the basket, by keys, against the simulated laboratory."""

from pathlib import Path

import pytest

from bstui.basespace.credentials import store_profile
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.text import Secret
from tests.lab import CANARY_TOKEN
from tests.tui.desk import Desk, log_in, make_services, sit_down


async def open_profile(desk: Desk, name: str = "robin") -> None:
    """Past the first screen."""
    await desk.see(name, " ok")
    await go_to(desk, f" {name} ")
    await desk.press("enter")
    await desk.see("Projects", "Zebrafish")


async def go_to(desk: Desk, text: str) -> None:
    """Put the cursor on the row with this text."""
    await desk.see(text)
    await desk.press("g")
    while not desk.line(text).startswith(">"):
        await desk.press("j")


async def test_profiles_say_whom_they_act_for(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await desk.see("robin", "group", "elsewhere", " ok")
        await desk.lose(" … ", "…\n")
        assert "workgroup" in desk.line(" group ")
        assert desk.line(" lists ").endswith("list only")
        assert len([line for line in desk.text.splitlines() if "Robin Ferris" in line]) == 3


async def test_a_broken_and_a_refused_profile_say_what_to_do(
    places: Places, laboratory: Simulator
) -> None:
    server = laboratory.regions[0].api_url
    store_profile(places, "mistyped", server, Secret("0" * 32), None)
    store_profile(places, "shown", server, Secret("1" * 32), None)
    (places.profiles / "shown.toml").chmod(0o644)
    async with sit_down(make_services(places)) as desk:
        await desk.see("refused", "broken")
        await go_to(desk, "shown")
        await desk.press("enter")
        await desk.read(lambda shown: "chmod 600" in " ".join(shown.split()), "the remedy")
        await go_to(desk, "mistyped")
        await desk.press("enter")
        await desk.see("revoked")
        assert "profiles" in desk.text.splitlines()[0]


async def test_a_workgroup_without_a_token_says_how_to_get_one(
    places: Places, laboratory: Simulator
) -> None:
    first = laboratory.regions[0]
    store_profile(places, "robin", first.api_url, Secret(laboratory.tokens.person), None)
    async with sit_down(make_services(places)) as desk:
        await desk.see("robin", "no token")
        group = next(user for user in first.accounts if user.is_workgroup)
        assert "workgroup" in desk.line("no token")
        await go_to(desk, group.name[:10])
        await desk.press("enter")
        await desk.see("There is no token for the workgroup", "bstui login NAME")
        assert "profiles" in desk.text.splitlines()[0]


async def test_the_first_start_has_a_line_of_keys_and_the_second_none(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await desk.see("first time here?", "space marks", "i imports")
        await desk.press("j")
        await desk.lose("first time here?")
        await open_profile(desk)
        await desk.press("escape")
        await desk.see("› profiles")
    async with sit_down(make_services(places)) as desk:
        await desk.see("robin", "group", "lists", "elsewhere", " ok")
        await desk.lose(" … ", "first time here?")


async def test_without_a_profile_the_screen_says_how_to_log_in(places: Places) -> None:
    async with sit_down(make_services(places)) as desk:
        await desk.see("Nobody is logged in", "bstui login")
        await desk.press("enter")
        await desk.see("there is no row to open")


async def test_a_named_profile_is_opened_at_once(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places, BSTUI_PROFILE="elsewhere")) as desk:
        await desk.see("elsewhere › projects", "Frankfurt pilot")
        await desk.press("escape")
        await desk.see("bstui › profiles")


async def test_details_are_unknown_until_they_are_there(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await desk.see_line("Zebrafish", " 16 ")
        await go_to(desk, "Tumour exomes")
        await desk.press("enter")
        await desk.see("Tumour-07", "Normal-07")
        await desk.see_line("Tumour-07", " MB ")
        await desk.see_line("miR-01", " 1,2 ")


async def test_marks_are_kept_over_lists_filters_and_restarts(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await go_to(desk, "Tumour exomes")
        await desk.press("enter")
        await desk.see_line("miR-04", "kB")
        await go_to(desk, "miR-03")
        await desk.press("space", "space")
        await desk.see("marked 2 here, 2 in all, 106 kB")
        await desk.press("slash")
        await desk.type("tumour")
        await desk.press("enter")
        await desk.see("(2 hidden)")
        await desk.press("escape")
        await desk.lose("hidden")
        await desk.press("escape")
        await desk.see("marked 2 in all")
        await go_to(desk, "Cardiac")
        await desk.press("enter")
        await desk.see("Cardiac amplicon panel › biosamples", "1/14")
        await desk.press("a")
        await desk.see("marked 14 here, 16 in all")
        await desk.press("s")
        await desk.press("N")
        await desk.see("by biosample, reversed")
    async with sit_down(make_services(places)) as desk:
        await desk.see("Cardiac amplicon panel › biosamples", "by biosample, reversed")
        await desk.see("marked 14 here, 16 in all")
        await desk.press("u")
        await desk.see("marked 0 here, 2 in all")
        await desk.press("escape")
        await desk.see("Zebrafish", "marked 2 in all")
        await desk.press("U")
        await desk.see("Empty the basket: unmark 2 biosamples?")
        await desk.press("y")
        await desk.lose("marked 2 in all")
        await desk.press("U")
        await desk.see("the basket is empty already")


async def test_the_place_that_was_left_is_there_again(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await desk.press("right_square_bracket")
        await desk.see("robin › runs", "small RNA")
        await desk.press("3")
        await desk.see("Nothing has been imported yet")
    async with sit_down(make_services(places)) as desk:
        await desk.see("Nothing has been imported yet")
        await desk.press("1")
        await desk.see("robin › runs", "small RNA")
        await desk.press("escape")
        await desk.see("› profiles")
    async with sit_down(make_services(places)) as desk:
        await desk.see("robin", "group", "lists", " ok")
        await desk.press("2")
        await desk.see("No jobs yet")
    services = make_services(places)
    services.profile_name = "elsewhere"
    async with sit_down(services) as desk:
        await desk.see("elsewhere › projects")


async def test_several_projects_and_runs_open_together(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await go_to(desk, "Zebrafish")
        await desk.press("space")
        await desk.see("1 chosen, enter opens")
        await desk.press("right_square_bracket")
        await go_to(desk, "Exomes 07")
        await desk.press("space")
        await desk.see("2 chosen, enter opens")
        await desk.press("enter")
        await desk.see("2 sources › biosamples", "Zebrafish", "1/18")
        await desk.press("G")
        await desk.see("Exomes 07", "18/18")
        await desk.press("space")
        await desk.see("marked 1 here, 1 in all")
        mark = desk.app.services.workspace.basket.marks[0] if desk.app.services.workspace else None
        assert mark is not None
        assert mark.selector.startswith("biosample:")
        assert "@run:" in mark.selector


async def test_raw_bcl_and_biosamples_exclude_each_other_with_the_reason(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await desk.press("b")
        await desk.see("only runs can be taken as raw BCL")
        await desk.press("right_square_bracket")
        await go_to(desk, "Exomes 07")
        await desk.press("b")
        await desk.see("raw BCL of 260422_VH00384_0044")
        assert " BCL " in desk.line("Exomes 07")
        await go_to(desk, "small RNA")
        await desk.press("b")
        await desk.see("is marked as raw BCL already")
        await go_to(desk, "Exomes 07")
        await desk.press("enter")
        await go_to(desk, "Tumour-07")
        for key in ("space", "a", "asterisk"):
            assert not desk.app.screen.active_bindings[key].enabled, "it is shown dim"
            await desk.press(key)
            await desk.see("so the", "cannot be marked")
            await desk.press("j")
        await desk.see_line("[ ] Tumour-07", "MB")
        await desk.press("escape")
        await go_to(desk, "Exomes 07")
        await desk.press("b")
        await desk.lose("raw BCL of")
        await desk.press("enter")
        await go_to(desk, "Tumour-07")
        await desk.press("space", "escape")
        await go_to(desk, "small RNA")
        await desk.press("b")
        await desk.see("1 biosample is marked, so the raw run")


async def press_when_loaded(desk: Desk, count: str, key: str) -> None:
    """Open the row, press a key on its whole list, and come back."""
    await desk.press("enter")
    await desk.see("› biosamples", count)
    await desk.lose("ctrl+c stops")
    await desk.press(key, "escape")
    await desk.lose("› biosamples")


async def test_projects_and_runs_tell_whether_some_or_all_is_marked(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await go_to(desk, "Zebrafish")
        await press_when_loaded(desk, "1/16", "space")
        await desk.see_line("Zebrafish", "[-] 1 ")
        await press_when_loaded(desk, "/16", "a")
        await desk.see_line("Zebrafish", "[x] 16 ")
        await desk.press("right_square_bracket")
        await go_to(desk, "Exomes 07")
        await press_when_loaded(desk, "1/2", "space")
        await desk.see_line("Exomes 07", "[-] 1 ")
        await press_when_loaded(desk, "/2", "a")
        await desk.see_line("Exomes 07", "[x] 2 ")


async def test_a_run_shared_without_its_project(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await desk.press("right_square_bracket")
        await go_to(desk, "Shared plate 12")
        await desk.press("enter")
        await desk.see("Shared plate 12 › biosamples")
        await desk.read(lambda text: "[!]" in text or "No biosamples here" in text)


async def test_a_name_with_markup_is_drawn_as_it_is(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places), size=(120, 40)) as desk:
        await open_profile(desk)
        await desk.press("space", "j", "space", "j", "space", "enter")
        await desk.see("3 sources")
        await desk.press("slash")
        await desk.type("[/b]")
        await desk.see("[/b]")
        await desk.press("enter", "space")
        await desk.see("marked 1 here")


async def test_a_failing_service_says_so_and_keys_try_again(
    places: Places, simulator: Simulator
) -> None:
    log_in(places, simulator)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        simulator.faults.revoke(CANARY_TOKEN)
        await desk.press("R")
        await desk.see("revoked", "R  ")
        assert "Zebrafish" in desk.text, "the rows of before stay"


async def test_ctrl_c_stops_a_list_that_loads(places: Places, simulator: Simulator) -> None:
    log_in(places, simulator)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await desk.press("ctrl+c")
        await desk.see("nothing is loading; q leaves bstui")
        simulator.faults.latency(api=5.0)
        await desk.press("R")
        await desk.see("ctrl+c stops")
        await desk.press("ctrl+c")
        await desk.see("stopped: the list is not complete")
        simulator.faults.clear()


async def test_a_profile_that_opens_late_does_not_cover_another_place(
    places: Places, simulator: Simulator
) -> None:
    log_in(places, simulator)
    async with sit_down(make_services(places)) as desk:
        await desk.see("robin", " ok")
        await go_to(desk, " robin ")
        profiles = desk.app.screen
        simulator.faults.latency(api=2.0)
        for key in ("enter", "2"):
            desk.app.simulate_key(key)
        await desk.see("No jobs yet")
        simulator.faults.clear()
        await desk.until(lambda: not any(w.group == "open" for w in profiles.workers))
        await desk.settle()
        assert "No jobs yet" in desk.text
        await desk.press("1")
        await desk.see("robin › projects")


async def test_signs_are_ascii_where_the_terminal_has_no_more(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places, LC_ALL="C")) as desk:
        await desk.see("robin", " ok")
        assert desk.text.isascii()
        await go_to(desk, " robin ")
        await desk.press("enter")
        await desk.see("Projects")
        assert desk.text.isascii()
        for key, word in (
            ("colon", "mark-all"),
            ("escape", "Projects"),
            ("question_mark", "Open the row"),
            ("2", "No jobs yet"),
            ("3", "Nothing has been imported"),
        ):
            await desk.press(key)
            await desk.see(word)
            assert desk.text.isascii(), desk.text


@pytest.mark.parametrize("size", [(60, 16), (200, 50)])
async def test_screens_fit_any_terminal(
    places: Places, laboratory: Simulator, size: tuple[int, int], tmp_path: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places), size=size) as desk:
        await open_profile(desk)
        await desk.press("enter")
        await desk.see("biosamples", "[ ]")
        await desk.press("i")
        await desk.see("Summary", "where")
        assert all(len(line) <= size[0] for line in desk.text.splitlines())


async def test_what_can_be_had_of_a_run_is_told_beside_it(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places), size=(120, 40)) as desk:
        await open_profile(desk)
        await desk.press("right_square_bracket")
        await desk.see("Shared plate 12")
        await desk.press("j")
        await desk.see("BCL yes, FASTQ 0 of 60", "Okafor")
        await desk.press("G")
        await desk.see("archived:", "bs unarchive run")


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_what_is_known_stands_under_the_list_where_it_is_narrow(
    places: Places, laboratory: Simulator, size: tuple[int, int]
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places), size=size) as desk:
        await open_profile(desk)
        await desk.press("right_square_bracket")
        await desk.see_line("[!]", "Panel plate 2")
        await desk.see("uploading: It is not complete at BaseSpace yet")
        await desk.press("left_square_bracket")
        await go_to(desk, "] Zebrafish")
        await desk.press("enter")
        await desk.see("› biosamples", "project   Zebrafish heart RNA-seq")
        await desk.press("G")
        await desk.see_line(" zf-72h-4  1")
