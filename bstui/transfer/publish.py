"""Publishing in batches: many small files share the cost of making a folder durable."""

import asyncio

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
        self._queue: list[tuple[Ready, asyncio.Future[Published]]] = []
        self._bytes = 0
        self._files = 0
        self._fewer = asyncio.Condition()
        self._flushing: asyncio.Task[None] | None = None

    async def publish(self, ready: Ready) -> Published:
        """Return once the file stands durable under its name; BstuiError, Fenced, GivenUp.

        `ready.partial` is closed in any case.
        """
        if ready.partial.is_recorded:
            answers = await self._threads.on_disk(self._shelf.publish, [ready])
            return _unpack(answers[0])
        size = ready.partial.item.size
        try:
            async with self._fewer:
                await self._fewer.wait_for(lambda: self._has_room(size))
                self._bytes += size
                self._files += 1
        except asyncio.CancelledError:
            ready.partial.close()
            raise
        try:
            return await self._queue_up(ready)
        finally:
            async with self._fewer:
                self._bytes -= size
                self._files -= 1
                self._fewer.notify_all()

    def _has_room(self, size: int) -> bool:
        return not self._files or (self._bytes + size <= _BATCH and self._files < _BATCH_FILES)

    async def _queue_up(self, ready: Ready) -> Published:
        answer = asyncio.get_running_loop().create_future()
        answer.add_done_callback(asyncio.Future.exception)
        self._queue.append((ready, answer))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await asyncio.shield(answer)

    async def _flush(self) -> None:
        """Publish what has gathered; what comes meanwhile is the next batch."""
        while self._queue:
            batch, self._queue = self._queue, []
            try:
                answers = await self._threads.on_disk(
                    self._shelf.publish, [ready for ready, _ in batch]
                )
            except BaseException as error:
                for _, future in (*batch, *self._queue):
                    future.set_exception(error)
                self._queue, self._flushing = [], None
                raise
            for (_, future), answer in zip(batch, answers, strict=True):
                if isinstance(answer, Published):
                    future.set_result(answer)
                else:
                    future.set_exception(answer)
        self._flushing = None

    async def drained(self) -> None:
        """Return once nothing is being published."""
        if self._flushing is not None:
            await asyncio.wait([self._flushing])


def _unpack(answer: Answer) -> Published:
    if isinstance(answer, Published):
        return answer
    raise answer
