"""Which files of a raw run are taken, and in which order."""

import pytest

from bstui.basespace.models import File, Run
from bstui.errors import UsageError
from bstui.runs.choice import (
    Choice,
    choose_files,
    count_left_out,
    is_tame,
    parse_choice,
    place_file,
)

RUN = Run(id="11", name="260112_M1_0041_A")
PATHS = [
    "CopyComplete.txt",
    "Data/Intensities/BaseCalls/L001/C1.1/L001_1.cbcl",
    "Data/Intensities/BaseCalls/L002/C1.1/L002_1.cbcl",
    "Data/Intensities/BaseCalls/L001/s_1_1101.filter",
    "Data/Intensities/s.locs",
    "InterOp/TileMetricsOut.bin",
    "Logs/a.log",
    "RTAComplete.txt",
    "RunInfo.xml",
    "SampleSheet.csv",
    "Thumbnail_Images/L001/a.jpg",
]


def file(path: str) -> File:
    return File(id=path, name=path.rpartition("/")[2], path=path, size=len(path))


def choose(*paths: str, files: str = "no-images", **patterns: list[str]) -> list[str]:
    choice = parse_choice(files, patterns.get("include", []), patterns.get("exclude", []))
    return [one.path for one in choose_files(map(file, paths), choice).files]


def test_end_markers_come_last_and_images_are_left_out() -> None:
    chosen = choose_files(map(file, PATHS))
    taken = [one.path for one in chosen.files]
    assert taken[-2:] == ["CopyComplete.txt", "RTAComplete.txt"]
    assert sorted([*taken, PATHS[-1]]) == sorted(PATHS)
    assert [(left.path, why) for left, why in chosen.left_out] == [
        (PATHS[-1], "an image of the flow cell")
    ]
    assert chosen.warnings == ()


def test_what_is_taken_is_counted_by_kind_and_what_is_not_by_reason() -> None:
    chosen = choose_files(map(file, PATHS), parse_choice("demultiplexing", [], ["L002/"]))
    assert {share.what: share.files for share in chosen.taken} == {
        "RunInfo, RunParameters, sample sheet": 2,
        "base calls": 1,
        "filters": 1,
        "cluster positions": 1,
        "end markers": 2,
    }
    assert sum(share.bytes for share in chosen.taken) == sum(one.size for one in chosen.files)
    left = count_left_out((reason, one.size) for one, reason in chosen.left_out)
    assert [share.text for share in left] == [
        "left out by --exclude L002/: 1 file, 48 B",
        "InterOp metrics: not part of demultiplexing: 1 file, 26 B",
        "other files: not part of demultiplexing: 1 file, 10 B",
        "an image of the flow cell: not part of demultiplexing: 1 file, 27 B",
    ]


def test_metrics_have_no_end_marker_for_there_is_nothing_to_demultiplex() -> None:
    assert choose(*PATHS, files="metrics") == [
        "InterOp/TileMetricsOut.bin",
        "RunInfo.xml",
        "SampleSheet.csv",
    ]


def test_everything_is_everything() -> None:
    assert sorted(choose(*PATHS, files="everything")) == sorted(PATHS)


def test_what_is_included_comes_whatever_was_left_out() -> None:
    assert choose(*PATHS, exclude=["*"], include=["RunInfo.xml"]) == ["RunInfo.xml"]
    assert PATHS[-1] in choose(*PATHS, include=["Thumbnail_Images/L001/"])


def test_a_pattern_that_matches_nothing_is_told() -> None:
    chosen = choose_files(map(file, PATHS), parse_choice("no-images", ["*.tif"], ["L009"]))
    assert chosen.warnings == (
        "--include *.tif matches none of the run's files.",
        "--exclude L009 matches none of the run's files.",
    )


def test_a_choice_that_cannot_be_meant() -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        parse_choice("no-images", [""], [])
    assert parse_choice("no-images", [], []) == Choice()


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


@pytest.mark.parametrize(
    ("files", "exclude", "lanes", "needs"),
    [
        ("no-images", [], 1, True),
        ("metrics", [], 1, False),
        ("no-images", ["Data/"], 1, False),
        ("no-images", ["*.cbcl"], 2, False),
        ("no-images", ["L001/"], 2, True),
        ("no-images", ["L001/"], 1, False),
        ("everything", ["BaseCalls/"], 8, False),
    ],
)
def test_whether_base_calls_are_meant(
    files: str, exclude: list[str], lanes: int, needs: bool
) -> None:
    assert parse_choice(files, [], exclude).needs_calls(lanes) is needs
