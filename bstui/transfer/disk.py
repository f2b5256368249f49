"""What the disk's refusals mean: each OSError to the error, and so to the policy, it stands for."""

import errno
import os

from bstui.errors import BstuiError, DestinationError, NoSpace, Policy, UnsafePath
from bstui.text import safe_text


class DiskTrouble(DestinationError):
    """The disk takes no writes just now: read-only, stale, moved away. Worth waiting for."""

    policy = Policy.SPACE


class DiskFault(DestinationError):
    """The disk could not read or write this just now. It may be this file's own trouble."""

    policy = Policy.TRANSIENT


_AWAY = {errno.EROFS, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN}
_FAULTY = {errno.EIO, errno.ETIMEDOUT, errno.EREMOTEIO}
_UNSAFE = {errno.ELOOP, errno.ENOTDIR, errno.ENXIO}


def disk_error(error: OSError, path: str, root: int | None = None) -> BstuiError:
    """`error`, met at `path` beneath the destination open as `root`, as one of ours."""
    name = safe_text(path)
    reason = error.strerror or str(error)
    if error.errno == errno.EDQUOT:
        return NoSpace(
            f"The disk quota is used up: {name} cannot be written.",
            hint="Make room, or ask for more; `quota -s` or your site's own command shows it.",
        )
    if error.errno == errno.ENOSPC:
        return _no_space(name, root)
    if error.errno in _FAULTY:
        return DiskFault(
            f"The disk failed on {name}: {reason}.",
            hint="Ask whoever keeps the disk; what was written is checked again.",
        )
    if error.errno in _AWAY:
        return DiskTrouble(
            f"The disk does not take {name}: {reason}.",
            why="It may be read-only, or its server away, for a while.",
            hint="bstui tries again by itself.",
        )
    if error.errno in _UNSAFE:
        return UnsafePath(
            f"{name} cannot be opened beneath the destination: {reason}.",
            why="A part of the path is a link or no folder; bstui follows no links there.",
        )
    if error.errno == errno.EFBIG:
        return DestinationError(
            f"{name} is larger than a file may be here: {reason}.",
            hint="See `ulimit -f` and the file system's own limit.",
        )
    return DestinationError(f"{name} cannot be written: {reason}.")


def _no_space(name: str, root: int | None) -> NoSpace:
    room = os.fstatvfs(root) if root is not None else None
    if room is not None and room.f_files and not room.f_favail:
        return NoSpace(
            f"The file system has no room for another file: {name} cannot be made.",
            why="All its inodes are in use, whatever room there is for bytes.",
            hint="Remove files that are not needed.",
        )
    return NoSpace(f"The disk is full: {name} cannot be written.", hint="Make room.")
