"""100 000 biosamples in the table: what showing them costs, and what keys then cost.

    shown               at most 0.5 s, and with filters 15 MB over the rows
    mark, page          at most 5 ms, 20 ms
    sort, filter        at most 150 ms, 50 ms

CPU of this process, headless at 80 × 24; of several rounds the median.
"""

import asyncio
import resource
import statistics
import time
from collections.abc import Awaitable, Callable

from bstui.tui.widgets.pick_table import PickTable
from tests.tui.keyboard import Keyboard, sit_at
from tests.tui.widgets.sample_app import COLUMNS, SampleApp, SampleRows

ROWS = 100_000
_ROUNDS = 7


async def measure() -> None:
    app = SampleApp(0)
    async with sit_at(app) as keyboard:
        rows = SampleRows(ROWS)
        before, began = _peak(), time.process_time()
        app.model = rows
        app.table.set_rows(rows)
        await keyboard.settle()
        _say("shown", time.process_time() - began, 0.5, "s")
        table = app.table
        assert table.total == ROWS
        await _report(keyboard, "mark", 0.005, lambda: keyboard.press("space"))
        await _report(keyboard, "page", 0.020, lambda: keyboard.press("pagedown"))
        _say("filter, first", _seconds(lambda: _filter(table, "NA0")), 0.050, "s")
        _say("filter, new", _median(lambda: _filter(table, "NA0000")), 0.050, "s")
        _say("filter, longer", _median(lambda: _filter(table, "NA00001", "NA0000")), 0.050, "s")
        _say("filter, column", _median(lambda: _filter(table, "run:250801")), 0.050, "s")
        _say("filter, two", _median(lambda: _filter(table, "NA !tumour|normal")), 0.050, "s")
        _say("memory", _peak() - before, 15.0, "MB")
        table.filter_by("")
        _say("sort by size", _median(lambda: _sort(table, "size")), 0.150, "s")
        _say("sort by name", _median(lambda: _sort(table, "name")), 0.150, "s")


def _sort(table: PickTable, column: str) -> None:
    table.sort_by(column, not table.sorting.reverse)


def _filter(table: PickTable, text: str, before: str = "") -> None:
    if table.filter_text == text:
        table.filter_by(before)
    table.filter_by(text)


async def _report(
    keyboard: Keyboard, name: str, allowed: float, press: Callable[[], Awaitable[None]]
) -> None:
    """Without what waiting for the app costs by itself."""
    idle = await _median_of(keyboard.settle)
    _say(name, max(0.0, await _median_of(press) - idle), allowed, "s")


async def _median_of(act: Callable[[], Awaitable[None]]) -> float:
    taken = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        await act()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def _median(act: Callable[[], None]) -> float:
    return statistics.median(_seconds(act) for _ in range(_ROUNDS))


def _seconds(act: Callable[[], None]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _say(name: str, value: float, allowed: float, unit: str) -> None:
    print(f"{name:<16}{value:>8.3f} {unit:<3} {value / allowed:5.2f} of what is allowed")


if __name__ == "__main__":
    print(f"{ROWS:,} rows, {len(COLUMNS)} columns")
    asyncio.run(measure())
