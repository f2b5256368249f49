"""The review: folders completed, layouts and sheets chosen, warnings gone to, costs told."""

import os
from pathlib import Path

import pytest
from textual.widgets import Input

from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.tui.folder_names import complete_folder
from tests.tui.desk import Desk, log_in, make_services, sit_down
from tests.tui.test_browse import go_to
from tests.tui.test_import import give_destination, open_project

# Folders are completed as shells do


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Folders to complete: alike, hidden, linked, with odd names, and a file."""
    top = tmp_path / "top"
    for name in ("scratch", "scripts", "deep/er", ".cache", "a b", "nl\nname", "ünï"):
        (top / name).mkdir(parents=True)
    (top / "script.txt").touch()
    (top / "link").symlink_to(top / "deep")
    (top / "gone").symlink_to(top / "nothing")
    return top


@pytest.mark.parametrize(
    ("begun", "becomes", "choices"),
    [
        ("s", "scr", ("scratch/", "scripts/")),
        ("scr", "scr", ("scratch/", "scripts/")),
        ("scra", "scratch/", ()),
        ("scratch", "scratch/", ()),
        ("deep/", "deep/er/", ()),
        ("l", "link/", ()),
        ("a", "a b/", ()),
        (".", ".cache/", ()),
        ("", "", ("a b/", "deep/", "link/", "scratch/", "scripts/", "ünï/")),
    ],
)
def test_a_folder_is_completed(
    tree: Path, begun: str, becomes: str, choices: tuple[str, ...]
) -> None:
    found = complete_folder(f"{tree}/{begun}")
    assert (found.text, found.choices, found.problem) == (f"{tree}/{becomes}", choices, "")


@pytest.mark.parametrize(
    ("begun", "problem"),
    [
        ("x", "no folder begins with x"),
        ("gone/", "there is no folder"),
        ("scratch/", "no folders in it"),
        ("script.txt/", "cannot be read: Not a directory"),
        ("nul\0/", "cannot be read"),
    ],
)
def test_what_cannot_be_completed_says_why(tree: Path, begun: str, problem: str) -> None:
    found = complete_folder(f"{tree}/{begun}")
    assert found.text == f"{tree}/{begun}"
    assert problem in found.problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any folder")
def test_a_folder_that_may_not_be_read_says_so(tree: Path) -> None:
    (tree / "deep").chmod(0)
    assert "Permission denied" in complete_folder(f"{tree}/deep/").problem
    (tree / "deep").chmod(0o700)


def test_home_and_variables_stay_as_they_were_written(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tree))
    monkeypatch.setenv("SCRATCH", str(tree / "deep"))
    monkeypatch.chdir(tree)
    assert complete_folder("~").text == "~/"
    assert complete_folder("~/scra").text == "~/scratch/"
    assert complete_folder("$SCRATCH/e").text == "$SCRATCH/er/"
    assert complete_folder("dee").text == "deep/"


# By keys


async def review(desk: Desk, tmp_path: Path) -> None:
    await open_project(desk, "Tumour exomes")
    await go_to(desk, "] miR-01")
    await desk.press("space", "space", "i")
    await give_destination(desk, tmp_path / "in")


async def test_tab_completes_the_destination(
    places: Places, laboratory: Simulator, tree: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await review(desk, tree)
        await desk.press("g", "e", "ctrl+u")
        await desk.type(f"{tree}/s")
        await desk.press("tab")
        await desk.see("scratch/  scripts/")
        await desk.type("a")
        await desk.lose("scripts/")
        await desk.press("tab")
        completed = f"{tree}/scratch/"
        await desk.until(
            lambda: desk.app.screen.query_one("FolderLine Input", Input).value == completed
        )
        await desk.press("tab")
        await desk.see("no folders in it")
        await desk.press("enter")
        await desk.see("/scratch", "enter start", "fits")
        await desk.lose("no folders in it")


async def test_a_layout_is_chosen_by_the_paths_it_makes(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await review(desk, tmp_path)
        await go_to(desk, "paths")
        await desk.press("e")
        await desk.see("review › paths", "as it is now: {project}/{sample}/{file}")
        await go_to(desk, "by run")
        await desk.see("260506_D00118_0045_AH1117CDRXX/miR-01/miR-01_S1_L001_R1_001.fastq.gz")
        await desk.press("enter")
        await desk.see("Summary", "{run}/{sample}/{file}", "first     260506_D00118")
        await go_to(desk, "paths")
        await desk.press("e")
        await go_to(desk, "as Cell Ranger wants it")
        await desk.press("enter")
        await desk.see("first     miR-01/260506_D00118")
        await desk.press("left_square_bracket")
        await desk.read(lambda text: "--layout cellranger" in " ".join(text.split()))
        await go_to(desk, "paths")
        await desk.press("e")
        await desk.see("review › paths")
        await desk.press("e", "ctrl+u")
        await desk.type("mine/{file}")
        await desk.press("enter")
        await desk.read(lambda text: "--layout 'mine/{file}'" in " ".join(text.split()))


async def test_sheets_are_chosen_with_their_open_columns(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'name = "mine"\nfile = "mine.csv"\n[[columns]]\nname = "id"\nvalue = "{sample}"\n'
        '[[columns]]\nname = "organism"\nempty = "TODO"\n'
    )
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await review(desk, tmp_path)
        await go_to(desk, "sheets    ")
        await desk.press("e")
        await desk.see("review › sheets", "nf-core/sarek", "Germline")
        assert "demultiplex" not in desk.text, "that is about raw runs"
        await go_to(desk, "Germline")
        await desk.see_line("sex", "NA  (open: for you to fill in)")
        await desk.press("space")
        await desk.see_line("[x]", "nf-core/sarek")
        await desk.press("e")
        await desk.type(str(tmp_path / "none.toml"))
        await desk.press("enter")
        await desk.see("see above")
        assert "none.toml" in "".join(desk.text.split()), "a long path is folded"
        await desk.press("ctrl+u")
        await desk.type(str(own))
        await desk.press("enter")
        await desk.see_line("organism", "TODO  (open: for you to fill in)")
        await desk.see("2 chosen")
        await desk.press("escape")
        await desk.see("open: sex NA, status 0", "mine.csv; open: organism TODO")
        await desk.press("left_square_bracket")
        await desk.read(lambda text: "--sheet nf-core/sarek" in " ".join(text.split()))


async def test_proof_tells_its_cost_and_room_counts_files(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    async with sit_down(make_services(places)) as desk:
        await review(desk, tmp_path)
        await desk.see_line("proof", "server, under 1 CPU min: size and ETag")
        await desk.see("fits: ", ", 4 files into ")
        await go_to(desk, "proof     ")
        await desk.press("e")
        await desk.see_line("full, under 1 CPU min: ", "reads counted")


async def test_w_goes_from_warning_to_warning_and_to_their_lines(
    places: Places, laboratory: Simulator, tmp_path: Path
) -> None:
    log_in(places, laboratory)
    target = tmp_path / "in"
    async with sit_down(make_services(places)) as desk:
        await review(desk, tmp_path)
        await desk.press("w")
        await desk.see("No warnings.")
        first = desk.app.screen
        folder = target / "Tumour exomes and small RNA" / "miR-01"
        folder.mkdir(parents=True)
        name = "miR-01_S1_L001_R1_001.fastq.gz"
        (folder / name).write_bytes(b"another file")
        await desk.press("R")
        await desk.see("Warnings 2")
        await desk.press("w")
        await desk.see("warning 1 of 2: e changes", "belongs to other files")
        assert desk.line("> if there")
        await desk.press("G", "w")
        await desk.see("warning 2 of 2", "sample miR-01, a arranges it")
        assert desk.line("> if there")
        await desk.press("a")
        await desk.see("review › samples")
        assert desk.line(">[ ] miR-01")
        await desk.press("escape", "w")
        await desk.see("warning 1 of 2")
        assert desk.app.screen is first
