"""A zipped run is imported as it is; its zip files are unpacked on request, and never elsewhere."""

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.basespace.credentials import Profile
from bstui.errors import IntegrityError, NameTaken, UnsafePath
from bstui.jobs.checking import Verdict as CheckVerdict
from bstui.jobs.checking import check_files
from bstui.jobs.completeness import prove_job
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import read_manifest, record_folder
from bstui.jobs.records import Launch, Launcher, Options
from bstui.jobs.run_files import run_folder
from bstui.jobs.watch import JobWatch
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.runs.completeness import Verdict
from bstui.runs.zips import folder_of, is_zip
from bstui.simulator.service import Simulator
from bstui.transfer.beneath import Destination
from bstui.transfer.permissions import Permissions
from bstui.transfer.unpack import list_entries, unpack
from tests.jobs.imports import QUICK, log_in, plan_job
from tests.oracle import read_tree

RUN = "run:Cardiac panel top-up"
CALLS = "Data/Intensities/BaseCalls"
ZIPPED = Options(bcl=True, unzip=True)


@pytest.fixture(params=["lane", "folder"])
def zipped(request: pytest.FixtureRequest, simulator: Simulator) -> Simulator:
    """A service that has zipped the run."""
    simulator.choices.choose({"zip-names": request.param})
    return simulator


def zip_run(simulator: Simulator, places: Places) -> Profile:
    """Let the service zip the run; a login of someone who may read it."""
    profile = log_in(simulator, places)
    job = plan_job(profile, places, places.home / "not begun", RUN, Options(bcl=True))
    simulator.faults.become([next(iter(job.files())).run_id], "zipped")
    return profile


def work(job: JobFolder, places: Places) -> int:
    number = len(job.numbers().events) + 1
    job.add_launch(Launch(time=0.0, launcher=Launcher.HERE, host="here", attempt=number))
    return run_worker(job.path, places, os.environ, rhythm=QUICK)


def markers_of(job: JobFolder) -> list[Path]:
    destination = Path(job.header().destination)
    return [destination / file.path for file in job.files() if file.last]


def test_what_was_zipped_is_unpacked_to_the_run_it_was(
    zipped: Simulator, places: Places, tmp_path: Path
) -> None:
    profile = log_in(zipped, places)
    whole = plan_job(profile, places, tmp_path / "whole", RUN, Options(bcl=True))
    assert work(whole, places) == 0
    zip_run(zipped, places)
    job = plan_job(profile, places, tmp_path / "zipped", RUN, ZIPPED)
    assert work(job, places) == 0
    proof = JobWatch(job).refresh().proof
    assert proof is not None
    assert proof.verdict is Verdict.COMPLETE, proof.text
    unpacked = read_tree(run_folder(job))
    expected = read_tree(run_folder(whole))
    assert {path: what for path, what in unpacked.items() if not path.endswith(".zip")} == expected
    assert work(job, places) == 0, "again, and nothing is there twice"
    assert read_tree(run_folder(job)) == unpacked
    recorded = list(read_manifest(record_folder(tmp_path / "zipped", job.id)))
    brought = {file.path.partition("/")[2]: file for file in recorded}
    assert len(brought) == len(recorded)
    files = {path for path in unpacked if (run_folder(job) / path).is_file()}
    assert brought.keys() == files
    inner = [file for file in recorded if file.source]
    assert {file.path.partition("/")[2] for file in inner} == files - {
        file.path.partition("/")[2] for file in job.files()
    }
    for checked in check_files(recorded, tmp_path / "zipped"):
        assert checked.verdict is CheckVerdict.SOUND or not checked.file.source
        assert checked.proof == "crc32" or not checked.file.source


