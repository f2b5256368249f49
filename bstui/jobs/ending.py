"""Why an attempt ends before its files are through, and the signals that make it."""

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from bstui.errors import BstuiError, InUse, NoSpace, NotLoggedIn, TimeLimit
from bstui.jobs.control import CANCELLED_CODE
from bstui.jobs.events import PASSING
from bstui.jobs.records import Outcome, Progress, Result
from bstui.jobs.worker_log import log
from bstui.units import duration_text


@dataclass(frozen=True, slots=True)
class Ending:
    """A reason for the last event, and an exit code."""

    reason: str
    exit_code: int
    is_asked: bool = False
    """Whether somebody wanted it; then files that are through nevertheless count."""

    has_waited: bool = False
    """Whether it was waited long enough, also for room for the last word."""


def gave_up(reason: str, seconds: float) -> Ending:
    """The end of a wait for which nobody has more patience; the code is the cause's."""
    text = f"gave up after {duration_text(seconds)} of waiting: {reason}"
    return Ending(text, _WAITED_FOR.get(reason, BstuiError.exit_code), has_waited=True)


def make_result(progress: Progress, outcome: Outcome, exit_code: int, seconds: float) -> Result:
    """The last word of an attempt that is through, or was cancelled."""
    return Result(
        attempt=progress.attempt,
        time=time.time(),
        outcome=outcome,
        exit_code=exit_code,
        files=progress.files,
        files_done=progress.files_done,
        files_failed=progress.files_failed,
        bytes=progress.bytes,
        bytes_done=progress.bytes_done,
        seconds=seconds,
    )


_WAITED_FOR = {
    "login": NotLoggedIn.exit_code,
    "room": NoSpace.exit_code,
    "in use": InUse.exit_code,
}

TAKEN_OVER = Ending("taken over", InUse.exit_code)
CANCELLED = Ending("cancelled", CANCELLED_CODE, is_asked=True)
FREED = Ending("paused", TimeLimit.exit_code, is_asked=True)
"""A pause that gives the node back."""
UNEXPECTED = Ending("an unexpected error; see the job's log", 1)
UNFINISHED = Ending("it ended without all of its files; see the job's log", 1)

_SIGNALS = {
    signal.SIGTERM: Ending("signal", 128 + signal.SIGTERM, is_asked=True),
    signal.SIGINT: Ending("signal", 128 + signal.SIGINT, is_asked=True),
    signal.SIGUSR1: Ending("time limit", TimeLimit.exit_code, is_asked=True),
}


@contextlib.contextmanager
def signals_end(end: Callable[[Ending], None]) -> Iterator[None]:
    """Let signals end the attempt on the running loop, and a lost terminal not.

    Only a main thread gets signals; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number, ending in _SIGNALS.items():
        loop.add_signal_handler(number, end, ending)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        signal.signal(signal.SIGHUP, hangup)


async def do_until(end: asyncio.Event, work: Awaitable[object]) -> bool:
    """Do `work`, but break it off at the `end`; whether it came to its own."""
    task = asyncio.ensure_future(work)
    ended = asyncio.ensure_future(end.wait())
    await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    is_done = task.done()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return is_done


async def write_last_word(write: Callable[[], None], hurry: asyncio.Event, pause: float) -> None:
    """Write it, once the disk takes it; `hurry` ends the waiting, and a `pause` of 0 seconds means
    that there is none."""
    while True:
        try:
            await asyncio.to_thread(write)
            return
        except OSError as error:
            if error.errno not in PASSING:
                raise
            log.warning("The end of the job cannot be written just now: %s", error)
        if hurry.is_set() or not pause:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await hurry.wait()
