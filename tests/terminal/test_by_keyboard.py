"""Several sources in one import, a raw run, a pause: by keyboard alone, in a real terminal."""

from pathlib import Path

import pytest

from bstui.jobs.folder import JobFolder
from bstui.jobs.identifiers import find_job
from bstui.paths import Places
from tests.lab import RemoteSimulator
from tests.oracle import assert_imported
from tests.terminal.test_main_job import BSTUI, SLOW, environ_of, log_in, remote, terminal
from tests.terminal.tmux import HAS_TMUX, Tmux

__all__ = ["remote", "terminal"]  # fixtures

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed"),
]


def open_lists(terminal: Tmux, remote: RemoteSimulator, home: Path, folder: Path) -> None:
    """Log in, and go to the projects."""
    log_in(remote)
    terminal.start(BSTUI, environ_of(home), folder)
    terminal.wait_for("lab", "Robin Ferris", " ok")
    terminal.press("Enter")
    terminal.wait_for("Projects", "Cardiac amplicon panel", "1/4")


def start_import(terminal: Tmux, places: Places, *shown: str) -> JobFolder:
    """Review what is marked, and start it as it is."""
    terminal.press("i")
    terminal.wait_for("review", "fits", *shown)
    terminal.press("Enter")
    terminal.wait_for("jobs", "Timeline", "process ")
    return find_job(places.jobs, "last")


def test_biosamples_of_two_projects_and_two_runs_are_one_import(
    terminal: Tmux, remote: RemoteSimulator, home: Path, places: Places, tmp_path: Path
) -> None:
    open_lists(terminal, remote, home, tmp_path)
    terminal.press("Enter")
    terminal.wait_for("Tumour exomes", "biosamples", "1/10")
    terminal.press("j", "j", "Space")
    terminal.wait_for("marked 1 here, 1 in all")
    terminal.press("Escape")
    terminal.wait_for("Projects", "marked 1 in all")
    terminal.press("j", "Enter")
    terminal.wait_for("Zebrafish heart RNA-seq", "biosamples", "1/16")
    terminal.press("Space")
    terminal.wait_for("marked 1 here, 2 in all")
    terminal.press("Escape")
    terminal.wait_for("Projects", "marked 2 in all")
    terminal.press("]")
    terminal.wait_for("small RNA 1-8", "marked 2 in all")
    terminal.press("j", "Space", "Space")
    terminal.wait_for("2 chosen, enter opens")
    terminal.press("Enter")
    terminal.wait_for("2 sources", "biosamples", "1/")
    terminal.press("g", "v", "j", "Space")
    terminal.wait_for("marked 2 here")
    job = start_import(terminal, places, "260506_D00118", "260319_A01052")
    terminal.wait_for("Every file is there and proven")
    assert len(job.header().sources) >= 3
    assert_imported(job, Path(job.header().destination), remote.truth())


def test_a_raw_run_is_imported_and_verified(
    terminal: Tmux, remote: RemoteSimulator, home: Path, places: Places, tmp_path: Path
) -> None:
    open_lists(terminal, remote, home, tmp_path)
    terminal.press("]")
    terminal.wait_for("small RNA 1-8")
    terminal.press("j", "j", "b")
    terminal.wait_for("BCL")
    job = start_import(terminal, places, "raw")
    terminal.wait_for("Every file is there and proven")
    assert job.header().options.bcl
    assert_imported(job, Path(job.header().destination), remote.truth())
    terminal.press("V")
    terminal.wait_for("read: ", " sound")


def test_a_job_is_paused_goes_on_and_tells_it(
    terminal: Tmux, remote: RemoteSimulator, home: Path, places: Places, tmp_path: Path
) -> None:
    open_lists(terminal, remote, home, tmp_path)
    remote.fault("bandwidth", bytes_per_second=SLOW)
    terminal.press("Enter")
    terminal.wait_for("biosamples", "1/10")
    terminal.press("Space")
    terminal.wait_for("marked 1 here")
    job = start_import(terminal, places)
    terminal.press("p")
    terminal.wait_for("paused", "p goes on")
    terminal.press("]", "]", "]")
    terminal.wait_for("asked to pause by", "Paused")
    terminal.kill_server()
    terminal.start(BSTUI, environ_of(home), tmp_path)
    terminal.wait_for("jobs", "paused", "enter open")  # it opens where it was left
    terminal.press("Enter")
    terminal.wait_for("paused", "p goes on")
    remote.fault("clear")
    terminal.press("p")
    terminal.wait_for("Every file is there and proven")
    assert_imported(job, Path(job.header().destination), remote.truth())
