"""Every screen as text, in four sizes and both sets of signs: what is committed is what it draws.

    python -m tests.tui.snapshots       writes them anew, once a change of the screens is meant,
                                        and with them the README's pictures

A file for each screen holds all of its sizes, each beneath a line that names it. Of what a screen
shows nothing but ports is changed for it; all else that could differ from one run to the next -
clock, time zone, jobs, laboratory - is passed in. The review, with the disk's room, is left out.
"""

import contextlib
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.tui.desk import Desk, log_in, make_services, sit_down
from tests.tui.past_jobs import NOW, write_jobs
from tests.tui.test_browse import go_to

FOLDER = Path(__file__).parent
SIZES = ((60, 16), (120, 40), (200, 50), (80, 24))
SIGNS = {"unicode": "C.UTF-8", "ascii": "C"}
"""A set of signs, and the locale that brings it."""
_HEAD = "=== {} {} x {}"
_VARYING = (
    (re.compile(r"127\.0\.0\.1:\d+"), lambda m: re.sub(r":\d+", lambda d: ":" + "9" * 5, m[0])),
    (re.compile(r"(?<=bstui-snap-)\w+"), lambda m: "x" * len(m[0])),
)


def fixed(text: str) -> str:
    """The screen's text without what another run would show otherwise, in as many columns."""
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return text


def head_of(signs: str, size: tuple[int, int]) -> str:
    return _HEAD.format(signs, *size)


def read_snapshots(name: str) -> dict[str, str]:
    """By its head, each snapshot of a screen."""
    whole = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    _, *parts = re.split(r"(?m)^(=== .*)\n", whole)
    return {head: text[:-1] for head, text in zip(parts[::2], parts[1::2], strict=True)}


README = Path(__file__).parents[3] / "README.md"
_PICTURE = re.compile(r"(?ms)^```text (\S+) (\d+)x(\d+)\n(.*?)^```$")


def readme_pictures() -> list[tuple[str, str]]:
    """Each picture that the README shows, and what it has to be."""
    found = _PICTURE.finditer(README.read_text(encoding="utf-8"))
    return [(picture[4], _picture_of(picture)) for picture in found]


def write_pictures() -> None:
    def draw(picture: re.Match[str]) -> str:
        return f"```text {picture[1]} {picture[2]}x{picture[3]}\n{_picture_of(picture)}```"

    drawn = _PICTURE.sub(draw, README.read_text(encoding="utf-8"))
    README.write_text(drawn, encoding="utf-8")


def _picture_of(picture: re.Match[str]) -> str:
    """The snapshot of that name and size; of several blank lines, one."""
    size = (int(picture[2]), int(picture[3]))
    text = read_snapshots(picture[1])[head_of("unicode", size)]
    return re.sub(r"\n{3,}", "\n\n", text) + "\n"


def write_snapshots(name: str, snapshots: dict[str, str]) -> None:
    whole = "".join(f"{head}\n{text}\n" for head, text in snapshots.items())
    (FOLDER / f"{name}.txt").write_text(whole, encoding="utf-8")


@contextlib.asynccontextmanager
async def at_the_laboratory(
    places: Places, simulator: Simulator, signs: str
) -> AsyncIterator[Desk]:
    """The screens at a fixed time, in UTC, with nothing imported yet."""
    log_in(places, simulator)
    services = make_services(places, LC_ALL=SIGNS[signs])
    services.clock = lambda: NOW
    with _in_utc():
        async with sit_down(services) as desk:
            yield desk


@contextlib.contextmanager
def _in_utc() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


async def walk(desk: Desk, places: Places) -> AsyncIterator[str]:
    """Every screen and its main states, by keys: the name of each while it is shown."""
    async for name in _browse(desk):
        yield name
    await desk.press("2")
    await desk.see("No jobs yet")
    yield "jobs-none"
    await desk.press("3")
    await desk.see("Nothing has been imported")
    yield "history-none"
    write_jobs(places)
    async for name in _jobs(desk):
        yield name
    await desk.press("3")
    await desk.see("zebrafish-heart", "imported")
    await go_to(desk, "zebrafish-heart   ")
    yield "history"
    await desk.press("enter")
    await desk.see("files", "etag")
    yield "history-files"
    await desk.press("question_mark")
    await desk.see("keys of files")
    yield "help"


async def _browse(desk: Desk) -> AsyncIterator[str]:
    await desk.see("robin", " ok", "first time here?")
    await desk.press("j", "g")
    yield "profiles"
    await go_to(desk, " robin ")
    await desk.press("enter")
    await desk.see("Projects", "Tumour exomes")
    yield "projects"
    await desk.press("right_square_bracket")
    await desk.see("Runs", "small RNA")
    yield "runs"
    await desk.press("left_square_bracket")
    await go_to(desk, "] Tumour exomes")
    await desk.press("enter")
    await go_to(desk, "] miR-01")
    await desk.press("space", "space")
    await desk.see("marked 2 here")
    yield "biosamples"
    await desk.press("slash")
    await desk.type("nothing has this name")
    yield "biosamples-filtered"
    await desk.press("escape")
    await desk.press("i")
    await desk.see("Summary", "where")
    with tempfile.TemporaryDirectory(prefix="bstui-snap-", dir="/tmp") as folder:
        await desk.press("e", "ctrl+u")
        await desk.type(folder)
        await desk.press("enter")
        await desk.see("job goes on", "fits")
        await desk.press("right_square_bracket")  # the summary tells of the disk, which differs
        await desk.see("runs taken")
        yield "review"
        await desk.press("a")
        await desk.see("together", "1/2")
        yield "samples"
    await desk.press("escape")


async def _jobs(desk: Desk) -> AsyncIterator[str]:
    await desk.press("2")
    await desk.see("cohort-13", "1 running")
    await go_to(desk, "cohort-13   ")
    yield "jobs"
    await desk.press("enter")
    await desk.see("running", "Timeline", "process 4711")
    yield "job-running"
    await desk.press("escape")
    await go_to(desk, "cohort-12   ")
    await desk.press("enter", "right_square_bracket", "right_square_bracket")
    await desk.see("BaseSpace refuses it")
    yield "job-failed"
    await desk.press("right_square_bracket")
    await desk.see("planned")
    yield "job-timeline"
    await desk.press("right_square_bracket", "right_square_bracket")
    await desk.see("job id")
    yield "job-about"
    await desk.press("escape")
