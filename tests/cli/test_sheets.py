"""Sample sheets by the command line: beside the data, and later on over several jobs."""

import csv
from pathlib import Path

import pytest

from bstui.jobs.identifiers import find_job
from bstui.jobs.manifest import record_folder
from bstui.paths import Places
from tests.cli.running import Shell
from tests.samples.pipelines import DEMULTIPLEX, RULES
from tests.samples.test_sheets import check

PANEL = "project:Cardiac amplicon panel"
HERE = ("--launch", "here", "--yes")


def rows_of(text: str, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(), delimiter=separator))


def test_sheets_stand_beside_the_data_and_name_files_that_are_there(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    sheets = ("--sheet", "nf-core/rnaseq", "--sheet", "sarek")
    said = robin("import", PANEL, "--to", str(tmp_path / "out"), *sheets, *HERE)
    assert said.code == 0, said.err
    assert "Blanks in names are _ in paths" in said.err
    record = record_folder(tmp_path / "out", find_job(places.jobs, "last").id)
    for name, first in (("nf-core/rnaseq", "fastq_1"), ("nf-core/sarek", "fastq_1")):
        path = record / f"{name.partition('/')[2]}.csv"
        assert str(path) in said.err
        rows = rows_of(path.read_text())
        check(rows, RULES[name])
        assert all(Path(row[first]).is_file() for row in rows)
        assert path.stat().st_mode & 0o040
    assert robin("sheet", "last", "--sheet", "rnaseq").out == (record / "rnaseq.csv").read_text()


def test_a_sheet_over_several_jobs(robin: Shell, tmp_path: Path) -> None:
    for number, name in enumerate(("Aorta-1", "Aorta-2", "Aorta-1")):
        to = str(tmp_path / f"out{number}")
        said = robin("import", f"biosample:{name}", "--to", to, *HERE, "--name", f"job{number}")
        assert said.code == 0, said.err
    said = robin("sheet", "job0", "job1", "job2", "--sheet", "viralrecon")
    assert [row["sample"] for row in rows_of(said.out)] == ["Aorta-1", "Aorta-2"]
    assert "Cardiac amplicon panel" in said.err, "a blank in a path is warned of"
    into = ("--to", str(tmp_path))
    said = robin("sheet", "job0", "--sheet", "taxprofiler", "--sheet", "plain", *into)
    assert said.code == 0, said.err
    assert (tmp_path / "taxprofiler.csv").is_file()
    assert rows_of((tmp_path / "samples.tsv").read_text(), "\t")[0]["biosample"] == "Aorta-1"
    assert robin("sheet", "job0", "--sheet", "plain", *into).code == 2, "nothing is overwritten"


def test_a_raw_run_for_demultiplexing(robin: Shell, places: Places, tmp_path: Path) -> None:
    run = ("run:Cardiac panel top-up", "--bcl", "--to", str(tmp_path / "out"))
    assert robin("import", *run, "--sheet", "rnaseq", *HERE).code == 2
    said = robin("import", *run, "--sheet", "demultiplex", *HERE)
    assert said.code == 0, said.err
    record = record_folder(tmp_path / "out", find_job(places.jobs, "last").id)
    (row,) = rows_of((record / "demultiplex.csv").read_text())
    check([row], DEMULTIPLEX)
    assert Path(row["samplesheet"]).is_file()
    assert (Path(row["flowcell"]) / "RunInfo.xml").is_file()


def test_what_a_sheet_cannot_hold_is_refused_before_the_first_byte(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    to = ("--to", str(tmp_path / "out"))
    said = robin("import", "biosample:zf-00h-1", *to, "--sheet", "ampliseq", *HERE)
    assert said.code == 2
    assert "files of several lanes" in said.err
    said = robin("import", "biosample:zf-00h-1", *to, "--sheet", "nonesuch", *HERE)
    assert said.code == 2
    assert not places.jobs.exists()
    assert not (tmp_path / "out").exists()
    blank = ("--to", str(tmp_path / "my out"))
    said = robin("import", "biosample:NTC", *blank, "--sheet", "rnaseq", "--dry-run")
    assert "does not allow" in said.err


@pytest.mark.parametrize("words", [(), ("last",), ("last", "--sheet", "x"), ("--sheet", "plain")])
def test_a_command_line_that_cannot_be_meant(robin: Shell, words: tuple[str, ...]) -> None:
    assert robin("sheet", *words).code in (1, 2)


def test_the_sheets_are_listed(robin: Shell) -> None:
    rows = robin("sheet", "--list", "--json").rows
    assert {row["sheet"] for row in rows} >= {*RULES, "nf-core/demultiplex", "plain"}
