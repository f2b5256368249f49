"""What a list of 100 000 biosamples costs the client: beside a plain loop of httpx and json.

Both read the same pages of the same simulator, each in a process of its own; every figure is one
of what is allowed (3 s of CPU, 150 MB, 0.3 s from the first page to the first rows) or of the loop.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

import httpx

from bstui.basespace.client import Client
from bstui.text import Secret
from tests.lab import simulator_process

CPU_ALLOWED, MEMORY_ALLOWED, FIRST_ALLOWED = 3.0, 150.0, 0.3
"""Seconds; MB of 10⁶ bytes; seconds."""
_PAGE = 500


@dataclass
class Cost:
    """Of one way to read the list."""

    rows: int
    first: float
    """Seconds until the first rows."""
    wall: float
    cpu: float
    peak: float
    """MB of the whole process."""


def main() -> None:
    with simulator_process("--scale", "huge") as simulator:
        environ = {**os.environ, **simulator.environment}
        _measure("plain", environ)  # the first reader pays for the simulator's own start
        plain, ours = _measure("plain", environ), _measure("client", environ)
    assert plain.rows == ours.rows, f"{plain.rows} and {ours.rows} rows"
    print(f"{ours.rows:,} biosamples")
    print(f"CPU         {ours.cpu:6.2f} s   {ours.cpu / CPU_ALLOWED:5.2f} of what is allowed")
    print(f"            {plain.cpu:6.2f} s   {ours.cpu / plain.cpu:5.2f} of a plain loop's")
    print(f"peak        {ours.peak:6.1f} MB  {ours.peak / MEMORY_ALLOWED:5.2f} of what is allowed")
    print(f"            {plain.peak:6.1f} MB  {ours.peak / plain.peak:5.2f} of a plain loop's")
    print(f"first rows  {ours.first:6.3f} s   {ours.first / FIRST_ALLOWED:5.2f} of what is allowed")
    print(f"            {plain.first:6.3f} s   {ours.first / plain.first:5.2f} of a plain loop's")
    print(f"in all      {ours.wall:6.2f} s   {ours.wall / plain.wall:5.2f} of a plain loop's")


def _measure(way: str, environ: dict[str, str]) -> Cost:
    command = [sys.executable, "-m", "tests.benchmarks.listing", way]
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True, timeout=300)
    return Cost(**json.loads(done.stdout))


async def read_with_client(server: str, token: str, on_page: Callable[[], None]) -> int:
    rows = []
    async with Client(server, Secret(token)) as client:
        async for page in client.biosamples().pages():
            rows += [(item.id, item.name, item.project, item.created) for item in page]
            on_page()
    return len(rows)


async def read_plainly(server: str, token: str, on_page: Callable[[], None]) -> int:
    rows: list[tuple[str, ...]] = []
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server, headers=headers, trust_env=False) as client:
        while True:
            query: dict[str, str | int] = {"sortby": "Id", "limit": _PAGE, "offset": len(rows)}
            page = json.loads((await client.get("/v2/biosamples", params=query)).content)
            rows += [
                (
                    item["Id"],
                    item["BioSampleName"],
                    item["DefaultProject"]["Name"],
                    item["DateCreated"],
                )
                for item in page["Items"]
            ]
            on_page()
            if len(page["Items"]) < _PAGE:
                return len(rows)


def _cost_of(read: Callable[[str, str, Callable[[], None]], Awaitable[int]]) -> Cost:
    came: list[float] = []
    server, token = os.environ["BSTUI_API_SERVER"], os.environ["BSTUI_ACCESS_TOKEN"]

    async def run() -> int:
        return await read(server, token, lambda: came.append(time.perf_counter()))

    begin, cpu = time.perf_counter(), time.process_time()
    rows = asyncio.run(run())
    return Cost(
        rows=rows,
        first=came[0] - begin,
        wall=time.perf_counter() - begin,
        cpu=time.process_time() - cpu,
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        way = {"client": read_with_client, "plain": read_plainly}[sys.argv[1]]
        print(json.dumps(asdict(_cost_of(way))))
    else:
        main()
