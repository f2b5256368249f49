"""Samples renamed, moved, split and left out on the review, and imported so."""

from pathlib import Path

from bstui.paths import Places
from bstui.samples.sample_map import read_sample_map
from bstui.simulator.service import Simulator
from tests.tui.desk import Desk, log_in, make_services, sit_down
from tests.tui.test_browse import go_to
from tests.tui.test_import import give_destination, job_of, open_project


async def put_together(desk: Desk, name: str) -> None:
    await desk.press("t", "ctrl+u")
    await desk.type(name)
    await desk.press("enter")


async def test_samples_are_arranged_and_imported_so(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await go_to(desk, "miR-01")
        await desk.press("space", "space", "space", "space", "i")
        await give_destination(desk, tmp_path / "in")
        await desk.see("4 samples")
        await desk.press("a")
        await desk.see("review › samples", "miR-04", "1/4")
        await desk.press("z")
        await desk.see("nothing has been changed here")
        await desk.press("e", "ctrl+u")
        await desk.type("miR-02")
        await desk.press("enter")
        await desk.see("sample 'miR-02' already")
        await desk.press("ctrl+u")
        await desk.type("control")
        await desk.press("enter")
        await desk.see_line("control", "miR-01")
        await go_to(desk, "] miR-02")
        await desk.press("space", "space")
        await put_together(desk, "pool")
        await desk.see_line("pool", "miR-02")
        await desk.see_line("pool", "miR-03")
        await desk.see("3 samples")
        await go_to(desk, "] miR-04")
        await desk.press("d")
        await desk.see("1 sample left out")
        await desk.press("z")
        await go_to(desk, "] miR-04")
        await desk.press("d", "escape")
        await desk.see("2 samples,", "room")
        await desk.press("left_square_bracket")
        await desk.see("--sample-map")
        await desk.until(lambda: any(places.state.glob("samples-*.tsv")), "the sample map")
        await desk.press("enter")
        await desk.see("Every file is there and proven")
    folders = {path.split("/")[1] for path in (file.path for file in job_of(places).files())}
    assert folders == {"control", "pool"}


async def test_a_sample_is_split_and_the_split_undone(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await go_to(desk, "miR-01")
        await desk.press("space", "space", "i")
        await give_destination(desk, tmp_path / "in")
        await go_to(desk, "grouping")
        await desk.press("e")
        await desk.see("1 sample,")
        await desk.press("a", "c")
        await desk.see("2 samples", "review › samples")
        await desk.press("c")
        await desk.read(lambda text: "cannot be split" in text or "3 samples" in text)
        await desk.press("z")
        await desk.read(lambda text: "1 sample" in text or "2 samples" in text)
        await desk.press("escape", "escape")
        await desk.see("› biosamples")


async def test_the_map_that_the_command_names_says_the_same(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await go_to(desk, "miR-01")
        await desk.press("space", "space", "i")
        await give_destination(desk, tmp_path / "in")
        await desk.press("a")
        await desk.see("review › samples", "1/2")
        await desk.press("a")
        await put_together(desk, "both")
        await desk.see("1 sample")
        await desk.press("escape")
        await desk.see("1 sample,")
        await desk.press("y")
        await desk.see("copied the command line")
    (written,) = places.state.glob("samples-*.tsv")
    assert {row.sample for row in read_sample_map(written).rows} == {"both"}
