"""Where the database goes: never where two hosts could open it."""

import os
from pathlib import Path

import pytest

from bstui.errors import BstuiError
from bstui.history import find_database
from bstui.paths import Places
from bstui.system import FileSystemKind, file_system_kind


def network(path: Path) -> FileSystemKind:
    return FileSystemKind("nfs4")


def local(path: Path) -> FileSystemKind:
    return FileSystemKind("xfs")


def test_beside_the_jobs_on_a_local_disk(places: Places) -> None:
    assert find_database(places, kind_of=local) == places.state / "history.db"
    assert places.state.stat().st_mode & 0o777 == 0o700


def test_on_the_node_where_the_state_is_on_the_network(places: Places, tmp_path: Path) -> None:
    found = find_database(places, kind_of=network, node_local=tmp_path)
    assert found.parent == tmp_path / f"bstui-{os.getuid()}"
    assert found.parent.stat().st_mode & 0o777 == 0o700
    assert found == find_database(places, kind_of=network, node_local=tmp_path)
    other = Places(home=places.home, config=places.config, state=tmp_path / "other")
    assert found != find_database(other, kind_of=network, node_local=tmp_path)


def test_a_folder_that_others_may_write_is_refused(places: Places, tmp_path: Path) -> None:
    folder = tmp_path / f"bstui-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(BstuiError, match="chmod 700"):
        find_database(places, kind_of=network, node_local=tmp_path)


def test_a_planted_link_is_refused(places: Places, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / f"bstui-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BstuiError, match="cannot be kept"):
        find_database(places, kind_of=network, node_local=tmp_path)


MOUNTS = r"""
22 1 8:1 / / rw shared:1 - ext4 /dev/vda rw
30 22 0:26 / /home rw - autofs systemd-1 rw
31 30 0:40 / /home rw shared:9 - nfs4 server:/home rw
32 22 0:41 / /lab\040data rw - lustre mds:/lab rw
33 22 0:42 / /homeless rw - tmpfs tmpfs rw
34 22 0:43 / /fuse rw - fuse.sshfs lab:/ rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind", "is_local"),
    [
        ("/var/tmp", "ext4", True),
        ("/home/ada/.local/state/bstui", "nfs4", False),
        ("/homeless", "tmpfs", True),
        ("/lab data/x", "lustre", False),
        ("/fuse/x", "fuse.sshfs", False),
    ],
)
def test_the_kind_of_a_file_system(tmp_path: Path, path: str, kind: str, is_local: bool) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    found = file_system_kind(Path(path), tmp_path / "mountinfo")
    assert (found.name, found.is_local) == (kind, is_local)


def test_a_kind_that_cannot_be_known_is_not_local(tmp_path: Path) -> None:
    assert not file_system_kind(tmp_path, tmp_path / "nothing").is_local


def test_this_machine(tmp_path: Path) -> None:
    assert file_system_kind(tmp_path / "not" / "yet").name
