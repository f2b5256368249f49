"""Zip files unpacked beneath the destination, each file proven by its checksum and then named.

A zip file comes from a server: nothing of it is written unless every name in it stays beneath the
folder it goes to, and is a plain file's. No name is ever taken from another file.
"""

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, BinaryIO

from bstui.errors import BstuiError, IntegrityError, NameTaken, NoSpace, UnsafePath
from bstui.text import safe_text
from bstui.transfer.beneath import Destination, create, open_plain, remove, split_path, sync
from bstui.transfer.joining import Stopped
from bstui.transfer.permissions import Permissions
from bstui.transfer.renames import rename_new
from bstui.units import size_text

_MOST_ENTRIES = 2_000_000
_CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, OverflowError)
_UNKNOWN = (NotImplementedError, RuntimeError)
"""What zipfile says of a compression that it lacks, and of what is encrypted."""

Entry = tuple[zipfile.ZipInfo, str]
"""A file of the zip file, and its path in there."""


def list_entries(file: BinaryIO, name: str) -> list[Entry]:
    """The plain files of a zip file.

    IntegrityError where it is broken, UnsafePath where a name in it could lead elsewhere.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except _BROKEN as error:
        raise _broken(name, str(error)) from error
    if len(found) > _MOST_ENTRIES:
        raise _broken(name, f"it has {len(found):,} files")
    entries = [(info, info.filename) for info in found if not info.is_dir()]
    for info, path in entries:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or "\\" in path:
            raise _unsafe(name, path)
        split_path(path)
    if len({path for _, path in entries}) < len(entries):
        raise _broken(name, "it has two files of the same name")
    return entries


def unpack(
    file: BinaryIO,
    name: str,
    destination: Destination,
    folder: str,
    permissions: Permissions,
    *,
    fence: Callable[[], None],
    is_stopped: Callable[[], bool],
    told: Callable[[str, zipfile.ZipInfo], None] = lambda path, info: None,
) -> int:
    """Unpack into `folder`, relative to the destination; how many files are there.

    What is there already is read, and kept where it is the same. Raises IntegrityError, UnsafePath,
    NameTaken, NoSpace, what `fence` raises before a file has its name, and OSErrors as errors of
    ours; Stopped where `is_stopped` says so. each file is `told` of by its path.
    """
    entries = list_entries(file, name)
    inside = destination.path / folder
    missing = (info.file_size for info, path in entries if not os.path.lexists(inside / path))
    _require_room(destination, sum(missing), name)
    number = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for info, inner in entries:
                if is_stopped():
                    raise Stopped
                path = f"{folder}/{inner}" if folder else inner
                with destination.parent(path, make=True) as (parent, final):
                    if not _is_there(parent, final, info, path):
                        with archive.open(info) as source:
                            _write(source, parent, final, permissions, fence, is_stopped)
                    told(path, info)
                number += 1
    except _BROKEN as error:
        raise _broken(name, str(error)) from error
    except _UNKNOWN as error:
        raise BstuiError(
            f"{safe_text(name)} cannot be unpacked.", why=f"{error}.", hint="Unpack it by hand."
        ) from error
    return number


def _write(
    source: IO[bytes],
    parent: int,
    final: str,
    permissions: Permissions,
    fence: Callable[[], None],
    is_stopped: Callable[[], bool],
) -> None:
    """One file: written, its checksum known and equal, durable, named, the folder durable."""
    partial = f"{final}.partial"
    remove(parent, partial)
    try:
        with open(create(parent, partial), "wb") as written:
            while data := source.read(_CHUNK):
                if is_stopped():
                    raise Stopped
                written.write(data)
            written.flush()
            permissions.give_file(written.fileno())
            sync(written.fileno())
        fence()
        rename_new(parent, partial, final)
        sync(parent)
    except BaseException:
        remove(parent, partial)
        raise


def _is_there(parent: int, final: str, info: zipfile.ZipInfo, path: str) -> bool:
    """Whether the file stands there already; NameTaken where another does."""
    descriptor = open_plain(parent, final)
    if descriptor is None:
        return False
    with open(descriptor, "rb") as file:
        checksum = 0
        while data := file.read(_CHUNK):
            checksum = zlib.crc32(data, checksum)
        if os.fstat(file.fileno()).st_size == info.file_size and checksum == info.CRC:
            return True
    raise NameTaken(
        f"{safe_text(path)} is there already, and is another than in the zip file.",
        hint="Move it away, and resume.",
    )


def _require_room(destination: Destination, needed: int, name: str) -> None:
    info = os.fstatvfs(destination.fd)
    free = info.f_bavail * info.f_frsize
    if needed > free:
        raise NoSpace(
            f"{safe_text(name)} needs {size_text(needed)}, and {size_text(free)} are free.",
            hint="Free some, and resume.",
        )


def _broken(name: str, reason: str) -> IntegrityError:
    return IntegrityError(
        f"{safe_text(name)} cannot be unpacked: {safe_text(reason, 200)}.",
        why="It is no whole zip file, or its bytes are not those its checksums are of.",
        hint="Have the run unzipped at BaseSpace, and import it again.",
    )


def _unsafe(name: str, path: str) -> UnsafePath:
    return UnsafePath(
        f"{safe_text(name)} is not unpacked.",
        why=f"It holds {safe_text(path, 200)!r}, which is no plain file of a run folder.",
    )
