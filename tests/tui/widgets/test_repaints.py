"""What is painted again, and what is not: over SSH every cell of it is sent."""

from textual.app import App
from textual.geometry import Region
from textual.screen import Screen

from bstui.tui.widgets.pick_table import PickTable
from bstui.tui.widgets.quiet_screen import QuietScreen
from tests.tui.keyboard import sit_at
from tests.tui.widgets.sample_app import COLUMNS, SampleApp, SampleRows


class NotedTable(PickTable):
    """A table that keeps a note of what it has had painted."""

    def __init__(self, rows: SampleRows) -> None:
        self.regions: list[Region] = []
        super().__init__(COLUMNS, rows)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> "NotedTable":
        self.regions += regions
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


async def test_rows_that_were_painted_with_their_details_are_not_painted_again() -> None:
    app = SampleApp(3)
    app.table = table = NotedTable(app.model)
    async with sit_at(app) as keyboard:
        app.model.names |= {row: f"arrived {row}" for row in range(3)}
        table.refresh_rows()
        await keyboard.settle()
        await keyboard.press("j", "k", "j")
        table.regions.clear()
        await keyboard.press("space")
        assert {region.y for region in table.regions} == {2, 3}, "the mark, and the cursor's move"
        assert min(region.width for region in table.regions if region.y == 2) < 10, "the badge"
        table.regions.clear()
        table.refresh_rows()
        assert not table.regions


class Stack(App[None]):
    def get_default_screen(self) -> Screen[object]:
        return QuietScreen()


async def test_a_screen_beneath_another_paints_nothing() -> None:
    app = Stack()
    async with sit_at(app):
        lower, upper = app.screen, QuietScreen[object]()
        await app.push_screen(upper)
        assert upper.is_current
        assert not lower.is_current
        app.pop_screen()
        assert lower.is_current
