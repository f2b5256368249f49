"""A region's API server: who may come in, and what the answers carry."""

import asyncio
import secrets
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
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
from bstui.simulator.device_login import login_routes
from bstui.simulator.front import SPOILING
from bstui.simulator.paging import BadParameter, Query

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def make_app(host: Host) -> Starlette:
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
            *login_routes(host),
            Route("/v1pre3/meta", partial(_meta, host)),
            Route("/v2/oauthv2tokens/current", partial(_answer, host, _revoke), methods=["DELETE"]),
            *changes,
            *routes,
            Route("/{path:path}", partial(_unknown, host), methods=_METHODS),
        ]
    )


async def _answer(host: Host, handler: Handler, request: Request) -> Response:
    """Let a request in, answer it in a thread, for making contents takes a while."""
    path = request.url.path
    try:
        call = _let_in(host, request, await request.body())
        body = await asyncio.to_thread(handler, call)
    except Refused as refused:
        return _response(_shaped(host, path, refused.body), refused.status)
    except BadParameter as bad:
        if host.choices["bad-parameter"] == "refuse-bare":
            return Response(status_code=400)
        told = error_body(str(bad), "BASESPACE.COMMON.BAD_PARAMETER")
        return _response(_shaped(host, path, told), 400)
    if isinstance(body, Response):
        return body
    response = _response(body, 200)
    if handler in _CONTENT:
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Expires"] = host.stated_expiry().strftime("%a, %d %b %Y %H:%M:%S GMT")
    return response


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


def _let_in(host: Host, request: Request, sent: bytes) -> Call:
    spoiling = request.scope["state"][SPOILING]
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
    if host.choices["meta-token"] == "needed":
        try:
            _let_in(host, request, b"")
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


async def _unknown(host: Host, request: Request) -> Response:
    refused = unknown_route()
    return _response(_shaped(host, request.url.path, refused.body), refused.status)


def _response(body: object, status: int) -> Response:
    kind = "application/json" if status < 400 else "application/json; charset=utf-8"
    return Response(msgspec.json.encode(body), status, {"Content-Type": kind})
