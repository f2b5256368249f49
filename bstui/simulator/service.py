"""The whole simulator: every region's API and the object store, in a thread of their own."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bstui.simulator.account import Grant, Run, StoredFile, Tag, Tokens
from bstui.simulator.api import make_app
from bstui.simulator.bodies import Json
from bstui.simulator.calls import Host
from bstui.simulator.contents import Batch, Spool
from bstui.simulator.control import make_control
from bstui.simulator.door import Door
from bstui.simulator.faults import Faults
from bstui.simulator.front import Front
from bstui.simulator.logins import Logins
from bstui.simulator.objects import ObjectStore
from bstui.simulator.open_points import Choices
from bstui.simulator.region import Region
from bstui.simulator.request_log import ObjectRequest, RequestLog
from bstui.simulator.scales import Scale
from bstui.simulator.servers import address_of, drop, make_server, reopen, tls_context
from bstui.simulator.signing import Signer
from bstui.simulator.states import States
from bstui.simulator.worlds import make_worlds

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
    control_port: int = 0
    """Of the control endpoint (`control.py`)."""
    ports: tuple[int, ...] = ()
    """Of every region's API, instead of `port`."""
    seed: int = 7
    scale: Scale = Scale.LAB
    deep: float = 1.0
    """Multiplies the laboratory's deep FASTQ, which are 27 and 34 MiB (two each) at 1."""
    account: Path | None = None
    """A file that describes what there is, in place of a scale."""
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
    certificate: Path | None = None
    """A PEM file of a certificate and its key: the API and the objects are then served over TLS."""


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
        what = self.options.account or self.options.scale
        self._worlds, self.served = make_worlds(
            what,
            self.options.serve,
            self.options.seed,
            self.options.deep,
            self.tokens,
            self._spool,
        )
        """The regions; and what each folder that is served became, for people."""
        self.choices = Choices(self.options.unsure, self._name_files)
        self._states = [
            States(world, self._spool, lambda: self.choices["zip-names"]) for world in self._worlds
        ]
        self.faults = Faults(self)
        self._log = RequestLog(self.options.log)
        self._doors: list[Door] = []
        """Every region's API, in their order, then the object store, then the control endpoint."""
        self._tls = tls_context(self.options.certificate)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self.regions: tuple[RegionEndpoint, ...] = ()
        self.objects_url = ""
        self.control_url = ""

    def start(self) -> Self:
        """Listen; return when every server answers."""
        ports = self.options.ports or (self.options.port,)
        for number, world in enumerate(self._worlds):
            port = ports[number] if number < len(ports) else 0
            self._add_door(port, ("api", world.name, world.code))
        *apis, objects, control = (
            *self._doors,
            self._add_door(self.options.object_port, ("objects",)),
            self._add_door(self.options.control_port, ()),
        )
        scheme = "https" if self._tls else "http"
        self.objects_url = address_of(objects, scheme)
        self.control_url = address_of(control, "http")
        self.regions = tuple(
            _endpoint(world, address_of(door, scheme))
            for world, door in zip(self._worlds, apis, strict=True)
        )
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="simulator", daemon=True
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
        for door in self._doors:
            door.close()
        self._log.close()
        self._spool.close()

    close = stop

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

    def _name_files(self, choices: Choices) -> None:
        for world in self._worlds:
            world.name_bgzf(choices["bgzf-names"])

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

    def _add_door(self, port: int, names: tuple[str, ...]) -> Door:
        door = Door(self.options.host, port, names)
        self._doors.append(door)
        return door

    def shut(self, where: str) -> None:
        """Refuse connections to the doors of that name; of none, to all but the control's."""
        for door in self._named(where):
            self._within(door.shut())

    def open(self, where: str) -> None:
        """Listen again."""
        for door in self._named(where):
            self._within(door.open())

    def _named(self, where: str) -> list[Door]:
        found = [door for door in self._doors if door.names and where in ("", *door.names)]
        if not found and self._doors:
            raise ValueError(f"there is nothing called {where}; use api, objects or a region")
        return found

    def _within(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it in the servers' thread, and return when it is done."""
        if self._loop is None or self._thread is None:
            work.close()
            return
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_LIMIT)

    def certify(self, chain: str) -> None:
        """Show another certificate."""
        if self._tls is None:
            raise ValueError("the simulator was started without TLS")
        try:
            self._tls.load_cert_chain(chain)
        except OSError as error:
            raise ValueError(f"{chain}: {error}") from error

    def replace_object(self, file: str, by: int) -> None:
        """Another object under the same id: its bytes reversed, and so many more or fewer."""
        found = self._file(file)
        content = found.content.replaced(self._spool)
        if by:
            data = (content.read() + bytes(max(0, by)))[: content.size + by]
            content = Batch(self._spool, lambda: [data]).add()
        found.content = content
        if not isinstance(found.owner, Run):
            found.owner.session.forget_size()
        for world in self._worlds:
            world.version += 1
        found.modified = datetime.now(UTC).replace(microsecond=0)

    def repart(self, file: str, size: int) -> None:
        """The same bytes, as if they had been uploaded in parts of another size."""
        found = self._file(file)
        data = found.content.read()
        found.content = Batch(self._spool, lambda: [data]).add(len(data), size)

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

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            self._failure = error
            raise
        finally:
            ready.set()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        signer = Signer(self.options.seed)
        store = ObjectStore(self._find, signer, self.faults, self._log, self.choices)
        *apis, objects, control = self._doors
        await store.start(objects.socket, self._tls)
        objects.attend(lambda listening: store.start(listening, self._tls), store.shut)
        apps = [
            Front(
                make_app(self._host(states, signer)),
                self.faults,
                self.choices,
                store.wait_for_clearing,
            )
            for states in self._states
        ]
        own = make_control(self.faults, self.choices, self._log, self._truth_bodies)
        servers = [*(make_server(app, self._tls) for app in apps), make_server(own, None)]
        running = [
            asyncio.create_task(server.serve([door.socket]))
            for server, door in zip(servers, (*apis, control), strict=True)
        ]
        for server, door in zip(servers, apis, strict=False):
            door.attend(partial(reopen, server), partial(drop, server))
        ready.set()
        await self._ending.wait()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)
        await store.stop()

    def _find(self, key: str) -> StoredFile | None:
        return next((w.objects[key] for w in self._worlds if key in w.objects), None)

    def _host(self, states: States, signer: Signer) -> Host:
        return Host(
            states.region,
            self.faults,
            signer,
            self.objects_url,
            self.options.url_lifetime,
            self.choices,
            states,
            Logins(states.region, self.options.seed, time.monotonic),
        )

    def _truth_bodies(self, files: set[str]) -> dict[str, Json]:
        return {file: dict(vars(truth)) for file, truth in self.truth(files).items()}


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
