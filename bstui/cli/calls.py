"""Calls to the service from a command: run to their end, or left at once by Ctrl-C."""

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from bstui.cli.messages import say

T = TypeVar("T")
_GRACE = 1.0
"""Seconds to leave in: a name that no server answers for is looked up by a thread, for which Python
would wait (measured: as long as the lookup takes)."""


def run_calls(calls: Coroutine[Any, Any, T]) -> T:
    """What the calls give. They only read: an interrupt can leave them where they are."""

    given: list[T] = []  # asyncio.run writes a task's result out as text (3.11): not a long one

    async def watched() -> None:
        try:
            given.append(await calls)
        except asyncio.CancelledError:
            watchdog = threading.Timer(_GRACE, _leave)
            watchdog.daemon = True
            watchdog.start()
            raise

    asyncio.run(watched())
    return given[0]


def _leave() -> None:
    say("bstui: interrupted")
    os._exit(128 + signal.SIGINT)
