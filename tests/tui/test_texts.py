"""What screens say, as pure functions."""

from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from bstui.basespace.models import BiosampleDetail
from bstui.config_tables import ImportSettings
from bstui.errors import UsageError
from bstui.jobs.records import (
    FORMAT,
    AnyEvent,
    Control,
    FileDone,
    FileFailed,
    Left,
    Noted,
    Options,
    PlanHeader,
    Progress,
    Running,
    Started,
    Want,
)
from bstui.jobs.state import JobStatus, State
from bstui.jobs.watch import Counts, JobView
from bstui.tui.screens import job_text
from bstui.tui.screens.candidate import lanes_text
from bstui.tui.screens.choices import (
    change,
    first_choices,
    list_choices,
    next_value,
    problem_of,
)
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.themes import ASCII
from bstui.tui.widgets.canvas import Role, text_of
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.progress_rows import spark_text

NOW = datetime(2026, 4, 1, 12, 0, 0).timestamp()
HEADER = PlanHeader(
    format=FORMAT,
    id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
    name="job",
    created=NOW - 100,
    profile="robin",
    region="use1",
    identity_id="1",
    identity="Robin",
    destination="/data",
    files=10,
    bytes=1000,
)


def view(state: State, *, want: Want = Want.RUN, rate: float = 0.0, since: float = 60) -> JobView:
    running = (Running(id="1", path="p/a.gz", size=100, done=50, rate=rate),)
    return JobView(
        id=HEADER.id,
        header=HEADER,
        status=JobStatus(state=state, attempt=1, since=NOW - since),
        counts=Counts(files=10, bytes=1000, files_done=4, bytes_done=500),
        wish=Control(want=want),
        progress=Progress(attempt=1, time=NOW, rate=rate, running=running),
    )


@pytest.mark.parametrize(
    ("state", "want", "said"),
    [
        (State.RUNNING, Want.RUN, "running"),
        (State.RUNNING, Want.PAUSE, "pausing"),
        (State.PAUSED, Want.PAUSE, "paused"),
        (State.PAUSED, Want.RUN, "going on"),
        (State.WAITING, Want.CANCEL, "cancelling"),
        (State.CANCELLED, Want.CANCEL, "cancelled"),
        (State.LOST, Want.RUN, "lost"),
    ],
)
def test_a_wish_is_told_until_it_is_so(state: State, want: Want, said: str) -> None:
    assert job_text.state_text(view(state, want=want)) == said


def test_the_time_left_is_told_when_it_can_be() -> None:
    assert job_text.headline(view(State.RUNNING, rate=5.0), NOW).split(" · ") == [
        "500 B of 1.0 kB",
        "5 B/s",
        "100 s left",
        "1 file at once",
    ]
    young = job_text.headline(view(State.RUNNING, rate=5.0, since=3), NOW)
    assert "left" not in young
    assert "no bytes yet" in job_text.headline(view(State.RUNNING), NOW)
    assert "B/s" not in job_text.headline(view(State.STOPPED), NOW)


def test_the_bar_is_full_only_at_the_end() -> None:
    line = text_of(job_text.whole_line(view(State.RUNNING), ASCII, 80))
    assert line.count("#") == line.count("-") == 22
    assert line.endswith(" 50%  4 of 10 files")


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_the_number_of_files_is_never_cut(width: int) -> None:
    line = text_of(job_text.whole_line(view(State.RUNNING), ASCII, width))
    assert line.endswith(" 50%  4 of 10 files")
    assert len(line) < width


@pytest.mark.parametrize(
    ("rates", "width", "drawn"),
    [
        ([], 8, ""),
        ([0.0, 0.0], 8, ""),
        ([1.0, 7.0], 8, ".#"),
        ([9.0, 0.0, 3.5, 7.0], 3, "_=#"),
        ([5.0], 0, ""),
    ],
)
def test_rates_are_drawn_by_the_highest_of_them(rates: list[float], width: int, drawn: str) -> None:
    assert spark_text(rates, width, ASCII) == drawn


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_look_and_a_next_step_where_one_is_called_for(state: State) -> None:
    assert state in job_text.STATE_ROLES
    is_at_work = state in (State.RUNNING, State.WAITING, State.QUEUED)
    assert bool(job_text.next_step(view(state))) is not is_at_work


def test_events_are_lines() -> None:
    events: list[AnyEvent] = [
        Started(time=NOW, attempt=2, host="node", pid=7, start_time=1, boot_id="b"),
        FileDone(time=NOW, id="1", path="project/sample/a.gz", size=1, verified="etag"),
        FileFailed(time=NOW, id="1", path="a.gz", message="It failed.", hint="Try again."),
        Noted(time=NOW, text="a note", level="warning"),
        Left(time=NOW, reason="paused"),
    ]
    lines = [job_text.event_line(event) for event in events]
    assert [line.text.split(" ", 2)[2] for line in lines] == [
        "attempt 2 started on node (process 7)",
        "done sample/a.gz (etag)",
        "failed a.gz: It failed. Try again.",
        "a note",
        "the worker left: paused",
    ]
    assert [line.role for line in lines[1:4]] == [Role.TEXT, Role.ERROR, Role.WARNING]


