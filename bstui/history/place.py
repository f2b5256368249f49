"""Where the history's database may stand: on a disk that this host alone writes."""

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from bstui.errors import BstuiError
from bstui.paths import Places, make_private
from bstui.system import FileSystemKind, file_system_kind

NODE_LOCAL = Path("/var/tmp")  # noqa: S108 - the folder made in it is checked to be ours


def find_database(
    places: Places,
    *,
    kind_of: Callable[[Path], FileSystemKind] = file_system_kind,
    node_local: Path = NODE_LOCAL,
) -> Path:
    """The database's path, its folder made.

    In the state directory where that is on a local disk. Otherwise beneath `/var/tmp/bstui-UID` of
    this node: two hosts corrupt a SQLite file on a network file system, in silence.
    """
    if kind_of(places.state).is_local:
        return make_private(places.state) / "history.db"
    state = hashlib.sha256(os.fsencode(os.path.realpath(places.state))).hexdigest()[:8]
    return _own_folder(node_local / f"bstui-{os.getuid()}") / f"history-{state}.db"


def _own_folder(folder: Path) -> Path:
    """`folder`, which stands where everybody may write: made 0700, or found to be this user's."""
    make_private(folder)
    found = folder.lstat()
    is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not is_own or found.st_mode & 0o077:
        raise BstuiError(
            f"The history cannot be kept in {folder}.",
            why="The folder is not yours alone: somebody else made it, or may write it.",
            hint=f"Remove it, or run: chmod 700 {folder}",
        )
    return folder
