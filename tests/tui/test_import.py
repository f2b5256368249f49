"""The whole path by keys: mark, review, start, watch to the end, and find it in the history."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import RECORDS
from bstui.jobs.watch import list_jobs
from bstui.paths import Places
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.tui.desk import Desk, log_in, make_services, sit_down
from tests.tui.test_browse import go_to, open_profile


async def open_project(desk: Desk, project: str) -> None:
    await open_profile(desk)
    await go_to(desk, project)
    await desk.press("enter")
    await desk.see("› biosamples", "1/")


async def give_destination(desk: Desk, folder: Path) -> None:
    """Edit the first line of the review."""
    await desk.see("where", "Summary", "room")
    await desk.press("e")
    await desk.see(" where ")
    await desk.press("ctrl+u")
    await desk.type(str(folder))
    await desk.press("enter")
    shown = f"where     {folder}"[:60]  # a line has room for no more
    await desk.see(shown, "room", "fits")


def digests(folder: Path) -> dict[str, str]:
    """Every file beneath `folder` by its path, but for the record of the import."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and RECORDS not in path.parts
    }


def job_of(places: Places) -> JobFolder:
    """The only job there is."""
    view, *others = list_jobs(places.jobs)
    assert not others
    return JobFolder(places.jobs / view.id)


