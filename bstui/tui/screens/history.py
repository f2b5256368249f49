"""What was imported, when, to where: the index over all jobs, and the files of each."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from textual.widget import Widget

from bstui.errors import BstuiError
from bstui.history import HistoryFile, HistoryJob
from bstui.tui.screens.list_pane import Emptiness, ListPane
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.memory import remember_table, restore_table
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.screens.work import begin
from bstui.tui.services import Services
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.detail import Detail
from bstui.tui.widgets.pick_table import PickTable
from bstui.units import size_text

_EMPTY = Emptiness(
    "Nothing has been imported yet.",
    "The history is read from the folders of jobs.",
    "1 goes to projects and runs.",
)
_NOT_FOUND = Emptiness(
    "Nothing in the history has these words.",
    "Jobs, samples, projects and destinations are searched; with a dot or a slash, files too.",
    "esc shows everything again.",
)
_NO_FILES = Emptiness("The history knows no files of this job.", hint="esc goes back.")


def _day(moment: float | None) -> str:
    return "" if moment is None else datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M")


def _account(job: HistoryJob) -> str:
    return f"{job.profile} ({job.identity}), {job.region}"


def _split(file: HistoryFile) -> tuple[str, str]:
    """Its folder and its name: a path cut at its end would tell neither."""
    folder, _, name = file.path.rpartition("/")
    joined = file.joined.rpartition("/")[2]
    return folder, f"{name} in {joined}" if file.is_removed else name


def _state(file: HistoryFile) -> str:
    return "joined" if file.is_removed else file.state


def _outcome(job: HistoryJob) -> str:
    return job.outcome or job.left or "not ended"


_JOB_FIELDS = (
    Field[HistoryJob](Column("name", "job", 30, 24, 0, grow=True), lambda j: j.name),
    Field[HistoryJob](Column("outcome", "outcome", 10, 9, 1), _outcome),
    Field[HistoryJob](
        Column("created", "started", 16, priority=2, letter="c"),
        lambda j: _day(j.created),
        lambda j: j.created,
    ),
    Field[HistoryJob](
        Column("files", "files", 11, priority=3, right=True),
        lambda j: f"{j.files_done:,}/{j.files:,}",
        lambda j: j.files,
    ),
    Field[HistoryJob](
        Column("size", "size", 8, priority=1, right=True, letter="z"),
        lambda j: size_text(j.bytes_done),
        lambda j: j.bytes_done,
    ),
    Field[HistoryJob](Column("identity", "as", 14, 8, 5), lambda j: j.identity),
    Field[HistoryJob](Column("to", "destination", 40, 30, 4), lambda j: j.destination),
)
_FILE_FIELDS = (
    Field[HistoryFile](Column("file", "file", 40, 24, 0, grow=True), lambda f: _split(f)[1]),
    Field[HistoryFile](Column("sample", "sample", 16, 12, 3), lambda f: f.sample),
    Field[HistoryFile](Column("folder", "folder", 40, 20, 4, letter="o"), lambda f: _split(f)[0]),
    Field[HistoryFile](Column("state", "state", 8, priority=1, letter="t"), _state),
    Field[HistoryFile](
        Column("size", "size", 8, priority=1, right=True, letter="z"),
        lambda f: size_text(f.size),
        lambda f: f.size,
    ),
    Field[HistoryFile](Column("verified", "proof", 15, 14, 2), lambda f: f.verified or f.message),
)


class HistoryScreen(ListPlace):
    """Imports, found again by any word of theirs."""

    HINTS = ("open", "filter", "sort", "jobs", "quit")

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        rows = ItemRows(_JOB_FIELDS, lambda job: job.id, tone=_tone)
        self._pane: ListPane[HistoryJob] = ListPane(rows, _EMPTY, markable=False)
        self._search = ""
        self._cursor = ""
        """The key of the row that the cursor was on, until it is there again."""
        self._about = Detail(id="history-about")

    @property
    def pane(self) -> ListPane[Any]:
        return self._pane

    @property
    def crumbs(self) -> Sequence[str]:
        return ("history",)

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane
        yield self._about

    def on_mount(self) -> None:
        self._cursor = restore_table(self.services.place_file, "history", self._pane.table)
        self.set_focus(self._pane.table)

    def on_pick_table_cursor_moved(self) -> None:
        """What the columns have no room for."""
        super().on_pick_table_cursor_moved()
        job = self._pane.cursor_item
        if job is None:
            self._about.show("")
        else:
            self._about.show(job.name, [("to", job.destination), ("as", _account(job))])

    def on_screen_suspend(self) -> None:
        self._keep_place()

    def on_unmount(self) -> None:
        self._keep_place()

    def _keep_place(self) -> None:
        if len(self._pane.rows):
            remember_table(self.services.place_file, "history", self._pane.table)

    def on_list_pane_changed(self) -> None:
        if self._cursor and self._pane.table.select_key(self._cursor):
            self._cursor = ""
        super().on_list_pane_changed()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.load()

    def load(self) -> None:
        begin(self, self._load, "load")

    async def _load(self) -> None:
        """What is known at once, and again when the newest has been read."""
        try:
            self._pane.show(await self.services.past_jobs(self._search), self._emptiness)
            if await self.services.catch_up():
                self._pane.show(await self.services.past_jobs(self._search), self._emptiness)
        except BstuiError as error:
            self._pane.fail(error)

    @property
    def _emptiness(self) -> Emptiness:
        return _NOT_FOUND if self._search else _EMPTY

    def status_right(self) -> str:
        size = sum(job.bytes_done for job in self._pane.rows.items)
        search = f"search: {self._search}  " if self._search else ""
        return f"{search}{size_text(size)} imported" if size else search.strip()

    def action_filter(self) -> None:
        """Search everything, not only what the columns show."""
        self.foot.entry(" search ", self._search, self._look_for)

    def _look_for(self, text: str) -> str:
        self._search = text.strip()
        self.load()
        return ""

    def step_back(self) -> bool:
        if super().step_back():
            return True
        if not self._search:
            return False
        self._look_for("")
        return True

    def on_pick_table_opened(self, event: PickTable.Opened) -> None:
        self.app.push_screen(FilesScreen(self.services, self._pane.rows.items[event.row]))

    def copy_text(self) -> str:
        job = self._pane.cursor_item
        return "" if job is None else job.destination


class FilesScreen(ListPlace):
    """The files of one import, and what proved them."""

    HINTS = ("filter", "sort", "copy", "back")

    def __init__(self, services: Services, job: HistoryJob) -> None:
        super().__init__(services)
        self._job = job
        rows = ItemRows(_FILE_FIELDS, lambda file: f"{file.id} {file.path}", tone=_file_tone)
        self._pane: ListPane[HistoryFile] = ListPane(rows, _NO_FILES, markable=False)

    @property
    def pane(self) -> ListPane[Any]:
        return self._pane

    @property
    def crumbs(self) -> Sequence[str]:
        return ("history", self._job.name, "files")

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def on_mount(self) -> None:
        self.set_focus(self._pane.table)
        self.load()

    def load(self) -> None:
        self._pane.notice.wait()
        begin(self, self._load, "load")

    async def _load(self) -> None:
        try:
            self._pane.show(await self.services.past_files(self._job.id))
        except BstuiError as error:
            self._pane.fail(error)

    def status_right(self) -> str:
        return f"in {self._job.destination}"

    def copy_text(self) -> str:
        file = self._pane.cursor_item
        return "" if file is None else f"{self._job.destination}/{file.place}"

    def on_pick_table_opened(self) -> None:
        self.say("y copies its path", Role.MUTED)


def _tone(job: HistoryJob) -> Role:
    return Role.WARNING if job.outcome == "incomplete" or job.problem else Role.TEXT


def _file_tone(file: HistoryFile) -> Role:
    return Role.ERROR if file.state == "failed" else Role.TEXT
