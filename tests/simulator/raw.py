"""Asks over a bare socket, and tells what really came."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


@contextmanager
def asked(address: str, **headers: str) -> Iterator[socket.socket]:
    """A connection on which a GET has just been sent; header names have `_` for `-`."""
    parts = urlsplit(address)
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{fields}\r\n"
        connection.sendall(request.encode())
        yield connection


def received(connection: socket.socket) -> bytes:
    """All that comes until the server ends; a ConnectionResetError where it resets."""
    got = bytearray()
    while piece := connection.recv(65_536):
        got += piece
    return bytes(got)


def answer(address: str, **headers: str) -> tuple[bytes, bytes]:
    """The head and the body of an answer after which the server closes."""
    with asked(address, **headers) as connection:
        head, _, body = received(connection).partition(b"\r\n\r\n")
    return head, body
