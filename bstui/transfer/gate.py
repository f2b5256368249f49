"""A semaphore whose size may change while it is in use."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Gate:
    """Lets at most `capacity()` through at once; belongs to the asyncio loop."""

    def __init__(self, capacity: Callable[[], int]) -> None:
        self._capacity = capacity
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def capacity(self) -> int:
        return self._capacity()

    @property
    def inside(self) -> int:
        return self._inside

    @property
    def is_full(self) -> bool:
        return self._inside >= self._capacity()

    @property
    def is_awaited(self) -> bool:
        """Whether anybody would come in, were there room."""
        return any(not turn.done() for turn in self._waiting)

    async def enter(self) -> None:
        while self._inside >= self._capacity():
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.changed()
                raise
        self._inside += 1

    def leave(self) -> None:
        self._inside -= 1
        self.changed()

    def changed(self) -> None:
        """Let in who may come in now."""
        room = self._capacity() - self._inside
        while self._waiting and room > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1

    @asynccontextmanager
    async def through(self) -> AsyncIterator[None]:
        await self.enter()
        try:
            yield
        finally:
            self.leave()
