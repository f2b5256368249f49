"""The way to the object store: unknown, untrusted, or through a proxy with a mind of its own."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bstui.errors import ServiceError
from bstui.text import Secret
from bstui.transfer.items import Item
from tests.transfer.bench import QUICK, SMALL_RANGES, Bench, until
from tests.transfer.store import MIB, Store, make_bytes, serving

HOST = "files.invalid"
"""Which only the proxy knows."""
PATIENCE = replace(QUICK, stall=20, connect=20)


def make_certificate(folder: Path, name: str, names: str, days: int = 2) -> Path:
    """A certificate signed by itself, `NAME.pem`, and beside it `NAME.both` with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    key, wish, certificate = (folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
    (folder / f"{name}.ext").write_text(f"subjectAltName={names}\n")
    curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=store"
    request = f"openssl req -new {curve} -keyout {key} -out {wish}"
    sign = f"openssl x509 -req -in {wish} -signkey {key} -extfile {folder / name}.ext -days {days}"
    for command in (request, f"{sign} -out {certificate}"):
        subprocess.run(command.split(), check=True, capture_output=True)
    both = folder / f"{name}.both"
    both.write_text(certificate.read_text() + key.read_text())
    return certificate


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Callable[[Path], Bench]]:
    """Benches whose store shows a certificate."""

    def show(certificate: Path) -> Bench:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.with_suffix(".both"))
        store = stores.enter_context(serving(Store(), context))
        store.put("deep", make_bytes(3 * MIB))
        return Bench(store, tmp_path / "destination")

    with ExitStack() as stores:
        yield show


def over_tls(bench: Bench, host: str = "127.0.0.1") -> Callable[[Item], object]:
    async def locate(item: Item) -> Secret:
        bench.located.append(item.id)
        return Secret(f"https://{host}:{bench.store.port}/{item.id}?Signature=s0")

    return locate


@pytest.mark.parametrize(
    ("names", "days"),
    [("IP:127.0.0.1", -1), ("DNS:elsewhere.invalid", 2)],
    ids=["expired", "other"],
)
async def test_a_certificate_that_does_not_hold_is_never_believed(
    names: str, days: int, secure: Callable[[Path], Bench], tmp_path: Path
) -> None:
    """S15: not asked twice, nothing sent, and told whose certificates it was checked with."""
    certificate = make_certificate(tmp_path, "store", names, days)
    bench = secure(certificate)
    await bench.run(locate=over_tls(bench), ca_file=str(certificate), limits=SMALL_RANGES)
    error = bench.heard.failures["deep"]
    assert isinstance(error, ServiceError)
    assert "certificate" in str(error)
    assert str(certificate) in str(error)
    assert bench.store.log == []
    assert bench.located == ["deep"]
    assert "deep" not in bench.tree()


async def test_a_name_that_nobody_knows_is_waited_for(bench: Bench) -> None:
    """S14: as a name server that is away."""
    bench.store.put("small", make_bytes(1000))
    unknown = True

    async def locate(item: Item) -> Secret:
        address = f"https://{HOST}/x?Signature=s"
        return Secret(address) if unknown else await bench.locate(item)

    engine = bench.engine(locate=locate, patience=PATIENCE)
    async with bench.running(engine, bench.items()):
        await until(lambda: engine.snapshot().wait is not None, 60)
        wait = engine.snapshot().wait
        assert wait is not None
        assert wait.reason == "network"
        assert HOST in wait.text
        assert "Signature" not in wait.text
        unknown = False
        await until(lambda: bool(bench.heard.done_files), 60)
    bench.check()


@dataclass
class Proxy:
    """An HTTP proxy that makes tunnels to one port, or does what it likes."""

    target: int
    way: str = "tunnel"
    port: int = 0
    asked: int = 0
    serving: set["asyncio.Task[None]"] = field(default_factory=set)
    """Connections that are open."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        try:
            await self._answer(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(f"CONNECT {HOST}:".encode())
        self.asked += 1
        if self.way not in ("tunnel", "cut"):
            writer.write(f"HTTP/1.1 {self.way} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        most = 200_000 if self.way == "cut" else None
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            up = asyncio.create_task(_carry(reader, back, None))
            await _carry(there, writer, most)
            up.cancel()
            await asyncio.wait([up])
        finally:
            back.close()


async def _carry(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, most: int | None
) -> None:
    carried = 0
    while (most is None or carried < most) and (data := await source.read(65536)):
        sink.write(data)
        await sink.drain()
        carried += len(data)


@asynccontextmanager
async def proxying(proxy: Proxy) -> AsyncIterator[None]:
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", proxy.port)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        if proxy.serving:
            await asyncio.wait(proxy.serving, timeout=60)


@pytest.fixture
def behind(secure: Callable[[Path], Bench], tmp_path: Path) -> Bench:
    """A bench whose store is known to the proxy only."""
    return secure(make_certificate(tmp_path, "store", f"DNS:{HOST}"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(("way", "told"), [("407", "proxy"), ("502", "502"), ("down", "127.0.0.1")])
async def test_a_proxy_that_refuses_is_waited_for_and_said(
    way: str, told: str, behind: Bench, tmp_path: Path
) -> None:
    """S16: and its password is told to nobody."""
    proxy = Proxy(behind.store.port, way, free_port())
    engine = behind.engine(
        locate=over_tls(behind, HOST),
        proxy=f"http://ada:open-sesame@127.0.0.1:{proxy.port}",
        ca_file=str(tmp_path / "store.pem"),
        patience=PATIENCE,
    )
    async with AsyncExitStack() as stack:
        if way != "down":
            await stack.enter_async_context(proxying(proxy))
        await stack.enter_async_context(behind.running(engine, behind.items()))
        await until(lambda: engine.snapshot().wait is not None, 60)
        wait = engine.snapshot().wait
        assert wait is not None
        assert told in wait.text
        assert "open-sesame" not in wait.text
        proxy.way = "tunnel"
        if way == "down":
            await stack.enter_async_context(proxying(proxy))
        await until(lambda: bool(behind.heard.done_files), 60)
    behind.check()


async def test_a_proxy_that_cuts_costs_no_byte_twice(behind: Bench, tmp_path: Path) -> None:
    """S16: what came through before is kept."""
    proxy = Proxy(behind.store.port, "cut")
    async with proxying(proxy):
        engine = behind.engine(
            locate=over_tls(behind, HOST),
            proxy=f"http://127.0.0.1:{proxy.port}",
            ca_file=str(tmp_path / "store.pem"),
            patience=PATIENCE,
        )
        async with behind.running(engine, behind.items()):
            await until(lambda: proxy.asked > 3, 60)
            proxy.way = "tunnel"
            await until(lambda: bool(behind.heard.done_files), 60)
    behind.check()
