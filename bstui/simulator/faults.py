"""Misbehaviour on demand: what the simulator does wrong, for whom and how often.

Every method here can also be asked for over HTTP, `POST /_simulator/faults` with
`{"fault": "cut", "files": ["1201234"], "after": 1000}` or a list of such; arguments are the
method's. `files` are file ids, none meaning every file; bytes count from 0.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bstui.simulator.api_faults import ApiRule, Burst, Spoiling

ACTIONS = (
    *("latency", "bandwidth", "burst", "spoil", "cut", "flip", "stall", "hold_at", "release"),
    *("slow_header", "drip", "wrong_range", "short", "encode", "portal", "close_idle"),
    *("ignore_range", "wrong_etag", "expire_urls", "revoke", "accept", "withdraw", "share"),
    *("change", "become", "upload", "tag", "clear"),
)
"""The methods that HTTP may call."""


@dataclass(frozen=True)
class BodyFaults:
    """What goes wrong in one answer of the object store."""

    cut_after: int | None = None
    """Bytes of the body after which the connection closes."""
    resets: bool = False
    """The cut is a reset (RST) instead of an end (FIN)."""
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
    """Bytes that Content-Length tells beyond those that come."""
    encoding: str | None = None
    """A Content-Encoding that the body does not have."""
    page: bool = False
    """With 200 comes some gateway's page instead of the object."""
    closes: bool = False
    """The connection is closed after the answer, without a word."""


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


class World(Protocol):
    """What the switches can change beside answers: the data themselves."""

    def replace_object(self, file: str) -> None: ...
    def become(self, thing: str, state: str) -> None: ...
    def upload(self, run: str, count: int) -> None: ...
    def tag(self, file: str, tag: str) -> None: ...


