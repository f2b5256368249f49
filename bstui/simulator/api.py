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
from bstui.simulator.api_faults import Burst, Spoiling
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
from bstui.simulator.device_login import login_routes
from bstui.simulator.open_points import POINTS
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
    changes = [
        Route(path, partial(_answer, host, handler), methods=["POST"])
        for path, handler in routes_v2.CHANGES.items()
    ]
    return Starlette(
        routes=[
            *_own_routes(host, log, truth),
            *login_routes(host),
            Route("/v1pre3/meta", partial(_meta, host)),
            Route("/v2/oauthv2tokens/current", partial(_answer, host, _revoke), methods=["DELETE"]),
            *changes,
            *routes,
            Route("/{path:path}", _unknown, methods=["GET", "POST", "PUT", "DELETE"]),
        ]
    )


async def _answer(host: Host, handler: Handler, request: Request) -> Response:
    """Let a request in, answer it in a thread, for making contents takes a while."""
    path = request.url.path
    spoiling = host.faults.spoiling(path)
    await asyncio.sleep(host.faults.api_latency + spoiling.seconds)
    burst = host.faults.next_burst("api", path)
    if burst is not None:
        return _burst_response(burst)
    try:
        call = _let_in(host, request, spoiling, await request.body())
        body = await asyncio.to_thread(handler, call)
    except Refused as refused:
        return _response(_shaped(host, path, refused.body), refused.status)
    except BadParameter as bad:
        told = error_body(str(bad), "BASESPACE.COMMON.BAD_PARAMETER")
        return _response(_shaped(host, path, told), 400)
    if isinstance(body, Response):
        body.headers.update(_headers())
        return body
    response = _spoiled(spoiling, body) or _response(body, 200)
    if handler in _CONTENT:
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Expires"] = host.stated_expiry().strftime("%a, %d %b %Y %H:%M:%S GMT")
    return response


def _spoiled(spoiling: Spoiling, body: object) -> Response | None:
    """The answer with a body that is cut, or with another; None where it stays as it is."""
    if spoiling.body is not None:
        headers = _headers() | {"Content-Type": spoiling.kind}
        return Response(spoiling.body.encode("utf-8", "surrogatepass"), 200, headers)
    if spoiling.keep is not None:
        headers = _headers() | {"Content-Type": "application/json"}
        return Response(msgspec.json.encode(body)[: spoiling.keep], 200, headers)
    return None


def _shaped(host: Host, path: str, body: Json) -> Json:
    """An error in the shape that v2 may have."""
    shape, status = host.choices["v2-errors"], body.get("ResponseStatus")
    if shape == "response-status" or not path.startswith("/v2/") or not isinstance(status, dict):
        return body
    code, message = status.get("ErrorCode", ""), status["Message"]
    if shape == "error-message":
        return {"ErrorCode": code, "ErrorMessage": message, "RequestId": secrets.token_hex(8)}
    if shape == "message-formatted":
        return {"ErrorCode": code, "MessageFormatted": message}
    return {"Message": message}


_CONTENT = tuple(
    handler
    for path, handler in (routes_v1.ROUTES | routes_v2.ROUTES).items()
    if path.endswith("/content")
)


def _let_in(host: Host, request: Request, spoiling: Spoiling, sent: bytes) -> Call:
    query = Query(request.query_params.multi_items(), host.choices, spoiling)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = (
        request.headers.get("x-access-token")
        or (bearer.strip() if scheme.lower() == "bearer" else "")
        or query.text("access_token")
    )
    grant = host.region.grants.get(token)
    if grant is None or token in host.faults.revoked:
        raise not_authenticated(int(host.choices["bad-token"]))
    address = str(request.base_url).rstrip("/")
    is_v1, headers = request.url.path.startswith("/v1pre3"), request.headers
    return Call(
        host, grant, token, request.path_params, query, address, _json_of(sent), headers, is_v1
    )


def _json_of(sent: bytes) -> Json:
    if not sent:
        return {}
    try:
        body = msgspec.json.decode(sent)
    except msgspec.DecodeError as error:
        raise BadParameter(f"The body is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadParameter("The body is no JSON object.")
    return body


def _revoke(call: Call) -> Json:
    call.host.faults.revoke(call.token)
    return {}


async def _meta(host: Host, request: Request) -> Response:
    await asyncio.sleep(host.faults.api_latency)
    if host.choices["meta-token"] == "needed":
        try:
            _let_in(host, request, Spoiling(), b"")
        except Refused as refused:
            return _response(refused.body, refused.status)
    body = {
        "Build": "simulator",
        "HrefRuns": "v1pre3/runs",
        "HrefCurrentUser": "v1pre3/users/current",
        "HrefOAuthAuthorizeDialog": "oauth/authorize",
        "HrefApplications": "v1pre3/applications",
        "HrefApiDocumentation": "https://developer.basespace.illumina.com/docs",
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

    async def choose(request: Request) -> Response:
        try:
            if request.method == "POST":
                host.choices.choose(dict(json.loads(await request.body())))
        except (ValueError, TypeError) as error:
            return _response({"error": str(error)}, 400)
        chosen = host.choices.all()
        rows = [asdict(point) | {"chosen": chosen[point.name]} for point in POINTS]
        return _response(rows, 200)

    return [
        Route("/_simulator/points", choose, methods=["GET", "POST"]),
        Route("/_simulator/faults", set_faults, methods=["POST"]),
        Route("/_simulator/truth", tell_truth),
        Route("/_simulator/requests", tell_requests),
        Route("/_simulator/held", tell_held),
    ]
