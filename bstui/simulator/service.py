"""The whole simulator: every region's API and the object store, in a thread of their own."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from bstui.simulator.account import Grant, StoredFile, Tag, Tokens
from bstui.simulator.api import make_app
from bstui.simulator.bodies import Json
from bstui.simulator.calls import Host
from bstui.simulator.contents import Spool
from bstui.simulator.faults import Faults
from bstui.simulator.logins import Logins
from bstui.simulator.objects import ObjectStore
from bstui.simulator.open_points import Choices
from bstui.simulator.region import Region
from bstui.simulator.request_log import ObjectRequest, RequestLog
from bstui.simulator.scales import Scale, make_regions
from bstui.simulator.served import serve_folder
from bstui.simulator.signing import Signer
from bstui.simulator.states import States

_WEEK = 7 * 86_400
_START_LIMIT = 30
"""Seconds in which the servers must listen."""


@dataclass(frozen=True)
class SimulatorOptions:
    """Where the simulator listens and what it holds."""

    host: str = "127.0.0.1"
    port: int = 0
    """Of the first region's API; 0: any free one. The other regions take free ones."""
    object_port: int = 0
    ports: tuple[int, ...] = ()
    """Of every region's API, instead of `port`."""
    seed: int = 7
    scale: Scale = Scale.LAB
    deep: float = 1.0
    """Multiplies the laboratory's deep FASTQ, which are 27 and 34 MiB (two each) at 1."""
    serve: tuple[Path, ...] = ()
    """Run folders and folders of FASTQ that become the person's, in the first region."""
    log: Path | None = None
    """Where the object store's requests are written, a JSON line each."""
    url_lifetime: float = _WEEK
    """Seconds that a signed address is good for."""
    tokens: Tokens | None = None
    """Else those of the seed."""
    unsure: Mapping[str, str] = field(default_factory=dict)
    """The variant of what nobody knows of the service, by the name of the point."""


@dataclass(frozen=True)
class Account:
    """Someone a token acts for."""

    id: str
    name: str
    is_workgroup: bool
    token: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class RegionEndpoint:
    """A simulated region: where its API is, and the tokens that it takes."""

    name: str
    code: str
    api_url: str
    accounts: tuple[Account, ...]
    """The first is a person; tokens that may only browse come last."""


@dataclass(frozen=True)
class Truth:
    """What a file really holds."""

    path: str
    size: int
    sha256: str
    etag: str


