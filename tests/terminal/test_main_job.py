"""The whole main job by keyboard, in a real terminal of 80×24, through the end of that terminal."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.jobs.folder import JobFolder
from bstui.jobs.identifiers import find_job
from bstui.jobs.watch import JobWatch
from bstui.paths import Places
from tests.lab import RemoteSimulator, simulator_process, wait_for
from tests.oracle import assert_history, assert_imported
from tests.running import run_bstui
from tests.terminal.tmux import HAS_TMUX, Tmux

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed"),
]

BSTUI = [sys.executable, "-m", "bstui"]
SLOW = 2_000_000
"""Bytes per second and connection: slow enough to watch."""


@pytest.fixture
def remote() -> Iterator[RemoteSimulator]:
    with simulator_process() as running:
        yield running


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path) as server:
        yield server


def environ_of(home: Path) -> dict[str, str]:
    """What a login shell would give the program."""
    kept = {name: os.environ[name] for name in ("PATH", "BSTUI_SITE_CONFIG")}
    return kept | {"HOME": str(home), "TERM": "screen-256color", "LANG": "C.UTF-8"}


def log_in(remote: RemoteSimulator) -> None:
    run_bstui("login", "lab", "--server", remote.api_url, given=remote.token + "\n")


def is_alive(job: JobFolder) -> bool:
    return JobWatch(job).refresh().status.is_alive


def test_from_profile_to_verified_files_without_the_terminal(
    terminal: Tmux, remote: RemoteSimulator, home: Path, places: Places, tmp_path: Path
) -> None:
    log_in(remote)
    remote.fault("bandwidth", bytes_per_second=SLOW)
    terminal.start(BSTUI, environ_of(home), tmp_path)
    terminal.wait_for("profiles", "lab", "Robin Ferris")
    terminal.press("Enter")
    terminal.wait_for("Projects", "Zebrafish heart RNA-seq", "Tumour exomes")
    terminal.press("Space", "Space", "Enter")
    terminal.wait_for("biosamples", "Tumour-07", "1/26")
    terminal.press("a")
    terminal.wait_for("marked 26 here")
    terminal.press("i")
    terminal.wait_for("review", "26 samples", "fits")
    terminal.press("Enter")
    terminal.wait_for("running", "MB/s", ".fastq.gz")
    job = find_job(places.jobs, "last")
    destination = Path(job.header().destination)
    wait_for(lambda: any(destination.rglob("*.fastq.gz")))

    terminal.kill_server()

    assert is_alive(job)
    terminal.start(BSTUI, environ_of(home), tmp_path)
    terminal.press("2")
    terminal.wait_for("jobs", job.header().name[:12], "running")
    terminal.press("Enter")
    terminal.wait_for("running", "MB/s")
    remote.fault("clear")
    terminal.wait_for("done", "100%", "Every file is there and proven", patience=60)
    terminal.press("3")
    terminal.wait_for("history", "done")
    terminal.press("q")
    terminal.wait_until(lambda screen: terminal.has_ended)
    assert_imported(job, destination, remote.truth())
    assert_history(places.state / "history.db", places.jobs)


def test_marks_and_place_are_there_again_after_a_hang_up(
    terminal: Tmux, remote: RemoteSimulator, home: Path, tmp_path: Path
) -> None:
    log_in(remote)
    terminal.start(BSTUI, environ_of(home), tmp_path)
    terminal.wait_for("lab", "Robin Ferris")
    terminal.press("Enter")
    terminal.wait_for("Cardiac amplicon panel")
    terminal.press("j", "j", "Enter")
    terminal.wait_for("Kidney-2", "S[/b]")
    terminal.press("Space", "Space", "Space")
    terminal.wait_for("marked 3 here, 3 in all")
    terminal.kill_server()
    terminal.start(BSTUI, environ_of(home), tmp_path)
    terminal.wait_until(lambda screen: "3 in all" in screen or "lab" in screen)
    if "biosamples" not in terminal.screen:
        terminal.press("Enter")
    terminal.wait_for("3 in all")


def test_raw_bcl_and_biosamples_exclude_each_other_and_say_why(
    terminal: Tmux, remote: RemoteSimulator, home: Path, tmp_path: Path
) -> None:
    log_in(remote)
    terminal.start(BSTUI, environ_of(home), tmp_path)
    terminal.wait_for("lab", "Robin Ferris")
    terminal.press("Enter")
    terminal.wait_for("Cardiac amplicon panel")
    terminal.press("]")
    terminal.wait_for("small RNA 1-8")
    terminal.press("j", "j", "b")
    terminal.wait_for("BCL")
    terminal.press("j", "b")
    terminal.wait_for("one run")
    terminal.press("[", "Enter")
    terminal.wait_for("biosamples", "1/")
    terminal.press("Space")
    terminal.wait_for("raw BCL")


@pytest.mark.parametrize("size", [(60, 16), (30, 6)])
def test_small_terminals_are_met_with_a_screen_or_a_sentence(
    size: tuple[int, int], remote: RemoteSimulator, home: Path, tmp_path: Path
) -> None:
    log_in(remote)
    with Tmux(tmp_path, size) as terminal:
        terminal.start(BSTUI, environ_of(home), tmp_path)
        terminal.wait_for("lab" if size[0] >= 60 else "small")


def test_a_dumb_terminal_is_told_which_commands_do_the_same(
    terminal: Tmux, home: Path, tmp_path: Path
) -> None:
    terminal.start(BSTUI, environ_of(home) | {"TERM": "dumb"}, tmp_path)
    terminal.wait_for("cannot show", "TERM=dumb", "bstui import")
    terminal.wait_until(lambda screen: terminal.has_ended)
