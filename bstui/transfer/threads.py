"""The few threads beside the one that moves bytes: two for the disk, two for digests.

What they have done goes back to the loop in batches: for a small file, waking the loop for each
result would cost more than the work.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_Task = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Threads:
    """Runs what blocks. A call is always carried out and waited for, also by a cancelled task:
    it may open or close a descriptor. Belongs to the asyncio loop."""

    def __init__(self) -> None:
        outbox = _Outbox()
        self._disk = _Crew("disk", 2, outbox)
        self._hash = _Crew("hash", 2, outbox)

    async def on_disk(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what opens, syncs or renames."""
        result: T = await _finished(self._disk.begin(partial(call, *args, **kwargs)))
        return result

    async def hashing(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what reads and hashes."""
        result: T = await _finished(self._hash.begin(partial(call, *args, **kwargs)))
        return result

    def close(self) -> None:
        """End the threads, once they have done what was begun."""
        self._disk.close()
        self._hash.close()


class _Crew:
    """Some threads with one list of things to do."""

    def __init__(self, name: str, count: int, outbox: "_Outbox") -> None:
        self._outbox = outbox
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}_{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def begin(self, call: Callable[[], Any]) -> "asyncio.Future[Any]":
        done = asyncio.get_running_loop().create_future()
        self._tasks.put((call, done))
        return done

    def close(self) -> None:
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            call, done = task
            try:
                self._outbox.put(partial(_settle, done, call(), None))
            except BaseException as error:  # whatever it is, it belongs to who asked
                self._outbox.put(partial(_settle, done, None, error))


class _Outbox:
    """Results on their way to the loop, which is woken once for as many as there are."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._results: deque[Callable[[], None]] = deque()
        self._is_called = False

    def put(self, result: Callable[[], None]) -> None:
        self._results.append(result)
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        self._is_called = False  # before looking: what comes from now on calls again
        while self._results:
            self._results.popleft()()


def _settle(done: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


async def _finished(done: "asyncio.Future[Any]") -> Any:
    """The call's result; where the task is cancelled meanwhile, that is raised afterwards."""
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait([done])
        done.exception()
        raise
