"""Folders of jobs from before, which are read for ever, and of versions to come."""

import json
import os
import shutil
from pathlib import Path

import pytest

from bstui.jobs.folder import PLAN
from bstui.jobs.identifiers import find_job
from bstui.jobs.records import FORMAT
from bstui.paths import Places
from tests.cli.running import Shell
from tests.jobs.formats.write import FORMATS

KEPT = sorted(path for path in FORMATS.iterdir() if path.name.isdigit())


@pytest.fixture(params=KEPT, ids=lambda path: path.name)
def kept(request: pytest.FixtureRequest, places: Places, tmp_path: Path) -> Path:
    """Where the record of the job `blank` is; the jobs of a format stand among this home's."""
    shutil.copytree(request.param / "jobs", places.jobs)
    shutil.copytree(request.param / "records", tmp_path / "moved" / ".bstui")
    return tmp_path / "moved"


def test_each_format_has_its_fixture() -> None:
    assert [path.name for path in KEPT] == [str(number) for number in range(1, FORMAT + 1)]


def test_jobs_of_every_format_are_read(shell: Shell, kept: Path) -> None:
    rows = {row["name"]: row for row in shell("jobs", "--json").rows}
    assert {name: row["state"] for name, row in rows.items()} == {
        "blank": "done",
        "every-record": "incomplete",
    }
    blank = shell("show", "job:blank")
    assert (blank.code, blank.err) == (0, "")
    assert "biosample:" in blank.out
    assert "The command after sample NTC ended" in shell("logs", "blank").out
    found = shell("history", "search", "NTC", "--json")
    assert [row["name"] for row in found.rows] == ["blank"]
    sheet = shell("sheet", "blank", "--sheet", "rnaseq")
    assert sheet.code == 0, sheet.err
    assert "NTC_S13_L001_R1_001.fastq.gz" in sheet.out


def test_reports_of_every_format(shell: Shell, kept: Path) -> None:
    rows = shell("report", "blank", "--json").rows
    (job,) = (row for row in rows if row["record"] == "job")
    assert (job["files_fetched"], job["bytes_fetched"]) == (2, 34_779)
    assert [row["bytes"] for row in rows if row["record"] == "proof"] == [34_779]
    rows = shell("report", "every-record", "--json").rows
    assert [row["slurm_id"] for row in rows if row["record"] == "attempt"] == ["7", ""]
    assert [row["what"] for row in rows if row["record"] == "failure"] == [
        "p/s/r1: It is broken. Resume."
    ]


def test_what_was_recorded_in_every_format_is_verified(shell: Shell, kept: Path) -> None:
    for subject in (("blank", "--moved-to", str(kept)), (str(kept),)):
        said = shell("verify", *subject, "--json")
        assert said.code == 6, said.err
        assert [row["state"] for row in said.rows] == ["missing", "missing"]


def test_damage_takes_no_more_than_it_hit(shell: Shell, kept: Path, places: Places) -> None:
    job = find_job(places.jobs, "blank")
    started, first, *others = job.events(1).read_bytes().splitlines(keepends=True)
    job.events(1).write_bytes(b"".join((started, bytes(len(first) - 1), b"\n", *others)))
    said = shell("report", "blank", "--json")
    assert said.rows[0]["files_fetched"] == 1
    assert said.err.count("Of attempt 1's events 1 line cannot be read") == 1
    os.truncate(job.path / "result-0001.json", 0)
    assert "stopped: its result cannot be read" in shell("jobs").out
    assert next(row for row in shell("jobs", "--json").rows if row["name"] == "blank")["reason"]


def test_a_job_of_a_newer_version_is_only_read(shell: Shell, kept: Path, places: Places) -> None:
    job = find_job(places.jobs, "every-record")
    plan = job.path / PLAN
    header, *files = plan.read_text().splitlines()
    newer = json.loads(header) | {"format": FORMAT + 1, "colour": "blue"}
    plan.write_text("\n".join([json.dumps(newer), *files, ""]))
    for name in ("result-0002.json", "events-0002.jsonl"):  # as if its time limit were the last
        (job.path / name).unlink()
    before = sorted(os.listdir(job.path))
    jobs = shell("jobs", "--json")
    assert {row["name"]: row["state"] for row in jobs.rows}["every-record"] == "stopped"
    for said in (jobs, shell("show", "job:every-record"), shell("report", "every-record")):
        assert said.code == 0, said.err
        assert f"every-record was made by a newer bstui (format {FORMAT + 1})" in said.err
    for command in (
        ("resume", "every-record", "--launch", "here"),
        ("cancel", "every-record", "--yes"),
        ("limit", "every-record", "--bwlimit", "1M"),
        ("history", "forget", "every-record", "--anyway", "--yes"),
    ):
        said = shell(*command)
        assert said.code == 1, command
        assert "newer bstui" in said.err
    assert shell("pause", "every-record").code != 0
    assert sorted(os.listdir(job.path)) == before
