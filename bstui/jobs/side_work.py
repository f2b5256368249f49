"""Work of an attempt that asks the server for nothing: unpacking zip files, joining lanes.

A pause holds it, a full disk lets it wait, the attempt's end ends it; each within some megabytes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bstui.errors import BstuiError, Policy
from bstui.transfer.joining import Stopped

T = TypeVar("T")
Outlast = Callable[[BstuiError, int], Awaitable[None]]
"""Waits for what may pass, such as room; told the error, and how often it was met in a row."""


@dataclass
class SideWork:
    """The side work of one attempt. Belongs to the worker's loop."""

    has_ended: Callable[[], bool]
    outlast: Outlast
    end_wait: Callable[[], None]
    """Called once it goes on after a wait."""
    text: str = ""
    """What is being done: `joining lanes, 3 of 12`; empty before and after."""
    _may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = None
    _has_waited: bool = False

    def __post_init__(self) -> None:
        self._may_go_on.set()

    def set_paused(self, is_paused: bool) -> None:
        """Stop within some megabytes, or go on from there; at the attempt's end nothing waits."""
        if is_paused and not self.has_ended():
            self._may_go_on.clear()
        else:
            self._may_go_on.set()

    def must_stop(self) -> bool:
        """Whether what runs is to raise Stopped; any thread may ask."""
        return self.has_ended() or not self._may_go_on.is_set()

    def moved(self) -> None:
        """Bytes were written; any thread may tell."""
        if self._has_waited and self._loop is not None:
            self._has_waited = False
            self._loop.call_soon_threadsafe(self.end_wait)

    async def carry_out(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread: again after a pause, and once there is room.

        Raises Stopped where the attempt ended, and what `work` raises.
        """
        self._loop = asyncio.get_running_loop()
        tries = 0
        while True:
            await self._may_go_on.wait()
            try:
                done = await to_its_end(work)
                self.moved()
                return done
            except Stopped:
                if self.has_ended():
                    raise
            except BstuiError as error:
                if error.policy is not Policy.SPACE:
                    raise
                await self.outlast(error, tries)
                tries += 1
                self._has_waited = True
                if self.has_ended():
                    raise Stopped from error


async def to_its_end(work: Callable[[], T]) -> T:
    """Work in a thread, waited for also by a task that is cancelled: it holds descriptors."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
