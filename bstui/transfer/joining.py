"""Joining files by their bytes: gzip members one after the other are one gzip file (RFC 1952).

Durable and resumable as what is fetched: `x.partial` with `x.partial.json`, which says of which
parts and how far; every byte compared with its part; fsync, rename, fsync of the folder.

While one thread copies, another compares what is still warm, and a third makes it durable.
"""

import contextlib
import errno
import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec
from isal import isal_zlib

from bstui.errors import BstuiError, IntegrityError, InUse, NameTaken
from bstui.text import safe_text
from bstui.transfer.beneath import (
    Destination,
    begin_writing,
    create,
    is_same,
    open_plain,
    remove,
    sync,
)
from bstui.transfer.items import MIB, Digest, Existing, Holder
from bstui.transfer.permissions import Permissions
from bstui.transfer.renames import rename_free, rename_new
from bstui.transfer.shelf import next_name, old_name

_STEP = 16 * MIB
"""Bytes copied between two looks at whether to stop, and compared together."""
_AHEAD = 16
"""Stretches that the copying is ahead of the comparing: those are in the page cache still."""
_READ = 128 << 10
"""Bytes read at once: buffers of this size are used again, larger ones cost a page fault a page."""
_LOOK = MIB
"""Bytes compared between two looks at whether to stop."""
_CHECKPOINT = 256 * MIB
"""Bytes after which what was written is made durable and recorded."""
_LIVE = 90.0
"""Seconds in which another's sidecar was touched, so that it lives."""
_MOST_NAMES = 100
_NO_COPY = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.ETXTBSY)


class Stopped(Exception):
    """The joining was to stop; what is recorded is kept."""


@dataclass(frozen=True, slots=True)
class Join:
    """A file to be made of others; paths relative to the destination."""

    path: str
    parts: tuple[tuple[str, int], ...]
    """Path and bytes of each, in order."""

    @property
    def size(self) -> int:
        return sum(size for _, size in self.parts)


@dataclass(frozen=True, slots=True)
class Joined:
    """A joined file that stands whole and durable."""

    path: str
    size: int
    digest: str = ""
    """Hexadecimal, of the kind that was asked for."""
    crc32: str = ""
    """Eight hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some bytes of one part, and where they come in the whole."""

    source: int
    path: str
    offset: int
    at: int
    length: int

    @property
    def end(self) -> int:
        return self.at + self.length


class _Sidecar(msgspec.Struct, frozen=True, kw_only=True):
    """`x.partial.json` of a file that is being joined."""

    line: str = "join"
    job: str
    host: str
    user: str
    parts: tuple[tuple[str, int], ...]
    done: int = 0
    """Bytes that are durable."""


