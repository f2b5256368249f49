"""The biosamples of the projects and runs that were opened: the checkboxes."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from textual.containers import Horizontal
from textual.widget import Widget

from bstui.basespace.listings import Listing
from bstui.basespace.models import Biosample, BiosampleDetail, Run
from bstui.errors import BstuiError
from bstui.history import ImportedRun
from bstui.samples.marks import AnyMark
from bstui.tui.keys import bindings
from bstui.tui.screens.basket_place import BasketPlace
from bstui.tui.screens.candidate import (
    Candidate,
    candidate,
    candidate_fields,
    candidate_pairs,
    place_on_disk,
)
from bstui.tui.screens.list_pane import Emptiness, Feed, ListPane
from bstui.tui.screens.memory import remember_table, restore_table
from bstui.tui.screens.rows import ItemRows
from bstui.tui.screens.source import Source, source_key, source_name
from bstui.tui.screens.work import begin
from bstui.tui.services import Services, Workspace
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.detail import Detail
from bstui.tui.widgets.pick_table import MARK_ACTIONS, PickTable
from bstui.tui.widgets.rows import LOOK_AT, MARKED, ON_DISK, UNMARKED
from bstui.units import count_text

_NO_BIOSAMPLES = Emptiness(
    "No biosamples here.",
    "A run can have been shared without the project that owns its biosamples, or nothing has been "
    "demultiplexed yet.",
    "esc goes back; a run itself can be imported as raw BCL with b.",
)


def _nothing_in(sources: Sequence[Source]) -> Emptiness:
    if any(isinstance(source, Run) for source in sources):
        return _NO_BIOSAMPLES
    named = " ".join(f"project:{source.id}" for source in sources)
    return Emptiness(
        "No biosamples here.",
        "Reads that were assigned to no sample (Unindexed Reads) belong to no biosample, and a new "
        "project has none yet.",
        f"esc goes back; `bstui import {named}` takes whatever FASTQ there is.",
    )


class BiosamplesScreen(BasketPlace):
    """Each row is a biosample under a project or a run; what is marked is in the basket."""

    BINDINGS = bindings("beside")
    HINTS = ("mark", "mark-all", "import", "filter", "range", "sort")

    def __init__(self, services: Services, workspace: Workspace, sources: Sequence[Source]) -> None:
        super().__init__(services, workspace)
        self._sources = tuple(sources)
        self._details: dict[str, BiosampleDetail] = {}
        self._imported: dict[str, list[ImportedRun]] = {}
        fields = candidate_fields(self._details, len(sources) > 1)
        self._pane: ListPane[Candidate] = ListPane(
            ItemRows(fields, lambda one: one.key, badge=self._badge), _nothing_in(sources)
        )
        self._detail = Detail(classes="beside")
        self._memory = "biosamples " + " ".join(sorted(map(source_key, sources)))
        self._cursor = ""
        self._tally: str | None = None
        """What the status line says of marks: counted over all rows, so not at each key."""

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal():
            yield self._pane
            yield self._detail

    @property
    def pane(self) -> ListPane[Candidate]:
        return self._pane

    @property
    def crumbs(self) -> Sequence[str]:
        names = [source_name(source) for source in self._sources]
        title = names[0] if len(names) == 1 else f"{len(names)} sources"
        return (self.workspace.profile.name, title, "biosamples")

    def on_mount(self) -> None:
        super().on_mount()
        self._cursor = restore_table(self.basket, self._memory, self.pane.table)
        self.set_focus(self.pane.table)
        self.load()

    def on_unmount(self) -> None:
        if len(self.pane.rows):
            remember_table(self.basket, self._memory, self.pane.table)

    # Loading

    def load(self) -> None:
        self._details.clear()
        self.pane.table.refresh_rows()  # what rows say was of those details
        self.pane.load(Feed([self._listing(source) for source in self._sources]))

    def _listing(self, source: Source) -> tuple[Listing[Any], Callable[[Biosample], Candidate]]:
        client = self.workspace.client
        if isinstance(source, Run):
            listing = client.run_biosamples(source)
        else:
            listing = client.biosamples(source.id)
        return listing, lambda biosample: candidate(biosample, source)

    def on_pick_table_arranged(self) -> None:
        self._tally = None
        super().on_pick_table_arranged()

    def on_list_pane_changed(self) -> None:
        self._tally = None
        if self._cursor and self.pane.table.select_key(self._cursor):
            self._cursor = ""
        super().on_list_pane_changed()

    def on_pick_table_view_moved(self, event: PickTable.ViewMoved) -> None:
        unknown = [one for one in self.pane.items_of(event.rows) if one.key not in self._details]
        if unknown:
            begin(self, lambda: self._fetch_details(unknown), "details")

    async def _fetch_details(self, candidates: Sequence[Candidate]) -> None:
        """What costs a call per row, for the rows in view only."""
        ids = [one.biosample.id for one in candidates]
        self._imported |= await self.services.imported_runs(ids)
        self.pane.table.refresh_badges()
        for source in self._sources:
            within = [one for one in candidates if one.source is source]
            if within:
                await self._fetch_details_within(source, within)

    async def _fetch_details_within(self, source: Source, candidates: Sequence[Candidate]) -> None:
        client = self.workspace.client
        ids = [one.biosample.id for one in candidates]
        try:
            if isinstance(source, Run):
                found = await client.details(ids, run=source)
            else:
                found = await client.details(ids, project=source.id)
        except BstuiError as error:
            self.say(f"Details could not be loaded. {error.message}")
            return
        for one in candidates:
            if one.biosample.id in found:
                self._details[one.key] = found[one.biosample.id]
                self.workspace.sizes[one.mark.key] = found[one.biosample.id].size
        if any(one.mark in self.basket for one in candidates):
            self._tally = None
            self.show_status()
        self.pane.table.refresh_rows(self.pane.rows.numbers_of(candidates))
        self._show_detail()

    # What is shown

    def basket_changed(self) -> None:
        self._tally = None
        self.pane.table.lock_marks(self.basket.run is not None)
        super().basket_changed()

    def marks_changed(self) -> None:
        self.pane.table.refresh_badges()

    def refusal(self, action: str) -> str:
        one = self.pane.cursor_item
        if one is not None and action in MARK_ACTIONS:
            return self.basket.refusal_of(one.mark) or ""
        return super().refusal(action)

    def _badge(self, one: Candidate) -> str:
        if one.mark in self.basket:
            return MARKED
        if self._place_of(one):
            return ON_DISK
        detail = self._details.get(one.key)
        return LOOK_AT if detail is not None and not detail.datasets else UNMARKED

    def status_right(self) -> str:
        if self.basket.run is not None or not len(self.basket):
            return super().status_right()
        if self._tally is None:
            self._tally = self._count_marked()
        return self._tally

    def _count_marked(self) -> str:
        here = [one for one in self.pane.rows.items if one.mark in self.basket]
        text = self.marked_in_all(f"{len(here):,} here, ")
        shown = set(self.pane.table.shown_rows)
        hidden = len(here) - sum(self.pane.rows.items[row].mark in self.basket for row in shown)
        return f"{text} ({hidden:,} hidden)" if hidden else text

    def on_pick_table_cursor_moved(self) -> None:
        super().on_pick_table_cursor_moved()
        self._show_detail()

    def _show_detail(self) -> None:
        one = self.pane.cursor_item
        if one is None:
            self._detail.show("")
            return
        where = self._place_of(one)
        self._detail.show(*candidate_pairs(one, self._details.get(one.key), where))

    def _place_of(self, one: Candidate) -> str:
        imported = self._imported.get(one.biosample.id, ())
        return place_on_disk(one, self._details.get(one.key), imported)

    # Keys

    def leave(self) -> None:
        """Back, and tell how many biosamples each source holds, where all are here."""
        held = Counter(source_key(one.source) for one in self.pane.rows.items)
        self.dismiss({} if self.pane.is_loading or self.pane.missing else held)

    def on_pick_table_mark_asked(self, event: PickTable.MarkAsked) -> None:
        marks = [one.mark for one in self.pane.items_of(event.rows)]
        if event.want is None:
            add = [mark for mark in marks if mark not in self.basket]
            remove = [mark for mark in marks if mark in self.basket]
        else:
            add, remove = (marks, []) if event.want else ([], marks)
        self.change_marks(add, remove)
        if event.want and self.pane.is_loading:
            self.say(f"marked {count_text(len(add), 'row')} that are here; more are loading")

    def on_pick_table_opened(self, event: PickTable.Opened) -> None:
        self.say("space marks it; i reviews the import of what is marked", Role.MUTED)

    def chosen_marks(self) -> tuple[AnyMark, ...]:
        """What is marked, or else the row under the cursor."""
        one = self.pane.cursor_item
        return self.basket.chosen or ((one.mark,) if one else ())
