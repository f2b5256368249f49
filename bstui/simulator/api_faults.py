"""What goes wrong in answers of the API: errors, spoiled bodies, lists that do not add up."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from bstui.simulator.object_faults import GARBAGE

_T = TypeVar("_T")
_ENDS = ("close", "reset", "half-close", "stall")


@dataclass(frozen=True)
class Burst:
    """Answers that are an error."""

    status: int
    retry_after: str = ""
    """The Retry-After header's text; empty: none is sent."""
    html: bool = False
    """With a gateway's page instead of the service's own body."""


@dataclass(frozen=True)
class Spoiling:
    """What is done to an answer of the API that would else be right."""

    seconds: float = 0.0
    """To wait before it."""
    keep: int | None = None
    """Bytes of the body that are sent; the rest is missing."""
    body: str | None = None
    """To send instead of its own."""
    kind: str = "application/json"
    """The content type of that."""
    total_by: int = 0
    """Added to a list's TotalCount."""
    no_total: bool = False
    shrink: int = 0
    """Items at its head that have left the list by its second page."""
    cap: int | None = None
    """Items of a page at most, whatever is asked for."""
    repeat: bool = False
    """Every page is the first."""
    location: str | None = None
    """Where a 302 points to instead of the answer; empty: to the very address."""
    encoding: str = ""
    """A Content-Encoding that the body does not have."""

    @property
    def replaces(self) -> bool:
        """Whether the answer itself is another, not only what a list tells in it."""
        wanted = (self.keep, self.body, self.location)
        return bool(self.encoding) or any(one is not None for one in wanted)


@dataclass(frozen=True)
class WireFault:
    """What happens to the bytes of an answer of the API, its head included; then it is over."""

    after: int | None = None
    """Bytes that come before the end; None: all."""
    then: str = "close"
    """The end: `close`, `reset`, `half-close`, or `stall`, after which it closes."""
    seconds: float | None = None
    """That a stall takes; None: until clear()."""
    rate: int | None = None
    """Bytes that come in a second."""
    garbage: bool = False
    """Something that is no HTTP comes instead of the answer."""
    length: int = 0
    """Added to Content-Length."""

    def __post_init__(self) -> None:
        if self.then not in _ENDS:
            raise ValueError(f"then is one of: {', '.join(_ENDS)}")

    def bytes_of(self, head: bytes, body: bytes) -> bytes:
        """What is sent of an answer with this head, without its Content-Length, and body."""
        if self.garbage:
            return GARBAGE.encode()
        length = f"Content-Length: {len(body) + self.length}\r\n\r\n".encode()
        return (head + length + body)[: self.after]


@dataclass
class ApiRule(Generic[_T]):
    """A fault for requests whose path matches, after the first `skip` of them, so many times."""

    what: _T
    route: re.Pattern[str]
    skip: int
    times: int

    def take(self, path: str) -> bool:
        """Whether it applies to a request; then one time is used."""
        if self.times <= 0 or not self.route.search(path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True
