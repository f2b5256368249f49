"""An attempt's events: one appending writer, and readers that take whole lines only."""

import errno
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bstui.jobs.records import AnyEvent, Left, Started

PASSING = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE, errno.EHOSTDOWN, errno.ENOTCONN)
)
"""What a disk says that takes nothing just now: no room, read-only, its server away."""
_TAIL = 64 * 1024
"""Bytes in which the last line is looked for; no event is longer."""

_REST = 90.0
"""Seconds without a line after which none is on its way any more."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AnyEvent).decode


class EventLog:
    """The writer of one attempt's events; any thread may use it.

    Where the disk takes nothing, lines wait in memory, in order, and the job goes on: `backlog`
    says how many bytes, so that the worker can stop before they are many.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._unwritten = b""
        self._is_dirty = False

    @property
    def backlog(self) -> int:
        """Bytes that found no room yet."""
        return len(self._unwritten)

    def write(self, event: AnyEvent) -> None:
        line = _encode(event) + b"\n"
        with self._lock:
            self._unwritten += line
            self._drain()

    def sync(self) -> None:
        """Make what was written durable, and try again what found no room."""
        with self._lock:
            self._drain()
            was_dirty, self._is_dirty = self._is_dirty, False
        if was_dirty:
            os.fsync(self._descriptor)

    def close(self) -> None:
        self.sync()
        os.close(self._descriptor)

    def _drain(self) -> None:
        try:
            while self._unwritten:
                written = os.write(self._descriptor, self._unwritten)
                self._unwritten = self._unwritten[written:]
                self._is_dirty = True
        except OSError as error:
            if error.errno not in PASSING:
                raise


def read_events(path: Path, offset: int = 0) -> Iterator[tuple[AnyEvent, int]]:
    """Whole events from `offset` on, each with the offset after it.

    Stops at a line without its newline. NUL bytes may still become a line on NFS, or never will
    after a power cut: reading stops at them too, until the attempt has left or its file has rested
    for a while. A line that is no event we know is passed over.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115
    except FileNotFoundError:
        return
    with file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n") or (b"\0" in line and not _has_settled(path)):
                return
            offset += len(line)
            if event := _parse(line):
                yield event, offset


def first_event(path: Path) -> Started | None:
    for event, _ in read_events(path):
        return event if isinstance(event, Started) else None
    return None


def leaving(path: Path) -> Left | None:
    """The attempt's last event, if that is its leaving."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    event = _parse(lines[-1]) if lines else None
    return event if isinstance(event, Left) else None


def count_damaged(path: Path) -> int:
    """Whole lines that are not even JSON: what they told is lost."""
    damaged = 0
    try:
        with open(path, "rb") as lines:
            for line in lines:
                if line.endswith(b"\n") and _parse(line) is None and not _is_json(line):
                    damaged += 1
    except FileNotFoundError:
        return 0
    return damaged


def _has_settled(path: Path) -> bool:
    """Whether no line of these events is still on its way through a file server."""
    return leaving(path) is not None or time.time() - path.stat().st_mtime > _REST


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _parse(line: bytes) -> AnyEvent | None:
    try:
        event: AnyEvent = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return event