async def test_from_profile_to_a_finished_import(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    target = tmp_path / "in"
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await go_to(desk, "Tumour-07")
        await desk.press("space", "space")
        await desk.see("marked 2 here, 2 in all")
        await desk.press("i")
        await give_destination(desk, target)
        assert "2 samples" in desk.text
        await desk.press("enter")
        await desk.see("jobs › ", "Every file is there and proven")
        assert "100%" in desk.text
        assert "done " in desk.text
        await desk.press("escape")
        assert " done " in desk.line("Tumour-exomes", "100%", ">")
        await desk.press("3")
        await desk.see("history", "Tumour-exomes", " done ")
        await desk.press("enter")
        await desk.see("› files", "Tumour-07", "etag")
        await desk.press("1")
        await desk.see("› biosamples")
        await desk.press("R")
        await desk.see_line("[=]", "Tumour-07", "MB")
        assert "marked" not in desk.status, "what was imported is in the basket no more"
    truth = {file.sha256 for file in simulator.truth().values()}
    got = digests(target)
    assert len(got) == len(list(job_of(places).files()))
    assert set(got.values()) <= truth


async def test_the_review_changes_with_what_is_decided(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await desk.press("i")
        await give_destination(desk, tmp_path / "in")
        await go_to(desk, "grouping")
        await desk.press("e")
        await desk.see(
            "everything becomes one sample", "sample    ", "{sample}/{file}", "1 sample,"
        )
        await go_to(desk, "sample  ")
        await desk.press("e", "ctrl+u")
        await desk.type("pool one")
        await desk.press("enter")
        await desk.see("pool one/Tumour-07")
        await go_to(desk, "paths")
        await desk.press("e")
        await desk.see("review › paths", "pool one/Tumour-07")
        await desk.press("e", "ctrl+u")
        await desk.type("oops")
        await desk.press("enter")
        await desk.see("cannot be used")
        await desk.press("escape", "escape")
        await desk.see("{sample}/{file}", "Summary")
        await desk.press("left_square_bracket")
        await desk.see("single --sample 'pool one'")
        await desk.press("w")
        await desk.see("No warnings")
        await desk.press("escape")
        await desk.see("› biosamples")
    assert not list_jobs(places.jobs), "nothing was written"


async def test_another_decision_costs_no_call(places: Places, simulator: Simulator) -> None:
    log_in(places, simulator)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await desk.press("i")
        await desk.see("room", "fits")
        simulator.faults.revoke(simulator.tokens.person)
        await go_to(desk, "grouping")
        await desk.press("e")
        await desk.see("everything becomes one sample", "1 sample,")
        await desk.press("R")
        await desk.see("there is no plan", "does not accept this token")


async def test_a_destination_that_cannot_be_written_is_said(
    places: Places, laboratory: Simulator
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await desk.press("i")
        await desk.see("room")
        await desk.press("e", "ctrl+u")
        await desk.type("/proc/nowhere")
        await desk.press("enter")
        await desk.see("there is no plan", "/proc")
        await desk.press("enter")
        await desk.see("cannot be written")


async def test_a_token_that_lists_only_cannot_import(places: Places, laboratory: Simulator) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk, "lists")
        await go_to(desk, "Tumour exomes")
        await desk.press("enter")
        await go_to(desk, "Tumour-07")
        await desk.press("i")
        await desk.see("may list data, but not read it", "READ GLOBAL")


async def test_a_run_as_raw_bcl(places: Places, simulator: Simulator, tmp_path: Path) -> None:
    log_in(places, simulator)
    target = tmp_path / "in"
    async with sit_down(make_services(places)) as desk:
        await open_profile(desk)
        await desk.press("right_square_bracket")
        await go_to(desk, "Cardiac panel top")
        await desk.press("b", "i")
        await give_destination(desk, target)
        assert "grouping" not in desk.text
        await desk.press("enter")
        await desk.see("Every file is there and proven")
    assert len(list(target.glob("*/RunInfo.xml"))) == 1


@pytest.fixture
def large() -> Iterator[Simulator]:
    """A laboratory whose deep FASTQ take many seconds on a slow line."""
    with Simulator(SimulatorOptions(deep=0.3)) as running:
        yield running


async def test_the_page_pauses_goes_on_and_cancels(
    places: Places, large: Simulator, tmp_path: Path
) -> None:
    log_in(places, large)
    target = tmp_path / "in"
    large.faults.bandwidth(300_000)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await go_to(desk, "Tumour-07")
        await desk.press("i")
        await give_destination(desk, target)
        await desk.press("enter")
        await desk.see("running", "B/s", "Tumour-07")
        await desk.press("r")
        await desk.see("is running: p pauses it")
        await desk.press("b")
        await desk.type("some")
        await desk.press("enter")
        await desk.see("which is no rate")
        await desk.press("ctrl+u")
        await desk.type("200k")
        await desk.press("enter")
        await desk.see("· limit 205 kB/s")
        await desk.press("b", "ctrl+u", "enter")
        await desk.lose("· limit")
        await desk.press("p")
        await desk.see("  paused")
        await desk.press("p")
        await desk.see("  running")
        await desk.press("x")
        await desk.see("Cancel Tumour-exomes", "y yes, n no")
        await desk.press("n", "x", "y")
        await desk.see("  cancelled", "r takes it up again")
        await desk.press("p")
        await desk.see("is cancelled, nobody works on it")
        large.faults.clear()
        await desk.press("r")
        await desk.see("Every file is there and proven")
    truth = {file.sha256 for file in large.truth().values()}
    assert set(digests(target).values()) <= truth


async def test_leaving_does_not_stop_the_job_and_the_next_start_shows_it(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    simulator.faults.bandwidth(100_000)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await desk.press("a", "i")
        await give_destination(desk, tmp_path / "in")
        await desk.press("enter")
        await desk.see("running")
        await desk.leave()
    async with sit_down(make_services(places)) as desk:
        await desk.see("1 job")
        await desk.press("2")
        await desk.see("Tumour-exomes", "running", "B/s")
        simulator.faults.clear()
        await desk.press("enter")
        await desk.see("Every file is there and proven")


async def test_a_token_of_the_environment_reaches_the_worker(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    person = simulator.regions[0].accounts[0]
    environ = {
        "BSTUI_ACCESS_TOKEN": person.token,
        "BSTUI_API_SERVER": simulator.regions[0].api_url,
    }
    async with sit_down(make_services(places, **environ)) as desk:
        await desk.see("env-", " ok")
        await desk.press("enter")
        await go_to(desk, "Tumour exomes")
        await desk.press("enter")
        await go_to(desk, "miR-01")
        await desk.press("i")
        await give_destination(desk, tmp_path / "in")
        await desk.press("enter")
        await desk.see("Every file is there and proven")
    assert person.token not in os.environ.values()


async def test_a_job_that_cannot_be_made_leaves_the_marks_and_says_so(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await open_project(desk, "Tumour exomes")
        await desk.press("space", "i")
        await give_destination(desk, tmp_path / "in")
        if places.jobs.exists():
            places.jobs.rmdir()
        places.jobs.write_text("in the way")
        await desk.press("enter")
        await desk.read(lambda text: "cannot be written" in " ".join(text.split()))
        await desk.press("escape")
        await desk.see("marked 1 here, 1 in all")
