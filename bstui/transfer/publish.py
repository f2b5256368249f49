"""Publishing in batches: many small files share the cost of making a folder durable."""

import asyncio
from collections.abc import Sequence

from bstui.transfer.items import MIB
from bstui.transfer.shelf import Answer, Published, Ready, Shelf
from bstui.transfer.threads import Threads

_BATCH = 64 * MIB
_BATCH_FILES = 256


class Publisher:
    """Gathers small files into batches; belongs to the asyncio loop.

    At most 64 MiB of files that no sidecar describes are unpublished at any moment: that much is
    fetched again after a kill.
    """

    def __init__(self, shelf: Shelf, threads: Threads) -> None:
        self._shelf = shelf
        self._threads = threads
        self._queue: list[tuple[Sequence[Ready], asyncio.Future[Sequence[Answer]]]] = []
        self._bytes = 0
        self._files = 0
        self._fewer = asyncio.Condition()
        self._flushing: asyncio.Task[None] | None = None

    async def publish(self, ready: Ready) -> Published:
        """Return once the file stands durable under its name; BstuiError, Fenced, GivenUp.

        `ready.partial` is closed in any case.
        """
        if ready.partial.is_recorded:
            answers: Sequence[Answer] = await self._threads.on_disk(self._shelf.publish, [ready])
        else:
            answers = await self.publish_all([ready])
        if isinstance(answers[0], Published):
            return answers[0]
        raise answers[0]

    async def publish_all(self, several: Sequence[Ready]) -> Sequence[Answer]:
        """What became of each of some small files."""
        size = sum(ready.partial.item.size for ready in several)
        try:
            async with self._fewer:
                await self._fewer.wait_for(lambda: self._has_room(len(several), size))
                self._bytes += size
                self._files += len(several)
        except asyncio.CancelledError:
            for ready in several:
                ready.partial.close()
            raise
        try:
            return await self._queue_up(several)
        finally:
            async with self._fewer:
                self._bytes -= size
                self._files -= len(several)
                self._fewer.notify_all()

    def _has_room(self, files: int, size: int) -> bool:
        has_room = self._bytes + size <= _BATCH and self._files + files <= _BATCH_FILES
        return not self._files or has_room

    async def _queue_up(self, several: Sequence[Ready]) -> Sequence[Answer]:
        answer = asyncio.get_running_loop().create_future()
        answer.add_done_callback(asyncio.Future.exception)
        self._queue.append((several, answer))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await asyncio.shield(answer)

    async def _flush(self) -> None:
        """Publish what has gathered; what comes meanwhile is the next batch."""
        while self._queue:
            batch, self._queue = self._queue, []
            flat = [ready for several, _ in batch for ready in several]
            try:
                answers = iter(await self._threads.on_disk(self._shelf.publish, flat))
            except BaseException as error:
                for _, future in (*batch, *self._queue):
                    future.set_exception(error)
                self._queue, self._flushing = [], None
                raise
            for several, future in batch:
                future.set_result([next(answers) for _ in several])
        self._flushing = None

    async def drained(self) -> None:
        """Return once nothing is being published."""
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
