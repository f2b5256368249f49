"""Brings files: the one object that a worker drives.

It takes items one by one, as many at once as the limits say, and tells a listener what became of
each. It never gives a file its name before the file is proven and durable.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bstui.errors import BstuiError, NameTaken, NoSpace
from bstui.text import safe_text
from bstui.transfer.arrival import Arrival
from bstui.transfer.beneath import Destination
from bstui.transfer.concurrency import PERIOD, Concurrency
from bstui.transfer.content import Contents
from bstui.transfer.disk import DiskFault, DiskTrouble
from bstui.transfer.fetch import Fetcher
from bstui.transfer.gate import Gate
from bstui.transfer.items import (
    Arriving,
    Clock,
    Digest,
    Existing,
    Holder,
    Item,
    Limits,
    Listener,
    Locate,
    Patience,
    Route,
    Snapshot,
    Verify,
)
from bstui.transfer.means import Means
from bstui.transfer.meter import Meter
from bstui.transfer.opener import Opener
from bstui.transfer.partial import Contended
from bstui.transfer.permissions import Permissions
from bstui.transfer.publish import Publisher
from bstui.transfer.shelf import Fenced, Published, Shelf
from bstui.transfer.threads import Threads
from bstui.transfer.verify import GivenUp, PartSizes
from bstui.transfer.waits import Tries, Waits

_AHEAD = 4
"""Files that are opened, or found already there, while all connections are busy."""


def _no_fence() -> None:
    """Nobody else can hold what this engine writes."""


class Engine:
    """Imports items into `destination`.

    `locate` gives an item's address, `listener` hears what became of it, `fence` is called before
    the renames of every batch, and raises a BstuiError where a newer attempt holds the job: `run`
    then raises it.
    `known_reads` is how many reads the mates of some items had when they were brought earlier.
    `ca_file` and `proxy` say how to reach the object store (None: libcurl's and the environment's).
    """

    def __init__(
        self,
        destination: Path,
        locate: Locate,
        listener: Listener,
        holder: Holder,
        *,
        limits: Limits | None = None,
        verify: Verify = "server",
        existing: Existing = "adopt",
        digest: Digest = "",
        permissions: Permissions | None = None,
        known_reads: Mapping[str, int] | None = None,
        ca_file: str | None = None,
        proxy: str | None = None,
        fence: Callable[[], None] = _no_fence,
        clock: Clock | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._path = destination
        self._locate = locate
        self._listener = listener
        self._holder = holder
        self._limits = limits or Limits()
        self._verify = verify
        self._existing = existing
        self._digest = digest
        self._permissions = permissions or Permissions()
        self._patience = patience or Patience()
        self._route = Route(ca_file, proxy, self._patience)
        self._fence = fence
        self._clock = clock or Clock()
        self._waits = Waits(self._patience, self._clock)
        self._concurrency = Concurrency(self._limits.most_connections)
        self._ahead = Gate(lambda: self._files_at_once + _AHEAD)
        self._files = Gate(lambda: self._files_at_once)
        self._connections = Gate(lambda: self._concurrency.width)
        self._arrivals: dict[str, Arrival] = {}
        self._meters: dict[str, Meter] = {}
        self._meter = Meter(self._clock)
        self._early: set[asyncio.Task[None]] = set()
        self._fetcher: Fetcher | None = None
        self._publisher: Publisher | None = None
        self._work: asyncio.Task[None] | None = None
        self._sizes = PartSizes()
        self._contents = Contents(verify, self._sizes, known_reads or {})
        self._is_stopping = False
        self._files_done = self._files_failed = self._bytes_done = 0

    async def run(self, items: Iterable[Item]) -> None:
        """Bring all of `items`, or as many as are done when `stop` is called.

        Raises DestinationError where the destination cannot be opened, and what `fence` raised.
        A file's own failure goes to the listener.
        """
        if self._is_stopping:
            return
        loop = asyncio.get_running_loop()
        destination = Destination(self._path, self._permissions)
        threads = Threads()
        self._fetcher = Fetcher(self._route, self._limits.bandwidth)

        def note(level: str, text: str) -> None:
            loop.call_soon_threadsafe(self._listener.note, level, text)

        shelf, means = self._equip(destination, threads, self._fetcher, note)
        self._publisher = Publisher(shelf, threads)
        self._work = asyncio.create_task(self._bring_all(items, means))
        background = [
            asyncio.create_task(self._steer(self._fetcher)),
            asyncio.create_task(self._count()),
            asyncio.create_task(self._touch(threads)),
        ]
        try:
            await self._finish_work(self._work)
        finally:
            for task in background:
                task.cancel()
            await asyncio.wait(background)
            fetcher, self._fetcher = self._fetcher, None  # a wish that comes late is not for it
            await asyncio.to_thread(fetcher.close)
            await self._publisher.drained()  # what it still gives the threads, they are to do
            await asyncio.to_thread(threads.close)
            destination.close()

    def pause(self) -> None:
        """Let bytes stop now; what arrived is kept, and files stay open."""
        self._waits.pause()
        if self._fetcher is not None:
            self._fetcher.interrupt()

    def go_on(self) -> None:
        """End a pause."""
        self._waits.go_on()

    async def stop(self) -> None:
        """End `run`: record what arrived, publish what is proven, let go; within ten seconds."""
        is_first, self._is_stopping = not self._is_stopping, True
        work = self._work
        if work is None or work.done():
            return
        if is_first:
            self._sizes.give_up()
            for task in self._early:
                task.cancel()
        await asyncio.wait([work], timeout=self._patience.checkpoint)
        if not work.done():
            work.cancel()
            await asyncio.wait([work], timeout=1)

    def set_limits(self, limits: Limits) -> None:
        """Use other limits from now on; requests on their way are carried out."""
        if limits == self._limits:
            return
        self._limits = limits
        self._concurrency.set_most(limits.most_connections)
        self._open_gates()
        for arrival in self._arrivals.values():
            arrival.parts.changed()
        if self._fetcher is not None:
            self._fetcher.set_bandwidth(limits.bandwidth)

    @property
    def _files_at_once(self) -> int:
        return min(self._limits.files, self._concurrency.width)

    def _open_gates(self) -> None:
        for gate in (self._ahead, self._files, self._connections):
            gate.changed()

    def snapshot(self) -> Snapshot:
        """How things stand; cheap."""
        arrivals = sorted(self._arrivals.values(), key=lambda arrival: arrival.item.number)
        shown = [arrival for arrival in arrivals if arrival.has_turn]
        is_moving = any(arrival.is_flying for arrival in arrivals)
        return Snapshot(
            files_done=self._files_done,
            files_failed=self._files_failed,
            bytes_done=self._bytes_done + sum(arrival.done for arrival in arrivals),
            rate=self._meter.rate,
            running=tuple(self._describe(arrival) for arrival in shown),
            wait=self._waits.current(is_moving=is_moving),
            paused=self._waits.is_paused,
        )

    def _describe(self, arrival: Arrival) -> Arriving:
        item = arrival.item
        meter = self._meters.get(item.path)
        return Arriving(item.id, item.path, item.size, arrival.done, meter.rate if meter else 0.0)

    def _equip(
        self,
        destination: Destination,
        threads: Threads,
        fetcher: Fetcher,
        note: Callable[[str, str], None],
    ) -> tuple[Shelf, Means]:
        opener = Opener(
            destination,
            self._holder,
            self._sizes,
            self._patience.live,
            note,
            is_proven=self._verify != "none",
            digest=self._digest,
        )
        shelf = Shelf(
            destination,
            self._existing,
            self._sizes,
            self._contents,
            self._fence,
            self._clock.now,
            self._digest,
            self._permissions,
        )
        means = Means(
            find=shelf.find,
            opener=opener,
            fetcher=fetcher,
            waits=self._waits,
            threads=threads,
            locate=self._locate,
            limits=lambda: self._limits,
            files=self._files,
            connections=self._connections,
            trouble=lambda: self._concurrency.trouble(self._clock.monotonic()),
            patience=self._patience,
            verify=self._verify,
            sizes=self._sizes,
            contents=self._contents,
            note=note,
        )
        return shelf, means

    async def _finish_work(self, work: asyncio.Task[None]) -> None:
        """Wait for the work; a fence's error and a broken plan come out, being stopped does not."""
        try:
            await work
        except asyncio.CancelledError:
            if not self._is_stopping:
                self._sizes.give_up()
                work.cancel()
                await asyncio.wait([work])
                raise
        except BaseExceptionGroup as errors:
            first: BaseException = errors
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            if isinstance(first, Fenced) and first.__cause__ is not None:
                raise first.__cause__ from None
            raise first from None

    async def _bring_all(self, items: Iterable[Item], means: Means) -> None:
        async with asyncio.TaskGroup() as group:
            feed = group.create_task(self._feed(items, means, group))
            self._enlist(feed)

    async def _feed(self, items: Iterable[Item], means: Means, group: asyncio.TaskGroup) -> None:
        for item in items:
            await self._ahead.enter()
            self._enlist(group.create_task(self._bring(item, means)))

    def _enlist(self, task: asyncio.Task[None]) -> None:
        """Remember a task that `stop` may cancel."""
        self._early.add(task)
        task.add_done_callback(self._early.discard)

    async def _bring(self, item: Item, means: Means) -> None:
        """One item to its end, and tell the listener."""
        if item.path in self._arrivals:
            self._ahead.leave()
            self._fail(item, _twice(item))
            return
        arrival = self._arrivals[item.path] = Arrival(item, means)
        self._meters[item.path] = Meter(self._clock)
        try:
            published = await self._import(item, arrival)
        except BstuiError as error:
            self._forget(item)
            self._fail(item, error)
        except BaseException:
            self._forget(item)
            raise
        else:
            self._forget(item)
            self._files_done += 1
            self._bytes_done += item.size
            self._listener.done(published.item, published.proof)

    def _forget(self, item: Item) -> None:
        del self._arrivals[item.path]
        del self._meters[item.path]

    def _fail(self, item: Item, error: BstuiError) -> None:
        self._files_failed += 1
        self._listener.failed(item, error)

    async def _import(self, item: Item, arrival: Arrival) -> Published:
        """One item, found or brought and published; waits where the disk is what fails."""
        task = asyncio.current_task()
        assert task is not None
        assert self._publisher is not None
        tries = Tries(self._patience.tries, lambda: 0, lambda: arrival.others_advances)
        while True:
            try:
                try:
                    ready = await arrival.bring()
                finally:
                    self._ahead.leave()
                if isinstance(ready, Published):
                    return ready
                self._early.discard(task)
                return await self._publisher.publish(ready)
            except GivenUp:
                raise asyncio.CancelledError from None
            except BstuiError as error:
                failed = tries.failed(error)
                is_over = isinstance(error, DiskFault) and tries.are_over
                is_over |= isinstance(error, Contended) and failed >= self._patience.tries
                if is_over or not isinstance(error, Contended | DiskFault | DiskTrouble | NoSpace):
                    raise
                trouble = error
            if self._is_stopping:
                raise asyncio.CancelledError
            self._early.add(task)
            await self._waits.outlast(trouble, failed)
            await self._ahead.enter()

    async def _steer(self, fetcher: Fetcher) -> None:
        """Let the number of connections adapt to what they bring."""
        while True:
            now, is_wanted = self._clock.monotonic(), self._connections.is_full
            self._concurrency.observe(now, fetcher.received, is_wanted=is_wanted)
            self._open_gates()
            await asyncio.sleep(PERIOD)

    async def _count(self) -> None:
        """Sample what the rates are taken from, once a second."""
        while True:
            if self._fetcher is not None:
                self._meter.sample(self._fetcher.received)
            for path, arrival in self._arrivals.items():
                self._meters[path].sample(arrival.done)
            await asyncio.sleep(1)

    async def _touch(self, threads: Threads) -> None:
        """Show other jobs that the open partials have a living writer."""
        while True:
            await asyncio.sleep(self._patience.touch)
            for arrival in list(self._arrivals.values()):
                if arrival.partial is not None:
                    await threads.on_disk(arrival.partial.touch)


def _twice(item: Item) -> NameTaken:
    return NameTaken(
        f"{safe_text(item.path)} is the name of two files of this import.",
        why="One of them is on its way; bstui never writes one over the other.",
    )
