"""The page of one job: what happened to it, whether its files still stand, its report."""

from pathlib import Path

from bstui.jobs.control import ask
from bstui.jobs.records import Want
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.lab import wait_for
from tests.tui.desk import Desk, log_in, make_services, sit_down
from tests.tui.test_jobs_screen import has_ended, start_job


async def open_last_job(desk: Desk) -> None:
    await desk.press("2")
    await desk.see("Tumour-exomes", "1/1")
    await desk.press("enter")
    await desk.see("jobs › Tumour-exomes", "Timeline")


async def go_to_tab(desk: Desk, *texts: str) -> None:
    """Turn the tabs until this stands there."""
    for _ in range(6):
        await desk.press("right_square_bracket")
        if all(text in desk.text for text in texts):
            return
    await desk.see(*texts)


async def test_the_timeline_tells_what_was_asked_and_what_came_of_it(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    simulator.faults.bandwidth(5_000)
    services = make_services(places)
    job = await start_job(services, tmp_path / "in", "Tumour-07", project="Tumour")
    await services.close()
    async with sit_down(make_services(places)) as desk:
        await open_last_job(desk)
        await desk.see("running", "process ")
        for _ in range(3):
            await desk.press("right_square_bracket")
        await desk.see("started as a process on ", "attempt 1 started on")
        await desk.press("p")
        await desk.see("asked to pause by", "Paused")
        await desk.press("p")
        await desk.see("asked to go on by", "Running")
        await desk.press("b", "ctrl+u")
        await desk.type("40k")
        await desk.press("enter")
        await desk.see("limit 40k by")
        ask(job, want=Want.CANCEL)
        await desk.see("asked to cancel by", "it is cancelled: 0 of ")
        await desk.press("G")
        await desk.see("planned: ")


async def test_files_are_read_against_their_record_from_the_page(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    services = make_services(places)
    await start_job(services, tmp_path / "in", "miR-01", "miR-02", project="Tumour")
    await services.close()
    wait_for(lambda: has_ended(places))
    async with sit_down(make_services(places)) as desk:
        await open_last_job(desk)
        await desk.see("Every file is there and proven")
        await desk.press("V")
        await desk.see("read: 4 of 4 files", "4 sound")
        changed = next((tmp_path / "in").rglob("miR-01*L001*.gz"))
        changed.write_bytes(b"!" * changed.stat().st_size)
        await desk.press("V")
        await desk.see("3 sound", "1 changed", "changed: Tumour exomes", "1 bad", "--repair")
        await desk.press("right_square_bracket")
        await desk.see("job id")


async def test_the_report_is_written_where_the_page_says(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    services = make_services(places)
    job = await start_job(services, tmp_path / "in", "miR-01", project="Tumour")
    await services.close()
    wait_for(lambda: has_ended(places))
    async with sit_down(make_services(places)) as desk:
        await open_last_job(desk)
        await desk.press("w")
        await desk.see("written, and its path copied:")
        await desk.press("w")
        await desk.see("written, and its path copied:")
    page = places.state / "reports" / f"{job.header().name}.html"
    assert "miR-01" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
