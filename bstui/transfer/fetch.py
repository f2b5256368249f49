"""Bytes from an address to their place in a file: the only module that knows pycurl.

One thread of its own runs libcurl's multi interface over a selector; on the asyncio loop it would
starve the API calls. Commands reach it by a queue and an eventfd, results go back in batches.
That thread writes the bytes and does nothing else with them.
"""

import asyncio
import functools
import os
import queue
import selectors
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

import pycurl

from bstui.errors import BstuiError, ServiceError, Unreachable
from bstui.text import safe_text
from bstui.transfer.address import is_loopback, refuse_address
from bstui.transfer.bandwidth import Bandwidth
from bstui.transfer.beneath import reserve
from bstui.transfer.flight import Flight, Stretch
from bstui.transfer.items import Route

_TICK = 0.5
"""Seconds between two looks at stalls, at most."""
_BUFFER = 512 << 10
"""Bytes that libcurl hands over at once: smaller costs more calls, larger more fresh pages."""
_TLS_REFUSED = (
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_ISSUER_ERROR,
    pycurl.E_SSL_CRL_BADFILE,
)


class Fetcher:
    """The thread that moves bytes. Its public methods belong to the asyncio loop."""

    def __init__(self, route: Route, bandwidth: int | None = None) -> None:
        self._route = route
        self._loop = asyncio.get_running_loop()
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._flights: dict[pycurl.Curl, Flight] = {}
        self._told: list[Flight] = []
        """Of these the loop is to hear."""
        self._spare: list[pycurl.Curl] = []
        self._timer: float | None = None
        self._active = 0.0
        self._writing = 0.0
        self._running = True
        self._bandwidth = Bandwidth(bandwidth, time.monotonic)
        self._held: set[pycurl.Curl] = set()
        """By the limit on bytes per second."""
        self._ahead: set[pycurl.Curl] = set()
        """Until what they offered is recorded."""
        self.received = 0
        """Bytes taken since the start, of all flights."""
        self._thread = threading.Thread(target=self._run, name="fetch", daemon=True)
        self._thread.start()

    async def fetch(
        self, flight: Flight, record: Callable[[Stretch], Awaitable[None]] | None = None
    ) -> None:
        """Carry `flight` out, and record what it offers on the way. When this returns or raises,
        the thread has let go of its file.

        What went wrong stands in `flight.error`; what `record` raises is raised.
        """
        self._command(lambda: self._depart(flight))
        try:
            while (stretch := await self._offer(flight)) is not None:
                if record is not None:
                    await record(stretch)
                self._command(lambda: self._go_on(flight))
        except BaseException:
            self._command(lambda: self._abort(flight))
            while not flight.has_landed:
                await _settled(self._hear(flight))
            raise

    async def fetch_in_turn(self, flights: Sequence[Flight]) -> None:
        """Carry these out one after another, as long as all goes well, without asking the loop in
        between. When this returns or raises, the thread has let go of their files."""
        for flight, other in pairwise(flights):
            flight.then = other
        last = flights[-1]
        self._command(lambda: self._depart(flights[0]))
        try:
            while not last.has_landed:
                await asyncio.shield(self._hear(last))
        except BaseException:
            self._command(lambda: self._abort(*flights))
            while not last.has_landed:
                await _settled(self._hear(last))
            raise

    async def _offer(self, flight: Flight) -> Stretch | None:
        """What is to be recorded; None once it has landed."""
        while flight.offered is None and not flight.has_landed:
            await asyncio.shield(self._hear(flight))
        offered, flight.offered = flight.offered, None
        return offered

    def _hear(self, flight: Flight) -> "asyncio.Future[None]":
        if flight.news is None or flight.news.done():
            flight.news = self._loop.create_future()
        return flight.news

    def interrupt(self) -> None:
        """End every flight where it is, and close every connection; what arrived is kept."""
        self._command(self._disconnect)

    def set_bandwidth(self, bandwidth: int | None) -> None:
        self._command(lambda: self._bandwidth.set(bandwidth))

    def close(self) -> None:
        """End the thread; flights still on their way are interrupted."""
        self._command(self._finish)
        self._thread.join()
        os.close(self._wake)

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.put(command)
        os.eventfd_write(self._wake, 1)

    # From here on, the thread.

    def _run(self) -> None:
        self._multi = self._make_multi()
        try:
            self._turn_until_finished()
        finally:
            self._running = False
            self._obey_all()
            self._abort_all()
            self._hand_over()
            self._multi.close()
            for curl in self._spare:
                curl.close()
            self._selector.close()

    def _make_multi(self) -> pycurl.CurlMulti:
        multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        return multi

    def _turn_until_finished(self) -> None:
        last = time.monotonic()
        while self._running:
            self._turn()
            now, writing = time.monotonic(), self._writing
            self._active += min(max(0.0, now - last - writing), 4 * _TICK)
            self._writing, last = 0.0, now
            self._drop_stalled()
            self._release_held()
            self._hand_over()

    def _turn(self) -> None:
        """Wait for sockets, the timer or a command, and serve them."""
        for key, events in self._selector.select(self._timeout()):
            if key.fd == self._wake:
                os.eventfd_read(self._wake)
                self._obey_all()
            else:
                mask = pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0
                mask |= pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
                self._multi.socket_action(key.fd, mask)
        if self._timer is not None and time.monotonic() >= self._timer:
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()

    def _timeout(self) -> float | None:
        """Seconds until something is to be done without being asked; None: nothing is."""
        times = [_TICK] if self._flights else []
        if self._timer is not None:
            times.append(max(0.0, self._timer - time.monotonic()))
        if self._held:
            times.append(self._bandwidth.seconds_to_wait())
        return min(times, default=None)

    def _obey_all(self) -> None:
        while not self._commands.empty():
            self._commands.get_nowait()()

    def _on_socket(self, what: int, fd: int, multi: object, data: object) -> None:
        events = 0
        if what in (pycurl.POLL_IN, pycurl.POLL_INOUT):
            events |= selectors.EVENT_READ
        if what in (pycurl.POLL_OUT, pycurl.POLL_INOUT):
            events |= selectors.EVENT_WRITE
        known = fd in self._selector.get_map()
        if not events:
            if known:
                self._selector.unregister(fd)
        elif known:
            self._selector.modify(fd, events)
        else:
            self._selector.register(fd, events)

    def _on_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _depart(self, flight: Flight) -> None:
        flight.error = refuse_address(flight.address)
        flight.interrupted = not self._running
        flight.has_departed = not flight.interrupted
        if flight.error is not None or flight.interrupted:
            flight.has_landed = True
            self._tell(flight)
            return
        curl = self._spare.pop() if self._spare else pycurl.Curl()
        self._set_up(curl, flight)
        reserve(flight.fd, flight.start, flight.stop)
        self._flights[curl] = flight
        self._multi.add_handle(curl)

    def _set_up(self, curl: pycurl.Curl, flight: Flight) -> None:
        _set_route(curl, self._route)
        address = flight.address.reveal()
        curl.setopt(pycurl.URL, address)
        if is_loopback(urlsplit(address).hostname or ""):
            curl.setopt(pycurl.PROXY, "")
        if not flight.whole:
            curl.setopt(pycurl.RANGE, f"{flight.start}-{flight.stop - 1}")
        curl.setopt(pycurl.HTTPHEADER, ["Accept-Encoding: identity", *flight.conditions])
        curl.setopt(pycurl.HEADERFUNCTION, flight.take_header)

        curl.setopt(pycurl.WRITEFUNCTION, functools.partial(self._take, curl, flight))

    def _take(self, curl: pycurl.Curl, flight: Flight, data: bytes) -> int | None:
        """Libcurl's write callback: the piece is taken, refused, or to be offered again."""
        if flight.is_ahead:
            self._ahead.add(curl)
            return int(pycurl.WRITEFUNC_PAUSE)
        if self._bandwidth.limit is not None:
            if not self._bandwidth.may_pass():
                self._held.add(curl)
                return int(pycurl.WRITEFUNC_PAUSE)
            self._bandwidth.pass_(len(data))
        if not flight.take_body(data):
            return 0
        self.received += len(data)
        if flight.gathered >= flight.write_at:
            began = time.monotonic()
            is_written = flight.write()
            self._writing += time.monotonic() - began
            if flight.offered is not None:
                self._told.append(flight)
            return None if is_written else 0
        return None

    def _collect(self) -> None:
        """Take the flights that have ended from libcurl."""
        left = 1
        while left:
            left, succeeded, failed = self._multi.info_read()
            for curl in succeeded:
                self._land(curl, None)
            for curl, number, text in failed:
                self._land(curl, _curl_problem(number, text, curl, self._route))

    def _land(self, curl: pycurl.Curl, problem: BstuiError | None) -> None:
        flight = self._flights.pop(curl)
        self._held.discard(curl)
        self._ahead.discard(curl)
        self._multi.remove_handle(curl)
        curl.reset()
        self._spare.append(curl)
        flight.land(problem)
        self._tell(flight)

    def _tell(self, flight: Flight) -> None:
        """It has landed: on to the next where that went well, otherwise nothing follows."""
        if flight.then is not None and flight.error is None and not flight.interrupted:
            self._depart(flight.then)
            return
        while flight.then is not None:
            flight = flight.then
            flight.interrupted = flight.has_landed = True
        self._told.append(flight)

    def _go_on(self, flight: Flight) -> None:
        """What it offered is recorded."""
        flight.is_unsettled = False
        for curl in [curl for curl in self._ahead if self._flights[curl] is flight]:
            self._ahead.discard(curl)
            curl.pause(pycurl.PAUSE_CONT)

    def _abort(self, *flights: Flight) -> None:
        for curl, flight in list(self._flights.items()):
            if flight in flights:
                flight.interrupted = True
                self._land(curl, None)

    def _abort_all(self) -> None:
        for curl, flight in list(self._flights.items()):
            flight.interrupted = True
            self._land(curl, None)

    def _disconnect(self) -> None:
        """End the flights, and the connections that libcurl keeps for later ones."""
        self._abort_all()
        self._multi.close()
        self._timer = None
        for fd in [fd for fd in self._selector.get_map() if fd != self._wake]:
            self._selector.unregister(fd)
        self._multi = self._make_multi()

    def _finish(self) -> None:
        self._running = False

    def _drop_stalled(self) -> None:
        patience = self._route.patience.stall
        for curl, flight in list(self._flights.items()):
            if curl in self._held or curl in self._ahead:
                flight.forgive()
            elif flight.is_stalled(self._active, patience):
                self._land(curl, Unreachable(f"The server sent nothing for {patience:.0f} s."))

    def _release_held(self) -> None:
        for curl in list(self._held):
            if not self._bandwidth.may_pass():
                return
            self._held.discard(curl)
            curl.pause(pycurl.PAUSE_CONT)

    def _hand_over(self) -> None:
        """Tell the loop of flights that have landed or have something to offer, all at once."""
        if not self._told:
            return
        told, self._told = self._told, []
        self._loop.call_soon_threadsafe(_tell, told)


