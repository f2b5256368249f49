"""Brings files: the one object that a worker drives.

It takes items one by one, as many at once as the limits say, and tells a listener what became of
each. It never gives a file its name before the file is proven and durable.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from bstui.errors import BstuiError
from bstui.transfer.arrival import Arrival
from bstui.transfer.beneath import Destination
from bstui.transfer.causes import innermost, is_final, named_twice
from bstui.transfer.concurrency import Concurrency
from bstui.transfer.content import Contents
from bstui.transfer.crate import Crate, crate_size, pack
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
from bstui.transfer.opener import Note, Opener
from bstui.transfer.permissions import Permissions
from bstui.transfer.publish import Publisher
from bstui.transfer.shelf import Answer, Fenced, Published, Shelf
from bstui.transfer.threads import Threads
from bstui.transfer.upkeep import count, steer, touch
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
        steering = self._concurrency, self._fetcher, self._connections, self._clock
        background = [
            asyncio.create_task(steer(*steering, self._open_gates)),
            asyncio.create_task(count(self._meter, self._fetcher, self._arrivals)),
            asyncio.create_task(touch(self._arrivals, threads, self._patience.touch)),
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
            arrival.filling.parts.changed()
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
        shown = [arrival for arrival in arrivals if arrival.filling.has_turn]
        is_moving = any(arrival.filling.is_flying for arrival in arrivals)
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
        return Arriving(item.id, item.path, item.size, arrival.done, arrival.meter.rate)

    def _equip(
        self, destination: Destination, threads: Threads, fetcher: Fetcher, note: Note
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
            raise innermost(errors) from None

    async def _bring_all(self, items: Iterable[Item], means: Means) -> None:
        async with asyncio.TaskGroup() as group:
            feed = group.create_task(self._feed(items, means, group))
            self._enlist(feed)

    async def _feed(self, items: Iterable[Item], means: Means, group: asyncio.TaskGroup) -> None:
        for crate in pack(items, lambda: crate_size(self._files_at_once)):
            await self._ahead.enter()
            arrivals = [arrival for item in crate if (arrival := self._begin(item, means))]
            if len(arrivals) > 1:
                self._enlist(group.create_task(self._carry(arrivals, means, group)))
            elif arrivals:
                self._enlist(group.create_task(self._bring(arrivals[0])))
            else:
                self._ahead.leave()

    def _enlist(self, task: asyncio.Task[None]) -> None:
        """Remember a task that `stop` may cancel."""
        self._early.add(task)
        task.add_done_callback(self._early.discard)

    def _begin(self, item: Item, means: Means) -> Arrival | None:
        if item.path in self._arrivals:
            self._fail(item, named_twice(item))
            return None
        arrival = self._arrivals[item.path] = Arrival(item, means, Meter(self._clock))
        return arrival

    async def _carry(
        self, arrivals: Sequence[Arrival], means: Means, group: asyncio.TaskGroup
    ) -> None:
        """Small files together; one with which anything is not well goes on by itself."""
        left = {arrival.item.path: arrival for arrival in arrivals}
        alone: dict[str, BstuiError | None] = dict.fromkeys(left)
        try:
            for path, answer in (await self._carry_all(arrivals, means)).items():
                if isinstance(answer, Published):
                    self._finish(left[path], answer)
                    self._forget(left.pop(path).item)
                elif isinstance(answer, BstuiError):
                    alone[path] = answer
                elif isinstance(answer, Fenced):
                    raise answer
            if self._is_stopping:
                raise asyncio.CancelledError
        except BaseException:
            for arrival in left.values():
                await means.threads.on_disk(arrival.let_go)
                self._forget(arrival.item)
            raise
        for path, arrival in left.items():
            self._enlist(group.create_task(self._bring_alone(arrival, alone[path])))

    async def _carry_all(self, arrivals: Sequence[Arrival], means: Means) -> dict[str, Answer]:
        """By path, what became of those that arrived whole."""
        task = asyncio.current_task()
        assert task is not None
        assert self._publisher is not None
        try:
            ready = await Crate(arrivals, means).bring()
        finally:
            self._ahead.leave()
        if not ready:
            return {}
        self._early.discard(task)
        answers = await self._publisher.publish_all(ready)
        return {r.partial.item.path: answer for r, answer in zip(ready, answers, strict=True)}

    async def _bring_alone(self, arrival: Arrival, trouble: BstuiError | None) -> None:
        if trouble is None:
            try:
                await self._ahead.enter()
            except BaseException:
                arrival.let_go()
                raise
        await self._bring(arrival, trouble)

    async def _bring(self, arrival: Arrival, trouble: BstuiError | None = None) -> None:
        """One item to its end, and tell the listener."""
        try:
            published = await self._import(arrival, trouble)
        except BstuiError as error:
            self._fail(arrival.item, error)
        else:
            self._finish(arrival, published)
        finally:
            self._forget(arrival.item)

    def _finish(self, arrival: Arrival, published: Published) -> None:
        self._files_done += 1
        self._bytes_done += arrival.item.size
        self._listener.done(published.item, published.proof)

    def _forget(self, item: Item) -> None:
        del self._arrivals[item.path]

    def _fail(self, item: Item, error: BstuiError) -> None:
        self._files_failed += 1
        self._listener.failed(item, error)

    async def _import(self, arrival: Arrival, trouble: BstuiError | None) -> Published:
        """One item, found or brought and published; waits where the disk is what fails, or what
        failed already is `trouble`."""
        task = asyncio.current_task()
        assert task is not None
        assert self._publisher is not None
        tries = Tries(self._patience.tries, lambda: 0, lambda: arrival.filling.others_advances)
        while True:
            if trouble is not None:
                await self._outlast(trouble, tries)
                await self._ahead.enter()
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
                trouble = error
            self._early.add(task)

    async def _outlast(self, trouble: BstuiError, tries: Tries) -> None:
        """Wait as long as `trouble` takes, or raise it where it is not the disk's, or too much."""
        failed = tries.failed(trouble)
        if is_final(trouble, tries, failed, self._patience.tries):
            raise trouble
        if self._is_stopping:
            raise asyncio.CancelledError
        await self._waits.outlast(trouble, failed)
