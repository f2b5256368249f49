"""Projects and runs of a workspace: what to look for biosamples in, and runs to take as raw BCL."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from bstui.basespace.models import Project, ProjectCounts, Run
from bstui.basespace.run_access import look_at_run
from bstui.errors import BstuiError
from bstui.runs.facts import gather_facts
from bstui.tui.keys import bindings
from bstui.tui.palette import Destination
from bstui.tui.screens.basket_place import BasketPlace
from bstui.tui.screens.biosamples import BiosamplesScreen
from bstui.tui.screens.list_pane import Emptiness, Feed, ListPane
from bstui.tui.screens.memory import OpenSource, recall, remember, remember_table, restore_table
from bstui.tui.screens.rows import ItemRows
from bstui.tui.screens.source import (
    Known,
    Source,
    project_fields,
    run_fields,
    run_mark,
    source_key,
    source_kind,
    source_name,
    source_pairs,
    states_of,
)
from bstui.tui.screens.tabs import Tabs
from bstui.tui.screens.work import begin
from bstui.tui.services import Services, Workspace
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.detail import Detail
from bstui.tui.widgets.pick_table import PickTable
from bstui.tui.widgets.rows import LOOK_AT, MARKED, UNMARKED

_TABS = ("projects", "runs")
_REST = 0.6
"""Seconds that the cursor stays on a run before it is asked what can be had of it."""
_NO_PROJECTS = Emptiness(
    "This workspace has no projects.",
    "Its runs may be shared without their projects, or everything belongs to a workgroup.",
    "Press ] for the runs, or esc to choose another profile.",
)
_NO_RUNS = Emptiness(
    "This workspace has no runs.",
    "Projects can be shared without their runs.",
    "Press [ for the projects, or esc to choose another profile.",
)


class SourcesScreen(BasketPlace):
    """Two lists under two tabs; several of both can be chosen, and are then opened together."""

    BINDINGS = bindings("tabs", "runs", "beside")
    HINTS = ("open", "mark", "tab-after", "import", "mark-bcl", "filter")

    def __init__(self, services: Services, workspace: Workspace) -> None:
        super().__init__(services, workspace)
        self._chosen: set[str] = set(recall(self.basket).chosen)
        self._known = Known({}, {}, server=workspace.client.server)
        self._panes: dict[str, ListPane[Any]] = {
            "projects": ListPane(
                ItemRows(project_fields(self._known), source_key, badge=self._badge),
                _NO_PROJECTS,
                id="projects",
            ),
            "runs": ListPane(
                ItemRows(run_fields(self._known), source_key, badge=self._badge, tone=_tone),
                _NO_RUNS,
                id="runs",
            ),
        }
        self._tab = recall(self.basket).tab
        if self._tab not in _TABS:
            self._tab = "projects"
        self._tabs = Tabs({"projects": "Projects", "runs": "Runs"})
        self._detail = Detail(classes="beside")
        self._cursors: dict[str, str] = {}

    def compose_body(self) -> Iterable[Widget]:
        yield self._tabs
        with Horizontal():
            with ContentSwitcher(initial=self._tab):
                yield from self._panes.values()
            yield self._detail

    @property
    def pane(self) -> ListPane[Any]:
        return self._panes[self._tab]

    @property
    def crumbs(self) -> Sequence[str]:
        return (self.workspace.profile.name, self._tab)

    def on_mount(self) -> None:
        super().on_mount()
        for name, pane in self._panes.items():
            self._cursors[name] = restore_table(self.basket, name, pane.table)
        self._show_tab()
        self.load()
        self._reopen()

    def on_unmount(self) -> None:
        self._keep_place()

    def on_screen_suspend(self) -> None:
        self._keep_place()

    def _keep_place(self) -> None:
        remember(self.basket, tab=self._tab, chosen=sorted(self._chosen))
        for name, pane in self._panes.items():
            if len(pane.rows):
                remember_table(self.basket, name, pane.table)

    # Loading

    def load(self) -> None:
        """Both lists at once: what is behind the other tab is there when it is wanted."""
        client = self.workspace.client
        self._known.counts.clear()
        self._known.access.clear()
        self._known.facts.clear()
        self._panes["projects"].load(Feed([(client.projects(), lambda project: project)]))
        self._panes["runs"].load(Feed([(client.runs(), lambda run: run)]))

    def _reopen(self) -> None:
        """Where the last stay ended inside projects or runs, go there again."""
        wanted = recall(self.basket).open
        if wanted:
            begin(self, lambda: self._fetch_and_open(wanted), "open")

    async def _fetch_and_open(self, wanted: Sequence[OpenSource]) -> None:
        client = self.workspace.client
        try:
            sources: list[Source] = [
                await (client.run(one.id) if one.kind == "run" else client.project(one.id))
                for one in wanted
            ]
        except BstuiError as error:
            remember(self.basket, open=[])
            self.say(f"The last place could not be opened again. {error.message}")
            return
        if self.is_current:
            self._open(sources)

    def on_list_pane_changed(self) -> None:
        for name, key in list(self._cursors.items()):
            if key and self._panes[name].table.select_key(key):
                del self._cursors[name]
        super().on_list_pane_changed()
        self._show_detail()

    def on_pick_table_view_moved(self, event: PickTable.ViewMoved) -> None:
        if event.table is not self._panes["projects"].table:
            return
        projects = self._panes["projects"].items_of(event.rows)
        unknown = [project for project in projects if project.id not in self._known.counts]
        if unknown:
            begin(self, lambda: self._count(unknown), "details")

    async def _count(self, projects: Sequence[Project]) -> None:
        for project in projects:
            try:
                counts = await self.workspace.client.project_counts(project.id)
            except BstuiError:  # a detail: the cell stays empty, opening the project says why
                counts = ProjectCounts(id=project.id)
            self._known.counts[project.id] = counts
            self._panes["projects"].table.refresh_rows()
            self._show_detail()

    # What is shown

    def basket_changed(self) -> None:
        marks = self.basket.marks
        self._known.marked = Counter((mark.scope.kind, mark.scope.id) for mark in marks)
        self._known.bcl = self.basket.run.id if self.basket.run else ""
        for pane in self._panes.values():
            pane.table.refresh_rows()
        super().basket_changed()

    def _badge(self, source: Source) -> str:
        if source_key(source) in self._chosen:
            return MARKED
        return LOOK_AT if states_of(source, self._known.server) else UNMARKED

    def status_right(self) -> str:
        chosen = self._chosen_sources()
        parts = [f"{len(chosen)} chosen, enter opens"] if chosen else []
        return ", ".join([*parts, *filter(None, [super().status_right()])])

    def on_pick_table_cursor_moved(self) -> None:
        super().on_pick_table_cursor_moved()
        self._show_detail()
        if self.basket.run is not None:
            self.refresh_bindings()  # of another run than that one `b` is dead
        run = self.pane.cursor_item
        if isinstance(run, Run) and self._detail.display and run.id not in self._known.access:
            begin(self, lambda: self._look_at(run), "access")

    async def _look_at(self, run: Run) -> None:
        """What can be had of a run: several calls, so only once the cursor rests on it."""
        await asyncio.sleep(_REST)
        try:
            self._known.access[run.id] = await look_at_run(self.workspace.client, run)
            self._known.facts[run.id] = await gather_facts(self.workspace.client, run)
        except BstuiError:  # a detail: opening or importing the run says why
            return
        self._show_detail()

    def _show_detail(self) -> None:
        source = self.pane.cursor_item
        if source is None:
            self._detail.show("")
        else:
            self._detail.show(*source_pairs(source, self._known))

    def _show_tab(self) -> None:
        self.query_one(ContentSwitcher).current = self._tab
        self._tabs.show(self._tab)
        self.set_focus(self.pane.table)
        self.show_top()
        self.show_status()
        self._show_detail()
        self.refresh_bindings()

    def destinations(self) -> Iterator[Destination]:
        for pane in self._panes.values():
            for source in pane.rows.items:
                name = f"{source_kind(source)}: {source_name(source)}"
                yield Destination(name, partial(self._go_to, source), "Open its biosamples")

    def _go_to(self, source: Source) -> None:
        """Open it, wherever one was meanwhile."""
        while self.app.screen is not self and self in self.app.screen_stack:
            self.app.pop_screen()
        self._open([source])

    # Keys

    def refusal(self, action: str) -> str:
        if action == "mark_bcl" and self._tab != "runs":
            return "only runs can be taken as raw BCL: press ] for the runs"
        run = self.pane.cursor_item
        if action == "mark_bcl" and isinstance(run, Run):
            return self.basket.refusal_of(run_mark(run)) or ""
        return super().refusal(action)

    def action_tab(self, step: int) -> None:
        self._tab = _TABS[(_TABS.index(self._tab) + step) % len(_TABS)]
        self._show_tab()

    def action_scroll_pane(self, step: int) -> None:
        self._detail.scroll_lines(step * 3)

    def on_pick_table_mark_asked(self, event: PickTable.MarkAsked) -> None:
        for source in self._pane_of(event).items_of(event.rows):
            key = source_key(source)
            want = key not in self._chosen if event.want is None else event.want
            (self._chosen.add if want else self._chosen.discard)(key)
        self.pane.table.refresh_rows()
        self.show_status()

    def action_mark_bcl(self) -> None:
        run = self.pane.cursor_item
        if not isinstance(run, Run):
            return
        mark = run_mark(run)
        if mark in self.basket:
            self.change_marks((), (mark,))
            return
        if run.size is not None:
            self.workspace.sizes[mark.key] = run.size
        self.change_marks((mark,), ())
        states = states_of(run, self._known.server)
        if states:
            self.say(f"{run.name} is {states[0].text}")

    def on_pick_table_opened(self, event: PickTable.Opened) -> None:
        self._open(self._chosen_sources() or self._pane_of(event).items_of((event.row,)))

    def _pane_of(self, event: PickTable.Opened | PickTable.MarkAsked) -> ListPane[Any]:
        """The list that said it: the tab may be another by now."""
        return next(pane for pane in self._panes.values() if pane.table is event.table)

    def _open(self, sources: Sequence[Source]) -> None:
        remember(self.basket, open=[OpenSource(source_kind(s), s.id) for s in sources])
        self.app.push_screen(
            BiosamplesScreen(self.services, self.workspace, sources), self._came_back
        )

    def _came_back(self, held: object) -> None:
        remember(self.basket, open=[])
        if isinstance(held, dict):
            self._known.held |= held
            self.pane.table.refresh_rows()

    def _chosen_sources(self) -> list[Source]:
        return [
            source
            for pane in self._panes.values()
            for source in pane.rows.items
            if source_key(source) in self._chosen
        ]


def _tone(run: Run) -> Role:
    return Role.MUTED if run.is_deleted or run.is_archived else Role.TEXT
