"""The HTTP servers of the simulator: uvicorn, quiet, and ready to be shut and opened again."""

import socket
import ssl
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from bstui.simulator.door import Door
from bstui.simulator.front import WireProtocol


def make_server(app: ASGIApp, tls: ssl.SSLContext | None) -> uvicorn.Server:
    """A server for an application; it hides nothing of what the application says."""
    config = uvicorn.Config(
        app,
        http=WireProtocol,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    config.load()
    config.ssl = tls
    return uvicorn.Server(config)


async def reopen(server: uvicorn.Server, listening: socket.socket) -> None:
    """Take a new listening socket into service."""
    await server.startup([listening])


async def drop(server: uvicorn.Server) -> None:
    """Listen no more, and drop all connections."""
    for listener in server.servers:
        listener.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()


def tls_context(certificate: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def address_of(door: Door, scheme: str) -> str:
    host, port = door.address
    return f"{scheme}://{host}:{port}"
