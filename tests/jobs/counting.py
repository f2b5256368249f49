"""A relay before the simulated API that counts the calls which pass it."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CALL = re.compile(rb"(?:GET|POST) (\S+) HTTP/1\.1\r\n")
_ID = re.compile(r"[^/]*\d[^/]*")


@dataclass
class Calls:
    """What passed so far."""

    url: str = ""
    """Where the API is for whoever is to be counted."""
    heads: list[bytes] = field(default_factory=list)

    @property
    def number(self) -> int:
        return len(self.heads)

    @property
    def kinds(self) -> Counter[str]:
        """How often each kind of call came: paths without queries and ids."""
        paths = (urlsplit(head.decode()).path for head in self.heads)
        parts = (path.strip("/").partition("/") for path in paths)
        return Counter(f"{version}/{_ID.sub('ID', rest)}" for version, _, rest in parts)


@contextmanager
def counting(api_url: str) -> Iterator[Calls]:
    """A relay to the API at `api_url`, in a thread of its own."""
    to = urlsplit(api_url)
    calls, loop = Calls(), asyncio.new_event_loop()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(to.hostname, to.port)
        back = asyncio.create_task(pass_on(theirs, writer))
        while data := await reader.read(1 << 16):
            calls.heads += _CALL.findall(data)  # a call is one packet: httpx sends its head whole
            ours.write(data)
        ours.close()
        await back

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    calls.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield calls
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()
