"""Notice, detail, bars and log."""

import pytest

from bstui.errors import NotLoggedIn
from bstui.tui.themes import ASCII, UTF8
from bstui.tui.widgets.canvas import (
    Role,
    Span,
    changed_columns,
    fit,
    fit_middle,
    fold,
    line,
    text_of,
)
from bstui.tui.widgets.log_tail import LogLine, LogTail
from bstui.tui.widgets.messages import Said
from bstui.tui.widgets.progress_rows import Progress, percent_text, progress_line
from tests.tui.keyboard import sit_at
from tests.tui.screen_text import screen_lines, screen_text
from tests.tui.widgets.sample_app import SampleApp


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 5, "abcd…"),
        ("试料肿瘤", 5, "试料…"),
        ("试料", 5, "试料 "),
        ("abc", 1, "a"),
        ("", 2, "  "),
    ],
)
def test_fit(text: str, width: int, shown: str) -> None:
    assert fit(text, width, "…") == shown


def test_folding_loses_nothing_of_any_script() -> None:
    assert fold("abc def", 4) == ["abc ", "def"]
    assert fold("试料肿瘤x", 5) == ["试料", "肿瘤x"]
    assert fold("", 5) == []


def test_fit_middle_keeps_the_end_where_reads_differ() -> None:
    assert fit_middle("NA12_S27_L003_R1_001.fastq.gz", 20, "...") == "NA12_S27_...fastq.gz"
    assert fit_middle("short", 20, "…") == "short"
    assert fit_middle("abcdef", 2, "…") == "ab"


def test_only_columns_that_differ_are_painted() -> None:
    assert changed_columns(line("abc 10%"), line("abc 12%")) == (5, 6)
    assert changed_columns(line("abc"), line("abc")) is None
    assert changed_columns(line("abc"), line("abcd")) == (3, 4)
    assert changed_columns(line("abc"), (Span("abc", Role.ERROR),)) == (0, 3)


async def test_a_notice_says_what_why_and_what_to_do_above_the_rows_there_are() -> None:
    app = SampleApp(30)
    async with sit_at(app) as keyboard:
        app.notice.error(
            NotLoggedIn(
                "BaseSpace refused the token (401).",
                why="It may have been revoked, or belong to another region.",
                hint="Run `bstui login`.",
            ),
            keys=("reload", "back"),
        )
        await keyboard.settle()
        lines = screen_lines(app)
        assert lines[2] == "BaseSpace refused the token (401).".center(80).rstrip()
        assert lines[5].strip().split("     ") == ["R  Load again from the server", "esc  back"]
        assert any("NA000000" in text for text in lines)
        app.notice.hide()
        await keyboard.settle()
        assert screen_lines(app)[1].startswith("     name")


async def test_loading_is_only_said_when_it_takes_longer_than_a_moment() -> None:
    app = SampleApp(0)
    async with sit_at(app) as keyboard:
        app.notice.wait()
        app.notice.hide()
        assert app.notice.words == ""
        app.notice.wait()
        assert not app.notice.display
        await keyboard.until(lambda: app.notice.display)
        assert app.notice.words == "loading…"
        app.notice.empty("No biosamples in this project.", "Runs can hold some.", "Press [ .")
        await keyboard.settle()
        assert "Press [ ." in screen_text(app)


async def test_a_detail_shows_long_names_whole_and_scrolls() -> None:
    app = SampleApp(1)
    async with sit_at(app, (40, 24)) as keyboard:
        app.detail.display = True
        app.detail.show("Cohort 12", [("owner", "m.cohen"), ("name", "x" * 45)], ["last runs", "a"])
        await keyboard.settle()
        text = app.detail.plain_text.splitlines()
        assert text[:3] == ["Cohort 12", "", "owner     m.cohen"]
        assert text[3:5] == ["name      " + "x" * 30, "          " + "x" * 15]
        assert text[-2:] == ["last runs", "a"]
        app.detail.scroll_lines(99)
        assert app.detail.top == len(text) - 4
        app.detail.show("Cohort 13")
        assert app.detail.top == 0


