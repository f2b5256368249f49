"""What a server may do, row by row of the catalogue of faults (tests/faults/test_catalogue.py).

Each fault passes, or lasts for one file: the others arrive whole, and nothing wrong is published.
"""

from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from bstui.errors import IntegrityError
from bstui.simulator.faults import Faults
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.lab import SMALL
from tests.transfer.simulated import Lab

Cause = Callable[[Faults, list[str]], object]
DAY = 86_400.0
NOW = formatdate(usegmt=True)


@pytest.fixture(scope="module")
def shared() -> Iterator[Simulator]:
    """A laboratory whose faults are cleared after each test."""
    with Simulator(SimulatorOptions(deep=SMALL)) as running:
        yield running


@pytest.fixture
def lab(shared: Simulator, tmp_path: Path) -> Iterator[Lab]:
    """One file of six ranges, and a small one."""
    yield Lab(shared, tmp_path / "destination", deep=1, small=1)
    shared.faults.clear()


def burst(status: int, retry_after: str = "", times: int = 2) -> Cause:
    return lambda faults, _: faults.burst("objects", status, times=times, retry_after=retry_after)


def broken_off(how: str) -> Cause:
    """A body that breaks off in a frame that tells no length."""

    def cause(faults: Faults, files: list[str]) -> None:
        faults.reframe(files, how, times=2)
        faults.cut(files, 1000, times=2)

    return cause


PASSING: dict[str, Cause] = {
    "S1-cut": lambda faults, files: faults.cut(files, 1000, times=3),
    "S1-reset": lambda faults, files: faults.cut(files, 1000, times=3, reset=True),
    "S1-chunked": broken_off("chunked"),
    "S1-until-close": broken_off("close"),
    "S1-short": lambda faults, files: faults.short(files, by=7, times=2),
    "S2-bit": lambda faults, files: faults.flip(files, at=100),
    "S4-range-ignored": lambda faults, files: faults.ignore_range(files, times=9),
    "S5-start": lambda faults, files: faults.wrong_range(files, "start", times=2),
    "S5-missing": lambda faults, files: faults.wrong_range(files, "missing", times=2),
    "S5-multipart": lambda faults, files: faults.wrong_range(files, "multipart", times=2),
    "S5-total": lambda faults, files: faults.wrong_range(files, "total"),
    "S6-etag": lambda faults, files: faults.wrong_etag(files),
    "S7-weak": lambda faults, files: faults.wrong_etag(files, times=99, etag='W/"x"'),
    **{f"S12-{status}": burst(status) for status in (408, 425, 429, 500, 502, 503, 504, 522, 524)},
    "S12-retry-after-0": burst(503, "0"),
    "S12-retry-after-negative": burst(429, "-1"),
    "S12-retry-after-garbage": burst(429, "soon"),
    "S12-retry-after-a-date": burst(503, NOW),
    "S13-head": lambda faults, files: faults.slow_header(files, seconds=60),
    "S13-silence": lambda faults, files: faults.stall(files, after=0),
    "S13-stands-still": lambda faults, files: faults.stall(files, after=1000),
    "S13-drip": lambda faults, files: faults.drip(files, bytes_per_second=10),
    "S14-garbage": lambda faults, files: faults.garbage(files, times=2),
    "S17-portal": lambda faults, files: faults.portal(files, times=2),
    "S18-loop": lambda faults, files: faults.redirect(files, times=2),
    "S18-http": lambda faults, files: faults.redirect(files, "http://example.invalid/x"),
    "S18-file": lambda faults, files: faults.redirect(files, "file:///etc/passwd"),
    "S18-link-local": lambda faults, files: faults.redirect(files, "http://169.254.169.254/"),
    "S19-gzip": lambda faults, files: faults.encode(files, "gzip", times=2),
    "S19-br": lambda faults, files: faults.encode(files, "br", times=2),
    "S22-yesterday": lambda faults, _: faults.clock(-DAY),
    "S22-tomorrow": lambda faults, _: faults.clock(DAY),
    "S23-closed-between": lambda faults, files: faults.close_idle(files, times=5),
}


@pytest.mark.parametrize("cause", PASSING.values(), ids=PASSING.keys())
async def test_what_passes_is_outlasted(cause: Cause, lab: Lab) -> None:
    cause(lab.simulator.faults, list(lab.truth))
    await lab.engine(stall=1, tries=20).run(lab.items)
    lab.check()


LASTING: dict[str, Cause] = {
    "S2-bit": lambda faults, files: faults.flip(files, at=100, times=10**6),
    "S6-etag": lambda faults, files: faults.wrong_etag(files, times=10**6),
}


@pytest.mark.parametrize("cause", LASTING.values(), ids=LASTING.keys())
@pytest.mark.parametrize("size", ["deep", "small"])
async def test_what_lasts_fails_that_file_and_publishes_nothing(
    cause: Cause, size: str, lab: Lab
) -> None:
    deep, small = lab.truth
    bad, good = (deep, small) if size == "deep" else (small, deep)
    cause(lab.simulator.faults, [bad])
    await lab.engine().run(lab.items)
    paths = {item.id: item.path for item in lab.items}
    assert isinstance(lab.heard.failures[paths[bad]], IntegrityError)
    assert set(lab.heard.done_files) == {paths[good]}
    assert not (lab.destination / paths[bad]).exists()
