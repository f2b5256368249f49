"""A small object store over real HTTP, which answers as S3 does, or as badly as a test wishes."""

import gzip
import hashlib
import random
import re
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

MIB = 1 << 20


def make_bytes(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def make_fastq(reads: int, seed: int = 1) -> bytes:
    """FASTQ of so many reads, about 1 KiB each, as BGZF of the same size."""
    data = make_bytes(reads * 500, seed).hex().encode()
    each = (data[i * 1000 : (i + 1) * 1000] for i in range(reads))
    text = b"".join(b"@%d\n%s\n+\n%s\n" % (i, b[:500], b[500:]) for i, b in enumerate(each))
    blocks = (text[i : i + 60_000] for i in range(0, len(text), 60_000))
    return b"".join(map(make_block, blocks)) + BGZF_END


def make_block(data: bytes) -> bytes:
    """A BGZF block (SAM specification §4.1) of at most 64 KiB, stored."""
    body = gzip.compress(data, 0, mtime=0)[10:]
    head = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff\x06\x00BC\x02\x00"
    return head + (len(body) + 17).to_bytes(2, "little") + body


def make_etag(data: bytes, part_size: int | None = None) -> str:
    """S3's ETag, without quotes, of an object that was uploaded in such parts, or in one."""
    if part_size is None:
        return hashlib.md5(data).hexdigest()
    parts = [data[i : i + part_size] for i in range(0, len(data), part_size)]
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    return f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"


@dataclass
class Object:
    data: bytes
    etag: str = ""
    """As in the header, with its quotes; empty: no ETag."""
    modified: str = "Mon, 25 Aug 2025 14:02:11 GMT"


@dataclass
class Fault:
    """How one reply differs from what S3 would say."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut_after: int | None = None
    """Bytes of the body after which the connection closes."""
    flip: bool = False
    """Change the first byte of the body."""
    ignore_range: bool = False
    hold_after: int | None = None
    """Bytes of the body after which it stands still until `release`."""
    release: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)
    from_byte: int = 0
    """Meant for the first request that begins at this byte or later."""
    is_for_whole: bool = False
    """Meant for the first request without a range."""


@dataclass
class Asked:
    """A request as the store saw it; `sent` is counted ahead: who has the bytes finds them."""

    name: str
    start: int
    stop: int
    status: int
    sent: int
    headers: dict[str, str]


class Store:
    """Objects by name, at `http://127.0.0.1:port/name?Signature=…`."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.log: list[Asked] = []
        self.lock = threading.Lock()
        self.expired: set[str] = set()
        """Signatures that are refused."""
        self.without_ranges: set[str] = set()
        """Names of objects that are given as a whole only."""
        self.port = 0
        self.open_now = self.busy_now = self.busy_most = 0
        """Requests that are open, and those among them whose client still waits for bytes."""
        self.connected = 0
        """Connections that are open, also between two requests."""

    def put(
        self, name: str, data: bytes, part_size: int | None = None, *, etag: str | None = None
    ) -> Object:
        quoted = f'"{make_etag(data, part_size)}"' if etag is None else etag
        self.objects[name] = Object(data, quoted)
        return self.objects[name]

    def fault(self, name: str, *faults: Fault) -> None:
        self.faults[name].extend(faults)

    def next_fault(self, name: str, start: int, *, is_whole: bool) -> Fault:
        with self.lock:
            for fault in self.faults[name]:
                if fault.from_byte <= start and (is_whole or not fault.is_for_whole):
                    self.faults[name].remove(fault)
                    return fault
        return Fault()

    def url(self, name: str, signature: str = "s0") -> str:
        return f"http://127.0.0.1:{self.port}/{name}?Signature={signature}"

    def sent(self, name: str) -> int:
        """Bytes of bodies that were sent for `name`."""
        return sum(asked.sent for asked in self.log if asked.name == name)


@contextmanager
def serving(store: Store, tls: ssl.SSLContext | None = None) -> Iterator[Store]:
    class Handler(_Handler):
        pass

    Handler.store = store
    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    store.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield store
    finally:
        for faults in store.faults.values():
            for fault in faults:
                fault.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error here."""


class _Handler(BaseHTTPRequestHandler):
    store: Store
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        with self.store.lock:
            self.store.connected += 1

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            with self.store.lock:
                self.store.connected -= 1

    def log_message(self, *args: object) -> None:
        """Nothing on stderr: the store has its own log."""

    def do_GET(self) -> None:
        store, parts = self.store, urlsplit(self.path)
        name = parts.path[1:]
        with store.lock:
            store.open_now += 1
            store.busy_now += 1
            store.busy_most = max(store.busy_most, store.busy_now)
        self._is_busy = True
        try:
            self._answer(name, parts.query)
        finally:
            self._end_busy()
            with store.lock:
                store.open_now -= 1

    def _end_busy(self) -> None:
        """The client may have all its bytes from here on, and ask for others at once."""
        with self.store.lock:
            self.store.busy_now -= self._is_busy
        self._is_busy = False

    def _answer(self, name: str, query: str) -> None:
        found = self.store.objects.get(name)
        if query.partition("Signature=")[2] in self.store.expired:
            body = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
            self._send(name, 0, 0, 403, {}, body, Fault())
        elif found is None:
            self._send(name, 0, 0, 404, {}, b"<Error><Code>NoSuchKey</Code></Error>", Fault())
        else:
            self._give(name, found)

    def _give(self, name: str, found: Object) -> None:
        size = len(found.data)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, stop = (int(asked[1]), min(int(asked[2]) + 1, size)) if asked else (0, size)
        fault = self.store.next_fault(name, start, is_whole=asked is None)
        if fault.status:
            self._send(name, start, stop, fault.status, fault.headers, fault.body, fault)
            return
        headers = {"Last-Modified": found.modified, "Accept-Ranges": "bytes"}
        if found.etag:
            headers["ETag"] = found.etag
        if self.headers.get("If-Match", found.etag) != found.etag or (
            self.headers.get("If-Unmodified-Since", found.modified) != found.modified
        ):
            self._send(name, start, stop, 412, headers, b"<Error/>", fault)
            return
        if asked and not fault.ignore_range and name not in self.store.without_ranges:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        else:
            start, stop = 0, size
        status = 206 if "Content-Range" in headers else 200
        body = found.data[start:stop]
        if fault.flip:
            body = bytes([body[0] ^ 1]) + body[1:]
        self._send(name, start, stop, status, headers | fault.headers, body, fault)

    def _send(
        self,
        name: str,
        start: int,
        stop: int,
        status: int,
        headers: dict[str, str],
        body: bytes,
        fault: Fault,
    ) -> None:
        sent = 0
        entry = Asked(name, start, stop, status, 0, dict(self.headers.items()))
        with self.store.lock:
            self.store.log.append(entry)
        try:
            self.send_response(status)
            if "Transfer-Encoding" not in headers:
                headers = {"Content-Length": str(len(body))} | headers
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            end = len(body) if fault.cut_after is None else min(fault.cut_after, len(body))
            while sent < end:
                edge = end
                if fault.hold_after is not None and not fault.held.is_set():
                    edge = min(end, fault.hold_after)
                piece = body[sent : min(edge, sent + 64 * 1024)]
                if sent + len(piece) == len(body):
                    self._end_busy()
                entry.sent += len(piece)
                self.wfile.write(piece)
                sent += len(piece)
                if sent == fault.hold_after and not fault.held.is_set():
                    fault.held.set()
                    fault.release.wait(30)
            if end < len(body):
                self.close_connection = True
        finally:
            entry.sent = sent
