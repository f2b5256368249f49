"""Misbehaviour on demand: what the simulator does wrong, for whom and how often.

Every method named in ACTIONS can also be asked for over HTTP, `POST /faults` at the control address
with `{"fault": "cut", "files": ["1201234"], "after": 1000}` or a list of such; arguments are the
method's. `files` are file ids, none meaning every file; bytes count from 0.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol, TypeVar

from bstui.simulator.api_faults import ApiRule, Burst, Spoiling, WireFault
from bstui.simulator.object_faults import ObjectFaults

_T = TypeVar("_T")
ACTIONS = (
    *("latency", "bandwidth", "clock", "refuse", "admit", "certificate", "burst", "spoil", "wire"),
    *("cut", "flip", "stall", "hold_at", "release", "slow_header", "drip", "wrong_range", "short"),
    *("long", "reframe", "encode", "portal", "redirect", "garbage", "close_idle", "ignore_range"),
    *("wrong_etag", "expire_urls", "revoke", "accept", "withdraw", "share"),
    *("change", "repart", "become", "upload", "tag", "clear"),
)
"""The methods that HTTP may call."""


class World(Protocol):
    """What the switches can change beside answers: the data themselves."""

    def replace_object(self, file: str, by: int) -> None: ...
    def repart(self, file: str, size: int) -> None: ...
    def become(self, thing: str, state: str) -> None: ...
    def upload(self, run: str, count: int) -> None: ...
    def tag(self, file: str, tag: str) -> None: ...
    def shut(self, where: str) -> None: ...
    def open(self, where: str) -> None: ...
    def certify(self, chain: str) -> None: ...


class Faults(ObjectFaults):
    """The switches; safe to use from any thread, effective at once."""

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
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
        self.clock_skew = 0.0
        self._bursts: dict[str, list[ApiRule[Burst]]] = {"api": [], "objects": []}
        self._spoilings: list[ApiRule[Spoiling]] = []
        self._wires: list[ApiRule[WireFault]] = []
        self._rules = []
        self._holds: dict[str, int] = {}
        self.withdrawn: frozenset[str] = frozenset()

    def clear(self) -> None:
        """Behave well again; tokens stay revoked, changed objects stay changed."""
        with self._lock:
            self._start()
            self.clearings += 1
        if self._world is not None:
            self._world.open("")
        self._wake()

    def latency(self, api: float | None = None, objects: float | None = None) -> None:
        """Wait so many seconds before each answer."""
        self.api_latency = self.api_latency if api is None else api
        self.object_latency = self.object_latency if objects is None else objects

    def bandwidth(self, bytes_per_second: int | None) -> None:
        """Limit each connection to the object store; None: no limit."""
        self.bytes_per_second = bytes_per_second
        self._wake()

    def clock(self, skew: float) -> None:
        """Tell a Date that is so many seconds off."""
        self.clock_skew = skew

    def refuse(self, where: str = "") -> None:
        """Drop all connections and refuse new ones, until admit() or clear(): those to `objects`,
        to the `api`, or to that of a region by its name; none named: to all of them."""
        self._data.shut(where)

    def admit(self, where: str = "") -> None:
        """Listen again."""
        self._data.open(where)

    def certificate(self, chain: str) -> None:
        """From now on show the certificate of this PEM file, which holds its key too (TLS)."""
        self._data.certify(chain)

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

    def wire(self, route: str = "", skip: int = 0, times: int = 1, **how: Any) -> None:
        """Break the next `times` answers of the API on their socket, as WireFault's fields say."""
        rule = ApiRule(WireFault(**how), re.compile(route), skip, times)
        with self._lock:
            self._wires.append(rule)

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

    def change(self, files: Iterable[str], by: int = 0) -> None:
        """Replace these objects by others with another ETag, `by` bytes longer (or shorter)."""
        for file in files:
            self._data.replace_object(file, by)

    def repart(self, files: Iterable[str], size: int) -> None:
        """Tell the ETags of these files as if they had been uploaded in parts of so many bytes."""
        if size < 1:
            raise ValueError("a part has at least a byte")
        for file in files:
            self._data.repart(file, size)

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
        return self._take(self._bursts[where], path)

    def spoiling(self, path: str) -> Spoiling:
        """What goes wrong in an answer of the API."""
        return self._take(self._spoilings, path) or Spoiling()

    def next_wire(self, path: str) -> WireFault | None:
        """What goes wrong with the bytes of an answer of the API."""
        return self._take(self._wires, path)

    def _take(self, rules: list[ApiRule[_T]], path: str) -> _T | None:
        with self._lock:
            return next((rule.what for rule in rules if rule.take(path)), None)

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

    def _wake(self) -> None:
        for waker in list(self._wakers):
            waker()
