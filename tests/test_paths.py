"""Where bstui keeps its files, and that they appear whole and private."""

import os
from pathlib import Path

import pytest

from bstui.errors import BstuiError
from bstui.paths import Places, find_places, is_private, make_private, sync_folder, write_whole


def test_the_places_of_a_home() -> None:
    places = find_places({"HOME": "/home/ada"})
    assert places.config == Path("/home/ada/.config/bstui")
    assert places.state == Path("/home/ada/.local/state/bstui")
    assert places.profiles == Path("/home/ada/.config/bstui/profiles")
    assert places.settings == Path("/home/ada/.config/bstui/config.toml")
    assert places.jobs == Path("/home/ada/.local/state/bstui/jobs")
    assert places.official_profiles == Path("/home/ada/.basespace")
    assert places.basket("x-17") == Path("/home/ada/.local/state/bstui/basket-x-17.json")


def test_xdg_and_the_state_folder_of_ones_own() -> None:
    environ = {"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}
    assert find_places(environ).config == Path("/c/bstui")
    assert find_places(environ).state == Path("/s/bstui")
    environ["BSTUI_STATE_DIR"] = "/own"
    assert find_places(environ).state == Path("/own")
    assert find_places(environ, "/flag").state == Path("/flag")
    assert find_places(environ, "here").state == Path.cwd() / "here"


def test_the_demo_keeps_apart() -> None:
    places = Places(home=Path("/h"), config=Path("/c"), state=Path("/s"))
    demo = places.demo()
    assert demo.config.is_relative_to("/s/demo")
    assert demo.state.is_relative_to("/s/demo")
    assert demo.official_profiles.is_relative_to("/s/demo")


def test_a_private_folder(tmp_path: Path) -> None:
    folder = make_private(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert make_private(folder) == folder


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BstuiError, match="cannot be written") as caught:
        make_private(tmp_path / "file" / "folder")
    assert "--state-dir" in caught.value.hint


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BstuiError, match="cannot be written"):
        make_private(tmp_path)
    tmp_path.chmod(0o700)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["profile.toml"]
    sync_folder(tmp_path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "taken", b"data")
    assert os.listdir(tmp_path) == ["taken"]


def test_what_others_may_read_is_not_private(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    write_whole(path, b"")
    assert is_private(path)
    path.chmod(0o640)
    assert not is_private(path)
    (tmp_path / "link").symlink_to(path)
    path.chmod(0o600)
    assert not is_private(tmp_path / "link")
