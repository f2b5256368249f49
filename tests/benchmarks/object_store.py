"""How fast the simulator serves ranges of one file, against a server that does nothing else.

    object store    ranges of 16 MiB over some connections at once; over 1 GB/s on two cores
    plain sendfile  the same from `http.server` whose bodies go out by sendfile: no address is
                    judged, no range logged, no fault looked for

Server and client share the machine, each in a process of its own; the client is libcurl, which
throws the bytes away. Medians of several rounds.
"""

import http.server
import multiprocessing
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import httpx
import pycurl

from bstui.simulator.scales import Scale
from bstui.simulator.service import Simulator, SimulatorOptions

MIB = 1 << 20
RANGE = 16 * MIB
FILE = 256 * MIB
FETCHED = 2 << 30
"""Bytes of a round."""
ROUNDS = 3
CONNECTIONS = (1, 4, 8)


def main() -> int:
    with serving(serve_plainly) as plain, serving(simulate) as store:
        for connections in CONNECTIONS:
            ours = median_rate(store, connections)
            theirs = median_rate(plain, connections)
            print(
                f"{connections} connections: object store {ours / 1e9:.2f} GB/s, plain sendfile "
                f"{theirs / 1e9:.2f} GB/s, ratio {ours / theirs:.2f}"
            )
    return 0


def deep_address(api_url: str, token: str) -> str:
    """A signed address of the file of 500 GB."""
    with httpx.Client(base_url=api_url, headers={"x-access-token": token}, timeout=60) as api:
        query = {"biosamplename": "Deep-genome"}
        (deep,) = api.get("/v2/biosamples", params=query).json()["Items"]
        (dataset,) = api.get("/v2/datasets", params={"inputbiosamples": deep["Id"]}).json()["Items"]
        (file,) = api.get(f"/v2/datasets/{dataset['Id']}/files").json()["Items"]
        content = api.get(f"/v2/files/{file['Id']}/content", params={"redirect": "meta"})
        return str(content.json()["HrefContent"])


def simulate(told: Connection) -> None:
    with Simulator(SimulatorOptions(scale=Scale.HUGE)) as running:
        region = running.regions[0]
        told.send(deep_address(region.api_url, region.accounts[0].token))
        threading.Event().wait()


@contextmanager
def serving(serve: Callable[[Connection], None]) -> Iterator[str]:
    """A process that serves one file; the address that it tells."""
    mine, its = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(its,), daemon=True)
    process.start()
    try:
        yield str(mine.recv())
    finally:
        process.terminate()
        process.join()


def serve_plainly(told: Connection) -> None:
    with tempfile.TemporaryFile() as file:
        for _ in range(FILE // MIB):
            file.write(os.urandom(MIB))
        file.flush()

        class Plain(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"])
                assert asked
                at, end = int(asked[1]), int(asked[2]) + 1
                self.send_response(206)
                self.send_header("Content-Length", str(end - at))
                self.send_header("Content-Range", f"bytes {at}-{end - 1}/{FILE}")
                self.end_headers()
                self.wfile.flush()
                while at < end:
                    at += os.sendfile(self.connection.fileno(), file.fileno(), at, end - at)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Plain) as server:
            told.send(f"http://127.0.0.1:{server.server_port}/file")
            server.serve_forever()


def median_rate(address: str, connections: int) -> float:
    """Bytes a second; the first round warms up."""
    return statistics.median([rate(address, connections) for _ in range(ROUNDS + 1)][1:])


def rate(address: str, connections: int) -> float:
    """Fetch ranges in turn over some connections at once."""
    multi, count = pycurl.CurlMulti(), 0
    ranges = iter(range(0, FETCHED, RANGE))

    def swallow(data: bytes) -> None:
        nonlocal count
        count += len(data)

    def begin(curl: pycurl.Curl) -> None:
        at = next(ranges, None)
        if at is not None:
            curl.setopt(pycurl.RANGE, f"{at % FILE}-{at % FILE + RANGE - 1}")
            multi.add_handle(curl)

    began = time.perf_counter()
    for _ in range(connections):
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, address)
        curl.setopt(pycurl.BUFFERSIZE, 512 * 1024)
        curl.setopt(pycurl.FAILONERROR, True)
        curl.setopt(pycurl.WRITEFUNCTION, swallow)
        begin(curl)
    while count < FETCHED:
        multi.perform()
        multi.select(1.0)
        _, done, failed = multi.info_read()
        if failed:
            raise RuntimeError(failed[0][2])
        for curl in done:
            multi.remove_handle(curl)
            begin(curl)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
