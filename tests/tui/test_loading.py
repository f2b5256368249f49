"""A list that comes page by page: stopped, gone on with, and as of when it is after a failure."""

import asyncio
from collections.abc import Iterable, Sequence

from textual.widget import Widget

from bstui.basespace.listings import Listing, Page
from bstui.basespace.models import Reference
from bstui.errors import Unreachable
from bstui.paths import Places
from bstui.tui.screens.list_pane import Emptiness, Feed, ListPane
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.services import Services
from bstui.tui.widgets.columns import Column
from tests.tui.desk import Desk, make_services, sit_down

_LENGTH, _LIMIT = 60, 10


class Shelf:
    """Sixty things in pages of ten; a page is given out once it may be."""

    def __init__(self, allowed: int) -> None:
        self.asked: list[int] = []
        self.fails = False
        self._allowed = asyncio.Semaphore(allowed)

    def allow(self, pages: int) -> None:
        for _ in range(pages):
            self._allowed.release()

    async def fetch(self, offset: int, limit: int) -> Page[Reference]:
        self.asked.append(offset)
        await self._allowed.acquire()
        if self.fails:
            raise Unreachable("The server does not answer.")
        numbers = range(offset, min(offset + limit, _LENGTH))
        items = tuple(Reference(id=str(n), name=f"thing {n}") for n in numbers)
        return Page(items=items, limit=limit, total=_LENGTH)


class ShelfScreen(ListPlace):
    """Nothing but that list."""

    def __init__(self, services: Services, shelf: Shelf) -> None:
        super().__init__(services)
        self._shelf = shelf
        name = Field[Reference](Column("name", "name", 20), lambda one: one.name)
        rows = ItemRows[Reference]((name,), lambda one: one.id)
        self._pane: ListPane[Reference] = ListPane(rows, Emptiness("Nothing."))

    @property
    def pane(self) -> ListPane[Reference]:
        return self._pane

    @property
    def crumbs(self) -> Sequence[str]:
        return ("shelf",)

    def compose_body(self) -> Iterable[Widget]:
        yield self._pane

    def on_mount(self) -> None:
        self.set_focus(self._pane.table)
        self.load()

    def load(self) -> None:
        self._pane.load(Feed([(Listing(self._shelf.fetch, _LIMIT), lambda one: one)]))


async def open_shelf(desk: Desk, shelf: Shelf) -> None:
    await desk.see("Nobody is logged in")
    desk.app.push_screen(ShelfScreen(desk.app.services, shelf))
    await desk.see("shelf")


async def test_esc_stops_a_list_of_which_a_part_is_here_and_r_goes_on(places: Places) -> None:
    shelf = Shelf(2)
    async with sit_down(make_services(places)) as desk:
        await open_shelf(desk, shelf)
        await desk.see("loaded 20 of 60, ctrl+c stops")
        await desk.press("escape")
        await desk.see("stopped at 20 of 60, R goes on")
        asked = len(shelf.asked)
        shelf.allow(20)
        await desk.press("R")
        await desk.see("1/60")
        await desk.lose("stopped", "loaded")
        assert shelf.asked[asked] == 20, "nothing is loaded twice"
        await desk.press("escape")
        await desk.see("Nobody is logged in")


async def test_what_failed_on_the_way_goes_on_too(places: Places) -> None:
    shelf = Shelf(3)
    async with sit_down(make_services(places)) as desk:
        await open_shelf(desk, shelf)
        await desk.see("loaded 30 of 60")
        shelf.fails = True
        shelf.allow(2)
        await desk.see("does not answer", "stopped at 30 of 60, R goes on")
        shelf.fails = False
        shelf.allow(20)
        await desk.press("R")
        await desk.see("1/60")
        await desk.lose("does not answer", "stopped")


async def test_rows_that_stay_after_a_failure_tell_their_age(places: Places) -> None:
    shelf = Shelf(20)
    async with sit_down(make_services(places)) as desk:
        await open_shelf(desk, shelf)
        await desk.see("1/60")
        await desk.lose("loaded")
        shelf.fails = True
        shelf.allow(20)
        await desk.press("R")
        await desk.see("does not answer", "thing 1", "as of ", " s ago")
