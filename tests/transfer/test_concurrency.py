"""How many connections at once, by lines that are computed."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from bstui.transfer.concurrency import PERIOD, START, Concurrency

MB = 10**6
Line = Callable[[int], float]
"""Connections → bytes per second."""


class Simulation:
    """A transfer over a line, by the clock of the simulation."""

    def __init__(self, line: Line, most: int = 64) -> None:
        self.line = line
        self.concurrency = Concurrency(most)
        self.now = 100.0
        self.count = 0
        self.widths: list[int] = []

    def run(self, seconds: float, *, is_wanted: bool = True) -> None:
        for _ in range(round(seconds / PERIOD)):
            self.concurrency.observe(self.now, self.count, is_wanted=is_wanted)
            self.widths.append(self.concurrency.width)
            self.now += PERIOD
            self.count += round(self.line(self.concurrency.width) * PERIOD)


def by_connection(width: int) -> float:
    """A long line: each connection brings 20 MB/s, and all together 320."""
    return min(20 * MB * width, 320 * MB)


def test_a_long_line_is_full_within_three_seconds() -> None:
    simulation = Simulation(by_connection)
    simulation.run(3)
    assert simulation.concurrency.width >= 16


def test_a_long_line_without_an_end_is_used_up_to_the_ceiling() -> None:
    simulation = Simulation(lambda width: MB * width)
    simulation.run(5)
    assert simulation.concurrency.width == 64


def test_a_line_that_one_connection_fills_gets_few() -> None:
    simulation = Simulation(lambda _: 100 * MB)
    simulation.run(600)
    narrow = [width for width in simulation.widths if width <= START]
    assert len(narrow) > 0.95 * len(simulation.widths)


def test_what_brings_less_is_undone() -> None:
    simulation = Simulation(lambda width: 100 * MB / width)
    simulation.run(60)
    assert simulation.concurrency.width == START


def test_connections_that_come_up_slowly_are_waited_for() -> None:
    ready: list[int] = []

    def line(width: int) -> float:
        ready.append(width)
        return MB * min(ready[-3:])

    simulation = Simulation(line)
    simulation.run(20)
    assert simulation.concurrency.width == 64


def test_a_line_that_becomes_wider_is_found_out() -> None:
    simulation = Simulation(lambda _: 10 * MB)
    simulation.run(30)
    simulation.line = by_connection
    simulation.run(120)
    assert simulation.concurrency.width >= 16


def test_nothing_grows_while_more_connections_would_not_be_used() -> None:
    simulation = Simulation(by_connection)
    simulation.run(30, is_wanted=False)
    assert simulation.concurrency.width == START


def test_a_server_that_asks_for_less_gets_less() -> None:
    simulation = Simulation(by_connection)
    simulation.run(10)
    wide = simulation.concurrency.width
    for _ in range(wide):
        simulation.concurrency.trouble(simulation.now)
    assert simulation.concurrency.width == wide // 2
    simulation.run(30)
    assert wide // 2 < simulation.concurrency.width < wide


def test_one_file_that_fails_again_and_again_is_not_the_line() -> None:
    simulation = Simulation(lambda width: MB * width)
    simulation.run(10)
    for _ in range(20):
        simulation.run(5)
        simulation.concurrency.trouble(simulation.now)
    assert simulation.concurrency.width == 64


def test_another_ceiling_holds_at_once_and_is_reached_soon() -> None:
    simulation = Simulation(lambda width: MB * width, most=8)
    simulation.run(60)
    assert simulation.concurrency.width == 8
    simulation.concurrency.set_most(2)
    assert simulation.concurrency.width == 2
    simulation.concurrency.set_most(64)
    simulation.run(10)
    assert simulation.concurrency.width == 64


@given(
    st.integers(1, 200),
    st.lists(st.one_of(st.integers(0, 10**9), st.sampled_from(["trouble", "idle"])), max_size=200),
)
def test_it_stays_within_its_bounds_whatever_comes(most: int, story: list[int | str]) -> None:
    concurrency = Concurrency(most)
    now, count = 0.0, 0
    for event in story:
        now += 0.3
        if event == "trouble":
            concurrency.trouble(now)
        else:
            count += event if isinstance(event, int) else 0
            concurrency.observe(now, count, is_wanted=event != "idle")
        assert 1 <= concurrency.width <= most
