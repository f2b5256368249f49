"""The review says where an import is to run and why, shows the script, and hands the job in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.errors import UsageError
from bstui.jobs.folder import job_folders
from bstui.jobs.records import Batch, Launcher
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.tui.screens.launching import read_batch
from tests.scheduler.test_scheduler import Spool
from tests.tui.desk import Desk, log_in, make_services, sit_down
from tests.tui.test_browse import go_to
from tests.tui.test_import import give_destination, open_project


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool")
    made.hold()
    yield made
    for number in made.ids():
        made.call("delete", number)


async def review(desk: Desk, tmp_path: Path) -> None:
    await open_project(desk, "Tumour exomes")
    await go_to(desk, "] miR-01")
    await desk.press("space", "i")
    await give_destination(desk, tmp_path / "in")
    await desk.press("G")


async def test_the_launcher_is_chosen_its_script_shown_and_the_job_handed_in(
    places: Places, laboratory: Simulator, spool: Spool, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    table = spool.settings(spool.form("#Q -q transfer"))
    places.settings.write_text(f'[import]\nlaunch = "scheduler"\n{table}')
    async with sit_down(make_services(places)) as desk:
        await review(desk, tmp_path)
        await desk.see("runs      scheduler: a job of Qsys")
        await desk.press("e")
        await desk.see_line("auto, detached: it takes about 1 CPU minutes")
        await desk.press("e")
        await desk.see("runs      detached: a process of its own")
        await desk.press("left_square_bracket", "left_square_bracket")
        await desk.see("there is no script")
        while "scheduler: a job of Qsys" not in desk.text:
            await desk.press("e")
        await desk.see("#Q -q transfer")
        await desk.press("right_square_bracket")
        await desk.see("scheduler --yes")
        await desk.press("enter")
        await desk.see("queued: Qsys job 42: waits its turn")
    assert spool.ids() == ["42"]
    (job,) = job_folders(places.jobs)
    assert job.header().launcher is Launcher.SCHEDULER


@pytest.mark.parametrize(
    ("text", "batch"),
    [
        ("", Batch()),
        (
            "--partition transfer -A lab --qos=high -t 12:00:00 --exclusive --constraint=dtn",
            Batch(
                partition="transfer",
                account="lab",
                qos="high",
                time="12:00:00",
                options=("--exclusive", "--constraint=dtn"),
            ),
        ),
    ],
)
def test_what_slurm_is_asked_is_typed_as_for_sbatch(text: str, batch: Batch) -> None:
    assert read_batch(text) == batch


@pytest.mark.parametrize("text", ["transfer", "--partition", "--time="])
def test_what_sbatch_would_not_take_is_said(text: str) -> None:
    with pytest.raises(UsageError):
        read_batch(text)
