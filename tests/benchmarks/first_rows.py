"""How soon the screen shows the first biosamples of 200 projects, and how soon all 100 000.

From the key that opens them: the request, the first page and the painting together, held against
the 0.3 s that the painting alone may take.
"""

import asyncio
import os
import resource
import tempfile
import time
from pathlib import Path

from bstui.cli.screen import report_page
from bstui.config import load_settings
from bstui.paths import find_places
from bstui.tui.reports import Reports
from bstui.tui.services import Services
from tests.lab import simulator_process
from tests.tui.desk import sit_down

FIRST_ALLOWED = 0.3
"""Seconds."""


async def measure() -> None:
    values = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "BSTUI_SITE_CONFIG": ""}
    places = find_places(values)
    reports = Reports(places, report_page)
    services = Services(places, values, load_settings(places, values), reports=reports)
    async with sit_down(services) as desk:
        await desk.see("person", " ok")
        await desk.press("enter")
        await desk.see("› projects", "[ ]", "/200")
        await desk.press("a")
        await desk.see("200 chosen")
        begin, cpu = time.perf_counter(), time.process_time()
        desk.app.simulate_key("enter")
        await desk.see("sources › biosamples", "[ ]")
        first = time.perf_counter() - begin
        await desk.see("/100000")
        whole = time.perf_counter() - begin
        print(f"first rows {first:6.3f} s   {first / FIRST_ALLOWED:5.2f} of what is allowed")
        print(f"all rows   {whole:6.2f} s   {time.process_time() - cpu:6.2f} s of CPU")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(f"peak       {peak:6.1f} MB  of the whole screen program")


def main() -> None:
    with simulator_process("--scale", "huge") as simulator, tempfile.TemporaryDirectory() as home:
        os.environ.update(simulator.environment, HOME=str(Path(home)))
        asyncio.run(measure())


if __name__ == "__main__":
    main()
