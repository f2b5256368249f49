"""Giving a file its name without ever taking a name from another file."""

import ctypes
import errno
import os
from itertools import count

from bstui.transfer.beneath import remove

_MOST_NAMES = 100
_NOREPLACE = 1
"""RENAME_NOREPLACE of renameat2(2)."""
_UNKNOWN = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES)
_LIBC = ctypes.CDLL(None, use_errno=True)


def rename_new(folder: int, old: str, new: str) -> None:
    """Rename within `folder`, where `new` is not there; FileExistsError where it is.

    Where the file system knows no RENAME_NOREPLACE, by a hard link; where it knows none either,
    by looking first.
    """
    try:
        _rename_noreplace(folder, old, new)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        link_new(folder, old, new)


def _rename_noreplace(folder: int, old: str, new: str) -> None:
    """renameat2(2); glibc has had it since 2.28."""
    names = os.fsencode(old), os.fsencode(new)
    if _LIBC.renameat2(folder, names[0], folder, names[1], _NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), new)


def link_new(folder: int, old: str, new: str) -> None:
    """The same where RENAME_NOREPLACE is not known."""
    try:
        os.link(old, new, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        look_and_rename(folder, old, new)
    else:
        remove(folder, old)


def look_and_rename(folder: int, old: str, new: str) -> None:
    """The same where links are not known either: the only way with a gap in it."""
    try:
        os.stat(new, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)


def rename_free(folder: int, old: str, new: str) -> str:
    """Rename to the first name that nothing has of `new`, `new~2`, …; that name."""
    for number in count(1):
        name = new if number == 1 else f"{new}~{number}"
        try:
            rename_new(folder, old, name)
        except FileExistsError:
            if number == _MOST_NAMES:
                raise
        else:
            return name
    raise AssertionError("unreachable: the loop ends by return or raise")
