"""The calls of the device flow, and the page on which a code is accepted.

The field names are BaseSpace's, not those of the standard (RFC 8628).
"""

from functools import partial
from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bstui.simulator.calls import Host
from bstui.simulator.logins import INTERVAL, LIFETIME
from bstui.simulator.paging import Query


def login_routes(host: Host) -> list[Route]:
    return [
        Route("/v1pre3/oauthv2/deviceauthorization", partial(_authorize, host), methods=["POST"]),
        Route("/v1pre3/oauthv2/token", partial(_token, host), methods=["POST"]),
        Route("/oauth/device", partial(_page, host)),
    ]


async def _fields(request: Request) -> Query:
    """What was sent as a form, or in the query."""
    form = parse_qsl((await request.body()).decode("utf-8", "replace"))
    return Query([*request.query_params.multi_items(), *form])


def _error(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)


async def _authorize(host: Host, request: Request) -> Response:
    fields = await _fields(request)
    if not fields.text("client_id") or fields.text("response_type") != "device_code":
        return _error("invalid_request", "client_id and response_type=device_code are needed")
    login = host.logins.begin(fields.text("scope"))
    page = f"{str(request.base_url).rstrip('/')}/oauth/device"
    return JSONResponse(
        {
            "verification_uri": page,
            "verification_with_code_uri": f"{page}?code={login.user_code}",
            "user_code": login.user_code,
            "expires_in": LIFETIME,
            "device_code": login.device_code,
            "interval": INTERVAL,
        }
    )


async def _token(host: Host, request: Request) -> Response:
    fields = await _fields(request)
    if not fields.text("client_id") or not fields.text("client_secret"):
        return _error("invalid_client", "client_id and client_secret are needed")
    if fields.text("grant_type") != "device":
        return _error("unsupported_grant_type", "grant_type must be device")
    login = host.logins.of_device(fields.text("code"))
    if login is None:
        return _error("invalid_grant", "The device code is unknown or has expired")
    if login.is_refused:
        return _error("access_denied", "User has refused the access request")
    if not login.token:
        message = "User has not approved the access request yet"
        return _error("authorization_pending", message)
    return JSONResponse({"access_token": login.token})


async def _page(host: Host, request: Request) -> Response:
    """Ask who accepts; with `user=ID` it is accepted, with `refuse` refused."""
    query = Query(request.query_params.multi_items())
    login = host.logins.of_user(query.text("code"))
    if login is None:
        return HTMLResponse("<p>There is no such code, or it has expired.</p>", 404)
    if query.text("refuse"):
        host.logins.refuse(login)
        return HTMLResponse("<p>The access request is refused.</p>")
    users = {user.id: user for user in host.logins.choices()}
    if query.text("user") in users:
        host.logins.accept(login, users[query.text("user")])
        return HTMLResponse("<p>The device may go on.</p>")
    links = "".join(
        f'<li><a href="?code={login.user_code}&amp;user={user.id}">'
        f"Accept as {escape(user.name)}</a></li>"
        for user in users.values()
    )
    scopes = escape(", ".join(login.scopes))
    refuse = f'<li><a href="?code={login.user_code}&amp;refuse=1">Refuse</a></li>'
    return HTMLResponse(f"<p>A device asks for: {scopes}</p><ul>{links}{refuse}</ul>")
