"""Fitting columns into a width."""

from hypothesis import given
from hypothesis import strategies as st

from bstui.tui.widgets.columns import Column, fit_columns, has_hidden, sort_letters
from tests.tui.widgets.sample_app import COLUMNS


def keys(width: int, skip: int = 0) -> list[str]:
    return [fitted.column.key for fitted in fit_columns(COLUMNS, width, skip)]


def test_the_least_important_columns_drop_first_and_the_name_never() -> None:
    assert keys(120) == ["name", "run", "lanes", "files", "size", "created"]
    assert keys(50) == ["name", "run", "lanes", "files", "size"]
    assert keys(40) == ["name", "run", "files", "size"]
    assert keys(22) == ["name", "size"]
    assert keys(14) == ["name"]
    assert keys(5) == ["name"]


def test_what_is_left_over_goes_to_the_column_that_grows() -> None:
    widths = {fitted.column.key: fitted.width for fitted in fit_columns(COLUMNS, 200)}
    assert widths["run"] == 20
    assert sum(widths.values()) + len(widths) - 1 == 200


def test_columns_scrolled_away_make_room_for_hidden_ones() -> None:
    assert has_hidden(COLUMNS, fit_columns(COLUMNS, 40), 0)
    assert keys(40, skip=1) == ["name", "lanes", "files", "size"]
    assert keys(40, skip=2) == ["name", "files", "size", "created"]
    assert not has_hidden(COLUMNS, fit_columns(COLUMNS, 40, 2), 2)


def test_letters_are_as_wished_or_the_first_that_is_free() -> None:
    letters = {letter: column.key for letter, column in sort_letters(COLUMNS).items()}
    assert letters == {
        "n": "name",
        "r": "run",
        "l": "lanes",
        "f": "files",
        "z": "size",
        "c": "created",
    }
    clashing = [Column("a", "size", 4), Column("b", "state", 4), Column("c", "s", 4)]
    assert {k: c.key for k, c in sort_letters(clashing).items()} == {"s": "a", "t": "b", "c": "c"}


columns = st.builds(
    lambda number, width, less, priority, grow: Column(
        f"c{number}", f"c{number}", width, max(1, width - less), priority, grow=grow
    ),
    st.integers(0, 99),
    st.integers(1, 30),
    st.integers(0, 20),
    st.integers(0, 4),
    st.booleans(),
)


@given(st.lists(columns, unique_by=lambda c: c.key, max_size=8), st.integers(1, 200))
def test_columns_never_take_more_than_there_is(some: list[Column], width: int) -> None:
    fitted = fit_columns(some, width)
    taken = sum(one.width for one in fitted) + max(0, len(fitted) - 1)
    essential = [column for column in some if not column.priority]
    needed = sum(column.least for column in essential) + max(0, len(essential) - 1)
    assert taken <= max(width, needed)
    assert [one.column for one in fitted if not one.column.priority] == essential
    assert all(some[one.number] is one.column for one in fitted)
