"""Keys for an app in this process, each waited for until all that follows from it is done.

Pilot's own wait ends after one round of messages, and on a busy machine before what they led to.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.screen_text import screen_lines, screen_text

PATIENCE = 90.0
"""Seconds until something that never comes true has failed the test."""
_ROUND = 5.0
"""Seconds for one round of messages."""
_LOOK = 0.02
"""Seconds between two looks."""


class Keyboard:
    """The keys of a running app, its mouse, and what then stands on its screen."""

    def __init__(self, app: App[Any], pilot: Pilot[Any]) -> None:
        self.app = app
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys one by one."""
        for key in keys:
            self.app.simulate_key(key)
            await self.settle()

    async def click(self, widget: type[Widget], column: int, row: int, times: int = 1) -> None:
        """Click on a place within a widget."""
        await self._pilot.click(widget, offset=(column, row), times=times)
        await self.settle()

    async def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        await self._pilot.resize_terminal(columns, rows)
        await self.until(lambda: self.app.screen.size == (columns, rows), "the size")
        await self.settle()

    async def lines(self) -> list[str]:
        """The screen's lines, once nothing more is going to change them."""
        await self.settle()
        return screen_lines(self.app)

    async def settle(self) -> None:
        """Wait until no node has a message left, and what they changed has been painted."""
        async with asyncio.timeout(PATIENCE):
            quiet_rounds = 0
            while quiet_rounds < 2:
                nodes = [*self.app.screen.walk_children(with_self=True), self.app]
                is_quiet = not any(node.message_queue_size for node in nodes)
                is_reached = await _reach([node.call_later for node in nodes])
                is_painted = await _reach([self.app.screen.call_after_refresh])
                quiet_rounds = quiet_rounds + 1 if is_quiet and is_reached and is_painted else 0

    async def until(self, holds: Callable[[], bool], what: object = "") -> None:
        """Wait until this is so, for what a timer or a thread does."""
        ending = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > ending:
                raise AssertionError(f"never came true: {what}\n{screen_text(self.app)}")
            await asyncio.sleep(_LOOK)


async def _reach(callers: Sequence[Callable[[Callable[[], object]], bool]]) -> bool:
    """Whether all that waits before a call through each of these has been dealt with.

    A node that is taken away meanwhile never calls back.
    """
    events = [asyncio.Event() for _ in callers]
    called = [event for event, call in zip(events, callers, strict=True) if call(event.set)]
    try:
        async with asyncio.timeout(_ROUND):
            for event in called:
                await event.wait()
    except TimeoutError:
        return False
    return True


@contextlib.asynccontextmanager
async def sit_at(app: App[Any], size: tuple[int, int] = (80, 24)) -> AsyncIterator[Keyboard]:
    """Run an app for a while, from its first painted screen."""
    async with app.run_test(size=size, notifications=True) as pilot:
        keyboard = Keyboard(app, pilot)
        await keyboard.settle()
        yield keyboard
