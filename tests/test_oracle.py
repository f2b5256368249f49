"""The oracle sees each thing that it is there to see."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import MANIFEST, record_folder
from bstui.jobs.recording import Recorder
from bstui.jobs.records import Outcome, PlanFile
from bstui.paths import Places
from bstui.transfer.items import Holder
from tests.history.past import attempt, done, plan_job, planned_file
from tests.oracle import (
    Request,
    asked_again,
    assert_history,
    assert_imported,
    assert_nothing_wrong,
    read_requests,
    read_tree,
    recorded_ranges,
    sent_twice,
    untouched,
)
from tests.secrecy import find_secrets


@dataclass(frozen=True)
class Bytes:
    size: int
    sha256: str


FILES = [planned_file(0), planned_file(1)]
TRUTH = {file.id: Bytes(100, hashlib.sha256(file.id.encode() * 50).hexdigest()) for file in FILES}


def place(destination: Path, file: PlanFile) -> Path:
    path = destination / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.id.encode() * 50)
    return path


@pytest.fixture
def job(places: Places, tmp_path: Path) -> JobFolder:
    """A job whose two files arrived."""
    folder = plan_job(places.jobs, FILES, destination=str(tmp_path / "data"))
    for file in FILES:
        place(tmp_path / "data", file)
    events = [msgspec.structs.replace(done(file), md5="") for file in FILES]
    attempt(folder, 1, events, Outcome.DONE)
    holder = Holder(job=folder.id, attempt=1, host="here", user="me")
    Recorder(folder, holder, lambda: None).write(Outcome.DONE)
    return folder


def test_a_good_job_passes(job: JobFolder, places: Places, tmp_path: Path) -> None:
    assert_imported(job, tmp_path / "data", TRUTH)
    assert_history(places.state / "history.db", places.jobs)


def test_a_record_that_lacks_a_file(job: JobFolder, tmp_path: Path) -> None:
    manifest = record_folder(tmp_path / "data", job.id) / MANIFEST
    manifest.write_text(manifest.read_text().splitlines(keepends=True)[0])
    with pytest.raises(AssertionError):
        assert_imported(job, tmp_path / "data", TRUTH)


def test_a_wrong_byte(job: JobFolder, tmp_path: Path) -> None:
    (tmp_path / "data" / FILES[0].path).write_bytes(b"X" * 100)
    with pytest.raises(AssertionError, match="holds other bytes"):
        assert_nothing_wrong(job, tmp_path / "data", TRUTH)


def test_a_short_file(job: JobFolder, tmp_path: Path) -> None:
    (tmp_path / "data" / FILES[0].path).write_bytes(b"X" * 99)
    with pytest.raises(AssertionError, match="has 99 of 100 bytes"):
        assert_nothing_wrong(job, tmp_path / "data", TRUTH)


def test_a_stranger(job: JobFolder, tmp_path: Path) -> None:
    (tmp_path / "data" / "stranger").touch()
    assert_imported(job, tmp_path / "data", TRUTH, others=["stranger"])
    with pytest.raises(AssertionError, match="none of the job's files"):
        assert_nothing_wrong(job, tmp_path / "data", TRUTH)


def test_a_missing_file(job: JobFolder, places: Places, tmp_path: Path) -> None:
    (tmp_path / "data" / FILES[0].path).unlink()
    with pytest.raises(AssertionError, match="said to be done"):
        assert_nothing_wrong(job, tmp_path / "data", TRUTH)
    with pytest.raises(AssertionError, match="it is not there"):
        assert_history(places.state / "history.db", places.jobs)


def test_a_partial_is_left(job: JobFolder, tmp_path: Path) -> None:
    (tmp_path / "data" / "x.partial").touch()
    assert_nothing_wrong(job, tmp_path / "data", TRUTH)
    with pytest.raises(AssertionError, match="left behind"):
        assert_imported(job, tmp_path / "data", TRUTH)


def test_a_change_outside(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with untouched(tmp_path, [tmp_path / "data"]):
        (tmp_path / "data" / "x").touch()
    with pytest.raises(AssertionError, match="changed"), untouched(tmp_path):
        (tmp_path / "x").symlink_to("data")
    assert read_tree(tmp_path)["x"] == "lrwxrwxrwx -> data"


def test_recorded_ranges_that_are_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "x.partial.json").write_text(
        '{"line":"head","id":"r1","size":30}\n{"line":"source"}\n'
        '{"line":"got","start":0,"stop":10,"crc32":1}\n{"line":"got","start":20,"st'
    )
    recorded = recorded_ranges(tmp_path)
    assert recorded == {"r1": [(0, 10)]}
    requests = read_requests(
        {"time": 1.0, "file": file, "first": first, "last": last, "status": 206, "sent": 1}
        for file, first, last in [("r1", 10, 29), ("r1", 9, 9), ("r2", 0, 9)]
    )
    assert [(request.file, request.first) for request in asked_again(requests, recorded)] == [
        ("r1", 9)
    ]


def test_bytes_that_are_sent_twice() -> None:
    spans = [(0, 10, 206), (10, 10, 206), (5, 10, 206), (0, 0, 206), (0, 9, 403)]
    log = [Request("r1", first, 99, status, sent) for first, sent, status in spans]
    assert sent_twice(log) == 10
    assert sent_twice([Request("r2", 0, 9, 200, 10), *log[:2]]) == 0


def test_secrets_are_found(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(4 * 1024 * 1024 - 3) + b"canary" + bytes(9))
    (tmp_path / "canary.txt").touch()
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "lab.toml").write_text("canary")
    (tmp_path / "official.cfg").write_text("canary")
    (tmp_path / "link").symlink_to("big")
    assert sorted(find_secrets(tmp_path, ["canary"])) == [
        str(tmp_path / "big"),
        str(tmp_path / "canary.txt"),
    ]
    assert find_secrets(tmp_path, []) == []