@dataclass(frozen=True, slots=True)
class Joiner:
    """Joins files beneath one destination. Its methods block."""

    destination: Destination
    holder: Holder
    fence: Callable[[], None]
    is_stopping: Callable[[], bool]
    existing: Existing = "adopt"
    digest: Digest = ""
    permissions: Permissions = field(default_factory=Permissions)
    now: Callable[[], float] = time.time
    moved: Callable[[], None] = lambda: None
    """Called by the thread that joins, as bytes are written."""

    def join(self, wanted: Join) -> Joined:
        """Make the file, or find it there already.

        Raises IntegrityError where a part is not what was brought, NameTaken where another file
        has the name, InUse where another job makes it, Stopped, and what the disk refuses.
        """
        with contextlib.ExitStack() as stack:
            parts = [stack.enter_context(self._open_part(*part)) for part in wanted.parts]
            folder, name = stack.enter_context(self.destination.parent(wanted.path, make=True))
            found = self._find(folder, name, wanted, parts)
            if found is not None:
                return found
            descriptor, done = self._begin(folder, name, wanted)
            try:
                made = self._fill(folder, name, descriptor, done, wanted, parts)
                return self._publish(folder, name, descriptor, wanted, made)
            except IntegrityError:
                self._discard(folder, name)
                raise
            finally:
                os.close(descriptor)

    def renew(self, path: str) -> None:
        """Say of a partial of ours that it is not given up: others take it after 90 s."""
        with contextlib.suppress(BstuiError), self.destination.parent(path) as (folder, name):
            sidecar = self._read_sidecar(folder, name)
            if sidecar is not None and sidecar.job == self.holder.job:
                os.utime(f"{name}.partial.json", dir_fd=folder, follow_symlinks=False)

    @contextlib.contextmanager
    def _open_part(self, path: str, size: int) -> Iterator[int]:
        with self.destination.parent(path) as (folder, name):
            descriptor = open_plain(folder, name)
        if descriptor is None:
            raise _not_as_brought(path, "It is not there.")
        try:
            if os.fstat(descriptor).st_size != size:
                raise _not_as_brought(path, "It has another size.")
            yield descriptor
        finally:
            os.close(descriptor)

    def _find(self, folder: int, name: str, wanted: Join, parts: list[int]) -> Joined | None:
        """The file as it is there already; None where it is to be made."""
        for number in range(1, _MOST_NAMES):
            there = next_name(name, number)
            taken = open_plain(folder, there)
            if taken is None:
                return None
            try:
                if os.fstat(taken).st_size == wanted.size:
                    comparison = _Comparison(taken, self.digest, self.is_stopping)
                    for stretch in _stretches(wanted, parts):
                        comparison.compare(stretch)
                    sync(taken)
                    sync(folder)
                    return comparison.conclude(_beside(wanted.path, there), wanted.size)
            except IntegrityError:
                pass  # another file of that size: what `existing` says is done with it
            finally:
                os.close(taken)
            if self.existing == "adopt":
                raise _name_taken(wanted.path)
            if self.existing == "replace":
                return None
        return None

    def _begin(self, folder: int, name: str, wanted: Join) -> tuple[int, int]:
        """The partial, open, and how many bytes of it are durable.

        Another job's is begun anew: who wrote it may write on.
        """
        sidecar = self._read_sidecar(folder, name)
        partial = f"{name}.partial"
        is_ours = sidecar is not None and sidecar.job == self.holder.job
        if sidecar is not None and is_ours and sidecar.parts == wanted.parts:
            descriptor = open_plain(folder, partial, os.O_RDWR)
            if descriptor is not None:
                if os.fstat(descriptor).st_size >= sidecar.done:
                    os.ftruncate(descriptor, sidecar.done)
                    return descriptor, sidecar.done
                os.close(descriptor)
        self._discard(folder, name)
        self._record(folder, name, wanted, 0)
        return create(folder, partial), 0

    def _read_sidecar(self, folder: int, name: str) -> _Sidecar | None:
        """What is recorded of the partial. InUse where another job, which lives, is making it."""
        descriptor = open_plain(folder, f"{name}.partial.json")
        if descriptor is None:
            return None
        with open(descriptor, "rb") as file:
            age = self.now() - os.fstat(file.fileno()).st_mtime
            try:
                sidecar = msgspec.json.decode(file.read(), type=_Sidecar)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return None
        if sidecar.job != self.holder.job and age < _LIVE:
            raise InUse(
                f"{safe_text(name)} is being joined by {sidecar.user} on {sidecar.host}.",
                hint="Let that end, and resume this job.",
            )
        return sidecar

    def _fill(
        self, folder: int, name: str, to: int, done: int, wanted: Join, parts: list[int]
    ) -> "_Comparison":
        """Append what is missing, while others compare and record what is there."""
        comparison = _Comparison(to, self.digest, self.is_stopping)
        recorded = done
        working: deque[Future[None]] = deque()
        try:
            with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as disk, _ending(working):
                for stretch in _stretches(wanted, parts):
                    if stretch.end > done:
                        if self.is_stopping():
                            raise Stopped
                        _copy(stretch, to)
                        done = stretch.end
                        self.moved()
                        disk.submit(begin_writing, to, stretch.at, stretch.end)
                    if done - recorded >= _CHECKPOINT:
                        record = disk.submit(self._record, folder, name, wanted, done, to)
                        working.append(record)
                        recorded = done
                    working.append(reader.submit(comparison.compare, stretch))
                    while len(working) > _AHEAD or (working and working[0].done()):
                        working.popleft().result()
                working.append(disk.submit(sync, to))
                while working:
                    working.popleft().result()
        except Stopped:
            self._record(folder, name, wanted, done, to)
            raise
        return comparison

    def _record(
        self, folder: int, name: str, wanted: Join, done: int, written: int | None = None
    ) -> None:
        """Write down how far the partial, open as `written`, is, once that is durable."""
        if written is not None:
            os.fdatasync(written)
        holder = self.holder
        sidecar = _Sidecar(
            job=holder.job, host=holder.host, user=holder.user, parts=wanted.parts, done=done
        )
        final, unfinished = f"{name}.partial.json", f".{name[:200]}.partial.json.new"
        remove(folder, unfinished)
        with open(create(folder, unfinished), "wb") as file:
            file.write(msgspec.json.encode(sidecar))
            file.flush()
            sync(file.fileno())
        os.replace(unfinished, final, src_dir_fd=folder, dst_dir_fd=folder)
        sync(folder)

    def _publish(
        self, folder: int, name: str, descriptor: int, wanted: Join, made: "_Comparison"
    ) -> Joined:
        self.permissions.give_file(descriptor)
        sync(descriptor)
        os.close(os.dup(descriptor))
        partial = f"{name}.partial"
        for number in range(1, _MOST_NAMES):
            final = next_name(name, number)
            self.fence()
            try:
                rename_new(folder, partial, final)
            except FileExistsError:
                if self.existing == "adopt":
                    raise _name_taken(wanted.path) from None
                if self.existing == "keep-both":
                    continue
                rename_free(folder, final, old_name(final, self.now()))
                rename_new(folder, partial, final)
            if not is_same(folder, final, descriptor):
                raise InUse(f"Another has put {safe_text(final)} there meanwhile.")
            sync(folder)
            remove(folder, f"{name}.partial.json")
            return made.conclude(_beside(wanted.path, final), wanted.size)
        raise _name_taken(wanted.path)

    def _discard(self, folder: int, name: str) -> None:
        remove(folder, f"{name}.partial")
        remove(folder, f"{name}.partial.json")


