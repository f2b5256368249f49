"""The words the engine and whoever runs it share: what to bring, where from, what was seen.

The engine knows no BaseSpace: an item is a path and what must stand there, and `Locate` says
where its bytes are just now.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bstui.errors import BstuiError
from bstui.text import Secret

MIB = 1 << 20
LARGEST_RANGE = 16 * MIB
USUAL_RANGE = 5 * MIB
"""Bytes that a kill costs at most for each connection."""
LARGEST_REQUEST = 32 * MIB
"""Bytes that one request asks for: each costs a round trip, and the last ones are to end at about
the same time."""

Verify = Literal["none", "server", "full"]
Existing = Literal["adopt", "keep-both", "replace"]
Digest = Literal["", "md5", "sha256"]
"""The digest of whole files that was asked for."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file to bring."""

    number: int
    """Its place in the plan."""
    id: str
    path: str
    """Relative to the destination, `/` between components."""
    size: int
    """Bytes."""
    etag: str | None = None
    """S3's, without quotes: an MD5, or `<md5 of md5s>-<parts>`."""
    mates: str = ""
    """Equal for files that must hold as many reads, as R1 and R2 do; empty: it has no mate."""


@dataclass(frozen=True, slots=True)
class Proof:
    """By what a file is proven, and what was learnt of it on the way."""

    verified: str
    """`etag`, `multipart etag`, `size only`, `unverified`; with `+gzip` or `+lines` where it was
    opened too, as `size+gzip`; `adopted: …` where it was there already."""
    md5: str = ""
    """Of the whole file, where it is known."""
    sha256: str = ""
    reads: int | None = None
    """Of FASTQ that was opened."""


Locate = Callable[[Item], Awaitable[Secret]]
"""A fresh signed address of the item's bytes; raises BstuiError, whose policy the engine obeys."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes: it stands in every sidecar, and in the message of one who meets it."""

    job: str
    attempt: int
    host: str
    user: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The most at once; how much of it is used adapts to the line."""

    files: int = 4
    parts: int = 4
    """Requests at once for one file."""
    connections: int | None = None
    """Of all files together; None: `files` × `parts`, which bounds them in any case."""
    range_size: int = USUAL_RANGE
    """Bytes of each connection that are not recorded, at most 16 MiB. Smaller files take one
    request, and no record."""
    request_size: int = LARGEST_REQUEST
    """Bytes that one request asks for, at most; what comes of it is recorded on the way."""
    bandwidth: int | None = None
    """Bytes per second of all connections together; None: no limit."""

    def __post_init__(self) -> None:
        counts = (self.files, self.parts, self.range_size, self.bandwidth, self.connections)
        if min(1 if count is None else count for count in counts) < 1:
            raise ValueError(f"limits are at least 1: {self}")
        if self.range_size > LARGEST_RANGE:
            raise ValueError(f"a range is at most {LARGEST_RANGE} bytes: {self.range_size}")

    @property
    def record_every(self) -> int:
        """Bytes that are recorded at once: while they are, as many may arrive."""
        return max(1, self.range_size * 4 // 9)

    @property
    def most_connections(self) -> int:
        return min(self.connections or self.files * self.parts, self.files * self.parts)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the engine waits for what; all in seconds."""

    connect: float = 20.0
    stall: float = 60.0
    """A connection that brings less than 1 KiB/s for so long is dropped."""
    first_wait: float = 0.5
    """After the first failure; doubled at each further one, with jitter."""
    longest_wait: float = 60.0
    longest_retry_after: float = 3600.0
    """The most that a server's Retry-After is believed."""
    first_room: float = 5.0
    """Before the first new try to write on a disk that was full or broken; then doubled."""
    room: float = 60.0
    """The most between two such tries."""
    login: float = 20.0
    tries: int = 8
    """Failures of one request in a row, without progress of its file and while others move, before
    the file is given up."""
    touch: float = 30.0
    """Between two touches of an open sidecar."""
    live: float = 90.0
    """A sidecar touched within this time has a living writer."""
    checkpoint: float = 8.0
    """The most that `stop` waits for what is being published."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why nothing moves just now."""

    reason: str
    """`room`, `login`, `network`, `server`, `in use` or `destination`."""
    text: str
    since: float
    """Seconds since 1970."""
    next_try: float


@dataclass(frozen=True, slots=True)
class Arriving:
    """A file on its way."""

    id: str
    path: str
    size: int
    done: int
    rate: float
    """Bytes per second."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What can be said about the engine at one moment."""

    files_done: int = 0
    files_failed: int = 0
    bytes_done: int = 0
    """Of whole files and of those on their way."""
    rate: float = 0.0
    """Bytes per second from the network, over the last ten seconds."""
    running: tuple[Arriving, ...] = ()
    wait: Wait | None = None
    paused: bool = False


class Listener(Protocol):
    """Is told what happened, on the engine's loop, in the order in which it became true."""

    def done(self, item: Item, proof: Proof) -> None:
        """The file stands whole and durable under `item.path`, which may be another than asked
        for where `existing` is `keep-both`."""

    def failed(self, item: Item, error: BstuiError) -> None:
        """The engine gave the file up; nothing stands under its name because of us."""

    def note(self, level: str, text: str) -> None:
        """Something a person may want to know: `info`, `warning` or `error`."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, so that tests need not wait for it."""

    now: Callable[[], float] = time.time
    """Seconds since 1970, for people."""
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach the object store."""

    ca_file: str | None = None
    proxy: str | None = None
    """None: what `https_proxy` and `no_proxy` say; empty: none."""
    patience: Patience = field(default_factory=Patience)
