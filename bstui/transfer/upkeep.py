"""What goes on beside the files while they come; each of these lasts until it is cancelled."""

import asyncio
from collections.abc import Callable, Mapping

from bstui.transfer.arrival import Arrival
from bstui.transfer.concurrency import PERIOD, Concurrency
from bstui.transfer.fetch import Fetcher
from bstui.transfer.gate import Gate
from bstui.transfer.items import Clock
from bstui.transfer.meter import Meter
from bstui.transfer.threads import Threads


async def steer(
    concurrency: Concurrency,
    fetcher: Fetcher,
    connections: Gate,
    clock: Clock,
    changed: Callable[[], None],
) -> None:
    """Let the number of connections adapt to what they bring."""
    while True:
        now, is_wanted = clock.monotonic(), connections.is_full
        concurrency.observe(now, fetcher.received, is_wanted=is_wanted)
        changed()
        await asyncio.sleep(PERIOD)


async def count(meter: Meter, fetcher: Fetcher, arrivals: Mapping[str, Arrival]) -> None:
    """Sample what the rates are taken from, once a second."""
    while True:
        meter.sample(fetcher.received)
        for arrival in arrivals.values():
            arrival.meter.sample(arrival.done)
        await asyncio.sleep(1)


async def touch(arrivals: Mapping[str, Arrival], threads: Threads, seconds: float) -> None:
    """Show other jobs that the open partials have a living writer."""
    while True:
        await asyncio.sleep(seconds)
        for arrival in list(arrivals.values()):
            if arrival.partial is not None:
                await threads.on_disk(arrival.partial.touch)
