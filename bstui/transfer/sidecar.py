"""What stands beside a partial, `x.partial.json`: whose bytes they are, and which are there.

A line each: the head, the source once the store has named it, then every range that arrived.
Lines are only appended, so that a kill loses at most the one being written; a last line without
its end is ignored. Opening a partial again writes it anew under another inode.
"""

import hashlib
import os
import secrets
import threading
import time

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


def partial_names(name: str) -> tuple[str, str]:
    """The names of the partial and the sidecar of `name`, both short enough for a folder."""
    stem = name
    if len(os.fsencode(name)) > _LONGEST_NAME - len(".partial.json"):
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:10]
        stem = os.fsdecode(os.fsencode(name)[:200]) + "~" + digest
    return f"{stem}.partial", f"{stem}.partial.json"


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


def server_time(folder: int) -> float:
    """Now, by the clock that stamps the files of `folder`: a remote disk's may differ from ours."""
    name = f".bstui-clock-{secrets.token_hex(4)}"
    try:
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

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self._fd = descriptor
        self._lock = threading.Lock()
        self._is_torn = False

    @classmethod
    def write(
        cls, folder: int, name: str, head: Head, source: Source, got: list[Got], *, new: bool
    ) -> "Sidecar":
        """Write it whole; FileExistsError where it must be `new` and is not."""
        temporary = f".bstui-{secrets.token_hex(6)}.partial.json"
        descriptor = create(folder, temporary, append=True)
        try:
            _append(descriptor, head, source, *got)
            if new:
                rename_new(folder, temporary, name)
            else:
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.close(descriptor)
            remove(folder, temporary)
            raise
        return cls(name, descriptor)

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
        return is_same(folder, self.name, self._fd)

    def remove(self, folder: int) -> None:
        if self.is_ours(folder):
            remove(folder, self.name)

    def close(self) -> None:
        os.close(self._fd)


def _append(descriptor: int, *lines: Head | Source | Got) -> None:
    data = b"".join(_ENCODER.encode(line) + b"\n" for line in lines)
    while data:
        data = data[os.write(descriptor, data) :]
