"""The language of the filter line."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.tui.widgets.filters import parse_filter
from bstui.tui.widgets.row_texts import block_of

COLUMNS = ("name", "run", "project")
CELLS = ("NA12 tumour-1", "250811_A00912", "Cohort 12")


def accepts(text: str, *, is_marked: bool = False) -> bool:
    block = block_of([("another", "row", "before"), CELLS])
    return bool(parse_filter(text, COLUMNS).among([1], block, lambda _: is_marked))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", True),
        ("tumour", True),
        ("normal", False),
        ("tumour cohort", True),
        ("tumour exome", False),
        ("tumour|normal", True),
        ("normal | tumour", True),
        ("normal|exome", False),
        ("!normal", True),
        ("!tumour", False),
        ("!normal|tumour", False),
        ("na12", True),
        ("Na12", False),
        ("NA12", True),
        ("run:2508", True),
        ("run:tumour", False),
        ("!run:2509", True),
        ("r:250811|250812", True),
        ("run:", True),
        ("|", True),
        ('"12 tumour"', True),
        ('"12 normal"', False),
        ('!"12 tumour"', False),
        ('"run:2508"', False),
        ('"', True),
    ],
)
def test_words(text: str, found: bool) -> None:
    assert accepts(text) is found


def test_marked_is_a_state() -> None:
    assert not accepts("marked")
    assert accepts("marked", is_marked=True)
    assert accepts("!marked")
    assert not accepts("marked normal", is_marked=True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("!", "stands before a word"), ("rnu:25", "no column is called rnu; there are name, run")],
)
def test_what_cannot_be_meant(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_filter(text, COLUMNS)


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_a_mistake(text: str) -> None:
    with suppress(ValueError):
        accepts(text)
