"""The destination before a job: written to once for proof, and otherwise only looked at."""

import os
from pathlib import Path

import pytest

from bstui.errors import DestinationError
from bstui.jobs.destination import (
    Presence,
    Room,
    check_destination,
    measure_room,
    meet_existing,
    warn_of_obstacles,
    warn_of_taken,
)
from bstui.jobs.records import PlanFile


def planned(path: str, size: int = 5) -> PlanFile:
    return PlanFile(id=path, name=path, path=path, size=size)


def test_the_nearest_folder_is_proven_and_left_as_it_was(tmp_path: Path) -> None:
    assert check_destination(tmp_path / "a" / "b") == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DestinationError, match="Permission denied"):
        check_destination(tmp_path / "a")


def test_a_file_system_that_takes_no_files() -> None:
    with pytest.raises(DestinationError, match="cannot be written") as caught:
        check_destination(Path("/proc/bstui"))
    assert "--to" in caught.value.hint
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("kind", ["file", "link to nothing"])
def test_a_destination_that_is_no_folder(tmp_path: Path, kind: str) -> None:
    if kind == "file":
        (tmp_path / "x").write_text("")
    else:
        (tmp_path / "x").symlink_to(tmp_path / "nothing")
    with pytest.raises(DestinationError, match="cannot be a folder"):
        check_destination(tmp_path / "x" / "y")


def test_a_link_to_a_folder_is_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert check_destination(tmp_path / "link" / "x") == tmp_path / "link"


def test_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "P" / "S").mkdir(parents=True)
    (tmp_path / "P" / "S" / "whole").write_bytes(b"12345")
    (tmp_path / "P" / "S" / "half.partial").write_bytes(b"1" * 8192)
    (tmp_path / "P" / "S" / "link").symlink_to("whole")
    paths = [f"P/S/{name}" for name in ("whole", "half", "link", "new")] + ["Q/new", "top"]
    presence = Presence(tmp_path)
    found = {path: there for path in paths if (there := presence.at(path))}
    assert set(found) == {"P/S/whole", "P/S/half", "P/S/link"}
    assert found["P/S/whole"].size == 5
    assert (found["P/S/link"].is_taken, found["P/S/link"].size) == (True, None)
    assert not found["P/S/half"].is_taken
    assert found["P/S/half"].partial >= 8192


@pytest.mark.parametrize(
    ("existing", "outcome"),
    [("adopt", "will fail"), ("keep-both", "both are kept"), ("replace", "under another name")],
)
def test_names_that_are_taken(tmp_path: Path, existing: str, outcome: str) -> None:
    (tmp_path / "same").write_bytes(b"12345")
    (tmp_path / "other").write_bytes(b"1234567")
    (tmp_path / "folder").mkdir()
    files = [planned(name) for name in ("same", "other", "folder", "new")]
    met, room = meet_existing(files, tmp_path, tmp_path, existing)
    assert [file.action for file in met] == ["adopt", "fetch", "fetch", "fetch"]
    assert met[0].warning == met[3].warning == ""
    assert "7 B" in met[1].warning
    assert outcome in met[1].warning
    assert "no file" in met[2].warning
    assert (room.needed, room.files) == (15, 3)
    (warning,) = warn_of_taken(met, existing)
    assert warning.startswith("2 names at the destination, other first, belong to other files")


def test_what_stands_where_a_folder_has_to_be(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "S").mkdir(parents=True)
    (tmp_path / "P").symlink_to("elsewhere")
    (tmp_path / "Q").write_bytes(b"")
    files = [planned(name) for name in ("P/S/a", "P/b", "Q/S/T/c", "new/d", "elsewhere/S/e", "f")]
    met, _ = meet_existing(files, tmp_path, tmp_path, "replace")
    assert [file.warning.partition(" ")[0] for file in met] == ["P", "P", "Q", "", "", ""]
    assert all(file.warning.endswith("will fail") for file in met[:3])
    of_link, of_file = warn_of_obstacles(met)
    assert of_link.startswith("P is there already and is no folder")
    assert "(2 files in all)" in of_link
    assert of_file.startswith("Q is")
    assert warn_of_taken(met, "replace") == []


def test_what_a_partial_holds_needs_no_room(tmp_path: Path) -> None:
    (tmp_path / "big.partial").write_bytes(b"1" * 40_960)
    _, room = meet_existing([planned("big", 100_000)], tmp_path, tmp_path, "adopt")
    assert room.needed <= 100_000 - 40_960


def test_room_is_the_file_systems(tmp_path: Path) -> None:
    info = os.statvfs(tmp_path)
    room = measure_room(tmp_path, 1, 1)
    assert abs(room.free - info.f_bavail * info.f_frsize) < 1 << 30
    assert room.fits
    assert not measure_room(tmp_path, 1 << 62, 1).fits


@pytest.mark.parametrize(
    ("room", "reason"),
    [
        (Room(where="/x", needed=11, files=1, free=10), "needs 11 B, and /x has room for 10 B"),
        (Room(where="/x", needed=1, files=9, free=10, inodes=8), "makes 9 files"),
    ],
)
def test_no_room(room: Room, reason: str) -> None:
    refusal = room.refusal()
    assert refusal is not None
    assert refusal.exit_code == 5
    assert reason in refusal.message
