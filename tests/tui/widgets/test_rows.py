"""Which rows are shown, in which order: against the simplest thing that could be right."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bstui.tui.widgets.filters import parse_filter
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


items = st.lists(
    st.tuples(
        st.sampled_from(["ab", "abc", "b", "cab"]), st.none() | st.integers(0, 3), st.booleans()
    )
)
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


def test_rows_alike_in_the_column_that_sorts() -> None:
    order = RowOrder(KEYS)
    order.replace(ListRows([("a", 1, False), ("b", 1, False), ("a", 2, False)]))
    assert order.alike(0) == [0, 2]
    order.sorting = Sorting("size")
    order.arrange()
    assert order.alike(0) == [0, 1]
