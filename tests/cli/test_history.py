"""`history`: narrowed, added up, exported; taken in from a folder, and forgotten."""

import csv
import shutil
from pathlib import Path

import pytest

from bstui.jobs.identifiers import find_job
from bstui.jobs.watch import list_jobs
from bstui.paths import Places
from tests.cli.running import Shell

HERE = ("--launch", "here", "--yes")
DATA_KEYS = {"outcome", "files", "files_done", "bytes", "samples", "profile", "created"}


@pytest.fixture
def imported(robin: Shell, tmp_path: Path) -> Path:
    """The destination of two imports, `blank` and `aorta`."""
    data = tmp_path / "data"
    for selector, name in (("biosample:NTC", "blank"), ("biosample:Aorta-1", "aorta")):
        assert robin("import", selector, "--to", str(data), "--name", name, *HERE).code == 0
    return data


def found(robin: Shell, *arguments: str) -> list[str]:
    return [row["name"] for row in robin("history", *arguments, "--json").rows]


def test_it_is_narrowed_by_what_is_asked(robin: Shell, imported: Path) -> None:
    assert found(robin) == ["aorta", "blank"]
    assert found(robin, "--sample", "Aorta-1") == ["aorta"]
    assert found(robin, "--sample", "aorta*") == ["aorta"]
    assert found(robin, "--sample", "aorta") == []
    assert found(robin, "--outcome", "done", "--since", "2020-01-01") == ["aorta", "blank"]
    assert found(robin, "--outcome", "unfinished") == []
    assert found(robin, "--until", "2020-01-01") == []
    assert found(robin, "--path", f"{imported}/*Aorta*.fastq.gz") == ["aorta"]
    assert found(robin, "--path", str(imported)) == ["aorta", "blank"]
    project = robin("history", "statistics", "--by", "project", "--json").rows[0]["group"]
    assert "aorta" in found(robin, "--project", project, "Aorta")


def test_a_damaged_database_is_kept_and_made_anew_and_that_is_said(
    robin: Shell, imported: Path, places: Places
) -> None:
    (places.state / "history.db").write_bytes(b"no database" * 1000)
    answer = robin("history", "--json")
    assert [row["name"] for row in answer.rows] == ["aorta", "blank"]
    assert "The history was damaged" in answer.err
    assert "damaged" not in robin("history").err


def test_it_is_added_up(robin: Shell, imported: Path) -> None:
    (month,) = robin("history", "statistics", "--json").rows
    rows = robin("history", "--json").rows
    assert month["jobs"] == 2
    assert month["bytes"] == sum(row["bytes_done"] for row in rows)
    by_project = robin("history", "statistics", "--by", "project", "--json").rows
    assert sum(row["bytes"] for row in by_project) == month["bytes"]


def test_csv_is_what_a_reader_of_csv_reads(robin: Shell, imported: Path) -> None:
    rows = list(csv.DictReader(robin("history", "--files", "--csv").out.splitlines()))
    assert [row["path"] for row in rows] == [
        row["path"] for row in robin("history", "--files", "--json").rows
    ]


def test_what_another_imported_is_taken_in_and_is_the_same(
    robin: Shell, imported: Path, places: Places
) -> None:
    before = {row["id"]: row for row in robin("history", "--json").rows}
    moved = imported.with_name("theirs")
    imported.rename(moved)
    shutil.rmtree(places.state)
    assert "Added: blank, aorta." in robin("history", "add", str(moved)).err
    after = {row["id"]: row for row in robin("history", "--json").rows}
    assert after.keys() == before.keys()
    for job_id, row in after.items():
        assert {key: row[key] for key in DATA_KEYS} == {
            key: before[job_id][key] for key in DATA_KEYS
        }
        assert row["destination"] == str(moved)
    assert {view.status.text for view in list_jobs(places.jobs)} == {"done"}
    assert robin("verify", "aorta").code == 0
    assert "known already" in robin("history", "add", str(moved)).err
    assert robin("history", "add", str(places.home)).code == 1


def test_what_is_forgotten_is_gone_from_jobs_and_history_and_no_data_is(
    robin: Shell, imported: Path, places: Places
) -> None:
    files = sorted(imported.rglob("*.gz"))
    record = imported / ".bstui" / find_job(places.jobs, "blank").id
    assert robin("history", "forget", "aorta", "--yes").code == 0
    assert found(robin) == ["blank"]
    shutil.rmtree(record)
    said = robin("history", "forget", "--before", "2100-01-01", "--yes")
    assert "has no whole record" in said.err
    assert found(robin) == ["blank"]
    assert robin("history", "forget", "blank", "--anyway", "--yes").code == 0
    assert found(robin) == []
    assert list_jobs(places.jobs) == []
    assert sorted(imported.rglob("*.gz")) == files
