"""A file system of one host's, over a folder that other hosts mount too: a network file system that
promises no more than the least of them.

    python -m tests.faults.shared_mount SERVER MOUNT SECONDS

Locks hold on this host alone. Names that were looked up, and lists of folders, may be that many
seconds old, unless this host has changed them since. Only creating with O_EXCL and `link` are sure,
as on NFS.
"""

import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import mfusepy

_Entry = tuple[str, dict[str, int], int]
"""A name, its inode, and nothing."""
_STAT = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_ino", "st_blocks")
_VFS = (
    *("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files"),
    *("f_flag", "f_frsize", "f_namemax"),
)


class SharedFolder(mfusepy.Operations):  # type: ignore[misc]
    """Passes every call on to the folder of the server."""

    use_ns = True

    def __init__(self, server: str, stale: float) -> None:
        self._server = server
        self._stale = stale
        self._lists: dict[str, tuple[float, list[_Entry]]] = {}
        self._listing = threading.Lock()

    def _there(self, path: str) -> str:
        return self._server + path

    def _change(self, *paths: str) -> None:
        """Forget the lists of the folders that these are in."""
        with self._listing:
            for path in paths:
                self._lists.pop(os.path.dirname(path), None)

    def readdir(self, path: str, fh: int) -> list[_Entry]:
        with self._listing:
            until, entries = self._lists.get(path, (0.0, []))
            if time.monotonic() >= until:
                entries = list(self._list(self._there(path)))
                self._lists[path] = (time.monotonic() + self._stale, entries)
        return entries

    def _list(self, folder: str) -> Iterator[_Entry]:
        for name in (".", ".."):
            yield name, {"st_ino": os.stat(folder).st_ino}, 0
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name, {"st_ino": entry.inode()}, 0

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        found = os.lstat(self._there(path))
        times = {f"st_{kind}time": getattr(found, f"st_{kind}time_ns") for kind in "amc"}
        return {name: getattr(found, name) for name in _STAT} | times

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self._server)
        return {name: getattr(found, name) for name in _VFS}

    def open(self, path: str, flags: int) -> int:
        return os.open(self._there(path), flags & ~os.O_APPEND)

    def create(self, path: str, mode: int, flags: int) -> int:
        self._change(path)
        return os.open(self._there(path), os.O_RDWR | os.O_CREAT | (flags & os.O_EXCL), mode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        os.truncate(self._there(path), length)

    def fsync(self, path: str, datasync: int, fh: int) -> None:
        os.fsync(fh)

    def fsyncdir(self, path: str, datasync: int, fh: int) -> None:
        """A server makes names durable before it answers."""

    def release(self, path: str, fh: int) -> None:
        os.close(fh)

    def link(self, target: str, source: str) -> None:
        self._change(target)
        os.link(self._there(source), self._there(target))

    def symlink(self, target: str, source: str) -> None:
        self._change(target)
        os.symlink(source, self._there(target))

    def readlink(self, path: str) -> str:
        return os.readlink(self._there(path))

    def rename(self, old: str, new: str) -> None:
        self._change(old, new)
        os.rename(self._there(old), self._there(new))

    def unlink(self, path: str) -> None:
        self._change(path)
        os.unlink(self._there(path))

    def mkdir(self, path: str, mode: int) -> None:
        self._change(path)
        os.mkdir(self._there(path), mode)

    def rmdir(self, path: str) -> None:
        self._change(path)
        os.rmdir(self._there(path))

    def chmod(self, path: str, mode: int) -> None:
        os.chmod(self._there(path), mode)

    def chown(self, path: str, uid: int, gid: int) -> None:
        os.lchown(self._there(path), uid, gid)

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> None:
        if times is None:
            os.utime(self._there(path))
        else:
            os.utime(self._there(path), ns=times)


class Mount(mfusepy.FUSE):  # type: ignore[misc]
    """Knows no RENAME_NOREPLACE, as NFS does not."""

    def rename_fuse_3(self, old: bytes, new: bytes, flags: int) -> int:
        if flags:
            raise mfusepy.FuseOSError(errno.EINVAL)
        return cast("Callable[[bytes, bytes], int]", self.rename_fuse_2)(old, new)


def main(server: str, mount: str, seconds: str) -> None:
    stale = float(seconds)
    names: dict[str, Any] = {"entry_timeout": stale, "negative_timeout": stale}
    # Attributes are asked for each time: two names of one inode would have them kept apart.
    attributes: dict[str, Any] = {"use_ino": True, "attr_timeout": 0.0}
    os.umask(0)  # the kernel has applied the caller's
    Mount(SharedFolder(server, stale), mount, foreground=True, **names, **attributes)


if __name__ == "__main__":
    main(*sys.argv[1:])
