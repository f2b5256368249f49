"""How tests make plans."""

import os
from pathlib import Path

from bstui.basespace.client import Client
from bstui.basespace.pacing import Pace
from bstui.jobs.plan import Plan, PlanRequest, make_plan
from bstui.jobs.records import Options
from bstui.samples.selection import resolve
from bstui.samples.selectors import parse_selectors
from bstui.simulator.service import Simulator
from bstui.text import Secret

PANEL = "project:Cardiac amplicon panel"
PLATE = "run:Cardiac panel plate 1"
TOP_UP = "run:Cardiac panel top-up"


def open_client(simulator: Simulator, token: str = "") -> Client:
    return Client(
        simulator.regions[0].api_url,
        Secret(token or simulator.tokens.person),
        pace=Pace(rate=1000, burst=1000),
    )


async def request_for(client: Client, destination: Path, **options: str | bool) -> PlanRequest:
    return PlanRequest(
        destination=destination,
        profile="lab",
        region="other",
        identity=await client.identity(),
        options=Options(**options),  # type: ignore[arg-type] # each is of its kind
        clock=lambda: 1_780_000_000.0,
    )


async def plan(
    client: Client,
    destination: Path,
    *selectors: str,
    bcl: bool = False,
    **options: str | bool,
) -> Plan:
    selection = await resolve(client, parse_selectors(selectors), bcl)
    return await make_plan(client, selection, await request_for(client, destination, **options))


def folders(made: Plan) -> set[str]:
    return {os.path.dirname(file.path) for file in made.files}