def test_without_being_asked_zip_files_stay_as_they_are(
    simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    job = plan_job(zip_run(simulator, places), places, tmp_path, RUN, Options(bcl=True))
    assert work(job, places) == 0
    proof = prove_job(job)
    assert proof.verdict is Verdict.NOT_PROVEN
    assert "--unzip" in proof.text
    assert not list(run_folder(job).rglob("*.bcl"))


def test_where_one_cannot_be_unpacked_the_end_markers_are_held_back(
    simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    job = plan_job(zip_run(simulator, places), places, tmp_path / "out", RUN, ZIPPED)
    path = next(file.path for file in job.files() if file.path.endswith("L001.zip"))
    other = tmp_path / "out" / path.partition("/")[0] / "Data/Intensities/BaseCalls/L001/C1.1"
    other.mkdir(parents=True)
    (other / "s_1_1101.bcl").write_bytes(b"mine")
    assert work(job, places) == 3
    assert (other / "s_1_1101.bcl").read_bytes() == b"mine"
    assert markers_of(job)
    assert not any(marker.exists() for marker in markers_of(job))
    (other / "s_1_1101.bcl").unlink()
    assert work(job, places) == 0
    assert all(marker.exists() for marker in markers_of(job))


def zip_of(*names: str, mode: int = 0, data: bytes = b"x") -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, data)
    return file


@pytest.fixture
def destination(tmp_path: Path) -> Iterator[Destination]:
    opened = Destination(tmp_path / "in")
    yield opened
    opened.close()


def extract(file: io.BytesIO, destination: Destination) -> int:
    return unpack(
        file,
        "z.zip",
        destination,
        "run",
        Permissions(),
        fence=lambda: None,
        is_stopped=lambda: False,
    )


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "a/./x", "a//x", "x.partial", "a" * 300, "a\\..\\x"]
)
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_written(
    name: str, destination: Destination, tmp_path: Path
) -> None:
    with pytest.raises(UnsafePath):
        extract(zip_of("good", name), destination)
    assert read_tree(tmp_path / "in") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_a_link_in_a_zip_file_is_refused(kind: int, destination: Destination) -> None:
    with pytest.raises(UnsafePath, match=r"z\.zip is not unpacked"):
        extract(zip_of("link", mode=kind | 0o777, data=b"/etc/passwd"), destination)


def test_a_planted_link_is_not_followed(destination: Destination, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "in" / "run").mkdir()
    (tmp_path / "in" / "run" / "Data").symlink_to(outside)
    with pytest.raises(Exception, match="Data"):
        extract(zip_of("Data/x"), destination)
    assert not list(outside.iterdir())


def test_a_name_of_another_file_is_not_taken(destination: Destination, tmp_path: Path) -> None:
    assert extract(zip_of("a"), destination) == 1
    (tmp_path / "in" / "run" / "a").write_bytes(b"y")
    with pytest.raises(NameTaken):
        extract(zip_of("a"), destination)
    assert (tmp_path / "in" / "run" / "a").read_bytes() == b"y"


def test_a_flipped_byte_is_found_and_leaves_no_file(
    destination: Destination, tmp_path: Path
) -> None:
    broken = bytearray(zip_of("a", data=b"reads" * 10).getvalue())
    broken[broken.index(b"reads")] ^= 1
    with pytest.raises(IntegrityError):
        extract(io.BytesIO(broken), destination)
    assert not [path for path in (tmp_path / "in").rglob("*") if path.is_file()]


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes_are_a_zip_file_or_refused(data: bytes, cut: int) -> None:
    whole = zip_of("a", "b/c").getvalue()
    for held in (data, whole[:cut] + data, whole[:cut]):
        try:
            list_entries(io.BytesIO(held), "z.zip")
        except (IntegrityError, UnsafePath):
            continue


@pytest.mark.parametrize(
    ("path", "inner", "folder"),
    [
        ("L001.zip", [f"{CALLS}/L001/C1.1/s_1_1101.bcl"], ""),
        (f"{CALLS}/L001.zip", ["L001/C1.1/s_1_1101.bcl"], CALLS),
        (f"{CALLS}/L001.zip", ["C1.1/s_1_1101.bcl"], f"{CALLS}/L001"),
        ("Thumbnail_Images.zip", ["Thumbnail_Images/L001/a.jpg"], ""),
        ("Thumbnail_Images.zip", ["L001/C1.1/a.jpg"], "Thumbnail_Images"),
    ],
)
def test_where_unpacked_files_belong(path: str, inner: list[str], folder: str) -> None:
    assert folder_of(path, inner) == folder
    assert is_zip(path) is (path != "L001.zip")
