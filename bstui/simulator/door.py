"""A port of the simulator: it can be shut, so that who connects is refused, and opened again."""

import socket
from collections.abc import Awaitable, Callable

Open = Callable[[socket.socket], Awaitable[object]]
Shut = Callable[[], Awaitable[object]]


class Door:
    """One listening address, and who serves there."""

    def __init__(self, host: str, port: int, names: tuple[str, ...]) -> None:
        self.names = names
        """What a fault may call it."""
        self.socket = _listen(host, port)
        self.address: tuple[str, int] = self.socket.getsockname()[:2]
        self._open: Open | None = None
        self._shut: Shut | None = None
        self._is_shut = False

    def attend(self, open_it: Open, shut_it: Shut) -> None:
        """Who takes a listening socket into service, and who drops it with its connections."""
        self._open, self._shut = open_it, shut_it

    async def shut(self) -> None:
        if self._shut is not None and not self._is_shut:
            self._is_shut = True
            await self._shut()
            self.socket.close()

    async def open(self) -> None:
        if self._open is not None and self._is_shut:
            self.socket = _listen(*self.address)
            await self._open(self.socket)
            self._is_shut = False

    def close(self) -> None:
        self.socket.close()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; named as TCP's own, for else asyncio leaves Nagle's delay on."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    listening.listen(512)
    return listening
