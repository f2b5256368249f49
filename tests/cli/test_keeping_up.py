"""`import --follow` and `--once`: what is new is imported, once, as it becomes complete."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from bstui.jobs.folder import job_folders
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.cli.running import Shell
from tests.jobs.imports import told_done
from tests.jobs.planning import open_client
from tests.lab import wait_for

PANEL = "project:=Cardiac amplicon panel"
TOP_UP = "run:Cardiac panel top-up"


def use(shell: Shell, simulator: Simulator) -> Shell:
    shell.use(simulator, simulator.tokens.person)
    return shell


async def a_dataset(simulator: Simulator) -> str:
    """One of the panel's, by its id."""
    async with open_client(simulator) as client:
        (project,) = await client.find_projects(PANEL.partition("=")[2])
        async for dataset in client.datasets(project=project.id):
            return dataset.id
    raise AssertionError("the panel has no dataset")


def test_each_run_of_once_imports_what_is_new_and_nothing_twice(
    shell: Shell, simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    robin = use(shell, simulator)
    late = asyncio.run(a_dataset(simulator))
    simulator.faults.become([late], "uploading")
    once = ("import", PANEL, "--to", str(tmp_path), "--once", "--launch", "here", "--yes")
    assert robin(*once).code == 0
    said = robin(*once)
    assert said.code == 0
    assert "nothing new" in said.err
    simulator.faults.become([late], "uploaded")
    assert robin(*once).code == 0
    first, second = job_folders(places.jobs)
    assert {file.dataset for file in second.files()} == {late}
    assert not {file.id for file in first.files()} & {file.id for file in second.files()}
    assert told_done(second) == {file.id for file in second.files()}
    assert robin("verify", str(tmp_path)).code == 0


def test_a_file_that_went_missing_is_new_again(
    shell: Shell, simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    robin = use(shell, simulator)
    once = ("import", PANEL, "--to", str(tmp_path), "--once", "--launch", "here", "--yes")
    assert robin(*once).code == 0
    missing = sorted(tmp_path.rglob("*.fastq.gz"))[0]
    missing.unlink()
    assert robin(*once).code == 0
    assert [file.name for file in job_folders(places.jobs)[1].files()] == [missing.name]
    assert missing.is_file()


def test_a_run_is_waited_for_and_imported_when_it_is_whole(
    shell: Shell, simulator: Simulator, tmp_path: Path
) -> None:
    robin = use(shell, simulator)
    run = robin("show", TOP_UP, "--json").rows[0]["id"]
    simulator.faults.become([run], "uploading")
    command = [
        *(sys.executable, "-m", "bstui", "import", TOP_UP, "--bcl", "--to", str(tmp_path / "runs")),
        *("--follow", "--every", "1s", "--launch", "here", "--yes"),
    ]
    log = tmp_path / "said.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=os.environ, stderr=said, stdout=said)
        try:
            wait_for(lambda: "is not complete yet" in log.read_text(), 60)
            assert process.poll() is None
            assert not (tmp_path / "runs").exists()
            simulator.faults.become([run], "uploaded")
            assert process.wait(100) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()
    assert list((tmp_path / "runs").glob("*/RTAComplete.txt"))
    assert log.read_text().count("is not complete yet") == 1


def test_what_cannot_be_meant_is_refused(shell: Shell, simulator: Simulator) -> None:
    robin = use(shell, simulator)
    assert robin("import", "project:nosuch", "--to", "x", "--once", "--yes").code == 1
    assert robin("import", PANEL, "--to", "x", "--follow", "--every", "soon", "--yes").code == 2