class Simulator:
    """A BaseSpace on this machine, from `start()` to `stop()`, or as a context manager."""

    def __init__(self, options: SimulatorOptions | None = None) -> None:
        self.options = options or SimulatorOptions()
        self.tokens = self.options.tokens or Tokens.derive(self.options.seed)
        self._spool = Spool()
        self._worlds = make_regions(
            self.options.scale, self.options.seed, self.options.deep, self.tokens, self._spool
        )
        self.served = self._serve_folders()
        """What each folder became, for people."""
        self.choices = Choices(self.options.unsure)
        self._states = [
            States(world, self._spool, lambda: self.choices["zip-names"]) for world in self._worlds
        ]
        self.faults = Faults(self)
        self._log = RequestLog(self.options.log)
        self._sockets: list[socket.socket] = []
        """Every region's API, in their order, then the object store."""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self.regions: tuple[RegionEndpoint, ...] = ()
        self.objects_url = ""

    def _serve_folders(self) -> list[str]:
        world = self._worlds[0]
        person = world.grants[self.tokens.person].user
        folders = dict.fromkeys(path.absolute() for path in self.options.serve)
        try:
            return [serve_folder(world, person, folder) for folder in folders]
        except BaseException:
            self._spool.close()
            raise

    def start(self) -> Self:
        """Listen; return when every server answers."""
        ports = self.options.ports or (self.options.port,)
        for number in range(len(self._worlds)):
            self._listen(ports[number] if number < len(ports) else 0)
        objects = self._listen(self.options.object_port)
        self.objects_url = _address(objects)
        self.regions = tuple(
            _endpoint(world, _address(listening))
            for world, listening in zip(self._worlds, self._sockets, strict=False)
        )
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(objects, ready), name="simulator", daemon=True
        )
        self._thread.start()
        if not ready.wait(_START_LIMIT) or self._failure is not None:
            raise RuntimeError("the simulator did not start") from self._failure
        return self

    def stop(self) -> None:
        """End the servers and forget the contents."""
        if self._thread is not None and self._loop is not None and self._ending is not None:
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join()
            self._thread = None
        for listening in self._sockets:
            listening.close()
        self._log.close()
        self._spool.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def object_port(self) -> int:
        return int(self.objects_url.rsplit(":", 1)[1])

    def truth(self, files: set[str] | None = None) -> dict[str, Truth]:
        """What files really hold, by id; all files of all regions where none are named."""
        return {
            file.id: Truth(
                file.path, file.content.size, file.content.sha256(), file.content.stored.etag
            )
            for file in self._files()
            if not files or file.id in files
        }

    def paths(self) -> dict[str, str]:
        """The path of every file of every region, by its id."""
        return {file.id: file.path for file in self._files()}

    def _files(self) -> Iterator[StoredFile]:
        return (file for world in self._worlds for file in world.files.values())

    def _file(self, file_id: str) -> StoredFile:
        """A ValueError where no region has it."""
        for world in self._worlds:
            if file_id in world.files:
                return world.files[file_id]
        raise ValueError(f"there is no file {file_id}")

    def requests(self) -> list[ObjectRequest]:
        """What was asked of the object store, in order."""
        return self._log.all()

    def _listen(self, port: int) -> socket.socket:
        """A listening socket; named as TCP's own, for else asyncio leaves Nagle's delay on."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._sockets.append(listening)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self.options.host, port))
        listening.listen(512)
        return listening

    def replace_object(self, file: str) -> None:
        """Another object under the same id: its bytes reversed, so of the same size."""
        found = self._file(file)
        found.content = found.content.replaced(self._spool)
        found.modified = datetime.now(UTC).replace(microsecond=0)

    def become(self, thing: str, state: str) -> None:
        """Change the state of a run or dataset."""
        if not any(states.change(thing, state) for states in self._states):
            raise ValueError(f"there is no run or dataset {thing}")

    def upload(self, run: str, count: int) -> None:
        """Let more files of a run arrive."""
        for states in self._states:
            if run in states.region.runs:
                states.upload(states.region.runs[run], count)

    def tag(self, file: str, tag: str) -> None:
        """How the ETag of a file is told; a ValueError for a way that there is not."""
        self._file(file).tag = Tag(tag)

    def _run(self, objects: socket.socket, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(objects, ready))
        except BaseException as error:
            self._failure = error
            raise
        finally:
            ready.set()

    async def _serve(self, objects: socket.socket, ready: threading.Event) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        signer = Signer(self.options.seed)
        store = ObjectStore(self._find, signer, self.faults, self._log)
        await store.start(objects)
        servers = [self._server(states, signer) for states in self._states]
        running = [
            asyncio.create_task(server.serve([listening]))
            for server, listening in zip(servers, self._sockets, strict=False)
        ]
        ready.set()
        await self._ending.wait()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)
        await store.stop()

    def _find(self, key: str) -> StoredFile | None:
        return next((w.objects[key] for w in self._worlds if key in w.objects), None)

    def _server(self, states: States, signer: Signer) -> uvicorn.Server:
        host = Host(
            states.region,
            self.faults,
            signer,
            self.objects_url,
            self.options.url_lifetime,
            self.choices,
            states,
            Logins(states.region, self.options.seed, time.monotonic),
        )
        return uvicorn.Server(
            uvicorn.Config(
                make_app(host, self._log, self._truth_bodies),
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )

    def _truth_bodies(self, files: set[str]) -> dict[str, Json]:
        return {file: dict(vars(truth)) for file, truth in self.truth(files).items()}


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


def _endpoint(world: Region, address: str) -> RegionEndpoint:
    return RegionEndpoint(
        world.name,
        world.code,
        address,
        tuple(_account(token, grant) for token, grant in world.grants.items()),
    )


def _account(token: str, grant: Grant) -> Account:
    user = grant.user
    return Account(user.id, user.name, user.is_workgroup, token, grant.scopes)