class _Comparison:
    """Reads a file beside its parts, stretch by stretch in order, all bytes of each."""

    def __init__(self, whole: int, digest: Digest, is_stopping: Callable[[], bool]) -> None:
        self._whole = whole
        self._made = hashlib.new(digest, usedforsecurity=False) if digest else None
        self._is_stopping = is_stopping
        self._crc32 = 0

    def conclude(self, path: str, size: int) -> Joined:
        """The file under this path, with what was made of its bytes on the way."""
        digest = self._made.hexdigest() if self._made is not None else ""
        return Joined(path, size, digest, f"{self._crc32:08x}")

    def compare(self, stretch: _Stretch) -> None:
        """IntegrityError where the file holds other bytes than the part; Stopped."""
        for moved in range(0, stretch.length, _READ):
            if moved % _LOOK == 0 and self._is_stopping():
                raise Stopped
            length = min(_READ, stretch.length - moved)
            data = os.pread(self._whole, length, stretch.at + moved)
            part = os.pread(stretch.source, length, stretch.offset + moved)
            if data != part or len(data) != length:
                raise _not_as_brought(stretch.path, "The joined file holds other bytes than it.")
            self._crc32 = isal_zlib.crc32(data, self._crc32)
            if self._made is not None:
                self._made.update(data)


def _stretches(wanted: Join, parts: list[int]) -> Iterator[_Stretch]:
    """The whole, in order; `parts` are the descriptors."""
    start = 0
    for source, (path, size) in zip(parts, wanted.parts, strict=True):
        for offset in range(0, size, _STEP):
            yield _Stretch(source, path, offset, start + offset, min(_STEP, size - offset))
        start += size


@contextlib.contextmanager
def _ending(working: deque[Future[None]]) -> Iterator[None]:
    """What has not begun is not begun any more, where the work is given up."""
    try:
        yield
    finally:
        for work in working:
            work.cancel()


def _copy(stretch: _Stretch, to: int) -> None:
    moved = 0
    while moved < stretch.length:
        copied = _copy_range(
            stretch.source, stretch.offset + moved, to, stretch.at + moved, stretch.length - moved
        )
        if not copied:
            raise _not_as_brought(stretch.path, "It ended early.")
        moved += copied


def _copy_range(source: int, start: int, to: int, at: int, length: int) -> int:
    """Copy in the kernel where it can, which on some file systems shares the blocks."""
    try:
        return os.copy_file_range(source, to, length, start, at)
    except OSError as error:
        if error.errno not in _NO_COPY:
            raise
    return os.pwrite(to, os.pread(source, min(length, _READ), start), at)


def _beside(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}{name}"


def _not_as_brought(path: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{safe_text(path)} is not what was brought: it is not joined.",
        why=why,
        hint="Something changed it since. Resume the job: it is fetched again.",
    )


def _name_taken(path: str) -> NameTaken:
    return NameTaken(
        f"{safe_text(path)} is there already and is another file.",
        why="bstui overwrites nothing.",
        hint="Move it away and resume, or import with --existing keep-both or replace.",
    )
