"""A long line on one machine: every connection has a round trip of 40 ms and 20 MB/s of its own.

    python -m tests.benchmarks.transfer.relay LISTEN-PORT SERVER-PORT

Its model: the handshake takes a round trip, each direction half of one, and what the server sends
is held to a window that starts at ten packets and doubles each round trip, up to rate × round
trip. No packets are lost. One thread looks at all connections every 2 ms.
"""

import selectors
import socket
import sys
import time
from collections import deque

ROUND_TRIP = 0.040
RATE = 20e6
"""Bytes per second of one connection."""
_TICK = 0.002
_FIRST_WINDOW = 14_600.0
_PIECE = 256 << 10


class _Direction:
    """Bytes on their way from one socket to the other."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source = source
        self.sink = sink
        self.pieces: deque[tuple[float, memoryview]] = deque()
        self.is_ended = False
        """Nothing more comes from the source."""
        self.is_shut = False

    def read(self, most: int, due: float) -> int:
        """Take up to `most` bytes, to be given on at `due`."""
        if self.is_ended or most <= 0:
            return 0
        try:
            data = self.source.recv(most)
        except BlockingIOError:
            return 0
        if data:
            self.pieces.append((due, memoryview(data)))
        else:
            self.is_ended = True
        return len(data)

    def write(self, now: float) -> None:
        while self.pieces and self.pieces[0][0] <= now:
            due, piece = self.pieces[0]
            try:
                count = self.sink.send(piece)
            except BlockingIOError:
                return
            if count < len(piece):
                self.pieces[0] = (due, piece[count:])
                return
            self.pieces.popleft()
        if self.is_ended and not self.pieces and not self.is_shut:
            self.sink.shutdown(socket.SHUT_WR)
            self.is_shut = True


class _Line:
    """One connection through the relay."""

    def __init__(self, client: socket.socket, server: socket.socket, now: float) -> None:
        self._ends = client, server
        self._up = _Direction(client, server)
        self._down = _Direction(server, client)
        self._open_from = now + ROUND_TRIP
        self._window = _FIRST_WINDOW
        self._in_flight = 0
        self._acknowledged: deque[tuple[float, int]] = deque()

    def serve(self, now: float) -> bool:
        """Move what is due; False once the connection has ended."""
        try:
            self._serve(now)
        except OSError:
            return False
        return not (self._up.is_shut and (self._down.is_shut or not self._down.pieces))

    def _serve(self, now: float) -> None:
        while self._acknowledged and self._acknowledged[0][0] <= now:
            count = self._acknowledged.popleft()[1]
            self._in_flight -= count
            self._window = min(self._window + count, RATE * ROUND_TRIP)
        self._up.read(_PIECE, max(now, self._open_from) + ROUND_TRIP / 2)
        room = int(self._window - self._in_flight)
        count = self._down.read(min(room, _PIECE), now + ROUND_TRIP / 2) if room >= 1460 else 0
        if count:
            self._in_flight += count
            self._acknowledged.append((now + ROUND_TRIP, count))
        self._up.write(now)
        self._down.write(now)

    def close(self) -> None:
        for end in self._ends:
            end.close()


def main(port: int, server_port: int) -> None:
    lines: list[_Line] = []
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener:
        listener.setblocking(False)
        selector = selectors.DefaultSelector()
        selector.register(listener, selectors.EVENT_READ)
        while True:
            began = time.monotonic()
            if not lines:
                selector.select()
            _accept(listener, server_port, lines)
            now = time.monotonic()
            ended = [line for line in lines if not line.serve(now)]
            for line in ended:
                line.close()
                lines.remove(line)
            time.sleep(max(0.0003, began + _TICK - time.monotonic()))


def _accept(listener: socket.socket, server_port: int, lines: list[_Line]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except BlockingIOError:
            return
        server = socket.create_connection(("127.0.0.1", server_port))
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines.append(_Line(client, server, time.monotonic()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
