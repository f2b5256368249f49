"""Which rows are shown, in which order: against the simplest thing that could be right."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bstui.tui.widgets.filters import Filter, parse_filter
from bstui.tui.widgets.row_texts import BLOCK
from bstui.tui.widgets.rows import MARKED, UNMARKED, RowOrder, Rows, Sorting

KEYS = ("name", "size")


class ListRows(Rows):
    """Rows of (name, size), some marked."""

    def __init__(self, items: list[tuple[str, int | None, bool]]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def key(self, row: int) -> str:
        return str(row)

    def cells(self, row: int) -> tuple[str, str]:
        name, size, _ = self.items[row]
        return name, str(size)

    def sort_value(self, row: int, column_key: str) -> Any:
        return self.items[row][KEYS.index(column_key)]

    def badge(self, row: int) -> str:
        return MARKED if self.items[row][2] else UNMARKED


item = st.tuples(
    st.sampled_from(["ab", "abc", "b", "cab"]), st.none() | st.integers(0, 3), st.booleans()
)
items = st.lists(item)
sortings = st.sampled_from([Sorting(k, r) for k in ("", *KEYS) for r in (False, True)])


def expected(rows: ListRows, text: str, sorting: Sorting, only_marked: bool) -> list[int]:
    kept = [
        row
        for row, (name, size, marked) in enumerate(rows.items)
        if text in f"{name}\n{size}" and (marked or not only_marked)
    ]
    if not sorting.column:
        return kept
    unknown = [row for row in kept if rows.sort_value(row, sorting.column) is None]
    known = [row for row in kept if row not in unknown]
    known.sort(key=lambda row: rows.sort_value(row, sorting.column), reverse=sorting.reverse)
    return known + unknown


@given(items, items, sortings, st.sampled_from(["", "a", "ab", "1"]), st.booleans())
def test_rows_that_come_later_stand_where_they_would_have_stood(
    first: list[tuple[str, int | None, bool]],
    later: list[tuple[str, int | None, bool]],
    sorting: Sorting,
    text: str,
    only_marked: bool,
) -> None:
    rows = ListRows(list(first))
    order = RowOrder(KEYS)
    order.filter = parse_filter(text, KEYS)
    order.sorting = sorting
    order.only_marked = only_marked
    order.replace(rows)
    assert list(order.shown) == expected(rows, text, sorting, only_marked)
    rows.items.extend(later)
    grown = order.grow()
    assert sorted(order.shown) == sorted(expected(rows, text, sorting, only_marked))
    assert grown == len(order.shown) - len(expected(ListRows(first), text, sorting, only_marked))
    values = [
        rows.sort_value(row, sorting.column) if sorting.column else row for row in order.shown
    ]
    wanted = expected(rows, text, sorting, only_marked)
    assert values == [rows.sort_value(r, sorting.column) if sorting.column else r for r in wanted]
    assert order.total == len(rows)


@given(items, sortings)
def test_every_row_shown_is_found_at_its_line(
    some: list[tuple[str, int | None, bool]], sorting: Sorting
) -> None:
    order = RowOrder(KEYS)
    order.sorting = sorting
    order.replace(ListRows(some))
    for line, row in enumerate(order.shown):
        assert order.line_of(row) == line
        assert order.line_of_key(str(row)) == line
    assert order.line_of(len(some)) is None
    assert order.line_of_key("none") is None


TEXTS = ["", "a", "AB", "!b", "b|1", "name:b", "size:1", "!size:n marked"]


@settings(max_examples=40)
@given(st.data())
def test_texts_that_are_kept_are_those_of_the_rows_as_they_are(data: st.DataObject) -> None:
    """Enough rows for several blocks: they change, are told of, grow, and are filtered again."""
    rows = ListRows([("ab", 1, False), ("cab", 2, True)] * (BLOCK + 40))
    order = RowOrder(KEYS)
    order.replace(rows)
    for _ in range(data.draw(st.integers(1, 4))):
        order.filter = parse_filter(data.draw(st.sampled_from(TEXTS)), KEYS)
        order.arrange()
        assert list(order.shown) == freshly_shown(rows, order.filter)
        changed = data.draw(st.sets(st.integers(0, len(rows) - 1), max_size=3))
        for row in changed:
            rows.items[row] = data.draw(item)
        order.cells_changed(changed if data.draw(st.booleans()) else None)
        rows.items.extend(data.draw(items) * data.draw(st.sampled_from([1, BLOCK])))
        order.grow()
    order.arrange()
    assert list(order.shown) == freshly_shown(rows, order.filter)


def freshly_shown(rows: ListRows, wanted: Filter) -> list[int]:
    order = RowOrder(KEYS)
    order.filter = wanted
    shown = []
    for row, one in enumerate(rows.items):
        order.replace(ListRows([one]))
        shown += [row] * len(order.shown)
    return shown


class CountingRows(ListRows):
    """They count how often they are read."""

    reads = 0

    def cells(self, row: int) -> tuple[str, str]:
        self.reads += 1
        return super().cells(row)


def test_what_was_read_ahead_is_not_read_again_by_the_filter() -> None:
    rows = CountingRows([("ab", 1, False)] * (2 * BLOCK))
    order = RowOrder(KEYS)
    order.replace(rows)
    steps = order.read_ahead()
    next(steps)
    assert rows.reads == BLOCK
    assert len(list(steps)) == 1
    order.filter = parse_filter("b", KEYS)
    order.arrange()
    assert len(order.shown) == rows.reads == 2 * BLOCK


def test_a_new_list_says_nothing_of_the_one_before() -> None:
    order = RowOrder(KEYS)
    order.filter = parse_filter("ab", KEYS)
    order.replace(ListRows([("ab", 1, False)] * BLOCK))
    order.replace(ListRows([("b", 1, False)] * BLOCK))
    assert not order.shown


def test_rows_alike_in_the_column_that_sorts() -> None:
    order = RowOrder(KEYS)
    order.replace(ListRows([("a", 1, False), ("b", 1, False), ("a", 2, False)]))
    assert order.alike(0) == [0, 2]
    order.sorting = Sorting("size")
    order.arrange()
    assert order.alike(0) == [0, 1]
