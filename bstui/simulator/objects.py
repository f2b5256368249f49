"""The object store: S3's GET over presigned addresses, on plain asyncio with sendfile.

Answers as S3 does: ranges, conditions, quoted ETags, XML errors. HEAD and requests that carry
other credentials are refused, because the addresses are signed for a bare GET. Every request is
logged, and every fault of `faults.py` is done here.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from email.utils import format_datetime, formatdate, parsedate_to_datetime

from bstui.simulator.account import StoredFile
from bstui.simulator.contents import Piece, Pieces, Stored
from bstui.simulator.faults import Faults
from bstui.simulator.open_points import Choices
from bstui.simulator.request_log import ObjectRequest, RequestLog
from bstui.simulator.s3 import Refusal, Request, asked_range, object_head, refusal_bytes
from bstui.simulator.signing import DISPOSITION, REDIRECTED, Signer, Verdict

_CHUNK = 1024 * 1024
_HEAD_LIMIT = 64 * 1024
_FOREIGN_CREDENTIALS = ("authorization", "x-access-token", "content-type")


class ObjectStore:
    """Serves objects to whoever holds a good address."""

    def __init__(
        self,
        find: Callable[[str], StoredFile | None],
        signer: Signer,
        faults: Faults,
        log: RequestLog,
        choices: Choices,
    ) -> None:
        self._find = find
        self._signer = signer
        self.faults = faults
        self._log = log
        self._choices = choices
        self._changed = asyncio.Event()
        self._held: dict[object, str] = {}
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        faults.on_wake(self._wake_soon)

    async def start(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Listen, at first or again."""
        self._server = await asyncio.start_server(
            self._serve, sock=listening, limit=_HEAD_LIMIT, backlog=512, ssl=tls
        )

    async def shut(self) -> None:
        """Drop all connections, and listen no more."""
        assert self._server is not None
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    async def stop(self) -> None:
        self.faults.no_wake(self._wake_soon)
        await self.shut()

    def _wake_soon(self) -> None:
        self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._answer_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client went away, or speaks no HTTP: nothing to answer
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer the next request; whether the connection may carry another."""
        request = Request.parse(await reader.readuntil(b"\r\n\r\n"))
        entry = ObjectRequest(time.time(), "", 0, -1)
        self._log.begin(entry)
        try:
            await asyncio.sleep(self.faults.object_latency)
            file, stored = await self._open(request, entry)
            with _opened(stored) as pieces:
                await _Answer(self, request, file, stored, pieces, entry, reader, writer).send()
        except Refusal as refusal:
            entry.status = refusal.status
            date = time.time() + self.faults.clock_skew
            writer.write(refusal_bytes(refusal, request.method == "HEAD", date))
            await writer.drain()
        finally:
            self._log.end(entry)
        wants_close = request.headers.get("connection", "").lower() == "close"
        return not wants_close and not writer.is_closing()

    async def _open(self, request: Request, entry: ObjectRequest) -> tuple[StoredFile, Stored]:
        """The object that the address is good for; a Refusal says why it is not."""
        file = self._find(request.key)
        if file is not None:
            entry.file = file.id
        burst = self.faults.next_burst("objects", request.path)
        if burst is not None:
            after = (("Retry-After", burst.retry_after),) if burst.retry_after else ()
            code = "SlowDown" if burst.status in (429, 503) else "InternalError"
            raise Refusal(burst.status, code, "Please try again.", after, burst.html)
        if request.method != "GET" or self._has_foreign_credentials(request):
            raise _mismatch()
        judge = self._signer.judge
        verdict = judge(request.key, request.query, time.time(), self.faults.generation)
        if verdict is Verdict.WRONG:
            raise _mismatch()
        if verdict is Verdict.EXPIRED:
            raise Refusal(403, "AccessDenied", "Request has expired")
        if file is None:
            raise _no_such_key()
        try:
            return file, await asyncio.to_thread(lambda: file.content.stored)
        except OSError as error:  # a file on disk that is there no more
            raise _no_such_key() from error

    def _has_foreign_credentials(self, request: Request) -> bool:
        """Whether headers come that the address was not signed for.

        Many programs send the API's token on where a redirect leads them, and it does no harm.
        """
        found = {name for name in _FOREIGN_CREDENTIALS if name in request.headers}
        way = self._choices["token-at-store"]
        is_redirected = request.query.get(DISPOSITION, "").startswith(REDIRECTED)
        if way == "ignored" or (way == "by-redirect" and is_redirected):
            found.discard("x-access-token")
        return bool(found)

    async def wait_for_change(self, holder: object, file: str) -> None:
        """Stand at a hold until some switch is turned."""
        self._held[holder] = file
        self.faults.set_held(self._held.values())
        try:
            await self._changed.wait()
        finally:
            del self._held[holder]
            self.faults.set_held(self._held.values())

    async def wait_for_clearing(self, known: int) -> None:
        """Stand until the switches are cleared once more than the `known` times."""
        while self.faults.clearings == known:
            await self._changed.wait()


@contextlib.contextmanager
def _opened(stored: Stored) -> Iterator[Pieces]:
    """Where the bytes are; a Refusal where they are no more."""
    with contextlib.ExitStack() as held:
        try:
            pieces = held.enter_context(stored.opened())
        except OSError as error:
            raise _no_such_key() from error
        yield pieces


def _no_such_key() -> Refusal:
    return Refusal(404, "NoSuchKey", "The specified key does not exist.")


def _mismatch() -> Refusal:
    message = "The request signature we calculated does not match the signature you provided."
    return Refusal(403, "SignatureDoesNotMatch", message)


class _Answer:
    """One object on its way out."""

    def __init__(
        self,
        store: ObjectStore,
        request: Request,
        file: StoredFile,
        stored: Stored,
        pieces: Pieces,
        entry: ObjectRequest,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._store = store
        self._request = request
        self._file = file
        self._stored = stored
        self._pieces = pieces
        self._entry = entry
        self._reader = reader
        self._writer = writer
        entry.first, entry.last = 0, stored.size - 1
        asked = asked_range(request.headers.get("range", ""), stored.size)
        if asked is not None:
            entry.first, entry.last = asked
        self._clearings = store.faults.clearings
        self._faults = store.faults.body(file.id, entry.first, entry.last)
        self._is_partial = asked is not None and not self._faults.ignores_range
        if not self._is_partial:
            entry.first, entry.last = 0, stored.size - 1

    async def send(self) -> None:
        self._check_conditions()
        faults = self._faults
        if faults.page:
            raise Refusal(200, "", "", html=True)
        if faults.location is not None:
            place = faults.location or self._request.target
            raise Refusal(307, "TemporaryRedirect", "Go there.", (("Location", place),))
        if faults.garbage is not None:
            self._writer.write(faults.garbage.encode())
            self._writer.close()
            return
        self._entry.status = 206 if self._is_partial else 200
        await self._send_head(self._head())
        await self._send_body(self._entry.first, self._entry.last + 1)
        if faults.frame == "chunked" and not self._writer.is_closing():
            self._writer.write(b"0\r\n\r\n")
        if faults.more or faults.closes or faults.frame == "close":
            self._writer.close()

    async def _send_head(self, head: bytes) -> None:
        seconds = self._faults.header_seconds
        pieces = [head] if not seconds else [head[i : i + 1] for i in range(len(head))]
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            if seconds:
                await asyncio.sleep(seconds / len(pieces))

    def _check_conditions(self) -> None:
        """If-Match, If-None-Match, their dates, and If-Range, as S3 and RFC 9110 have them."""
        headers = self._request.headers
        wanted = headers.get("if-match")
        if wanted is not None:
            tags = [tag.strip() for tag in wanted.split(",")]
            fails = "*" not in tags and self._etag() not in tags
        else:
            since = headers.get("if-unmodified-since", "")
            fails = bool(since) and self._file.modified > parsedate_to_datetime(since)
        if fails:
            message = "At least one of the pre-conditions you specified did not hold"
            raise Refusal(412, "PreconditionFailed", message)
        if self._is_known():
            raise Refusal(304, "NotModified", "", (("ETag", self._etag()),))
        known = headers.get("if-range")
        if self._is_partial and known not in (None, self._etag(), self._modified()):
            self._is_partial = False
            self._entry.first, self._entry.last = 0, self._stored.size - 1

    def _is_known(self) -> bool:
        """The client has it already, by what it says."""
        held = self._request.headers.get("if-none-match")
        if held is not None:
            tags = [tag.strip().removeprefix("W/") for tag in held.split(",")]
            return "*" in tags or self._etag().removeprefix("W/") in tags
        since = self._request.headers.get("if-modified-since", "")
        return bool(since) and self._file.modified <= parsedate_to_datetime(since)

    def _etag(self) -> str:
        """As it is sent; empty where none is."""
        etag = self._faults.etag or self._file.etag
        return etag if not etag or etag.startswith("W/") else f'"{etag}"'

    def _modified(self) -> str:
        return format_datetime(self._file.modified, usegmt=True)

    def _head(self) -> bytes:
        entry, faults = self._entry, self._faults
        total = self._stored.size if self._is_partial else None
        lines = object_head(self._file, entry.first, entry.last, total, faults)
        date = time.time() + self._store.faults.clock_skew
        lines += [f"Date: {formatdate(date, usegmt=True)}", f"Last-Modified: {self._modified()}"]
        if self._etag():
            lines.append(f"ETag: {self._etag()}")
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace")

    async def _send_body(self, start: int, end: int) -> None:
        """The object's bytes from `start` to before `end`, with what the faults do to them."""
        faults, at = self._faults, start
        stall_at = None if faults.stall_after is None else start + faults.stall_after
        cut_at = end if faults.cut_after is None else min(end, start + faults.cut_after)
        while at < cut_at:
            if self._reader.at_eof() or self._writer.is_closing():
                raise ConnectionResetError
            if at == stall_at:
                await self._stall()
                stall_at = None
            hold = self._store.faults.hold_of(self._file.id)
            if hold is not None and at >= hold:
                await self._store.wait_for_change(self, self._file.id)
                continue
            limits = [cut_at, at + _CHUNK]
            limits += [limit for limit in (stall_at, hold) if limit is not None]
            at = await self._send_piece(at, min(limits))
        if cut_at < end:
            await self._cut()

    async def _send_piece(self, at: int, end: int) -> int:
        """Send the bytes from `at` to before `end`, or fewer; the answer is what comes next."""
        rate = self._faults.drip or self._store.faults.bytes_per_second
        if rate:
            end = min(end, at + max(1, rate // 20))
        flip = self._faults.flip_at
        piece = self._pieces(at, end)
        end = at + piece.size
        began = time.monotonic()
        # Counted ahead: whoever has the bytes finds them in the log.
        self._entry.sent += end - at
        try:
            await self._send_framed(piece, None if flip is None else flip - at)
        except BaseException:
            self._entry.sent -= end - at
            raise
        if rate:
            await asyncio.sleep(max(0.0, (end - at) / rate - (time.monotonic() - began)))
        return end

    async def _send_framed(self, piece: Piece, flip: int | None) -> None:
        """Send a piece, in a frame of its own where bodies are chunked, its byte `flip` wrong."""
        is_chunked = self._faults.frame == "chunked"
        if is_chunked:
            self._writer.write(f"{piece.size:x}\r\n".encode())
        if flip is not None and 0 <= flip < piece.size:
            data = bytearray(piece.read())
            data[flip] ^= 1
            self._writer.write(data)
            await self._writer.drain()
        else:
            loop = asyncio.get_running_loop()
            await loop.sendfile(self._writer.transport, piece.file, piece.offset, piece.size)
        if is_chunked:
            self._writer.write(b"\r\n")

    async def _stall(self) -> None:
        if self._faults.stall_seconds is None:
            await self._store.wait_for_clearing(self._clearings)
        else:
            await asyncio.sleep(self._faults.stall_seconds)

    async def _cut(self) -> None:
        if self._faults.half and self._writer.can_write_eof():
            self._writer.write_eof()
            await self._reader.read()
        if self._faults.resets:
            taken = self._writer.get_extra_info("socket")
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self._writer.transport.abort()
        self._writer.close()
