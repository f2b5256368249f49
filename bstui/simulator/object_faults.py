"""What goes wrong in answers of the object store: bytes, heads, ranges, ends of connections."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

GARBAGE = "\x00\x16\x03\x01 this is no HTTP\r\n\r\n"
_RANGES = ("start", "total", "missing", "multipart")
_FRAMES = ("chunked", "close")


@dataclass(frozen=True)
class BodyFaults:
    """What goes wrong in one answer of the object store."""

    cut_after: int | None = None
    """Bytes of the body after which the connection closes."""
    resets: bool = False
    """The cut is a reset (RST) instead of an end (FIN)."""
    half: bool = False
    """The cut ends our sending alone: the connection stays half open."""
    flip_at: int | None = None
    """The object's byte whose lowest bit is turned."""
    stall_after: int | None = None
    """Bytes of the body after which nothing comes for a time."""
    stall_seconds: float | None = None
    """None: until the fault is cleared."""
    ignores_range: bool = False
    etag: str | None = None
    header_seconds: float | None = None
    """In which the head of the answer comes, byte by byte."""
    drip: int | None = None
    """Bytes of the body that come in a second."""
    content_range: str | None = None
    """What is wrong with Content-Range: `start`, `total`, `missing`, or `multipart`."""
    more: int | None = None
    """Bytes that Content-Length tells beyond those that come; below 0: more come than it tells."""
    encoding: str | None = None
    """A Content-Encoding that the body does not have."""
    page: bool = False
    """With 200 comes some gateway's page instead of the object."""
    closes: bool = False
    """The connection is closed after the answer, without a word."""
    frame: str | None = None
    """No Content-Length: the body comes in chunks (`chunked`), or ends with the connection."""
    garbage: str | None = None
    """Comes instead of an answer."""
    location: str | None = None
    """Where the answer redirects to; empty: to the very address that was asked for."""


@dataclass
class _Rule:
    """A body fault for some files, so many times for each after the first `skip` answers."""

    body: BodyFaults
    files: frozenset[str]
    times: int
    skip: int = 0
    used: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def take(self, file: str, first: int, last: int) -> bool:
        """Whether it applies to an answer with bytes `first` to `last`; then one time is used."""
        flip = self.body.flip_at
        end = self.skip + self.times
        misses = flip is not None and not first <= flip <= last
        if misses or (self.files and file not in self.files) or self.used[file] >= end:
            return False
        self.used[file] += 1
        return self.used[file] > self.skip


