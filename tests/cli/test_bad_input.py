"""What a person can get wrong, or meet: a sentence, an exit code, and nothing lost."""

import os
from pathlib import Path

import pytest

from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.cli.running import Shell

PANEL = "project:Cardiac amplicon panel"


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("projects",), 4, ["bstui login"]),
        (("import", PANEL, "--to", "out", "--yes"), 4, ["bstui login"]),
        (("--profile", "nobody", "projects"), 4, ["nobody"]),
        (("--profile", "nobody"), 4, ["nobody"]),
        (("attach", "last"), 1, ["no job"]),
        (("attach", "no-such-job"), 1, ["no-such-job"]),
        (("nonsense",), 2, ["nonsense"]),
        (("projects", "--json", "--tsv"), 2, ["exclude"]),
        (("login", "--region", "use1", "--server", "http://127.0.0.1:1"), 2, ["exclude"]),
        (("demo", "--headless"), 2, ["--to"]),
        (("help", "nonsense"), 2, ["Topics"]),
    ],
)
def test_without_a_login(
    command: tuple[str, ...], code: int, words: list[str], shell: Shell
) -> None:
    said = shell(*command)
    assert said.code == code, said.err
    assert said.out == ""
    assert all(word in said.err for word in words), said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("biosamples", "project:999999999"), 4, ["shared", "id"]),
        (("biosamples", "project:No such"), 1, ["No such"]),
        (("biosamples", "nonsense"), 2, ["project:X"]),
        (("biosamples", "biosample:1"), 2, ["project:X"]),
        (("files",), 2, ["selector"]),
        (("files", "--from", "/no/such/file"), 2, ["/no/such/file"]),
        (("show", "run:No such"), 1, ["No such"]),
        (("import", PANEL, "--yes"), 2, ["--to"]),
        (("import", PANEL, "--to", "out"), 2, ["--yes", "--dry-run"]),
        (("import", PANEL, "--to", "out", "--yes", "--grouping", "single"), 2, ["--sample"]),
        (("import", PANEL, "--to", "out", "--yes", "--bcl"), 2, ["raw BCL"]),
        (("import", PANEL, "--to", "/proc/no", "--yes"), 1, ["/proc"]),
        (("import", "run:Pilot 2023", "--bcl", "--to", "out", "--yes"), 1, ["archived"]),
        (("import", PANEL, "--to", "out", "--yes", "--name", "last"), 2, ["last"]),
        (("import", PANEL, "--to", "out", "--yes", "--layout", "{nonsense}"), 2, ["nonsense"]),
    ],
)
def test_with_a_login(
    command: tuple[str, ...],
    code: int,
    words: list[str],
    robin: Shell,
    tmp_path: Path,
    places: Places,
) -> None:
    os.chdir(tmp_path)
    said = robin(*command)
    assert said.code == code, said.err
    assert all(word in said.err for word in words), said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []
    assert not places.jobs.exists() or list(places.jobs.iterdir()) == []


def test_a_wrong_token(shell: Shell, laboratory: Simulator) -> None:
    shell.use(laboratory, "0" * 32)
    said = shell("projects")
    assert said.code == 4
    assert "region" in said.err


def test_a_token_of_another_region(shell: Shell, laboratory: Simulator) -> None:
    shell.use(laboratory, laboratory.tokens.elsewhere)
    said = shell("projects")
    assert said.code == 4
    assert "region" in said.err


def test_a_token_that_may_only_browse(shell: Shell, laboratory: Simulator, tmp_path: Path) -> None:
    shell.use(laboratory, laboratory.tokens.browse_only)
    assert shell("projects").code == 0
    said = shell("import", PANEL, "--to", str(tmp_path / "out"), "--yes")
    assert said.code == 4
    assert "READ" in said.err
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_shared_without_its_project(robin: Shell, tmp_path: Path) -> None:
    said = robin("import", "run:Shared plate 12", "--to", str(tmp_path / "out"), "--yes")
    assert said.code in (1, 4)
    assert "project" in said.err


def test_no_server_there(shell: Shell) -> None:
    os.environ |= {"BSTUI_API_SERVER": "http://127.0.0.1:9", "BSTUI_ACCESS_TOKEN": "0" * 32}
    said = shell("whoami")
    assert said.code == 1
    assert "127.0.0.1:9" in said.err


def test_a_broken_settings_file(robin: Shell, places: Places) -> None:
    places.settings.parent.mkdir(parents=True, exist_ok=True)
    places.settings.write_text("[import]\nverify = 3\n")
    said = robin("projects")
    assert said.code == 2
    assert "config.toml" in said.err
    assert "verify" in said.err


def test_a_state_folder_that_cannot_be_written(robin: Shell, tmp_path: Path) -> None:
    said = robin("--state-dir", "/proc/no", "import", PANEL, "--to", str(tmp_path), "--yes")
    assert said.code == 1
    assert "/proc/no" in said.err


def test_a_terminal_that_is_none(shell: Shell) -> None:
    said = shell()
    assert said.code == 2
    assert "terminal" in said.err
    assert "bstui import" in said.err