@pytest.mark.parametrize(
    ("lanes", "datasets", "said"),
    [
        ((), 0, ""),
        ((), 1, "all"),
        ((1,), 1, "1"),
        ((1, 2), 2, "1,2"),
        ((1, 2, 3, 4), 4, "1-4"),
        ((1, 3, 4), 3, "1,3,4"),
    ],
)
def test_lanes(lanes: tuple[int, ...], datasets: int, said: str) -> None:
    assert lanes_text(BiosampleDetail(id="1", lanes=lanes, datasets=datasets)) == said


def test_choices_follow_settings_and_the_last_import() -> None:
    settings = ImportSettings(grouping="single", destination="/site", verify="full")
    choices = first_choices(settings, "", bcl=False, sample="Pool")
    assert choices.destination == Path("/site")
    assert choices.options == Options(grouping="single", sample="Pool", verify="full")
    again = first_choices(settings, "/last", bcl=True, sample="Pool")
    assert again.destination == Path("/last")
    assert again.options == Options(bcl=True, verify="full")
    of_run = ["bcl_files", "include", "exclude", "unzip", "bcl_convert"]
    keys = ["where", *of_run, "sheets", "existing", "verify", "name"]
    assert [line.key for line in list_choices(again, None)] == keys
    some = change(again, "include", "'a b' *.bin", "")
    assert some.options.include == ("a b", "*.bin")
    (line,) = [line for line in list_choices(some, None) if line.key == "include"]
    assert change(again, "include", line.value, "") == some
    landed = change(change(again, "unzip", "unpacked", ""), "bcl_convert", "print", "")
    assert (landed.options.unzip, landed.options.bcl_convert) == (True, "print")
    assert [line.value for line in list_choices(landed, None)][4:6] == ["unpacked", "print"]
    undone = change(change(landed, "unzip", "as they are", ""), "bcl_convert", "nothing", "")
    assert undone == again
    for bad in ("{a", "'a"):
        assert problem_of(partial(change, again, "exclude", bad, ""))


def test_a_sample_name_comes_and_goes_with_its_grouping() -> None:
    choices = first_choices(ImportSettings(), "/data", bcl=False, sample="Pool")
    single = change(choices, "grouping", "single", "Pool")
    assert single.options.sample == "Pool"
    assert "sample" in [line.key for line in list_choices(single, None)]
    assert change(single, "grouping", "none", "Pool").options.sample == ""


@pytest.mark.parametrize(
    ("key", "value", "wrong"),
    [
        ("where", "  ", "give a folder"),
        ("where", "$NOT_SET_AT_ALL/x", "not set"),
        ("sample", " ", "needs a name"),
        ("layout", "nothing", "cannot be used"),
    ],
)
def test_what_cannot_be_meant_is_said(key: str, value: str, wrong: str) -> None:
    choices = first_choices(ImportSettings(), "/data", bcl=False, sample="Pool")
    with pytest.raises((ValueError, UsageError), match=wrong):
        change(choices, key, value, "Pool")


def test_folders_are_resolved(home: Path) -> None:
    choices = first_choices(ImportSettings(), "/data", bcl=False, sample="")
    assert change(choices, "where", "~/in", "").destination == home / "in"
    assert change(choices, "where", "$HOME/in", "").destination == home / "in"
    assert change(choices, "where", "in", "").destination == Path.cwd() / "in"


def test_values_go_round() -> None:
    choices = first_choices(ImportSettings(), "/data", bcl=False, sample="")
    verify = next(line for line in list_choices(choices, None) if line.key == "verify")
    assert next_value(verify) == "full"


def test_rows_know_an_item_again() -> None:
    rows = ItemRows[tuple[str, int]](
        (
            Field(Column("name", "name", 5), lambda pair: pair[0]),
            Field(Column("size", "size", 5), lambda pair: str(pair[1]), lambda pair: pair[1]),
        ),
        lambda pair: pair[0],
    )
    assert rows.extend([("B", 1), ("a", 2)]) == 2
    assert rows.extend([("B", 3), ("c", 3)]) == 1
    assert [rows.key(row) for row in range(len(rows))] == ["B", "a", "c"]
    assert rows.cells(0) == ["B", "1"]
    assert rows.sort_value(0, "name") == "b"
    assert rows.sort_value(1, "size") == 2
    assert rows.renewed([("z", 9)]).cells(0) == ["z", "9"]
    assert len(rows) == 3
