"""A region's API server: who may come in, what the answers carry, and the simulator's own calls."""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bstui.simulator import routes_v1, routes_v2
from bstui.simulator.bodies import Json
from bstui.simulator.calls import (
    Call,
    Handler,
    Host,
    Refused,
    error_body,
    not_authenticated,
    unknown_route,
)
from bstui.simulator.faults import Burst
from bstui.simulator.paging import BadParameter, Query
from bstui.simulator.request_log import RequestLog

_HEADERS = {
    "Server": "Mono.WebServer.XSP/4.8.0.0 Linux, Unknown",
    "X-BaseSpace-Source": "master/readonly",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
    "Strict-Transport-Security": "max-age=10886400; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
}
Truth = Callable[[set[str]], dict[str, Json]]


def make_app(host: Host, log: RequestLog, truth: Truth) -> Starlette:
    """The application of one region."""
    routes = [
        Route(path, partial(_answer, host, handler))
        for path, handler in (routes_v1.ROUTES | routes_v2.ROUTES).items()
    ]
    return Starlette(
        routes=[
            *_own_routes(host, log, truth),
            Route("/v1pre3/meta", partial(_meta, host)),
            Route("/v2/oauthv2tokens/current", partial(_answer, host, _revoke), methods=["DELETE"]),
            *routes,
            Route("/{path:path}", _unknown, methods=["GET", "POST", "PUT", "DELETE"]),
        ]
    )


async def _answer(host: Host, handler: Handler, request: Request) -> Response:
    """Let a request in, answer it in a thread, for making contents takes a while."""
    await asyncio.sleep(host.faults.api_latency)
    burst = host.faults.next_burst("api")
    if burst is not None:
        return _burst_response(burst)
    try:
        call = _let_in(host, request)
        body = await asyncio.to_thread(handler, call)
    except Refused as refused:
        return _response(refused.body, refused.status)
    except BadParameter as bad:
        return _response(error_body(str(bad), "BASESPACE.COMMON.BAD_PARAMETER"), 400)
    if isinstance(body, Response):
        body.headers.update(_headers())
        return body
    response = _response(body, 200)
    if handler in _CONTENT:
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Expires"] = host.stated_expiry().strftime("%a, %d %b %Y %H:%M:%S GMT")
    return response


_CONTENT = tuple(
    handler
    for path, handler in (routes_v1.ROUTES | routes_v2.ROUTES).items()
    if path.endswith("/content")
)


def _let_in(host: Host, request: Request) -> Call:
    query = Query(request.query_params.multi_items())
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = (
        request.headers.get("x-access-token")
        or (bearer.strip() if scheme.lower() == "bearer" else "")
        or query.text("access_token")
    )
    grant = host.region.grants.get(token)
    if grant is None or token in host.faults.revoked:
        raise not_authenticated()
    address = str(request.base_url).rstrip("/")
    return Call(host, grant, token, request.path_params, query, address)


def _revoke(call: Call) -> Json:
    call.host.faults.revoke(call.token)
    return {}


async def _meta(host: Host, request: Request) -> Response:
    await asyncio.sleep(host.faults.api_latency)
    body = {
        "Build": "simulator",
        "HrefRuns": "v1pre3/runs",
        "HrefCurrentUser": "v1pre3/users/current",
        "HrefProjects": "v1pre3/projects",
    }
    return _response({"Response": body, "ResponseStatus": {}, "Notifications": []}, 200)


async def _unknown(request: Request) -> Response:
    refused = unknown_route()
    return _response(refused.body, refused.status)


def _response(body: object, status: int) -> Response:
    kind = "application/json" if status < 400 else "application/json; charset=utf-8"
    headers = _headers() | {"Content-Type": kind}
    return Response(msgspec.json.encode(body), status_code=status, headers=headers)


def _headers() -> dict[str, str]:
    moment = datetime.now(UTC).strftime("%Y.%m.%d.%H.%M.%S")
    return _HEADERS | {"X-Request-ID": f"{moment}.{secrets.token_urlsafe(16)}"}


def _burst_response(burst: Burst) -> Response:
    phrase = HTTPStatus(burst.status).phrase
    if burst.html:
        response: Response = HTMLResponse(
            f"<html><body><h1>{burst.status} {phrase}</h1></body></html>", burst.status
        )
    else:
        response = _response(error_body(phrase), burst.status)
    if burst.retry_after:
        response.headers["Retry-After"] = burst.retry_after
    return response


def _own_routes(host: Host, log: RequestLog, truth: Truth) -> list[Route]:
    """The simulator's own calls, which no BaseSpace has: no token is asked for."""

    async def set_faults(request: Request) -> Response:
        try:
            await asyncio.to_thread(host.faults.apply, json.loads(await request.body()))
        except ValueError as error:
            return _response({"error": str(error)}, 400)
        return _response({}, 200)

    async def tell_truth(request: Request) -> Response:
        wanted = Query(request.query_params.multi_items()).words("files")
        return _response(await asyncio.to_thread(truth, wanted), 200)

    async def tell_requests(request: Request) -> Response:
        return _response([asdict(entry) for entry in log.all()], 200)

    async def tell_held(request: Request) -> Response:
        return _response(sorted(host.faults.held), 200)

    return [
        Route("/_simulator/faults", set_faults, methods=["POST"]),
        Route("/_simulator/truth", tell_truth),
        Route("/_simulator/requests", tell_requests),
        Route("/_simulator/held", tell_held),
    ]
