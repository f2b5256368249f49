"""The few threads beside the one that moves bytes: two for the disk, two for digests."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Runs what blocks. A call is always carried out and waited for, also by a cancelled task:
    it may open or close a descriptor."""

    def __init__(self) -> None:
        self._disk = ThreadPoolExecutor(2, thread_name_prefix="disk")
        self._hash = ThreadPoolExecutor(2, thread_name_prefix="hash")

    async def on_disk(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what opens, syncs or renames."""
        return await _finished(self._disk.submit(call, *args, **kwargs))

    async def hashing(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what reads and hashes."""
        return await _finished(self._hash.submit(call, *args, **kwargs))

    def close(self) -> None:
        self._disk.shutdown()
        self._hash.shutdown()


async def _finished(future: "Future[T]") -> T:
    """The call's result; where the task is cancelled meanwhile, that is raised afterwards."""
    waiting = asyncio.wrap_future(future)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        await asyncio.wait([waiting])
        waiting.exception()
        raise
