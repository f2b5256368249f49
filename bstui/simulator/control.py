"""The control endpoint: what a test, or a curious person, can ask of the simulator itself.

It listens on a port of its own and wants no token, for no BaseSpace has such a thing.

    GET  /           what there is: every fault with its arguments, every unsure point, every state
    POST /faults     {"fault": NAME, …} or a list of such: turn switches (`faults.py`)
    GET  /points     the unsure points, and the variant that is taken at each
    POST /points     {POINT: VARIANT, …}
    GET  /truth      what files really hold, by id; `?files=ID,ID` for some
    GET  /requests   what was asked of the object store
    GET  /held       the files whose answers stand at a hold
"""

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import asdict

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bstui.simulator.bodies import Json
from bstui.simulator.faults import ACTIONS, Faults
from bstui.simulator.open_points import POINTS, Choices
from bstui.simulator.paging import Query
from bstui.simulator.request_log import RequestLog
from bstui.simulator.states import STATES

Truth = Callable[[set[str]], dict[str, Json]]


def make_control(faults: Faults, choices: Choices, log: RequestLog, truth: Truth) -> Starlette:
    async def overview(request: Request) -> Response:
        return _json({"faults": _faults(), "points": _points(choices), "states": list(STATES)})

    async def set_faults(request: Request) -> Response:
        try:
            await asyncio.to_thread(faults.apply, json.loads(await request.body()))
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        return _json({})

    async def tell_points(request: Request) -> Response:
        return _json(_points(choices))

    async def choose(request: Request) -> Response:
        try:
            choices.choose(dict(json.loads(await request.body())))
        except (ValueError, TypeError) as error:
            return _json({"error": str(error)}, 400)
        return _json(_points(choices))

    async def tell_truth(request: Request) -> Response:
        wanted = Query(request.query_params.multi_items()).words("files")
        return _json(await asyncio.to_thread(truth, wanted))

    async def tell_requests(request: Request) -> Response:
        return _json([asdict(entry) for entry in log.all()])

    async def tell_held(request: Request) -> Response:
        return _json(sorted(faults.held))

    return Starlette(
        routes=[
            Route("/", overview),
            Route("/faults", set_faults, methods=["POST"]),
            Route("/points", tell_points),
            Route("/points", choose, methods=["POST"]),
            Route("/truth", tell_truth),
            Route("/requests", tell_requests),
            Route("/held", tell_held),
        ]
    )


def _faults() -> dict[str, Json]:
    """Every switch: its arguments with their defaults, and what it does."""
    told: dict[str, Json] = {}
    for name in ACTIONS:
        method = getattr(Faults, name)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        arguments = {p.name: str(p).partition(":")[2].strip() or str(p) for p in parameters}
        told[name] = {"does": inspect.getdoc(method), "arguments": arguments}
    return told


def _points(choices: Choices) -> list[Json]:
    chosen = choices.all()
    return [asdict(point) | {"chosen": chosen[point.name]} for point in POINTS]


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