class Faults:
    """The switches; safe to use from any thread, effective at once."""

    def __init__(self, world: World | None = None) -> None:
        self._lock = threading.Condition()
        self._world = world
        self._wakers: list[Callable[[], object]] = []
        self.clearings = 0
        """How often clear() was called: an endless stall ends with the next."""
        self.generation = 0
        """Of signed addresses: those of earlier ones have expired."""
        self.revoked: set[str] = set()
        self._held: set[str] = set()
        self._start()

    def _start(self) -> None:
        self.api_latency = 0.0
        self.object_latency = 0.0
        self.bytes_per_second: int | None = None
        self._bursts: dict[str, list[ApiRule]] = {"api": [], "objects": []}
        self._spoilings: list[ApiRule] = []
        self._rules: list[_Rule] = []
        self._holds: dict[str, int] = {}
        self.withdrawn: frozenset[str] = frozenset()

    def clear(self) -> None:
        """Behave well again; tokens stay revoked, changed objects stay changed."""
        with self._lock:
            self._start()
            self.clearings += 1
        self._wake()

    def latency(self, api: float | None = None, objects: float | None = None) -> None:
        """Wait so many seconds before each answer."""
        self.api_latency = self.api_latency if api is None else api
        self.object_latency = self.object_latency if objects is None else objects

    def bandwidth(self, bytes_per_second: int | None) -> None:
        """Limit each connection to the object store; None: no limit."""
        self.bytes_per_second = bytes_per_second
        self._wake()

    def burst(
        self,
        where: str,
        status: int,
        times: int = 1,
        retry_after: str = "",
        html: bool = False,
        route: str = "",
        skip: int = 0,
    ) -> None:
        """Answer the next `times` requests to `api` or `objects` with an error status.

        `route` is a regular expression for paths; the first `skip` requests are answered well.
        """
        burst = Burst(status, str(retry_after), html)
        with self._lock:
            self._bursts[where].append(ApiRule(burst, re.compile(route), skip, times))

    def spoil(self, route: str = "", skip: int = 0, times: int = 1, **how: Any) -> None:
        """Spoil the next `times` answers of the API as the fields of Spoiling say."""
        rule = ApiRule(Spoiling(**how), re.compile(route), skip, times)
        with self._lock:
            self._spoilings.append(rule)

    def cut(
        self,
        files: Iterable[str] = (),
        after: int = 0,
        times: int = 1,
        reset: bool = False,
        skip: int = 0,
    ) -> None:
        """Close the connection after so many bytes of a body; the first `skip` go well."""
        self._add(BodyFaults(cut_after=after, resets=reset), files, times, skip)

    def flip(self, files: Iterable[str] = (), at: int = 0, times: int = 1) -> None:
        """Turn a bit of the object's byte `at` in answers that hold it."""
        self._add(BodyFaults(flip_at=at), files, times)

    def stall(
        self,
        files: Iterable[str] = (),
        after: int = 0,
        times: int = 1,
        seconds: float | None = None,
    ) -> None:
        """Send nothing for so many seconds after `after` bytes of a body; None: until clear()."""
        self._add(BodyFaults(stall_after=after, stall_seconds=seconds), files, times)

    def ignore_range(self, files: Iterable[str] = (), times: int = 1) -> None:
        """Answer a range with 200 and the whole object."""
        self._add(BodyFaults(ignores_range=True), files, times)

    def wrong_etag(self, files: Iterable[str] = (), times: int = 1, etag: str = "0" * 32) -> None:
        """Send another ETag with the right bytes; one that starts with `W/` is sent as it is."""
        self._add(BodyFaults(etag=etag), files, times)

    def slow_header(self, files: Iterable[str] = (), seconds: float = 5, times: int = 1) -> None:
        """Let the head of the answer come byte by byte, in so many seconds."""
        self._add(BodyFaults(header_seconds=seconds), files, times)

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
        if how not in ("start", "total", "missing", "multipart"):
            raise ValueError("how is one of: start, total, missing, multipart")
        self._add(BodyFaults(content_range=how), files, times, skip)

    def short(self, files: Iterable[str] = (), by: int = 1, times: int = 1, skip: int = 0) -> None:
        """Tell a Content-Length of `by` bytes more than come, and close."""
        self._add(BodyFaults(more=by), files, times, skip)

    def encode(self, files: Iterable[str] = (), encoding: str = "gzip", times: int = 1) -> None:
        """Claim a Content-Encoding that the bytes do not have."""
        self._add(BodyFaults(encoding=encoding), files, times)

    def portal(self, files: Iterable[str] = (), times: int = 1, skip: int = 0) -> None:
        """Answer 200 with the page of some gateway, as a network that wants a login does."""
        self._add(BodyFaults(page=True), files, times, skip)

    def close_idle(self, files: Iterable[str] = (), times: int = 1) -> None:
        """Close the connection after an answer that does not announce it."""
        self._add(BodyFaults(closes=True), files, times)

    def hold_at(self, files: Iterable[str], at: int) -> None:
        """Send no byte of these objects from byte `at` on, in any range, until released."""
        with self._lock:
            self._holds |= dict.fromkeys(files, at)
        self._wake()

    def release(self, files: Iterable[str] = ()) -> None:
        """Let held objects go on; none named: all."""
        with self._lock:
            for file in list(files) or list(self._holds):
                self._holds.pop(file, None)
        self._wake()

    def expire_urls(self) -> None:
        """From now on every address that was signed before has expired."""
        with self._lock:
            self.generation += 1

    def revoke(self, token: str) -> None:
        """Answer this token with 401."""
        with self._lock:
            self.revoked.add(token)

    def accept(self, token: str) -> None:
        """Take a revocation back."""
        with self._lock:
            self.revoked.discard(token)

    def withdraw(self, thing: str) -> None:
        """Answer for this project, run, biosample, dataset or file id with 403; lists lack it."""
        with self._lock:
            self.withdrawn |= {thing}

    def share(self, thing: str) -> None:
        """Take a withdrawal back."""
        with self._lock:
            self.withdrawn -= {thing}

    def change(self, files: Iterable[str]) -> None:
        """Replace these objects by others of the same size and another ETag."""
        for file in files:
            self._data.replace_object(file)

    def become(self, things: Iterable[str], state: str) -> None:
        """Let runs or datasets become `uploaded`, `archived`, `zipped`, `deleted` …: STATES."""
        for thing in things:
            self._data.become(thing, state)

    def upload(self, run: str, count: int) -> None:
        """Let so many more files of a run that is uploading arrive."""
        self._data.upload(run, count)

    def tag(self, files: Iterable[str], tag: str) -> None:
        """Tell the ETags of these files as `strong`, `weak`, or `missing`: not at all."""
        for file in files:
            self._data.tag(file, tag)

    @property
    def _data(self) -> World:
        if self._world is None:
            raise ValueError("these switches have no data to change")
        return self._world

    def apply(self, requests: object) -> None:
        """What HTTP asked for; a ValueError says what is not understood."""
        for request in requests if isinstance(requests, list) else [requests]:
            if not isinstance(request, dict) or request.get("fault") not in ACTIONS:
                raise ValueError(f'each needs "fault", one of: {", ".join(ACTIONS)}')
            arguments = {key: value for key, value in request.items() if key != "fault"}
            try:
                getattr(self, request["fault"])(**arguments)
            except (TypeError, KeyError, re.error) as error:
                raise ValueError(str(error)) from error

    # What the servers ask.

    def next_burst(self, where: str, path: str = "") -> Burst | None:
        with self._lock:
            taken = next((rule for rule in self._bursts[where] if rule.take(path)), None)
        return taken.what if taken and isinstance(taken.what, Burst) else None

    def spoiling(self, path: str) -> Spoiling:
        """What goes wrong in an answer of the API."""
        with self._lock:
            taken = next((rule for rule in self._spoilings if rule.take(path)), None)
        return taken.what if taken and isinstance(taken.what, Spoiling) else Spoiling()

    def body(self, file: str, first: int, last: int) -> BodyFaults:
        """What goes wrong in an answer with the bytes `first` to `last` of a file's object."""
        merged = BodyFaults()
        with self._lock:
            for rule in self._rules:
                if rule.take(file, first, last):
                    changes = {k: v for k, v in vars(rule.body).items() if v not in (None, False)}
                    merged = replace(merged, **changes)
        return merged

    def hold_of(self, file: str) -> int | None:
        return self._holds.get(file)

    def on_wake(self, waker: Callable[[], object]) -> None:
        """Call `waker`, from whatever thread, when something that is waited for may be over."""
        self._wakers.append(waker)

    def no_wake(self, waker: Callable[[], object]) -> None:
        self._wakers.remove(waker)

    def set_held(self, files: Collection[str]) -> None:
        """The files with an answer that stands at its hold."""
        with self._lock:
            self._held = set(files)
            self._lock.notify_all()

    @property
    def held(self) -> frozenset[str]:
        return frozenset(self._held)

    def wait_until_held(self, files: Iterable[str], timeout: float = 30) -> None:
        """Return when an answer for each of these files stands at its hold."""
        wanted = set(files)
        with self._lock:
            if not self._lock.wait_for(lambda: wanted <= self._held, timeout):
                raise TimeoutError(f"not held after {timeout} s: {wanted - self._held}")

    def _add(self, body: BodyFaults, files: Iterable[str], times: int, skip: int = 0) -> None:
        with self._lock:
            self._rules.append(_Rule(body, frozenset(files), times, skip))

    def _wake(self) -> None:
        for waker in list(self._wakers):
            waker()
