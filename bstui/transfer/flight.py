"""One request on its way: what it asks, what of the reply may be written, how it ended.

No byte of a reply is written before its head has been judged, and none outside the range asked for.
"""

import asyncio
import os
from typing import NamedTuple

from isal import isal_zlib

from bstui.errors import BstuiError, Unreachable
from bstui.text import Secret
from bstui.transfer.disk import disk_error
from bstui.transfer.replies import (
    Changed,
    judge_failure,
    judge_range,
    judge_whole,
    read_source,
)
from bstui.transfer.sidecar import Source

_ERROR_BODY = 8192
_GATHERED = 512 << 10
"""Bytes that are written at once: libcurl hands over 16 KiB, and a call for each is dear."""
_PIECES = 4
"""The least number of writings between two records."""
_SLOWEST = 1024
"""Bytes per second below which a connection counts as stalled."""


class Stretch(NamedTuple):
    """Bytes `[start, stop)` that were written, and their CRC-32."""

    start: int
    stop: int
    checksum: int


class Flight:
    """One request on its way: which bytes, from where, to where.

    Where it is to be recorded on the way, what was written is offered as a `Stretch` as soon as
    that is `record_every` bytes or more; until one is settled there is no other, and no more than
    as many bytes are taken.
    """

    def __init__(
        self,
        address: Secret,
        descriptor: int,
        *,
        start: int,
        stop: int,
        size: int,
        whole: bool,
        source: Source,
        etag: str,
        path: str,
        mark: int,
        checksum: int,
        record_every: int = 0,
    ) -> None:
        self.address = address
        self.fd = descriptor
        self.start = start
        self.stop = stop
        self.size = size
        self.whole = whole
        """Ask for the file as a whole, without a range."""
        self.source = source
        """Asked for as a condition; then what the reply said."""
        self.etag = etag
        """What the object's is known to be, or empty."""
        self.path = path
        self.received = 0
        """Bytes taken, without a gap from `start`; once it has landed, bytes written."""
        self.mark = mark
        """Where the bytes begin that were not offered."""
        self.checksum = checksum
        """CRC-32 of what was written from there on."""
        self.record_every = record_every
        """0: nothing is offered."""
        self.write_at = min(_GATHERED, record_every // _PIECES or _GATHERED)
        """Bytes gathered, at which they are to be written."""
        self.offered: Stretch | None = None
        self.is_unsettled = False
        """Whether what was offered last may not be recorded yet."""
        self.interrupted = False
        """Ended by us: to pause, or to stop."""
        self.error: BstuiError | None = None
        self.has_departed = False
        self.has_landed = False
        self.then: Flight | None = None
        """Departs as soon as this one has landed well; otherwise never."""
        self.news: asyncio.Future[None] | None = None
        """Done once it has landed, or has something to offer."""
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = b""
        self._judged = False
        self._pieces: list[bytes] = []
        self.gathered = 0
        """Bytes taken that are not written yet."""
        self._mark = (0.0, 0)

    @property
    def conditions(self) -> list[str]:
        """The headers that make the store refuse another version of the object."""
        etag, moment = self.source.etag, self.source.last_modified
        if etag and etag.isascii() and etag.isprintable():
            return [f"If-Match: {etag}"]
        if moment and moment.isascii() and moment.isprintable():
            return [f"If-Unmodified-Since: {moment}"]
        return []

    def take_header(self, line: bytes) -> None:
        """A line of the reply's head; an interim or a proxy's reply is followed by another."""
        text = line.decode("latin-1").strip()
        if text.startswith("HTTP/"):
            status = text[8:].lstrip()[:3]
            self._status = int(status) if status.isdigit() else 0
            self._headers = {}
        elif ":" in text:
            name, _, value = text.partition(":")
            self._headers[name.strip().lower()] = value.strip()

    def judge(self) -> None:
        """Decide by the head of the reply whether its body may be written."""
        self._judged = True
        if not 200 <= self._status < 300:
            return
        if self.whole:
            self.error = judge_whole(self._status, self._headers, self.size, self.etag)
        else:
            asked = (self.start, self.stop)
            self.error = judge_range(self._status, self._headers, asked, self.size, self.etag)
        if self.error is None:
            self.source = read_source(self._headers)

    def take_body(self, data: bytes) -> bool:
        """Take a piece of the body; False ends the transfer. Failures stay in `error`."""
        if not self._judged:
            self.judge()
        if not 200 <= self._status < 300:
            self._body += data[: _ERROR_BODY - len(self._body)]
            return len(self._body) < _ERROR_BODY
        if self.error is not None:
            return False
        room = self.stop - self.start - self.received
        if len(data) > room:
            self.error = Changed(f"The server sends more than the {self.size} bytes of the file.")
            return False
        self._pieces.append(data)
        self.gathered += len(data)
        self.received += len(data)
        return True

    @property
    def is_ahead(self) -> bool:
        """Whether it must wait until what it offered is recorded: a kill may not cost more."""
        if not self.is_unsettled:
            return False
        return self.start + self.received - self.mark >= self.record_every

    def write(self) -> bool:
        """Write what was taken and is not written yet; False where the disk refuses it."""
        pieces, self._pieces = self._pieces, []
        position, self.gathered = self.start + self.received - self.gathered, 0
        try:
            _write_all(self.fd, pieces, position)
        except OSError as error:
            self.error = disk_error(error, self.path, self.fd)
            self.received = position - self.start
            return False
        for piece in pieces:
            self.checksum = isal_zlib.crc32(piece, self.checksum)
        stop = self.start + self.received
        if self.record_every and not self.is_unsettled and stop - self.mark >= self.record_every:
            self.offered, self.is_unsettled = Stretch(self.mark, stop, self.checksum), True
            self.mark, self.checksum = stop, 0
        return True

    def land(self, problem: BstuiError | None) -> None:
        """The transfer has ended: by itself, or with `problem`."""
        self._end(problem)
        self.has_landed = True

    def _end(self, problem: BstuiError | None) -> None:
        if self._pieces and not self.write():
            return
        if self.interrupted or self.error is not None:
            return
        if problem is None and not self._judged:
            self.judge()
        if self._status and not 200 <= self._status < 300:
            self.error = judge_failure(self._status, self._headers, self._body)
        elif self.error is None and self.received < self.stop - self.start:
            self.error = problem or Unreachable("The connection ended before the file did.")

    def is_stalled(self, active: float, patience: float) -> bool:
        """Whether it brought too little for too long, by a clock that counts no writing."""
        since, had = self._mark
        if not since or self.received - had >= _SLOWEST * patience:
            self._mark = (active, self.received)
            return False
        return active - since >= patience

    def forgive(self) -> None:
        """Begin to count again: it was held back by us."""
        self._mark = (0.0, 0)


def _write_all(descriptor: int, pieces: list[bytes], position: int) -> None:
    """Write `pieces` after one another from `position` on; OSError where not all could be."""
    wanted = sum(map(len, pieces))
    written = os.pwritev(descriptor, pieces, position)
    if written < wanted:
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            count = os.pwrite(descriptor, rest, position + written)
            written, rest = written + count, rest[count:]
