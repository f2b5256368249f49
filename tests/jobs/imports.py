"""Real jobs for tests: planned from the simulator's laboratory, checked against its truth."""

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bstui.basespace.client import Client
from bstui.basespace.credentials import Profile, store_profile
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder, create_job
from bstui.jobs.manifest import RECORDS
from bstui.jobs.plan import PlanRequest, make_plan
from bstui.jobs.pulse import Rhythm
from bstui.jobs.records import FileDone, Options
from bstui.jobs.state import State
from bstui.jobs.watch import JobView, JobWatch
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.samples.selection import resolve
from bstui.samples.selectors import parse_selectors
from bstui.simulator.service import Simulator
from bstui.text import Secret
from tests.lab import wait_for
from tests.oracle import BAD

DEEP = "project:=Tumour exomes and small RNA"
SMALL = "project:=Cardiac amplicon panel"
QUICK = Rhythm(tend=0.02, moving=0.05, idle=0.1, login=0.1, first_wait=0.05, room=0.05)


def log_in(simulator: Simulator, places: Places, token: str = "") -> Profile:
    """The person of the first region as the profile `default`."""
    region = simulator.regions[0]
    secret = Secret(token or simulator.tokens.person)
    return store_profile(places, "default", region.api_url, secret, None)


def plan_job(
    profile: Profile,
    places: Places,
    destination: Path,
    selector: str = SMALL,
    options: Options | None = None,
) -> JobFolder:
    """A job folder whose plan is what `bstui import SELECTOR` would write."""

    async def plan() -> JobFolder:
        async with Client(profile.server, profile.token) as client:
            identity = await client.identity()
            wished = options or Options()
            selection = await resolve(client, parse_selectors([selector]), wished.bcl)
            request = PlanRequest(
                destination=destination,
                profile=profile.identified(identity).name,
                region=profile.region,
                identity=identity,
                options=wished,
                jobs_dir=places.jobs,
            )
            made = await make_plan(client, selection, request)
        return create_job(places.jobs, made.header, made.files)

    return asyncio.run(plan())


@contextmanager
def working(
    folder: JobFolder, places: Places, environ: Mapping[str, str], token: Secret | None = None
) -> Iterator[list[int]]:
    """A worker in a thread; the list holds its exit code once the block has ended."""
    codes: list[int] = []
    thread = threading.Thread(
        target=lambda: codes.append(run_worker(folder.path, places, environ, token, QUICK))
    )
    thread.start()
    try:
        yield codes
    finally:
        thread.join(90)
        assert not thread.is_alive(), "the worker did not end"


def await_state(folder: JobFolder, *states: State, timeout: float = 90) -> JobView:
    """The job's view once it is in one of these states."""
    watch = JobWatch(folder)
    wait_for(lambda: watch.refresh().status.state in states, timeout)
    return watch.refresh()


def check_tree(folder: JobFolder, simulator: Simulator) -> None:
    """Every file of the plan stands whole under its name, nothing else does, and each is told."""
    destination = Path(folder.header().destination)
    files = list(folder.files())
    truth = simulator.truth({file.id for file in files})
    for file in files:
        data = (destination / file.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == truth[file.id].sha256, file.path
    there = {
        os.path.relpath(os.path.join(root, name), destination)
        for root, _, names in os.walk(destination)
        for name in names
        if not name.endswith(BAD) and RECORDS not in Path(root).parts
    }
    assert there == {file.path for file in files}
    assert told_done(folder) == {file.id for file in files}


def told_done(folder: JobFolder) -> set[str]:
    """The ids of all `done` events; each file is told once."""
    ids = [
        event.id
        for attempt in folder.numbers().events
        for event, _ in read_events(folder.events(attempt))
        if isinstance(event, FileDone)
    ]
    assert len(ids) == len(set(ids)), "a file was told twice"
    return set(ids)
