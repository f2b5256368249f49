"""Marks × filter × sort: whatever is pressed, marks are what was marked, and rows shown are those
that match, in their order. A plain model of the table is pressed the same keys."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.tui.keyboard import Keyboard, sit_at
from tests.tui.widgets.sample_app import SampleApp

ROWS = 14
"""Fewer than find room: a range is never out of view."""
Steps = Sequence[tuple[Any, ...]]
"""What is done, each with its arguments."""


class Model:
    """What the table shows and what is marked, told plainly."""

    def __init__(self, app: SampleApp, keyboard: Keyboard) -> None:
        self.app, self.keyboard = app, keyboard
        self.marked: set[int] = set()
        self.shown = list(range(ROWS))
        self.cursor = 0
        self.range_start: int | None = None
        self.filter, self.column, self.reverse, self.only = "", "", False, False

    # The model

    def matches(self, row: int) -> bool:
        text = "\n".join(self.app.model.cells(row)).lower()
        if self.only and row not in self.marked:
            return False
        if self.filter == "marked":
            return row in self.marked
        if self.filter.startswith("!"):
            return self.filter[1:] not in text
        return self.filter in text

    def arrange(self) -> None:
        """The cursor stays on its row, or goes to the first."""
        on = self.shown[self.cursor] if self.shown else None
        rows = [row for row in range(ROWS) if self.matches(row)]
        if self.column:
            value = self.app.model.sort_value
            known = [row for row in rows if value(row, self.column) is not None]
            known.sort(key=lambda row: value(row, self.column), reverse=self.reverse)
            rows = known + [row for row in rows if row not in known]
        self.shown = rows
        self.cursor = rows.index(on) if on in rows else 0
        self.range_start = None

    def in_range(self) -> list[int]:
        if self.range_start is None:
            return self.shown[self.cursor : self.cursor + 1]
        first, last = sorted((self.range_start, self.cursor))
        return self.shown[first : last + 1]

    def move(self, to: int) -> None:
        self.cursor = max(0, min(to, len(self.shown) - 1))

    # What is pressed

    async def moves(self, steps: int) -> None:
        await self.keyboard.press(*("j" if steps > 0 else "k",) * abs(steps))
        self.move(self.cursor + steps)

    async def goes_to_an_end(self, key: str) -> None:
        await self.keyboard.press(key)
        self.move(0 if key == "g" else ROWS)

    async def starts_or_drops_a_range(self) -> None:
        await self.keyboard.press("v")
        if self.shown:
            self.range_start = self.cursor if self.range_start is None else None

    async def marks(self) -> None:
        await self.keyboard.press("space")
        rows, start = self.in_range(), self.range_start
        if not rows:
            return
        if start is None:
            self.marked ^= set(rows)
            self.move(self.cursor + 1)
        elif self.shown[start] in self.marked:
            self.marked -= set(rows)
        else:
            self.marked |= set(rows)
        self.range_start = None

    async def marks_all(self) -> None:
        await self.keyboard.press("a")
        shown = set(self.shown)
        self.marked = self.marked - shown if shown <= self.marked else self.marked | shown

    async def inverts(self) -> None:
        await self.keyboard.press("asterisk")
        self.marked ^= set(self.shown)

    async def unmarks(self) -> None:
        await self.keyboard.press("u")
        self.marked -= set(self.shown)

    async def marks_alike(self) -> None:
        await self.keyboard.press("comma")
        if self.shown:
            value, column = self.app.model.sort_value, self.column or "name"
            like = value(self.shown[self.cursor], column)
            self.marked |= {row for row in self.shown if value(row, column) == like}

    async def filters(self, text: str) -> None:
        assert self.app.table.filter_by(text) == ""
        await self.keyboard.settle()
        if text != self.filter:
            self.filter = text
            self.arrange()

    async def sorts(self, column: str, reverse: bool) -> None:
        self.app.table.sort_by(column, reverse)
        await self.keyboard.settle()
        self.column, self.reverse = column, reverse
        self.arrange()

    async def shows_only_marked_or_all(self) -> None:
        await self.keyboard.press("m")
        self.only = not self.only
        self.arrange()

    def is_as_the_model(self) -> None:
        table = self.app.table
        assert self.app.model.marked == self.marked
        assert list(table.shown_rows) == self.shown
        assert table.cursor == self.cursor
        assert table.range_start == self.range_start


STEPS = st.one_of(
    st.tuples(st.just(Model.moves), st.integers(-4, 4)),
    st.tuples(st.just(Model.goes_to_an_end), st.sampled_from("gG")),
    st.tuples(
        st.just(Model.filters),
        st.sampled_from(["", "tumour", "!tumour", "250801", "00001", "marked", "nowhere"]),
    ),
    st.tuples(st.just(Model.sorts), st.sampled_from(["", "name", "size", "run"]), st.booleans()),
    st.tuples(
        st.sampled_from(
            [
                Model.starts_or_drops_a_range,
                Model.marks,
                Model.marks_all,
                Model.inverts,
                Model.unmarks,
                Model.marks_alike,
                Model.shows_only_marked_or_all,
            ]
        )
    ),
)


@settings(max_examples=10, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(steps=st.lists(STEPS, min_size=5, max_size=16))
def test_marks_filter_and_order_are_as_in_a_plain_model(steps: Steps) -> None:
    asyncio.run(_follow(steps))


async def _follow(steps: Steps) -> None:
    app = SampleApp(ROWS)
    async with sit_at(app) as keyboard:
        model = Model(app, keyboard)
        for step, *arguments in steps:
            await step(model, *arguments)
            model.is_as_the_model()
