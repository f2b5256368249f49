"""The demo's simulator: a process that serves as long as a screen or a job of the demo needs it."""

import asyncio
import fcntl
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from bstui.basespace.client import Client
from bstui.basespace.credentials import store_profile
from bstui.errors import InUse, UsageError
from bstui.jobs.watch import list_jobs
from bstui.paths import Places, make_private, write_whole
from bstui.text import Secret

if TYPE_CHECKING:
    from bstui.simulator.service import Simulator

_IDLE = 5.0
"""Seconds between two looks at whether anybody needs the simulator."""


class Served(msgspec.Struct, frozen=True):
    """`simulator.json`: the demo's simulator, as it is or was."""

    pid: int
    ports: tuple[int, ...]
    """Of the regions' APIs."""
    object_port: int
    profiles: tuple[str, ...]
    """The names of the profiles that were stored for it; the first is the tour's."""


def serve_demo(places: Places) -> int:
    """Serve until no screen of the demo is open and no job of it is alive."""
    for folder in (places.home, places.config, places.state):
        make_private(folder)
    with _lock_file(places) as lock:
        if not _try_lock(lock):
            raise InUse("The demo's simulator runs already.")
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: ended.set())
        simulator = start_simulator(read_served(places))
        with ExitStack() as ending:
            ending.callback(simulator.stop)
            profiles = asyncio.run(_store_profiles(places, simulator))
            ports = tuple(urlsplit(region.api_url).port or 0 for region in simulator.regions)
            served = Served(os.getpid(), ports, simulator.object_port, profiles)
            write_whole(places.state / "simulator.json", msgspec.json.encode(served))
            while not ended.wait(_IDLE) and _is_needed(places):
                pass
    return 0


def read_served(places: Places) -> Served | None:
    """The simulator that runs, or ran last."""
    try:
        return msgspec.json.decode((places.state / "simulator.json").read_bytes(), type=Served)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def is_serving(places: Places) -> bool:
    """Whether a process holds the simulator's lock."""
    with _lock_file(places) as lock:
        return not _try_lock(lock)


@contextmanager
def holding(places: Places) -> Iterator[None]:
    """Keep the simulator from leaving: it looks for locks in this folder."""
    with tempfile.NamedTemporaryFile(dir=make_private(places.state / "open")) as presence:
        fcntl.flock(presence, fcntl.LOCK_EX)
        yield


def start_simulator(before: Served | None) -> "Simulator":
    """A running simulator, on the ports it had before, so that jobs find it again; or on others."""
    try:
        from bstui.simulator.service import Simulator, SimulatorOptions
    except ImportError as error:
        raise UsageError(
            "The simulator's libraries are not installed.",
            hint="Install them with `pip install 'bstui[demo]'`.",
        ) from error
    if before is not None:
        simulator = Simulator(SimulatorOptions(ports=before.ports, object_port=before.object_port))
        try:
            return simulator.start()
        except OSError:
            # Somebody else has a port now; the profiles will say where we are instead.
            simulator.stop()
    return Simulator(SimulatorOptions()).start()


async def _store_profiles(places: Places, simulator: "Simulator") -> tuple[str, ...]:
    """A profile for every account of every region whose token may read."""
    names = []
    for region in simulator.regions:
        for account in region.accounts:
            if not any(scope.startswith("READ") for scope in account.scopes):
                continue
            kind = "workgroup" if account.is_workgroup else "person"
            name = f"{region.name}-{kind}".lower()
            token = Secret(account.token)
            async with Client(region.api_url, token) as client:
                identity = await client.identity()
            store_profile(places, name, region.api_url, token, identity)
            names.append(name)
    return tuple(names)


def _is_needed(places: Places) -> bool:
    opened = any(_is_held(path) for path in (places.state / "open").glob("*"))
    return opened or any(view.status.is_active for view in list_jobs(places.jobs))


def _is_held(path: Path) -> bool:
    """Whether a screen holds its lock; the file of one that was killed is removed."""
    try:
        with path.open("rb") as file:
            if not _try_lock(file.fileno()):
                return True
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    return False


@contextmanager
def _lock_file(places: Places) -> Iterator[int]:
    descriptor = os.open(places.state / "simulator.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