async def _settled(news: "asyncio.Future[None]") -> None:
    """Wait for the thread to let go, also while the task is being cancelled again."""
    try:
        await asyncio.shield(news)
    except asyncio.CancelledError:
        return


def _tell(told: list[Flight]) -> None:
    for flight in told:
        if flight.news is not None and not flight.news.done():
            flight.news.set_result(None)


def _set_route(curl: pycurl.Curl, route: Route) -> None:
    """All options but the address: the only place that says how the store is reached."""
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.NOPROGRESS, 1)
    curl.setopt(pycurl.BUFFERSIZE, _BUFFER)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.FOLLOWLOCATION, 0)
    curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(route.patience.connect * 1000))
    curl.setopt(pycurl.USERAGENT, "bstui")
    if route.ca_file is not None:
        curl.setopt(pycurl.CAINFO, route.ca_file)
    if route.proxy is not None:
        curl.setopt(pycurl.PROXY, route.proxy)


def _curl_problem(number: int, text: str, curl: pycurl.Curl, route: Route) -> BstuiError:
    """libcurl's error as one of ours; it names hosts, never the query."""
    host = safe_text(urlsplit(curl.getinfo(pycurl.EFFECTIVE_URL)).hostname or "", 100)
    words = safe_text(text.split("?")[0], 200)
    if number in _TLS_REFUSED:
        ca_file = route.ca_file or "libcurl's own"
        return ServiceError(
            f"The file server's certificate is not trusted: {words}.",
            why=f"It was checked with the certificates in {safe_text(ca_file)}.",
            hint="Behind a proxy that opens TLS, give its certificates with --ca-bundle or "
            "SSL_CERT_FILE.",
        )
    return Unreachable(
        f"The file server {host} cannot be reached: {words or f'curl error {number}'}."
    )
