"""What the contenders fetch from: Debian's nginx over TLS, our relay, and a BaseSpace API.

The API knows one account and one run, and gives addresses on nginx; all run beside this process.
"""

import contextlib
import http.server
import json
import multiprocessing
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.transfer.data import QUERY, Collection

_NGINX = """
worker_processes 2; pid {home}/nginx.pid; error_log {home}/nginx.log; daemon off;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; etag off; default_type application/octet-stream;
  keepalive_requests 1000000; keepalive_timeout 300s; large_client_header_buffers 8 32k;
  open_file_cache max=8000 inactive=600s; open_file_cache_valid 600s; autoindex on;
  client_body_temp_path {home}/b; proxy_temp_path {home}/p; fastcgi_temp_path {home}/f;
  uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
  root {root};
  ssl_certificate {home}/cert.pem; ssl_certificate_key {home}/key.pem;
  ssl_session_cache shared:S:10m;
  server {{ listen 127.0.0.1:{port} ssl backlog=4096; }}
}}
"""


@dataclass(frozen=True)
class Ports:
    """Where what listens on this machine."""

    direct: int
    relay: int
    near_api: int
    """Gives addresses on nginx itself."""
    far_api: int
    """Gives addresses on the relay."""


@contextlib.contextmanager
def serving(home: Path, root: Path, collections: Mapping[str, Collection]) -> Iterator[Ports]:
    """All of it, until the block is left."""
    ports = Ports(*_free_ports(4))
    _make_certificate(home)
    (home / "nginx.conf").write_text(_NGINX.format(home=home, root=root, port=ports.direct))
    relay = [sys.executable, "-m", "tests.benchmarks.transfer.relay"]
    with contextlib.ExitStack() as stack:
        stack.enter_context(_running(["nginx", "-c", str(home / "nginx.conf")]))
        stack.enter_context(_running([*relay, str(ports.relay), str(ports.direct)]))
        for port, store in ((ports.near_api, ports.direct), (ports.far_api, ports.relay)):
            api = multiprocessing.Process(target=_serve_api, args=(port, store, collections))
            api.start()
            stack.callback(api.join)
            stack.callback(api.terminate)
        for port in (ports.direct, ports.relay, ports.near_api, ports.far_api):
            _wait_until_open(port)
        yield ports


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _wait_until_open(port: int) -> None:
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit(f"nothing came to listen on port {port}")


def _make_certificate(home: Path) -> None:
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["-keyout", str(home / "key.pem"), "-out", str(home / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*command, *made, *names], check=True, capture_output=True)


def file_id(collection: Collection, number: int) -> str:
    return f"{collection.name}.{number}"


def _serve_api(port: int, store: int, collections: Mapping[str, Collection]) -> None:
    class Api(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            found = self._answer(parts.path, query)
            body = json.dumps(found if found is not None else {}).encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _answer(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
            if path.endswith("/users/current"):
                return {"Id": "1", "Name": "Benchmark"}
            if match := re.fullmatch(r".*/files/(\w+)\.(\d+)/content", path):
                return {"HrefContent": _address(collections[match[1]], int(match[2]))}
            if match := re.fullmatch(r".*/runs/(\w+)/files", path):
                return _page(collections[match[1]], int(query["offset"]), int(query["limit"]))
            return None

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    def _address(collection: Collection, number: int) -> str:
        return f"https://127.0.0.1:{store}/{collection.files[number].path}{QUERY}"

    def _page(collection: Collection, offset: int, limit: int) -> dict[str, Any]:
        numbers = range(len(collection.files))[offset : offset + limit]
        items = [
            {"Id": file_id(collection, number), "HrefContent": _address(collection, number)}
            for number in numbers
        ]
        return {"Items": items, "Paging": {"Offset": offset, "Limit": limit}}

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Api) as server:
        server.serve_forever()
