"""Paths beneath the destination, and only there.

A path comes from a server. It is walked from the destination's own descriptor, one component at a
time, without following a link, so that neither `..` nor a planted link leads outside.
"""

import contextlib
import ctypes
import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from bstui.errors import DestinationError, UnsafePath
from bstui.system import file_system_kind
from bstui.text import safe_text
from bstui.transfer.disk import disk_error
from bstui.transfer.permissions import Permissions

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
_LONGEST_PATH = 4000
_LONGEST_NAME = 255
_CHUNK = 1 << 20
_SYNC_FILE_RANGE_WRITE = 2
_FALLOC_FL_KEEP_SIZE = 1
_WORTH_RESERVING = 1 << 20
_MUCH_UNWRITTEN = 128 << 10
"""KiB: twice the largest batch."""
_SYNCED_WHOLE = ("ext4", "xfs", "btrfs")
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
_LIBC.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]


def split_path(path: str) -> tuple[tuple[str, ...], str]:
    """The folders and the name of a relative path; UnsafePath where it could lead outside."""
    parts = tuple(path.split("/"))
    unsafe = (
        "\0" in path
        or any(part in ("", ".", "..") for part in parts)
        or any(len(os.fsencode(part)) > _LONGEST_NAME for part in parts)
        or len(os.fsencode(path)) > _LONGEST_PATH
        or path.endswith((".partial", ".partial.json"))
    )
    if unsafe:
        raise UnsafePath(
            f"The path {safe_text(path, 200)!r} is not written.",
            why="It is empty, absolute, too long, holds `..`, or ends as bstui's partials do.",
        )
    return parts[:-1], parts[-1]


class Destination:
    """The folder that everything is written beneath, held open."""

    def __init__(self, path: Path, permissions: Permissions | None = None) -> None:
        self.path = path
        self._permissions = permissions or Permissions()
        try:
            is_new = not path.exists()
            path.mkdir(parents=True, exist_ok=True)
            self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._is_synced_whole = can_sync_whole(path)
            if is_new:
                self._permissions.give_folder(self.fd)
        except OSError as error:
            raise DestinationError(
                f"The destination {safe_text(str(path))} cannot be opened: {error.strerror}.",
                hint="Choose a folder that you may write to.",
            ) from error

    def close(self) -> None:
        os.close(self.fd)

    def is_in_place(self) -> bool:
        """Whether the folder that is open still is the one that has the name."""
        try:
            named = os.stat(self.path)
        except OSError:
            return False
        return os.path.samestat(named, os.fstat(self.fd))

    def holds_all_on_one_disk(self, descriptors: Iterable[int]) -> bool:
        """Whether `sync_whole` makes all these files durable; another disk may be mounted below."""
        device = os.fstat(self.fd).st_dev
        return self._is_synced_whole and all(os.fstat(fd).st_dev == device for fd in descriptors)

    @contextlib.contextmanager
    def folder(self, parts: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        """The folder of `parts` as a descriptor; OSError where it is none or a link."""
        descriptor = os.dup(self.fd)
        try:
            for part in parts:
                is_new = make and _make(part, descriptor)
                inner = os.open(part, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
                if is_new:
                    self._permissions.give_folder(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """The folder of `path` as a descriptor, and its last component.

        OSErrors, also those of the body, become errors of ours, named by `path`.
        """
        parts, name = split_path(path)
        try:
            with self.folder(parts, make=make) as descriptor:
                yield descriptor, name
        except OSError as error:
            raise disk_error(error, path, self.fd) from error


def _make(part: str, folder: int) -> bool:
    """Make the folder `part` in `folder`, durably; False where it is there already."""
    try:
        os.mkdir(part, 0o777, dir_fd=folder)
    except FileExistsError:
        return False
    sync(folder)
    return True


def sync(descriptor: int) -> None:
    """fsync, where the file system knows it for this kind of descriptor."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def begin_writing(descriptor: int, start: int = 0, stop: int = 0) -> None:
    """Let the disk begin with what was written to `[start, stop)`, by default to the end, so that
    the sync that is to come has less to wait for."""
    _LIBC.sync_file_range(descriptor, start, max(0, stop - start), _SYNC_FILE_RANGE_WRITE)


def reserve(descriptor: int, start: int, stop: int) -> None:
    """Let the disk find room for `[start, stop)` in one piece, without making the file longer.

    Where the file system cannot, or has no room, nothing happens: writing will say so.
    """
    if stop - start >= _WORTH_RESERVING:
        _LIBC.fallocate(descriptor, _FALLOC_FL_KEEP_SIZE, start, stop - start)


def sync_whole(descriptor: int) -> None:
    """Make all of a file system durable; OSError where a write to it failed (syncfs(2))."""
    if _LIBC.syncfs(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def is_much_unwritten() -> bool:
    """Whether this machine has so much to write that `sync_whole`, which waits for what others
    wrote too, could take long (proc(5): /proc/meminfo)."""
    with open("/proc/meminfo", "rb") as file:
        found = dict(re.findall(rb"(Dirty|Writeback): +([0-9]+) kB", file.read()))
    return sum(map(int, found.values())) > _MUCH_UNWRITTEN


def can_sync_whole(path: Path) -> bool:
    """Whether `sync_whole` is as good as `sync` of each file: where the disk is this machine's own,
    and the kernel tells of failed writes (5.8 does)."""
    release = re.match(r"(\d+)\.(\d+)", os.uname().release)
    is_told = release is not None and (int(release[1]), int(release[2])) >= (5, 8)
    return is_told and file_system_kind(path).name in _SYNCED_WHOLE


def open_plain(folder: int, name: str, flags: int = os.O_RDONLY) -> int | None:
    """The regular file `name`, open; None where there is nothing of that name.

    UnsafePath where it is a link, a pipe or another thing that is not plain.
    """
    try:
        descriptor = os.open(
            name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
        )
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnsafePath(
            f"{safe_text(name)} is there already and is no plain file.",
            hint="Move it away, or import to another folder.",
        )
    return descriptor


def create(folder: int, name: str, *, append: bool = False) -> int:
    """A new file: a new inode, never what stands there; FileExistsError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags | (os.O_APPEND if append else 0), 0o666, dir_fd=folder)


def is_there(folder: int, name: str) -> bool:
    """Whether anything has the name."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def is_same(folder: int, name: str, descriptor: int) -> bool:
    """Whether `name` is the very file that is open as `descriptor`."""
    try:
        named = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))


def remove(folder: int, name: str) -> None:
    """Remove `name` where it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def copy_range(old: int, new: int, start: int, stop: int) -> None:
    """Copy bytes to the same place in another file; a short file ends it early."""
    position = start
    while position < stop:
        data = os.pread(old, min(_CHUNK, stop - position), position)
        if not data:
            return
        position += os.pwrite(new, data, position)
