"""A program of nothing but our widgets, for tests; run as a script it is one to count bytes of."""

import sys
from typing import Any

from textual.app import App, ComposeResult
from textual.message import Message
from textual.screen import Screen

from bstui.tui.keys import bindings
from bstui.tui.themes import UTF8, Look
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.detail import Detail
from bstui.tui.widgets.dress import dress
from bstui.tui.widgets.foot import Foot
from bstui.tui.widgets.log_tail import LogTail
from bstui.tui.widgets.messages import Said
from bstui.tui.widgets.notice import Notice
from bstui.tui.widgets.pick_table import PickTable
from bstui.tui.widgets.progress_rows import Progress, ProgressRows
from bstui.tui.widgets.quiet_screen import QuietScreen
from bstui.tui.widgets.rows import MARKED, UNMARKED, Rows
from bstui.tui.widgets.status import TopLine

COLUMNS = (
    Column("name", "name", 24, 12, 0, grow=True),
    Column("run", "run", 20, 10, 2),
    Column("lanes", "lanes", 5, priority=4),
    Column("files", "files", 5, priority=3, right=True),
    Column("size", "size", 8, right=True, letter="z"),
    Column("created", "created", 10, priority=5),
)


class SampleRows(Rows):
    """Biosamples, counted; every third of one run, sizes unknown for every seventh."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.marked: set[int] = set()
        self.markless: set[int] = set()
        self.names: dict[int, str] = {}

    def __len__(self) -> int:
        return self.length

    def key(self, row: int) -> str:
        return f"b{row}"

    def cells(self, row: int) -> tuple[str, ...]:
        size = self.size(row)
        return (
            self.names.get(row, f"NA{row:06}-{'tumour' if row % 2 else 'normal'}"),
            f"25080{row % 3}_A00912_0311",
            "1-4",
            "8",
            "…" if size is None else f"{size}.0 GB",
            "2025-08-04",
        )

    def size(self, row: int) -> int | None:
        return None if row % 7 == 6 else row * 37 % 50

    def sort_value(self, row: int, column_key: str) -> Any:
        return {"name": row, "size": self.size(row), "run": row % 3}.get(column_key, 0)

    def badge(self, row: int) -> str:
        if row in self.markless:
            return ""
        return MARKED if row in self.marked else UNMARKED

    def tone(self, row: int) -> Role:
        return Role.MUTED if row in self.markless else Role.TEXT

    def mark(self, rows: tuple[int, ...], want: bool | None) -> None:
        """What an owner does when it is asked."""
        if want is None:
            self.marked ^= set(rows)
        elif want:
            self.marked |= set(rows)
        else:
            self.marked -= set(rows)


class SampleApp(App[None]):
    """A table, a pane, bars, a log, and the frame around them."""

    BINDINGS = bindings("app", "list", "screen", "job")

    CSS = """
    Screen { background: $background; }
    LogTail { height: 4; display: none; }
    Detail { height: 4; display: none; }
    """

    def __init__(self, length: int = 100, look: Look | None = None) -> None:
        super().__init__()
        self.look = look or Look("bstui-dark", UTF8)
        self.model = SampleRows(length)
        self.heard: list[Message] = []
        self.table = PickTable(COLUMNS, self.model)
        self.top = TopLine()
        self.foot = Foot("open", "mark", "mark-all", "range", "filter", "sort")
        self.notice = Notice()
        self.detail = Detail()
        self.bars = ProgressRows(2)
        self.log_tail = LogTail()

    def get_default_screen(self) -> Screen[Any]:
        return QuietScreen()

    def compose(self) -> ComposeResult:
        yield self.top
        yield self.notice
        yield self.table
        yield self.detail
        yield self.bars
        yield self.log_tail
        yield self.foot

    def on_mount(self) -> None:
        dress(self, self.look)
        self.top.show(["us", "Cohort 12", "biosamples"], "m.cohen · 2 jobs")
        self.foot.show("1/100  by name", "marked 4 here, 61 in all")
        self.table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "pause" else True

    def heard_of(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.heard if type(message) is kind]

    def on_pick_table_opened(self, event: PickTable.Opened) -> None:
        self.heard.append(event)

    def on_pick_table_cursor_moved(self, event: PickTable.CursorMoved) -> None:
        self.heard.append(event)

    def on_pick_table_view_moved(self, event: PickTable.ViewMoved) -> None:
        self.heard.append(event)

    def on_pick_table_mark_asked(self, event: PickTable.MarkAsked) -> None:
        self.heard.append(event)
        self.model.mark(event.rows, event.want)
        event.table.refresh_badges()

    def on_said(self, event: Said) -> None:
        self.heard.append(event)
        self.foot.say(event.text)

    def action_filter(self) -> None:
        self.foot.filter(self.table)

    def action_sort(self) -> None:
        self.foot.sort(self.table)

    async def action_back(self) -> None:
        self.table.step_back()


class MovingApp(SampleApp):
    """Eight bars that move twice a second."""

    def __init__(self, look: Look) -> None:
        super().__init__(100, look)
        self.bars = ProgressRows(8)
        self.beat = 0

    def on_mount(self) -> None:
        self.set_interval(0.5, self.move)

    def move(self) -> None:
        self.beat += 1
        self.bars.show(
            [
                Progress(
                    f"NA0001202{n}_S27_L003_R1_001.fastq.gz",
                    (self.beat * (n + 3)) % 400,
                    400,
                    (50 + (self.beat * n) % 9) * 1e6,
                )
                for n in range(8)
            ]
        )


if __name__ == "__main__":
    look = Look(sys.argv[1], UTF8, slow_link="slow" in sys.argv)
    (MovingApp(look) if "moving" in sys.argv else SampleApp(100_000, look)).run(mouse=False)
