"""What is on disk is served and imported again: byte for byte, under the same names."""

import gzip
import re
from pathlib import Path

import pytest

from bstui.jobs.manifest import RECORDS
from bstui.runs.kinds import is_image
from bstui.simulator.account import Run
from bstui.simulator.contents import Spool
from bstui.simulator.laboratory import make_laboratory
from tests.lab import SEED, SMALL, TOKENS, simulator_process
from tests.running import call_bstui, run_bstui

NOW = ("--yes", "--launch", "here")


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Two run folders, and one of FASTQ with names of all kinds."""
    spool = Spool()
    region, _ = make_laboratory(SEED, SMALL, TOKENS, spool)
    runs = {run.experiment: run for run in region.runs.values()}
    chosen = {"miseq": "Cardiac panel top-up", "nextseq": "NextSeq 500, odd names"}
    for name, experiment in chosen.items():
        write_folder(runs[experiment], tmp_path / name)
    reads = b"@M1:2:AB:1:1101:5:%d 1:N:0:AC+GT\nACGT\n+\nFFFF\n"
    names = (
        *("X_S1_L001_R1_001", "X_S1_L001_R2_001", "X_S1_L002_R1_001", "X_S1_L002_R2_001"),
        *("plain_R1", "odd & [name]", "a_S1_b_S2_R1_001", "Undetermined_S0_L001_R1_001"),
    )
    fastq = tmp_path / "some fastq"
    fastq.mkdir()
    for number, name in enumerate(names):
        (fastq / f"{name}.fastq.gz").write_bytes(gzip.compress(reads % number))
    (fastq / "again").mkdir()
    copy = fastq / "again" / "X_S1_L001_R1_001.fastq.gz"
    copy.write_bytes(gzip.compress(reads % 99))
    spool.close()
    return {name: tmp_path / name for name in (*chosen, "some fastq")}


def write_folder(run: Run, folder: Path) -> None:
    for file in run.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content.read())


def test_what_is_served_is_imported_byte_for_byte(folders: dict[str, Path], tmp_path: Path) -> None:
    options = [part for path in folders.values() for part in ("--serve", str(path))]
    with simulator_process("--scale", "tiny", *options) as simulator:
        environ = simulator.environment
        for name in ("miseq", "nextseq"):
            to = tmp_path / f"from {name}"
            info = (folders[name] / "RunInfo.xml").read_text()
            run = re.search(r'Run Id="([^"]+)"', info)
            assert run
            run_bstui("import", f"run:{run[1]}", "--bcl", *NOW, "--to", str(to), environ=environ)
            kept = {p: d for p, d in contents(folders[name]).items() if not is_image(p)}
            assert contents(to / run[1]) == kept
        to = tmp_path / "from fastq"
        run_bstui("import", "project:some fastq", *NOW, "--to", str(to), environ=environ)
    arrived, served = contents(to), contents(folders["some fastq"])
    assert sorted(arrived.values()) == sorted(served.values())
    assert {Path(path).name for path in arrived} == {Path(path).name for path in served}
    assert arrived["some fastq/odd & [name]/odd & [name].fastq.gz"]


def contents(folder: Path) -> dict[str, bytes]:
    """What is in the files of a folder, by their paths in it, but for the record of an import."""
    files = (p for p in folder.rglob("*") if p.is_file() and RECORDS not in p.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("text", "arguments", "told"),
    [
        ("[[users]]\n", (), "account.toml: users[0]: Object missing required field `name`."),
        ("[[users\n", (), "line 1"),
        ("[[users]]\nname = 'A'\n", ("--scale", "tiny"), "both say what there is"),
    ],
)
def test_an_account_that_cannot_be_meant_is_told(
    text: str, arguments: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "account.toml"
    path.write_text(text)
    done = call_bstui("simulator", "--account", str(path), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_folder_that_cannot_be_served_is_told(tmp_path: Path) -> None:
    done = call_bstui("simulator", "--serve", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no file in" in done.stderr
    (tmp_path / "x.fastq.gz").symlink_to("nowhere")
    done = call_bstui("simulator", "--serve", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "is a link to nothing" in done.stderr
