"""What stands beside a partial, `x.partial.json`: whose bytes they are, and which are there.

A line each: the head, the source once the store has named it, then every range that arrived.
Lines are only appended, so that a kill loses at most the one being written; a last line without
its end is ignored. Opening a partial again writes it anew under another inode, and until that has
its name it says to others who is opening the partial.
"""

import errno
import hashlib
import os
import threading
import time
from typing import NamedTuple

import msgspec

from bstui.transfer.beneath import create, is_same, open_plain, remove
from bstui.transfer.items import Holder
from bstui.transfer.renames import rename_new

_LONGEST_NAME = 255
_LONGEST_SIDECAR = 256 << 20


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="line", omit_defaults=True):
    pass


class Head(_Line, frozen=True, kw_only=True, tag="head", omit_defaults=True):
    """The first line: the object, and who writes."""

    format: int = 1
    id: str
    size: int
    etag: str = ""
    """The plan's, without quotes."""
    job: str
    attempt: int
    host: str
    user: str
    process: str = ""
    """`boot id/pid namespace/pid`."""


class Source(_Line, frozen=True, kw_only=True, tag="source", omit_defaults=True):
    """How the store names this version of the object."""

    etag: str = ""
    """Strong, quoted as the store sent it; empty where it sent none, or a weak one."""
    last_modified: str = ""
    is_digest: bool = True
    """False where the store says that its ETags are no digests (SSE-KMS)."""


class Got(_Line, frozen=True, kw_only=True, tag="got", omit_defaults=True):
    """The bytes `[start, stop)` are there; they are never asked for again."""

    start: int
    stop: int
    crc32: int


class Story(msgspec.Struct, frozen=True):
    """A sidecar as it was read."""

    head: Head
    source: Source
    got: tuple[Got, ...]
    touched: float
    """Seconds since 1970 by the file server's clock."""


_DECODER = msgspec.json.Decoder(Head | Source | Got)
_ENCODER = msgspec.json.Encoder()


class Names(NamedTuple):
    """Every name that may stand beside a file while it is unfinished.

    All but the first two are there for moments only. They are the partials of names that no file
    may have, and follow from the file's own: whoever opens it next clears away what a kill left.
    """

    partial: str
    sidecar: str

    @property
    def claim(self) -> str:
        """The sidecar to be, of one who is opening the partial."""
        return f"{self.partial}.partial.json"

    @property
    def copy(self) -> str:
        """The partial to be, under its new inode."""
        return f"{self.partial}.partial"

    @property
    def clock(self) -> str:
        """What the file server's clock is read from."""
        return f"{self.sidecar}.partial"


def partial_names(name: str) -> Names:
    """The names for `name`, all short enough for a folder."""
    stem = name
    if len(os.fsencode(name)) > _LONGEST_NAME - len(".partial.partial.json"):
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:10]
        stem = os.fsdecode(os.fsencode(name)[:200]) + "~" + digest
    return Names(f"{stem}.partial", f"{stem}.partial.json")


def process_mark() -> str:
    """This process as `boot id/pid namespace/pid`."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = file.read().strip()
    return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}/{os.getpid()}"


def is_gone(head: Head, holder: Holder) -> bool:
    """Whether its writer certainly writes no more: a process of this very boot and pid
    namespace that is not there, or this one with the same job."""
    mine, theirs = process_mark().split("/"), head.process.split("/")
    if (head.host, head.user) != (holder.host, holder.user) or mine[:2] != theirs[:2]:
        return False
    if mine == theirs:
        return head.job == holder.job
    return not os.path.exists(f"/proc/{theirs[2]}")


def read_sidecar(folder: int, name: str) -> Story | None:
    """The sidecar `name`; None where there is none that can be understood."""
    descriptor = open_plain(folder, name)
    if descriptor is None:
        return None
    with open(descriptor, "rb") as file:
        info = os.fstat(descriptor)
        if info.st_size > _LONGEST_SIDECAR:
            return None
        lines = file.read().split(b"\n")[:-1]
    head, source, got = None, Source(), []
    for text in lines:
        try:
            line = _DECODER.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if isinstance(line, Head):
            head = line
        elif isinstance(line, Source):
            source = line
        elif 0 <= line.start < line.stop:
            got.append(line)
    if head is None or head.format != 1:
        return None
    return Story(head, source, tuple(got), info.st_mtime)


def server_time(folder: int, name: str) -> float:
    """Now, by the clock that stamps the files of `folder`: a remote disk's may differ from ours.

    It is read from a new file, `name`, which does not stay.
    """
    try:
        remove(folder, name)
        descriptor = create(folder, name)
    except OSError:
        return time.time()
    try:
        return os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)
        remove(folder, name)


class Sidecar:
    """The sidecar of an open partial, open for appending."""

    def __init__(self, names: Names, descriptor: int) -> None:
        self._names = names
        self._fd = descriptor
        self._lock = threading.Lock()
        self._is_torn = False
        self.is_settled = False
        """Whether it has its name: until then it only says who is opening the partial."""

    @classmethod
    def claim(cls, folder: int, names: Names, head: Head) -> "Sidecar":
        """Begin one; FileExistsError where somebody else has."""
        sidecar = cls(names, create(folder, names.claim, append=True))
        try:
            sidecar.append(head)
        except BaseException:
            sidecar.abandon(folder)
            raise
        return sidecar

    def settle(self, folder: int, *, new: bool) -> None:
        """Give it its name; FileExistsError where it must be `new` and is not, or where somebody
        has put an end to the claim."""
        claim, name = self._names.claim, self._names.sidecar
        if not is_same(folder, claim, self._fd):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), claim)
        if new:
            rename_new(folder, claim, name)
        else:
            os.rename(claim, name, src_dir_fd=folder, dst_dir_fd=folder)
        self.is_settled = True

    def abandon(self, folder: int) -> None:
        """Close it, and remove the claim where it is one still."""
        try:
            if is_same(folder, self._names.claim, self._fd):
                remove(folder, self._names.claim)
        finally:
            self.close()

    def append(self, *lines: Head | Source | Got) -> None:
        """Add lines; after one that could not be written whole, on a new line."""
        with self._lock:
            if self._is_torn:
                os.write(self._fd, b"\n")
            self._is_torn = True
            _append(self._fd, *lines)
            self._is_torn = False

    def touch(self) -> None:
        os.utime(self._fd)

    def is_ours(self, folder: int) -> bool:
        """Whether the name is still this file's, and nobody started the partial again."""
        return is_same(folder, self._names.sidecar, self._fd)

    def remove(self, folder: int) -> None:
        if self.is_ours(folder):
            remove(folder, self._names.sidecar)

    def close(self) -> None:
        os.close(self._fd)


def _append(descriptor: int, *lines: Head | Source | Got) -> None:
    data = b"".join(_ENCODER.encode(line) + b"\n" for line in lines)
    while data:
        data = data[os.write(descriptor, data) :]
