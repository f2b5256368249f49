"""All jobs, the newest first, as their folders say; below, what the one under the cursor does."""

from collections.abc import Iterable, Sequence
from typing import Any

from textual.widget import Widget

from bstui.jobs.watch import JobView
from bstui.tui.screens import job_text
from bstui.tui.screens.job import JobScreen
from bstui.tui.screens.job_keys import JobKeys
from bstui.tui.screens.list_pane import Emptiness, ListPane
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.memory import remember_table, restore_table
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.screens.work import begin
from bstui.tui.services import Services
from bstui.tui.themes import look_of
from bstui.tui.widgets.canvas import Lines, Role, Span, line
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.pick_table import PickTable
from bstui.tui.widgets.progress_rows import ProgressRows, bar_text, percent_text
from bstui.units import count_text, rate_text, size_text

_PERIOD = 1.0
"""Seconds between two looks while this list is on the screen."""
_BAR = 14
_EMPTY = Emptiness(
    "No jobs yet.",
    "A job is an import that was started, here or with `bstui import`.",
    "1 goes to projects and runs: mark biosamples, then i.",
)


class JobsScreen(ListPlace, JobKeys):
    """The list of jobs."""

    HINTS = ("open", "pause", "cancel", "resume", "filter", "quit")

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        rows = ItemRows(self._fields(), lambda view: view.id, tone=_tone)
        self._pane: ListPane[JobView] = ListPane(rows, _EMPTY, markable=False)
        self._head = Lines(id="jobs-head")
        self._moving = ProgressRows(5, id="jobs-running")
        self._is_looking = False
        self._cursor = ""
        """The key of the row that the cursor was on, until it is there again."""

    def _fields(self) -> Sequence[Field[JobView]]:
        def bar(view: JobView) -> str:
            return bar_text(job_text.fraction(view), _BAR, look_of(self).glyphs)

        return (
            Field(Column("name", "job", 30, 22, 0, grow=True), lambda v: v.header.name),
            Field(Column("state", "state", 12, 9, 1), job_text.state_text),
            Field(
                Column("done", "done", 4, priority=1, right=True),
                lambda v: percent_text(job_text.fraction(v)),
                job_text.fraction,
            ),
            Field(Column("bar", "", _BAR, priority=5), bar),
            Field(
                Column("size", "size", 8, priority=6, right=True, letter="z"),
                lambda v: size_text(v.header.bytes),
                lambda v: v.header.bytes,
            ),
            Field(
                Column("rate", "rate", 10, priority=2, right=True),
                lambda v: rate_text(v.rate) if v.rate else "",
                lambda v: v.rate,
            ),
            Field(
                Column("end", "left/ago", 11, priority=2, right=True),
                lambda v: job_text.end_text(v, self.services.clock()),
                lambda v: -v.status.since,
            ),
        )

    @property
    def pane(self) -> ListPane[Any]:
        return self._pane

    @property
    def job(self) -> JobView | None:
        return self._pane.cursor_item

    @property
    def crumbs(self) -> Sequence[str]:
        return ("jobs",)

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane
        yield self._head
        yield self._moving

    def on_mount(self) -> None:
        self._cursor = restore_table(self.services.place_file, "jobs", self._pane.table)
        self.set_focus(self._pane.table)
        self._show_views()
        self.set_interval(_PERIOD, self._look_in_turn)

    def on_screen_suspend(self) -> None:
        self._keep_place()

    def on_unmount(self) -> None:
        self._keep_place()

    def _keep_place(self) -> None:
        if len(self._pane.rows):
            remember_table(self.services.place_file, "jobs", self._pane.table)

    def on_list_pane_changed(self) -> None:
        if self._cursor and self._pane.table.select_key(self._cursor):
            self._cursor = ""
        super().on_list_pane_changed()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.look_again()

    # Looking

    def _look_in_turn(self) -> None:
        if self.is_current and any(view.status.is_active for view in self.services.jobs):
            self.look_again()

    def look_again(self) -> None:
        self.load()

    def load(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            begin(self, self._look, "look")

    async def _look(self) -> None:
        try:
            await self.services.look_at_jobs()
        finally:
            self._is_looking = False
        self.jobs_changed()

    def jobs_changed(self) -> None:
        super().jobs_changed()
        self._show_views()

    def _show_views(self) -> None:
        views, items = self.services.jobs, self._pane.rows.items
        if views and [view.id for view in views] == [view.id for view in items]:
            items[:] = views
            self._pane.table.refresh_rows()
            self.show_status()
        else:
            self._pane.show(views)
        self._show_job()

    # What is shown

    def status_right(self) -> str:
        active = [view for view in self.services.jobs if view.status.is_active]
        rate = sum(view.rate or 0 for view in active)
        parts = [f"{len(active)} running" if active else "", rate_text(rate) if rate else ""]
        return "  ".join(part for part in parts if part)

    def on_pick_table_cursor_moved(self) -> None:
        super().on_pick_table_cursor_moved()
        self._show_job()
        self.refresh_bindings()

    def _show_job(self) -> None:
        view = self.job
        if view is None:
            self._head.show_lines([])
            self._moving.show([])
            return
        counts, now = view.counts, self.services.clock()
        files = f"{counts.files_done:,} of {count_text(counts.files, 'file')}"
        told = f"  {job_text.state_text(view)} · {files} · {job_text.headline(view, now)}"
        said = self._head.glyphs.draw(told)
        self._head.show_lines(
            [
                line(" ", Span(view.header.name, Role.STRONG), f"  to {view.header.destination}"),
                line(f" {said}"),
            ]
        )
        self._moving.show(job_text.running_rows(view, now))

    # Keys

    def on_pick_table_opened(self, event: PickTable.Opened) -> None:
        view = self._pane.rows.items[event.row]
        self.app.push_screen(JobScreen(self.services, view.id, view.header.name))

    def copy_text(self) -> str:
        view = self.job
        return "" if view is None else view.header.destination


def _tone(view: JobView) -> Role:
    role = job_text.STATE_ROLES[view.status.state]
    return Role.TEXT if role is Role.SUCCESS else role
