"""`verify`: bad files are found, whatever their time of change says, and only they come again."""

import os
import shutil
from pathlib import Path

import pytest

from bstui.jobs.identifiers import find_job
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.cli.running import Shell
from tests.jobs.imports import check_tree

SELECTOR = "project:=Cardiac amplicon panel"
HERE = ("--launch", "here", "--yes", "--name", "panel")


@pytest.fixture
def imported(robin: Shell, laboratory: Simulator, places: Places, tmp_path: Path) -> Path:
    """The destination of a whole import, the job `panel`."""
    data = tmp_path / "data"
    assert robin("import", SELECTOR, "--to", str(data), *HERE).code == 0
    return data


def damage(data: Path) -> dict[str, str]:
    """One file each that is gone, cut, a link, and another in one bit of the same time: by path,
    what it is then."""
    files = sorted(path for path in data.rglob("*.fastq.gz") if path.stat().st_size > 100)
    gone, cut, linked, rotten = files[:4]
    gone.unlink()
    os.truncate(cut, 99)
    linked.rename(f"{linked}.elsewhere")
    linked.symlink_to(f"{linked}.elsewhere")
    before = rotten.stat()
    content = bytearray(rotten.read_bytes())
    content[50] ^= 1
    rotten.write_bytes(content)
    os.utime(rotten, ns=(before.st_atime_ns, before.st_mtime_ns))
    states = {gone: "missing", cut: "changed", linked: "changed", rotten: "changed"}
    return {str(path.relative_to(data)): state for path, state in states.items()}


def test_all_is_sound_by_a_digest(robin: Shell, imported: Path) -> None:
    said = robin("verify", "panel", "--json")
    assert said.code == 0
    assert {row["state"] for row in said.rows} == {"sound"}
    assert {row["proof"] for row in said.rows} <= {"md5", "etag", "multipart etag"}
    assert robin("verify", str(imported)).code == 0


def test_what_is_bad_is_found_and_mended_alone(
    robin: Shell, imported: Path, places: Places, laboratory: Simulator
) -> None:
    bad = damage(imported)
    said = robin("verify", "panel", "--json")
    assert said.code == 6
    assert {row["path"]: row["state"] for row in said.rows if row["state"] != "sound"} == bad
    assert "bstui verify --repair panel" in said.err
    assert robin("verify", str(imported)).code == 6, "the record beside the data says the same"
    assert robin("verify", "panel", "--repair").code == 0
    repair = find_job(places.jobs, "last")
    assert {file.path for file in repair.files()} == set(bad)
    kept = {str(path.relative_to(imported)) for path in imported.rglob("*.bad")}
    assert kept == {f"{path}.bad" for path, state in bad.items() if state == "changed"}
    for left in imported.rglob("*.elsewhere"):
        left.unlink()
    for record in (imported / ".bstui").iterdir():
        shutil.rmtree(record)
    check_tree(find_job(places.jobs, "panel"), laboratory)
    assert robin("verify", "panel").code == 0


def test_a_folder_that_was_moved_whose_job_is_gone(
    robin: Shell, imported: Path, places: Places
) -> None:
    bad = damage(imported)
    moved = imported.with_name("moved")
    imported.rename(moved)
    said = robin("verify", "panel")
    assert said.code == 1
    assert "--moved-to" in said.err
    assert robin("verify", "panel", "--moved-to", str(moved)).code == 6
    shutil.rmtree(find_job(places.jobs, "panel").path)
    said = robin("verify", str(moved), "--json")
    assert {row["path"]: row["state"] for row in said.rows if row["state"] != "sound"} == bad
    assert robin("verify", str(moved), "--repair").code == 0
    assert robin("verify", str(moved)).code == 0


def test_what_is_no_import_is_said_to_be_none(robin: Shell, tmp_path: Path) -> None:
    assert "no record of an import" in robin("verify", str(tmp_path)).err
    assert "no job 'nosuch', and no such folder" in robin("verify", "nosuch").err
