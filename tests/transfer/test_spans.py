"""Spans against the plain set of bytes they stand for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bstui.transfer.spans import Spans

SIZE = 40
POSITIONS = st.integers(0, SIZE)
CHANGES = st.lists(st.tuples(st.booleans(), POSITIONS, POSITIONS), max_size=12)


@given(CHANGES, POSITIONS)
def test_spans_are_a_set_of_bytes(changes: list[tuple[bool, int, int]], position: int) -> None:
    spans, there = Spans(), set[int]()
    for is_added, start, stop in changes:
        if is_added:
            spans.add(start, stop)
            there |= set(range(start, stop))
        else:
            spans.remove(start, stop)
            there -= set(range(start, stop))
    assert {byte for start, stop in spans for byte in range(start, stop)} == there
    assert spans.total == len(there)
    pieces = list(spans)
    assert all(one[1] < two[0] for one, two in pairwise(pieces))
    end = position
    while end in there:
        end += 1
    assert spans.end_from(position) == end
    missing = spans.missing(SIZE)
    assert [byte for start, stop in missing for byte in range(start, stop)] == [
        byte for byte in range(SIZE) if byte not in there
    ]
    assert all(one[1] < two[0] for one, two in pairwise(missing))
