"""Everything the screens need of the rest of bstui, passed in: no screen reaches past it.

What reads or writes a disk runs in a thread: on a cluster it is a network file system, and the
screens must not stand still with it.
"""

import asyncio
import os
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bstui import __version__
from bstui.basespace.credentials import (
    Profile,
    account_key,
    choose_profile,
    find_profiles,
)
from bstui.basespace.models import Identity
from bstui.errors import BstuiError
from bstui.jobs.records import Launcher, Options, Want
from bstui.paths import Places, make_private, write_whole
from bstui.samples.basket import Basket
from bstui.samples.marks import AnyMark
from bstui.system import current_umask
from bstui.text import redact, safe_name
from bstui.tui.place_file import PlaceFile

if TYPE_CHECKING:  # each is imported where it is first needed: the first frame needs none of them
    from bstui.basespace.cache import ListingCache
    from bstui.basespace.client import Client
    from bstui.basespace.workgroups import Tokenless
    from bstui.config import Settings
    from bstui.history import History, HistoryFile, HistoryJob, ImportedRun
    from bstui.jobs.folder import JobFolder
    from bstui.jobs.plan import Contents, Plan, PlanRequest
    from bstui.jobs.sample_tally import SampleTally
    from bstui.jobs.timeline import Timeline
    from bstui.jobs.watch import JobsWatch, JobView, JobWatch
    from bstui.samples.sample_map import SampleMap
    from bstui.samples.selection import Selection
    from bstui.tui.reports import Reports
    from bstui.tui.verifications import Verifications

OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Workspace:
    """A profile in use: whom it acts for, the way to its data, and what of it is marked."""

    profile: Profile
    identity: Identity
    client: "Client"
    basket: Basket
    sizes: dict[tuple[str, ...], int] = field(default_factory=dict)
    """Bytes of what could be marked, by the key of its mark, as far as they have been told."""


