"""The first screen: which region, as whom. Choosing a profile chooses the workspace."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.widget import Widget

from bstui.basespace.credentials import Profile, Source
from bstui.basespace.models import Identity
from bstui.basespace.regions import find_region, region_code
from bstui.basespace.workgroups import Tokenless
from bstui.errors import BstuiError, NotLoggedIn
from bstui.text import Secret
from bstui.tui.screens.list_pane import Emptiness, ListPane
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.memory import recall, remember
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.screens.work import begin
from bstui.tui.services import Services, Workspace
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.pick_table import PickTable

_EMPTY = Emptiness(
    "Nobody is logged in to BaseSpace here.",
    "No profile, no token in the environment, and no ~/.basespace/*.cfg was found.",
    "Leave with q and run `bstui login`, or try `bstui demo`. R looks again.",
)
_FIRST_TIME = "first time here?  j k move  enter opens  space marks  i imports  ? keys  : all"
_SOURCES = {
    Source.ENVIRONMENT: "environment",
    Source.OWN: "bstui login",
    Source.OFFICIAL: "~/.basespace",
}


@dataclass
class Entry:
    """A profile, and what its server said of it."""

    profile: Profile
    identity: Identity | None = None
    error: BstuiError | None = None
    is_tried: bool = False
    tokenless: Tokenless | None = None
    """The workgroup that this row stands for, where there is no profile for it."""

    @property
    def key(self) -> str:
        if self.tokenless is None:
            return self.profile.name
        return f"{self.tokenless.server} {self.tokenless.workgroup.id}"

    @property
    def problem(self) -> str:
        """Why it cannot be used, in sentences; empty where it can."""
        return self.profile.problem or (str(self.error) if self.error else "")

    @property
    def region(self) -> str:
        region = find_region(self.profile.server)
        return region.place if region else self.profile.server.partition("://")[2] or "unknown"

    @property
    def name(self) -> str:
        """Whom it acts for."""
        known = self.identity or self.profile.identity
        return known.name if known else "" if self.problem else "…"

    @property
    def kind(self) -> str:
        known = self.identity or self.profile.identity
        return "" if known is None else "workgroup" if known.is_workgroup else "person"

    @property
    def state(self) -> str:
        if self.tokenless is not None:
            return "no token"
        if self.profile.problem:
            return "broken"
        if self.error is not None:
            return "refused" if isinstance(self.error, NotLoggedIn) else "no answer"
        if self.identity is not None and not self.identity.may_read:
            return "list only"
        return "ok" if self.is_tried else "…"


_FIELDS = (
    Field[Entry](Column("region", "region", 18, 15, 0), lambda e: e.region),
    Field[Entry](Column("profile", "profile", 20, 14, 0), lambda e: e.profile.name),
    Field[Entry](Column("name", "acts for", 26, 14, 0, letter="f"), lambda e: e.name),
    Field[Entry](Column("kind", "kind", 9, priority=3), lambda e: e.kind),
    Field[Entry](
        Column("from", "comes from", 24, priority=4),
        lambda e: "" if e.tokenless else _SOURCES[e.profile.source],
    ),
    Field[Entry](Column("state", "state", 9, priority=1), lambda e: e.state),
)


class ProfilesScreen(ListPlace):
    """The profiles by region; each is tried once, so that a refused token shows at once."""

    HINTS = ("open", "filter", "sort", "reload", "jobs", "quit")

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        rows = ItemRows(_FIELDS, lambda e: e.key, tone=_tone)
        self._pane = ListPane(rows, _EMPTY, markable=False)
        self._opened: Workspace | None = None
        """Entered, and not shown yet."""

    @property
    def pane(self) -> ListPane[Entry]:
        return self._pane

    def compose_body(self) -> Iterable[Widget]:
        yield self.pane

    @property
    def crumbs(self) -> Sequence[str]:
        return ("bstui", "profiles")

    def on_mount(self) -> None:
        self.set_focus(self.pane.table)
        self.load()
        begin(self, self._open_chosen, "open")

    def load(self) -> None:
        begin(self, self._load, "load")

    async def _load(self) -> None:
        profiles = _by_region(await self.services.profiles())
        self.pane.show([Entry(profile) for profile in profiles])
        self.pane.table.select_key(self.services.last_profile())
        entries = [entry for entry in self.pane.rows.items if not entry.profile.problem]
        await asyncio.gather(*(self._try(entry) for entry in entries))
        missing = [_entry_of(one) for one in await self.services.tokenless()]
        if missing:
            self.pane.show([*self.pane.rows.items, *missing])
        if entries and not self.services.last_profile() and self.is_current:
            self.say(_FIRST_TIME, Role.MUTED)

    async def _try(self, entry: Entry) -> Workspace | None:
        try:
            workspace = await self.services.open(entry.profile)
        except BstuiError as error:
            entry.error = error
            return None
        else:
            entry.error, entry.identity = None, workspace.identity
            entry.profile = workspace.profile
            return workspace
        finally:
            entry.is_tried = True
            self.pane.table.refresh_rows()
            self.show_status()

    async def _open_chosen(self) -> None:
        """Go straight to the profile that the command line or the settings name, or else to that
        in which the last stay ended."""
        try:
            profile = self.services.chosen_profile()
        except BstuiError as error:
            self.say_error(error)
            return
        if profile is None:
            wanted = recall(self.services.place_file).profile
            known = await self.services.profiles() if wanted else []
            profile = next((p for p in known if p.name == wanted and not p.problem), None)
        if profile is not None:
            await self._enter(Entry(profile))

    async def _enter(self, entry: Entry) -> None:
        self.foot.say(f"asking {entry.region} …", Role.MUTED)
        workspace = await self._try(entry)
        self.foot.status.unsay()
        if workspace is None:
            self.say(entry.problem, Role.ERROR)
            return
        self._opened = workspace
        if self.is_current:
            self._go_in()

    def _go_in(self) -> None:
        """Show what was opened; where another place is shown by now, once this one is again."""
        workspace, self._opened = self._opened, None
        if workspace is None:
            return
        from bstui.tui.screens.sources import SourcesScreen  # and with it all that plans

        self.services.workspace = workspace
        self.services.keep_last_profile(workspace.profile.name)
        remember(self.services.place_file, profile=workspace.profile.name)
        self.app.push_screen(SourcesScreen(self.services, workspace), self._came_back)

    def _came_back(self, _: object) -> None:
        remember(self.services.place_file, profile="")

    def on_pick_table_opened(self, event: PickTable.Opened) -> None:
        entry = self.pane.rows.items[event.row]
        if entry.profile.problem:
            self.say(entry.problem, Role.ERROR)
        else:
            begin(self, lambda: self._enter(entry), "open")

    def on_screen_resume(self) -> None:
        self.services.workspace = None
        super().on_screen_resume()
        self._go_in()

    def copy_text(self) -> str:
        entry = self.pane.cursor_item
        return "" if entry is None else str(entry.profile.name)


def _entry_of(one: Tokenless) -> Entry:
    """A row for a workgroup that has no profile; opening it says how to get one."""
    group = one.workgroup
    stand_in = Profile(
        name="",
        server=one.server,
        token=Secret(""),
        source=Source.OWN,
        region=region_code(one.server),
        identity=Identity(id=group.id, name=group.name, is_workgroup=True),
        problem=one.advice,
    )
    return Entry(stand_in, tokenless=one)


def _by_region(profiles: Sequence[Profile]) -> list[Profile]:
    """The profiles of one server beside each other, otherwise in the order of preference."""
    servers = list(dict.fromkeys(profile.server for profile in profiles))
    return sorted(profiles, key=lambda profile: servers.index(profile.server))


def _tone(entry: Entry) -> Role:
    return Role.MUTED if entry.problem else Role.TEXT
