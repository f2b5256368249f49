"""A quiet wire: what keys cost on a real terminal of 80 × 24 (the budget of the design's §2.4)."""

import pytest

from tests.tui.widgets.pty_program import sample_program

LOOKS = [("bstui-dark",), ("bstui-ansi-dark", "slow")]


@pytest.mark.parametrize("look", LOOKS)
def test_keys_cost_a_line_and_doing_nothing_costs_nothing(look: tuple[str, ...]) -> None:
    with sample_program(*look) as program:
        program.wait_for("help")
        for key in ("j", "k", " ", "v", "j"):
            assert 0 < len(program.press(key)) <= 600, key
        for key in ("s", "z", "/"):
            assert 0 < len(program.press(key)) <= 4000, key
        program.read_until_quiet(1.0)
        assert program.read_for(1.0) == b""


def test_over_a_slow_line_a_page_is_painted_once_in_a_third_of_it() -> None:
    with sample_program("bstui-ansi-dark", "slow") as program:
        program.wait_for("help")
        program.press("j" * 16)
        steps = [len(program.press("j")) for _ in range(6)]
        assert sum(step > 600 for step in steps) == 1


def test_eight_moving_bars_cost_at_most_four_kilobytes_a_second() -> None:
    with sample_program("bstui-dark", "moving") as program:
        program.wait_for("R1_001", 20)
        assert len(program.read_for(2.0)) <= 8000


def test_without_colours_the_cursor_is_reversed_and_no_colour_is_sent() -> None:
    with sample_program("bstui-ansi-dark", NO_COLOR="1") as program:
        program.wait_for("help")
        written = program.press("j")
        assert b"\x1b[7;39;49m>[ ] NA000001" in written
        assert b"38;2" not in written