@dataclass
class Services:
    """The parts of bstui as the screens use them; made by the command line, and by tests."""

    places: Places
    environ: Mapping[str, str]
    settings: "Settings"
    profile_name: str | None = None
    """The profile that the command line names."""
    reports: "Reports" = field(kw_only=True)
    clock: Callable[[], float] = time.time
    on_wait: Callable[[str], None] = lambda text: None
    """Told what a server is waited for; an empty text once it is for nothing."""
    jobs: "list[JobView]" = field(default_factory=list)
    """Every job as it was at the last look, newest first."""
    workspace: Workspace | None = None
    """What is browsed now."""
    _open: dict[str, Workspace] = field(default_factory=dict)
    _opening: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )
    _history_lock: threading.Lock = field(default_factory=threading.Lock)
    _history: "History | None" = None
    _is_leaving: bool = False
    _closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    # Profiles

    async def profiles(self) -> list[Profile]:
        """Every profile there is; broken ones say what is wrong with them."""
        return await asyncio.to_thread(find_profiles, self.places, self.environ)

    def last_profile(self) -> str:
        """The profile that was opened last; empty where none was."""
        try:
            return self._last_profile.read_text().strip()
        except (OSError, ValueError):
            return ""

    def keep_last_profile(self, name: str) -> None:
        """So that the cursor is on it next time."""
        make_private(self.places.state)
        write_whole(self._last_profile, f"{name}\n".encode())

    @property
    def _last_profile(self) -> Path:
        return self.places.state / "last-profile"

    @cached_property
    def place_file(self) -> PlaceFile:
        """Where jobs and history keep how they stood."""
        return PlaceFile(self.places.state / "screens.json")

    def chosen_profile(self) -> Profile | None:
        """The profile that the command line or the settings name; NotLoggedIn if it is broken."""
        named, usual = self.profile_name, self.settings.profile
        if not (named or usual):
            return None
        return choose_profile(self.places, self.environ, named, usual=usual)

    async def open(self, profile: Profile) -> Workspace:
        """The workspace of a profile: asks the server whom its token acts for, the first time."""
        key = f"{profile.server} {profile.name}"
        async with self._opening[key]:
            if key not in self._open:
                self._open[key] = await self._open_now(profile)
        return self._open[key]

    async def _open_now(self, profile: Profile) -> Workspace:
        make_client, cache = await asyncio.to_thread(lambda: (_client_type(), self._find_cache()))
        async with AsyncExitStack() as opened:
            client = await opened.enter_async_context(
                make_client(
                    profile.server,
                    profile.token,
                    ca_bundle=self.settings.ca_bundle,
                    cache=cache,
                    on_wait=lambda text: self.on_wait(text),
                )
            )
            identity = await client.identity()
            path = self.places.basket(account_key(profile.server, identity))
            basket = await asyncio.to_thread(Basket, path)
            self._closing.push_async_exit(opened.pop_all())
        return Workspace(profile.identified(identity), identity, client, basket)

    async def tokenless(self) -> "list[Tokenless]":
        """Workgroups of those who are logged in that no profile acts for."""
        from bstui.basespace.workgroups import find_tokenless

        known = list(self._open.values())
        return await find_tokenless((one.client, one.identity) for one in known)

    def _find_cache(self) -> "ListingCache | None":
        """Where listings are kept; none where the history cannot be used, which is no hindrance."""
        try:
            return self.history.cache()
        except BstuiError:
            return None

    async def close(self) -> None:
        """Close what was opened."""
        self._is_leaving = True
        if "verifications" in vars(self):
            await asyncio.to_thread(self.verifications.close)
        await self._closing.aclose()
        if self._history is not None:
            await asyncio.to_thread(self._history.close)

    # Importing

    def request(
        self, workspace: Workspace, destination: Path, options: Options, name: str
    ) -> "PlanRequest":
        """What to plan; a screen shows where there is no room, so that is no error here."""
        from bstui.jobs.plan import PlanRequest

        return PlanRequest(
            destination=destination,
            profile=workspace.profile.name,
            region=workspace.profile.region,
            identity=workspace.identity,
            options=options,
            launcher=Launcher.DETACHED,
            name=name,
            jobs_dir=self.places.jobs,
            umask=current_umask(),
            requires_room=False,
            clock=self.clock,
        )

    async def read(
        self, workspace: Workspace, selection: "Selection", on_step: OnStep
    ) -> "Contents":
        """What a selection holds at BaseSpace, for `plan`."""
        from bstui.jobs.plan import read_contents

        return await read_contents(workspace.client, selection, progress=on_step)

    async def plan(
        self,
        workspace: Workspace,
        selection: "Selection",
        request: "PlanRequest",
        contents: "Contents",
    ) -> "Plan":
        """The plan; nothing is written, and nobody is asked."""
        from bstui.jobs.plan import make_plan

        return await make_plan(workspace.client, selection, request, contents=contents)

    def command(self, selection: "Selection", request: "PlanRequest", list_name: str) -> str:
        """The command line that does the same as a plan."""
        from bstui.jobs.command import equivalent_command

        return equivalent_command(selection, request, self._list_path(list_name))

    async def write_list(self, marks: Sequence[AnyMark], name: str) -> None:
        """The file that `command` names where marks are many: their selectors, one a line."""
        lines = "".join(f"{mark.selector}\n" for mark in marks)
        path = self._list_path(name)

        def write() -> None:
            make_private(path.parent)
            write_whole(path, lines.encode())

        await asyncio.to_thread(write)

    def map_path(self, name: str) -> Path:
        """Where the arranged samples of a job would be kept for the command line."""
        return self.places.state / f"samples-{safe_name(name)}.tsv"

    async def write_map(self, sample_map: "SampleMap") -> None:
        """The file that the command names where samples were arranged."""
        from bstui.samples.sample_map import sample_map_text

        def write() -> None:
            path = Path(sample_map.source)
            make_private(path.parent)
            write_whole(path, sample_map_text(sample_map).encode())

        await asyncio.to_thread(write)

    def _list_path(self, name: str) -> Path:
        return self.places.state / f"marks-{safe_name(name)}.txt"

    async def start(self, plan: "Plan", profile: Profile) -> None:
        """Make the job and start its worker; returns when its first event is seen."""
        from bstui.jobs.launchers import start_job

        await asyncio.to_thread(
            start_job, plan, places=self.places, environ=self.environ, profile=profile
        )

    # Jobs

    async def look_at_jobs(self) -> "list[JobView]":
        """Every job as it is now, newest first; also kept as `jobs`."""
        self.jobs = await asyncio.to_thread(lambda: self._jobs_watch.refresh())
        return self.jobs

    def take_in(self, view: "JobView") -> None:
        """A newer look at one of the jobs."""
        self.jobs = [view if job.id == view.id else job for job in self.jobs]

    @cached_property
    def _jobs_watch(self) -> "JobsWatch":
        from bstui.jobs.watch import JobsWatch

        return JobsWatch(self.places.jobs)

    def folder(self, job_id: str) -> "JobFolder":
        from bstui.jobs.folder import JobFolder

        return JobFolder(self.places.jobs / job_id)

    def watch(self, job_id: str) -> "JobWatch":
        """Follows one job; its `refresh` reads a disk."""
        from bstui.jobs.watch import JobWatch

        return JobWatch(self.folder(job_id))

    async def ask(self, job_id: str, want: Want) -> None:
        """Wish that a job pauses, goes on or is cancelled."""
        from bstui.jobs.control import ask

        await asyncio.to_thread(ask, self.folder(job_id), want=want)

    async def limit(self, job_id: str, timetable: str) -> None:
        """Wish that a job keeps to this limit of bytes a second."""
        from bstui.jobs.control import change_limits

        await asyncio.to_thread(change_limits, self.folder(job_id), {"bwlimit": timetable})

    def tally(self, job_id: str) -> "SampleTally":
        """Follows a job's samples; its `refresh` reads a disk."""
        from bstui.jobs.sample_tally import SampleTally

        return SampleTally(self.folder(job_id))

    def timeline(self, job_id: str) -> "Timeline":
        """Follows what happened to a job; its `refresh` reads a disk."""
        from bstui.jobs.timeline import Timeline

        return Timeline(self.folder(job_id))

    @cached_property
    def verifications(self) -> "Verifications":
        from bstui.tui.verifications import Verifications

        return Verifications(self.places, self.environ)

    async def resume(self, job_id: str, *, take_over: bool = False) -> None:
        """Start a job again that has no worker; InUse where it has one, unless that is replaced."""
        from bstui.jobs.launchers import launcher_of, resume

        folder = self.folder(job_id)
        last = await asyncio.to_thread(launcher_of, folder)
        await asyncio.to_thread(
            resume,
            folder,
            Launcher.DETACHED if last is Launcher.HERE else last,
            places=self.places,
            environ=self.environ,
            take_over=take_over,
        )

    def note_mistake(self, error: Exception) -> str:
        """Keep the traceback of an error that is bstui's own; the sentence for the person."""
        what = f"bstui made a mistake ({type(error).__name__})"
        trace = redact("".join(traceback.format_exception(error)))
        head = f"{time.strftime('%Y-%m-%d %H:%M:%S')} bstui {__version__}, Python {sys.version}"
        log = self.places.state / "screen.log"
        try:
            make_private(log.parent)
            with open(log, "a", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(f"{head}\n{trace}\n")
        except (BstuiError, OSError) as refused:
            return f"{what}; no report could be written ({refused})."
        return f"{what}; {log} says where."

    def renewed(self) -> "Services":
        """The same for another run of the screens, with nothing opened."""
        return Services(
            self.places,
            self.environ,
            self.settings,
            self.profile_name,
            reports=self.reports,
            clock=self.clock,
        )

    # History

    @property
    def history(self) -> "History":
        """The index; threads of several workers ask for it."""
        from bstui.history import History, find_database

        with self._history_lock:
            if self._history is None:
                self._history = History(find_database(self.places))
            return self._history

    async def catch_up(self) -> bool:
        """Take into the history what job folders say that is new; whether there was any."""
        found = await asyncio.to_thread(
            self.history.catch_up, self.places.jobs, lambda: not self._is_leaving
        )
        return bool(found.changed)

    async def past_jobs(self, search: str = "") -> "Sequence[HistoryJob]":
        return await asyncio.to_thread(self.history.jobs, search)

    async def past_files(self, job_id: str) -> "Sequence[HistoryFile]":
        return await asyncio.to_thread(lambda: list(self.history.files_of(job_id)))

    async def imported_runs(self, ids: Sequence[str]) -> "dict[str, list[ImportedRun]]":
        """Of these biosamples, what has been imported and is still where it went."""

        def look() -> "dict[str, list[ImportedRun]]":
            found = self.history.imported_runs(ids)
            return {id_: [run for run in runs if run.is_there()] for id_, runs in found.items()}

        return await asyncio.to_thread(look)


def _client_type() -> "type[Client]":
    """For a thread: it takes a tenth of a second to import."""
    from bstui.basespace.client import Client

    return Client