ROW = Progress("NA00012027_S27_L003_R1_001.fastq.gz", 71, 100, 54e6)


def test_a_bar_of_eighty_columns() -> None:
    shown = text_of(progress_line(ROW, 80, ASCII))
    assert shown == (
        "  NA00012027_S27_L003_R1_001.fastq.gz          ###########----- 71%   54.0 MB/s "
    )
    assert "#" not in text_of(progress_line(ROW, 40, ASCII))
    assert len(text_of(progress_line(ROW, 160, UTF8))) == 160


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (0, 100, "0%"),
        (999, 1000, "99%"),
        (5, 5, "100%"),
        (7, 5, "100%"),
        (0, 0, "100%"),
        (3, None, ""),
    ],
)
def test_it_is_never_whole_before_the_end(done: int, total: int | None, text: str) -> None:
    assert percent_text(Progress("x", done, total).fraction) == text


async def test_rows_without_room_fold_into_a_count() -> None:
    app = SampleApp(1)
    async with sit_at(app) as keyboard:
        app.bars.show([ROW, ROW, ROW], more=3)
        await keyboard.settle()
        assert app.bars.plain_text.splitlines()[1] == "  5 more"
        app.bars.show([ROW, Progress("b", 0, None, note="stalled 40 s", role=Role.WARNING)])
        assert app.bars.plain_text.splitlines()[1].endswith(" stalled 40 s")
        app.bars.show([])
        assert app.bars.plain_text == ""


async def test_a_log_follows_until_it_is_scrolled() -> None:
    app = SampleApp(1)
    async with sit_at(app) as keyboard:
        log = app.log_tail
        log.display = True
        await keyboard.settle()
        log.append(["one", LogLine("two", Role.ERROR)])
        await keyboard.settle()
        assert screen_lines(app)[18:22] == [" one", " two", "", ""]
        log.append([f"line {n}" for n in range(10)])
        log.focus()
        await keyboard.settle()
        assert screen_lines(app)[21] == " line 9"
        await keyboard.press("k")
        log.append(["new"])
        assert (log.follows, log.state_text) == (False, "+1 lines, G follows")
        await keyboard.press("G")
        await keyboard.settle()
        assert (log.follows, log.unseen, screen_lines(app)[21]) == (True, 0, " new")
        await keyboard.press("g")
        assert log.top == 0


async def test_a_log_finds_and_goes_on_finding() -> None:
    app = SampleApp(1)
    async with sit_at(app) as keyboard:
        log = app.log_tail
        log.display = True
        await keyboard.settle()
        log.append([f"{'error' if n % 20 == 3 else 'line'} {n}" for n in range(60)])
        log.focus()
        assert log.search("ERROR") == ""
        tops = [log.top]
        for key in ("N", "N", "n"):
            await keyboard.press(key)
            tops.append(log.top)
        assert tops == [41, 21, 1, 21]
        await keyboard.press("N", "N")
        await keyboard.settle()
        assert app.heard_of(Said)[-1].text == "no other line has ERROR"
        assert log.search("absent") == "no other line has absent"


async def test_a_log_keeps_the_newest_lines_and_where_one_reads() -> None:
    app = SampleApp(1)
    async with sit_at(app) as keyboard:
        log: LogTail = app.log_tail
        log.display = True
        await keyboard.settle()
        log.append(str(n) for n in range(4990))
        log.show_from(100)
        log.append(str(n) for n in range(20))
        assert len(log.lines) == 5000
        assert log.lines[log.top].text == "100"
        log.action_follow()
        log.append(["last"])
        await keyboard.settle()
        assert screen_lines(app)[21] == " last"
        log.clear()
        assert (len(log.lines), log.follows) == (0, True)
