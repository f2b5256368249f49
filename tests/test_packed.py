"""Records in blocks: the same as a list of them, whatever their number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.jobs.records import PlanFile
from bstui.packed import Packed

NUMBERS = (0, 1, 1023, 1024, 1025, 3000)


def planned(number: int) -> PlanFile:
    path = f"folder {number // 7}/ü-{number}"
    return PlanFile(id=str(number), name=path[-5:], path=path, size=number << 33, lane=number % 3)


@pytest.mark.parametrize("number", NUMBERS)
def test_what_went_in_comes_out(number: int) -> None:
    files = [planned(i) for i in range(number)]
    packed = Packed(PlanFile, files)
    assert list(packed) == list(packed) == files
    assert len(packed) == number
    assert bool(packed) is bool(files)
    assert packed == Packed(PlanFile, files)
    assert packed != Packed(PlanFile, [*files, planned(0)])


@given(st.integers(-2060, 2060), st.slices(2049))
def test_any_place_is_that_of_a_list(place: int, part: slice) -> None:
    numbers = range(2049)
    packed = Packed(int, numbers)
    if -2049 <= place < 2049:
        assert packed[place] == numbers[place]
    else:
        with pytest.raises(IndexError):
            packed[place]
    small = slice(part.start, part.stop, (part.step or 1) * 700)
    assert list(packed[small]) == list(numbers[small])
