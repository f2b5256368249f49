"""The basket survives everything, and two screens of one profile lose nothing of each other's."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bstui.errors import BstuiError, UsageError
from bstui.samples.basket import Basket
from bstui.samples.marks import AnyMark, Mark, RunMark
from tests.samples.things import mark

RUN = RunMark("11", "260112_M1_0041_A")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "basket-abc.json"


def test_marks_are_there_again_after_a_restart(path: Path) -> None:
    basket = Basket(path)
    basket.add([mark(1), mark(2, run="11"), mark(2, project="5")])
    basket.keep_place({"screen": "runs", "sort": {"runs": "created"}})

    again = Basket(path)
    assert again.marks == (mark(1), mark(2, run="11"), mark(2, project="5"))
    assert again.place == {"screen": "runs", "sort": {"runs": "created"}}
    assert mark(2, run="11") in again
    assert mark(2) not in again
    assert len(again) == 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_only_what_is_named_is_unmarked(path: Path) -> None:
    basket = Basket(path)
    basket.add([mark(1), mark(2), mark(3)])
    basket.remove([mark(2), mark(9)])
    assert basket.marks == (mark(1), mark(3))
    basket.clear()
    assert Basket(path).chosen == ()


def test_clearing_keeps_the_place(path: Path) -> None:
    basket = Basket(path)
    basket.keep_place({"cursor": 4})
    basket.add([RUN])
    basket.clear()
    assert Basket(path).place == {"cursor": 4}


def test_place_keys_not_named_stay(path: Path) -> None:
    basket = Basket(path)
    basket.keep_place({"a": 1, "b": 2})
    Basket(path).keep_place({"b": 3})
    basket.refresh()
    assert basket.place == {"a": 1, "b": 3}


def test_two_screens_add_to_each_other(path: Path) -> None:
    one, other = Basket(path), Basket(path)
    one.add([mark(1)])
    other.add([mark(2)])
    one.remove([mark(2)])
    other.add([mark(3)])
    one.refresh()
    assert one.marks == other.marks == (mark(1), mark(3))


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (mark(1), RUN, "1 biosample is marked, so the raw run 260112_M1_0041_A cannot be"),
        (RUN, mark(1), "is marked as raw BCL, so the biosample biosample 1 cannot be marked"),
        (RUN, RunMark("12", "other"), "is marked as raw BCL already"),
    ],
)
def test_what_excludes_each_other(path: Path, first: AnyMark, second: AnyMark, reason: str) -> None:
    basket = Basket(path)
    assert basket.refusal_of(second) is None
    basket.add([first])
    assert reason in (basket.refusal_of(second) or "")
    with pytest.raises(UsageError, match="import holds"):
        basket.add([second])
    assert Basket(path).chosen == (first,)


def test_a_mixture_marks_nothing(path: Path) -> None:
    basket = Basket(path)
    with pytest.raises(UsageError):
        basket.add([RUN, mark(1)])
    assert Basket(path).chosen == ()


def test_the_run_that_is_marked_may_be_marked_again(path: Path) -> None:
    basket = Basket(path)
    basket.add([RUN])
    assert basket.refusal_of(RUN) is None
    basket.add([RUN])
    basket.remove([RUN])
    assert basket.run is None


def test_exclusion_sees_what_another_screen_marked(path: Path) -> None:
    one, other = Basket(path), Basket(path)
    one.add([RUN])
    with pytest.raises(UsageError):
        other.add([mark(1)])


def test_a_broken_basket_is_put_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"format": 1, "marks": [{"mark": "bio')
    basket = Basket(path)
    assert basket.chosen == ()
    assert "put aside" in basket.problem
    (aside,) = path.parent.glob("*.broken-*")
    assert aside.read_text().startswith('{"format"')
    basket.add([mark(1)])
    assert Basket(path).marks == (mark(1),)


def test_a_basket_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    basket = Basket(tmp_path / "basket-x.json")
    basket.add([mark(1)])
    with pytest.raises(BstuiError, match="cannot be"):
        Basket(tmp_path / "file" / "basket-x.json").add([mark(1)])
    assert basket.marks == (mark(1),)


_MARK_MANY = """
import pathlib, sys
from bstui.samples.basket import Basket
from bstui.samples.marks import Mark
basket = Basket(pathlib.Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 25):
    basket.add([Mark(str(number), "name")])
"""


def test_processes_at_once_lose_no_mark(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _MARK_MANY, str(path), str(first)])
        for first in (0, 25, 50)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert {m.id for m in Basket(path).marks} == {str(n) for n in range(75)}


_MARKS = st.builds(
    mark, st.integers(1, 4), run=st.sampled_from(["", "11"]), project=st.sampled_from(["", "5"])
)
_RUNS = st.builds(RunMark, st.sampled_from(["11", "12"]), st.just("run"))
_CHANGES = st.tuples(
    st.integers(0, 1), st.sampled_from(["add", "remove", "clear"]), st.lists(_MARKS | _RUNS)
)


@given(st.lists(_CHANGES, max_size=8))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_never_both_kinds(tmp_path: Path, changes: list[tuple[int, str, list[AnyMark]]]) -> None:
    path = tmp_path / "basket.json"
    path.unlink(missing_ok=True)
    screens = [Basket(path), Basket(path)]
    for screen, change, marks in changes:
        before = Basket(path).chosen
        try:
            if change == "clear":
                screens[screen].clear()
            else:
                getattr(screens[screen], change)(marks)
        except UsageError:
            assert Basket(path).chosen == before
        after = Basket(path)
        assert not (after.run and after.marks)
        assert screens[screen].chosen == after.chosen
        assert all(isinstance(m, Mark) for m in after.marks)