class ObjectFaults:
    """Switches of single answers; of each file `times` answers, the first `skip` go well."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._rules: list[_Rule] = []

    def cut(
        self,
        files: Iterable[str] = (),
        after: int = 0,
        times: int = 1,
        reset: bool = False,
        skip: int = 0,
        half: bool = False,
    ) -> None:
        """Close the connection after so many bytes of a body: by a reset, or one way only."""
        self._add(BodyFaults(cut_after=after, resets=reset, half=half), files, times, skip)

    def flip(self, files: Iterable[str] = (), at: int = 0, times: int = 1, skip: int = 0) -> None:
        """Turn a bit of the object's byte `at` in answers that hold it."""
        self._add(BodyFaults(flip_at=at), files, times, skip)

    def stall(
        self,
        files: Iterable[str] = (),
        after: int = 0,
        times: int = 1,
        seconds: float | None = None,
        skip: int = 0,
    ) -> None:
        """Send nothing for so many seconds after `after` bytes of a body; None: until clear()."""
        self._add(BodyFaults(stall_after=after, stall_seconds=seconds), files, times, skip)

    def ignore_range(self, files: Iterable[str] = (), times: int = 1, skip: int = 0) -> None:
        """Answer a range with 200 and the whole object."""
        self._add(BodyFaults(ignores_range=True), files, times, skip)

    def wrong_etag(
        self, files: Iterable[str] = (), times: int = 1, etag: str = "0" * 32, skip: int = 0
    ) -> None:
        """Send another ETag with the right bytes; one that starts with `W/` is sent as it is."""
        self._add(BodyFaults(etag=etag), files, times, skip)

    def slow_header(
        self, files: Iterable[str] = (), seconds: float = 5, times: int = 1, skip: int = 0
    ) -> None:
        """Let the head of the answer come byte by byte, in so many seconds."""
        self._add(BodyFaults(header_seconds=seconds), files, times, skip)

    def drip(
        self, files: Iterable[str] = (), bytes_per_second: int = 1, times: int = 1, skip: int = 0
    ) -> None:
        """Send a body at this rate."""
        self._add(BodyFaults(drip=bytes_per_second), files, times, skip)

    def wrong_range(
        self, files: Iterable[str] = (), how: str = "start", times: int = 1, skip: int = 0
    ) -> None:
        """Answer ranges with a Content-Range of another `start` or `total`, with it `missing`,
        or as `multipart`."""
        self._add(BodyFaults(content_range=_one_of(_RANGES, how)), files, times, skip)

    def short(self, files: Iterable[str] = (), by: int = 1, times: int = 1, skip: int = 0) -> None:
        """Tell a Content-Length of `by` bytes more than come, and close."""
        self._add(BodyFaults(more=by), files, times, skip)

    def long(self, files: Iterable[str] = (), by: int = 1, times: int = 1, skip: int = 0) -> None:
        """Tell a Content-Length of `by` bytes fewer than come, and close."""
        self._add(BodyFaults(more=-by), files, times, skip)

    def reframe(
        self, files: Iterable[str] = (), how: str = "chunked", times: int = 1, skip: int = 0
    ) -> None:
        """Tell no Content-Length: send `chunked`, or end the body with the connection (`close`).

        With `cut`, the body breaks off in its frame."""
        self._add(BodyFaults(frame=_one_of(_FRAMES, how)), files, times, skip)

    def encode(
        self, files: Iterable[str] = (), encoding: str = "gzip", times: int = 1, skip: int = 0
    ) -> None:
        """Claim a Content-Encoding that the bytes do not have."""
        self._add(BodyFaults(encoding=encoding), files, times, skip)

    def portal(self, files: Iterable[str] = (), times: int = 1, skip: int = 0) -> None:
        """Answer 200 with the page of some gateway, as a network that wants a login does."""
        self._add(BodyFaults(page=True), files, times, skip)

    def redirect(
        self, files: Iterable[str] = (), location: str = "", times: int = 1, skip: int = 0
    ) -> None:
        """Answer 307 and another address; none given: the very one, so a loop."""
        self._add(BodyFaults(location=location), files, times, skip)

    def garbage(
        self, files: Iterable[str] = (), text: str = GARBAGE, times: int = 1, skip: int = 0
    ) -> None:
        """Send something that is no HTTP where the status line should be, and close."""
        self._add(BodyFaults(garbage=text), files, times, skip)

    def close_idle(self, files: Iterable[str] = (), times: int = 1, skip: int = 0) -> None:
        """Close the connection after an answer that does not announce it."""
        self._add(BodyFaults(closes=True), files, times, skip)

    def body(self, file: str, first: int, last: int) -> BodyFaults:
        """What goes wrong in an answer with the bytes `first` to `last` of a file's object."""
        merged = BodyFaults()
        with self._lock:
            for rule in self._rules:
                if rule.take(file, first, last):
                    set_fields = vars(rule.body).items()
                    changes = {k: v for k, v in set_fields if v is not None and v is not False}
                    merged = replace(merged, **changes)
        return merged

    def _add(self, body: BodyFaults, files: Iterable[str], times: int, skip: int) -> None:
        with self._lock:
            self._rules.append(_Rule(body, frozenset(files), times, skip))


def _one_of(ways: tuple[str, ...], how: str) -> str:
    if how not in ways:
        raise ValueError(f"how is one of: {', '.join(ways)}")
    return how
