"""The record beside the data: what it says, who may read it, and that it survives."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.basespace.credentials import Profile
from bstui.errors import BstuiError, NotFound
from bstui.jobs.arrived import files_brought
from bstui.jobs.attempt import Attempt
from bstui.jobs.folder import JobFolder
from bstui.jobs.liveness import introduce
from bstui.jobs.manifest import (
    JOB,
    MANIFEST,
    MD5SUMS,
    RecordedFile,
    md5_line,
    read_job,
    read_manifest,
    record_folder,
    record_folders,
)
from bstui.jobs.recording import Recorder
from bstui.jobs.records import FileDone, FileFailed, Launch, Launcher, Options, Outcome
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.transfer.items import Holder
from tests.jobs.imports import QUICK, SMALL, log_in, plan_job
from tests.oracle import assert_imported, assert_recorded

HOLDER = Holder(job="J", attempt=1, host="here", user="me")


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


def import_all(job: JobFolder, places: Places) -> Path:
    """Carry the job out; the folder of its record."""
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    return record_folder(Path(job.header().destination), job.id)


def test_the_record_says_what_was_imported(
    profile: Profile, places: Places, tmp_path: Path, simulator: Simulator
) -> None:
    data = tmp_path / "data"
    job = plan_job(profile, places, data, SMALL)
    record = import_all(job, places)
    assert_imported(job, data, simulator.truth())
    told = read_job(record)
    assert (told.id, told.name, told.outcome) == (job.id, job.header().name, Outcome.DONE)
    assert (told.files, told.bytes) == (told.files_done, told.bytes_done)
    assert told.identity == job.header().identity
    files = list(read_manifest(record))
    assert files == list(files_brought(job))
    assert [file.id for file in files] == [file.id for file in job.files()]
    first = files[0]
    assert first.sample
    assert first.project == "Cardiac amplicon panel"
    assert first.run
    assert first.run_id
    assert first.library
    assert first.read in ("R1", "R2", "I1", "I2")
    assert first.verified == "etag"
    assert first.version
    assert record_folders(data) == [record]


def test_md5sum_checks_it(profile: Profile, places: Places, tmp_path: Path) -> None:
    job = plan_job(profile, places, tmp_path / "data", SMALL, Options(digest="md5"))
    record = import_all(job, places)
    relative = record.relative_to(tmp_path / "data") / MD5SUMS
    said = subprocess.run(
        ["md5sum", "-c", str(relative)], cwd=tmp_path / "data", capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.count(": OK\n") == len(list(job.files()))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1))
def test_any_name_is_escaped_as_md5sum_reads_it(name: str) -> None:
    line = md5_line("d41d8cd98f00b204e9800998ecf8427e", name)
    assert line.count("\n") == 1
    sum_, _, path = line.removesuffix("\n").partition("  ")
    if sum_.startswith("\\"):
        path = path.replace("\\r", "\r").replace("\\n", "\n").replace("\\\\", "\\")
    assert "\\" in name or path == name


def test_md5sum_itself_reads_odd_names(tmp_path: Path) -> None:
    names = ["a b", "back\\slash", "new\nline", "back\\nslash", "*star", "é"]
    for name in names:
        (tmp_path / name).write_text("")
    lines = [md5_line("d41d8cd98f00b204e9800998ecf8427e", name) for name in names]
    (tmp_path / "sums").write_text("".join(lines))
    checked = subprocess.run(["md5sum", "--strict", "-c", "sums"], cwd=tmp_path, check=False)
    assert checked.returncode == 0


@pytest.mark.parametrize(("umask", "chmod"), [(0o022, ""), (0o077, ""), (0o077, "600")])
def test_the_group_may_read_it(
    umask: int, chmod: str, profile: Profile, places: Places, tmp_path: Path
) -> None:
    job = plan_job(profile, places, tmp_path / "data", SMALL, Options(chmod=chmod))
    before = os.umask(umask)
    try:
        record = import_all(job, places)
    finally:
        os.umask(before)
    for folder in (record.parent, record):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o050 == 0o050
    for name in (JOB, MANIFEST, MD5SUMS):
        assert stat.S_IMODE((record / name).stat().st_mode) & 0o440 == 0o440


def test_the_next_attempt_writes_the_whole_of_it_again(
    profile: Profile, places: Places, tmp_path: Path
) -> None:
    job = plan_job(profile, places, tmp_path / "data", SMALL)
    record = import_all(job, places)
    whole = (record / MANIFEST).read_bytes()
    for name in (JOB, MANIFEST, MD5SUMS):
        (record / name).unlink()
    (record / f".{MANIFEST}.partial").write_text("of a killed attempt")
    job.add_launch(Launch(time=0.0, launcher=Launcher.HERE, host="here", attempt=2))
    assert import_all(job, places) == record
    assert (record / MANIFEST).read_bytes() == whole
    assert_recorded(job, tmp_path / "data")


def test_what_failed_since_it_was_done_is_not_in_it(
    profile: Profile, places: Places, tmp_path: Path
) -> None:
    job = plan_job(profile, places, tmp_path / "data", SMALL)
    files = list(job.files())
    attempt = Attempt(job, introduce(1, 1.0, ""))
    for file in files[:3]:
        attempt.tell(
            FileDone(time=2.0, id=file.id, path=file.path, size=file.size, verified="etag")
        )
    attempt.tell(FileFailed(time=3.0, id=files[1].id, path=files[1].path, message="gone"))
    recorder = Recorder(job, HOLDER, attempt.check_fence)
    recorder.write()
    record = record_folder(tmp_path / "data", job.id)
    assert not record.exists(), "there is no destination yet, and none is made for a record"
    (tmp_path / "data").mkdir()
    recorder.write(Outcome.INCOMPLETE)
    assert [file.id for file in read_manifest(record)] == [files[0].id, files[2].id]
    assert not (record / MD5SUMS).exists(), "no MD5 is known"
    assert read_job(record).outcome == Outcome.INCOMPLETE


def test_a_planted_link_is_not_followed(profile: Profile, places: Places, tmp_path: Path) -> None:
    job = plan_job(profile, places, tmp_path / "data", SMALL)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".bstui").symlink_to(tmp_path / "elsewhere")
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert "The record of the import beside its data could not be written" in job.log.read_text()


def test_a_record_that_is_missing_or_damaged_says_so(tmp_path: Path) -> None:
    assert record_folders(tmp_path) == []
    with pytest.raises(NotFound):
        read_job(tmp_path)
    with pytest.raises(NotFound):
        list(read_manifest(tmp_path))
    (tmp_path / JOB).write_text("{")
    (tmp_path / MANIFEST).write_text('{"id":"1","path":"a","size":1,"verified":"","time":0}\n{')
    with pytest.raises(BstuiError, match="damaged"):
        read_job(tmp_path)
    lines = read_manifest(tmp_path)
    assert next(lines) == RecordedFile(id="1", path="a", size=1, verified="", time=0)
    with pytest.raises(BstuiError, match="line 2"):
        next(lines)
