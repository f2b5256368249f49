"""Which files of a raw run are taken: all but images, end markers last."""

import pytest

from bstui.basespace.models import File, Run
from bstui.runs.choice import choose_files, is_end_marker, is_image, is_tame, place_file

RUN = Run(id="11", name="260112_M1_0041_A")


def file(path: str) -> File:
    return File(id=path, name=path.rpartition("/")[2], path=path, size=1)


@pytest.mark.parametrize(
    "path",
    [
        "Thumbnail_Images/L001/C1.1/s_1_1101_a.jpg",
        "Images/Focus/L001/x.tif",
        "Data/Intensities/x.JPG",
        "images/a.png",
    ],
)
def test_images(path: str) -> None:
    assert is_image(path)


@pytest.mark.parametrize(
    "path",
    [
        "RTAComplete.txt",
        "RTAComplete.xml",
        "CopyComplete.txt",
        "SequenceComplete.txt",
        "RunCompletionStatus.xml",
        "CompletedJobInfo.xml",
        "Basecalling_Netcopy_complete.txt",
        "RTARead1Complete.txt",
    ],
)
def test_end_markers(path: str) -> None:
    assert is_end_marker(path)
    assert not is_end_marker(f"Data/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "RunInfo.xml",
        "Data/Intensities/BaseCalls/L001/C1.1/L001_1.cbcl",
        "InterOp/ImageMetricsOut.bin",
        "Data/Intensities/BaseCalls/L001/s_1_1101.filter",
        "NotImages/x.txt",
    ],
)
def test_data(path: str) -> None:
    assert not is_image(path)
    assert not is_end_marker(path)


def test_end_markers_come_last_and_images_are_left_out() -> None:
    paths = ["CopyComplete.txt", "Data/a.bcl", "RTAComplete.txt", "Images/b.jpg", "RunInfo.xml"]
    taken, left = choose_files(file(path) for path in paths)
    assert [item.path for item in taken] == [
        "Data/a.bcl",
        "RunInfo.xml",
        "CopyComplete.txt",
        "RTAComplete.txt",
    ]
    assert [item.path for item in left] == ["Images/b.jpg"]


@pytest.mark.parametrize(
    ("path", "placed", "tame"),
    [
        ("Data/L001/C1.1/s.bcl", "260112_M1_0041_A/Data/L001/C1.1/s.bcl", True),
        ("Data/with blank.txt", "260112_M1_0041_A/Data/with blank.txt", True),
        ("../../etc/passwd", "260112_M1_0041_A/.%2E/.%2E/etc/passwd", False),
        ("/etc/passwd", "260112_M1_0041_A/%/etc/passwd", False),
        ("a//./b", "260112_M1_0041_A/a/%/%2E/b", False),
        ("a\x1b[2Jb", "260112_M1_0041_A/a%1B[2Jb", False),
    ],
)
def test_a_path_stays_beneath_the_run_folder(path: str, placed: str, tame: bool) -> None:
    assert place_file(RUN, file(path)) == placed
    assert is_tame(file(path)) is tame
