"""Jobs and history on the screen: what ended badly, what ended elsewhere, what is found again."""

import os
from pathlib import Path

from bstui.basespace.credentials import choose_profile
from bstui.jobs.control import ask
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import Options, Want
from bstui.jobs.watch import list_jobs
from bstui.paths import Places
from bstui.samples.marks import Mark, Scope, ScopeKind
from bstui.samples.selection import Selection
from bstui.simulator.service import Simulator
from bstui.tui.services import Services
from tests.lab import wait_for
from tests.tui.desk import log_in, make_services, sit_down
from tests.tui.test_browse import go_to
from tests.tui.test_import import give_destination


async def start_job(services: Services, folder: Path, *names: str, project: str) -> JobFolder:
    """Import these biosamples of a project, past the screens."""
    workspace = await services.open(choose_profile(services.places, os.environ, "robin"))
    client = workspace.client
    (owner,) = [p async for p in client.projects() if p.name.startswith(project)]
    scope = Scope(ScopeKind.PROJECT, owner.id, owner.name)
    marks = [
        Mark(b.id, b.name, scope) async for b in client.biosamples(owner.id) if b.name in names
    ]
    request = services.request(workspace, folder, Options(), "")
    selection = Selection(marks=tuple(marks))
    contents = await services.read(workspace, selection, lambda step, done, total: None)
    plan = await services.plan(workspace, selection, request, contents)
    await services.start(plan, workspace.profile)
    return JobFolder(services.places.jobs / plan.header.id)


def has_ended(places: Places) -> bool:
    return not any(view.status.is_active for view in list_jobs(places.jobs))


async def test_what_failed_is_listed_with_the_reason_and_tried_again(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    services = make_services(places)
    (tmp_path / "in" / "Tumour exomes and small RNA" / "miR-01").mkdir(parents=True)
    taken = tmp_path / "in/Tumour exomes and small RNA/miR-01/miR-01_S1_L001_R1_001.fastq.gz"
    taken.write_bytes(b"another file")
    job = await start_job(services, tmp_path / "in", "miR-01", "miR-02", project="Tumour")
    await services.close()
    wait_for(lambda: has_ended(places))
    assert list_jobs(places.jobs)[0].id == job.id
    async with sit_down(make_services(places)) as desk:
        await desk.press("2")
        await desk.see("incomplete")
        await desk.press("enter")
        await desk.see("Failed 1", "r tries the failed files again")
        await desk.press("W")
        await desk.see("without files that are done", "attempt 1 started")
        await desk.press("W")
        await desk.see("warnings and errors alone", "failed miR-01/")
        await desk.lose("attempt 1 started")
        await desk.press("W", "right_square_bracket")
        await desk.see_line("miR-01", "1 failed")
        await desk.see_line("miR-02", "done", " of ")
        await desk.press("right_square_bracket")
        await desk.see("miR-01_S1_L001_R1_001.fastq.gz")
        taken.unlink()
        await desk.press("r")
        await desk.see("Every file is there and proven", "No file has failed")
        await desk.press("p")
        await desk.see("is done, nobody works on it")
        await desk.press("r")
        await desk.see("is done: every file is there")


async def test_the_log_is_searched(places: Places, simulator: Simulator, tmp_path: Path) -> None:
    log_in(places, simulator)
    services = make_services(places)
    await start_job(services, tmp_path / "in", "miR-01", "miR-02", project="Tumour")
    await services.close()
    async with sit_down(make_services(places)) as desk:
        await desk.press("2")
        await desk.see("Tumour-exomes")
        await desk.press("enter")
        await desk.see("the worker left: done")
        await desk.press("slash")
        await desk.type("miR-02")
        await desk.press("enter")
        await desk.lose("enter keep")
        await desk.press("s")
        await desk.see("a log stands in the order")


async def test_a_job_that_ends_while_one_browses_is_told(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    simulator.faults.bandwidth(100_000)
    services = make_services(places)
    job = await start_job(services, tmp_path / "in", "Tumour-07", project="Tumour")
    await services.close()
    async with sit_down(make_services(places)) as desk:
        await desk.see("1 job", "profiles")
        ask(job, want=Want.CANCEL)
        await desk.see("cancelled", "profiles")
        await desk.lose("1 job")


async def test_the_history_is_searched(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    services = make_services(places)
    await start_job(services, tmp_path / "one", "miR-01", project="Tumour")
    await start_job(services, tmp_path / "two", "zf-00h-1", project="Zebrafish")
    await services.close()
    wait_for(lambda: has_ended(places))
    async with sit_down(make_services(places)) as desk:
        await desk.press("3")
        await desk.see("Tumour-exomes", "Zebrafish", "imported")
        await desk.press("slash")
        await desk.type("zf-00h-1")
        await desk.press("enter")
        await desk.see("search: zf-00h-1")
        await desk.lose("Tumour-exomes")
        await desk.press("escape")
        await desk.see("Tumour-exomes")
        await desk.press("slash")
        await desk.type("nothing-of-that-name")
        await desk.press("enter")
        await desk.see("Nothing in the history has these words")


async def test_the_lists_of_jobs_and_history_stand_as_they_were_left(
    places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    log_in(places, simulator)
    services = make_services(places)
    await start_job(services, tmp_path / "one", "miR-01", project="Tumour")
    await start_job(services, tmp_path / "two", "zf-00h-1", project="Zebrafish")
    await services.close()
    wait_for(lambda: has_ended(places))
    async with sit_down(make_services(places)) as desk:
        await desk.press("2")
        await desk.see("Tumour-exomes", "Zebrafish")
        await desk.press("s", "J")
        await desk.see("by job, reversed")
        await desk.press("g", "j")
        await desk.see("2/2")
        await desk.press("3")
        await desk.see("history", "imported")
        await desk.press("s", "z")
        await desk.see("by size")
        await desk.leave()
    async with sit_down(make_services(places)) as desk:
        await desk.press("2")
        await desk.see("by job, reversed", "2/2")
        await desk.press("3")
        await desk.see("by size")


async def test_many_marks_go_into_a_file_that_the_command_names(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places, BSTUI_PROFILE="robin")) as desk:
        await go_to(desk, "Zebrafish")
        await desk.press("space", "space", "enter")
        await desk.see("2 sources › biosamples", "1/30")
        await desk.press("a", "i")
        await give_destination(desk, tmp_path / "in")
        await desk.press("left_square_bracket")
        await desk.see("--from")
        await desk.until(lambda: any(places.state.glob("marks-*.txt")), "the file of marks")
        (listed,) = places.state.glob("marks-*.txt")
        assert len(listed.read_text().splitlines()) == 30
        assert listed.read_text().startswith("biosample:")
