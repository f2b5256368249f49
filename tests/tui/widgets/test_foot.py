"""The lines around the content: breadcrumbs, status, prompts, hints."""

import pytest

from bstui.tui.themes import ASCII, UTF8, Look
from bstui.tui.widgets.canvas import Span, line, text_of
from bstui.tui.widgets.hints import Hint, dead_key, hint_line, pick_hints
from bstui.tui.widgets.row_texts import BLOCK
from bstui.tui.widgets.status import elided, two_sides
from tests.tui.keyboard import Keyboard, sit_at
from tests.tui.screen_text import screen_lines
from tests.tui.widgets.sample_app import SampleApp, SampleRows


async def foot_lines(keyboard: Keyboard) -> list[str]:
    return (await keyboard.lines())[-2:]


async def test_a_filter_is_taken_at_each_letter_and_kept_by_enter() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        await keyboard.press("slash", "t", "u", "m")
        assert len(app.table.shown_rows) == 50
        assert await foot_lines(keyboard) == ["/tum", " enter keep  esc undo"]
        await keyboard.press("enter")
        assert app.focused is app.table
        assert app.table.filter_text == "tum"
        assert (await foot_lines(keyboard))[0].startswith(" 1/100")


class ReadRows(SampleRows):
    """They know which of them were read."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.read: set[int] = set()

    def cells(self, row: int) -> tuple[str, ...]:
        self.read.add(row)
        return super().cells(row)


async def test_rows_are_read_while_the_filter_is_not_typed_yet() -> None:
    app, rows = SampleApp(0), ReadRows(20 * BLOCK)
    async with sit_at(app) as keyboard:
        app.table.set_rows(rows)
        await keyboard.settle()
        assert len(rows.read) < BLOCK
        await keyboard.press("slash")
        await keyboard.until(lambda: len(rows.read) == len(rows), "all rows were read")


async def test_reading_ahead_ends_when_the_list_is_another() -> None:
    app, rows, others = SampleApp(0), ReadRows(400 * BLOCK), ReadRows(20 * BLOCK)
    async with sit_at(app) as keyboard:
        app.table.set_rows(rows)
        app.table.expect_filter()
        app.table.set_rows(others)
        app.table.expect_filter()
        await keyboard.until(lambda: len(others.read) == len(others), "the others were read")
        assert len(rows.read) < len(rows)


async def test_escape_brings_back_the_filter_there_was() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        app.table.filter_by("normal")
        await keyboard.press("slash", "x")
        assert not app.table.shown_rows
        await keyboard.press("escape")
        assert app.table.filter_text == "normal"
        assert app.focused is app.table
        await keyboard.press("escape")
        assert app.table.filter_text == ""


async def test_a_filter_that_cannot_be_meant_says_so_and_keeps_the_last_good_one() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        await keyboard.press("slash", *"nme:x")
        assert app.table.filter_text == "nme"
        assert "no column is called nme" in (await foot_lines(keyboard))[0]
        await keyboard.press("enter")
        assert app.foot.is_asking
        await keyboard.press("ctrl+u", "enter")
        assert not app.foot.is_asking
        assert app.table.filter_text == ""


async def test_a_letter_sorts_and_its_capital_reverses() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        await keyboard.press("s")
        shown = (await foot_lines(keyboard))[0]
        assert shown.startswith(" sort by  n name  r run  l lanes  f files  z size  c created")
        await keyboard.press("q", "Z")
        assert (app.table.sorting.column, app.table.sorting.reverse) == ("size", True)
        assert app.focused is app.table
        await keyboard.press("s", "escape")
        assert app.table.sorting.column == "size"


@pytest.mark.parametrize(
    ("key", "answer"), [("y", True), ("n", False), ("enter", False), ("escape", False)]
)
async def test_a_question_takes_nothing_but_its_answer(key: str, answer: bool) -> None:
    app = SampleApp(100)
    answers: list[bool] = []
    async with sit_at(app) as keyboard:
        app.foot.question("Empty the basket of 61 biosamples?", answers.append)
        await keyboard.press("q", "j", "slash", "tab", "2")
        assert not answers
        question, hints = await foot_lines(keyboard)
        assert question == " Empty the basket of 61 biosamples? y yes, n no"
        assert hints == " y yes  n no"
        await keyboard.press(key)
        await keyboard.settle()
        assert answers == [answer]
        assert app.table.cursor == 0
        assert app.focused is app.table


async def test_one_question_may_lead_to_another() -> None:
    app = SampleApp(100)
    answers: list[bool] = []
    async with sit_at(app) as keyboard:
        app.foot.question(
            "Sure?", lambda yes: app.foot.question("Very sure?", answers.append) if yes else None
        )
        await keyboard.press("y")
        assert (await foot_lines(keyboard))[0].startswith(" Very sure?")
        await keyboard.press("y")
        await keyboard.settle()
        assert answers == [True]
        assert app.focused is app.table


async def test_a_text_is_asked_for_until_it_can_be_meant() -> None:
    app = SampleApp(100)
    taken: list[str] = []

    def take(text: str) -> str:
        if not text.startswith("/"):
            return "write an absolute path"
        taken.append(text)
        return ""

    async with sit_at(app) as keyboard:
        app.foot.entry(" where ", "scratch", take)
        await keyboard.press("enter")
        assert (await foot_lines(keyboard))[0].rstrip().endswith("write an absolute path")
        await keyboard.press("home", "/")
        assert (await foot_lines(keyboard))[0] == " where /scratch"
        await keyboard.press("enter")
        await keyboard.settle()
        assert taken == ["/scratch"]
        assert app.focused is app.table


async def test_the_label_is_that_of_what_is_asked_for_now() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        for label in (" where ", " paths "):
            app.foot.entry(label, "scratch", lambda text: "")
            assert (await foot_lines(keyboard))[0] == f"{label}scratch"
            await keyboard.press("enter")


async def test_a_dead_key_is_known_by_its_id_and_live_ones_are_not() -> None:
    app = SampleApp(100)
    async with sit_at(app):
        assert dead_key(app.screen, "p") == "pause"
        assert dead_key(app.screen, "j") == ""
        assert dead_key(app.screen, "f9") == ""


async def test_what_is_said_gives_way_to_the_facts() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        app.foot.say("mark something first …")
        assert (await foot_lines(keyboard))[0].startswith(" mark something first …")
        app.foot.status.unsay()
        assert (await foot_lines(keyboard))[0].startswith(" 1/100")
        app.foot.status.say("for a moment", seconds=0.01)
        await keyboard.until(lambda: not app.foot.status.plain_text.startswith(" for"))


async def test_hints_follow_the_focus_and_what_a_screen_wants() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        app.foot.hints.want("pause", "sort")
        assert (await foot_lines(keyboard))[1] == " p pause  s sort  ? help"
        app.foot.hints.want()
        assert (await foot_lines(keyboard))[1].startswith(" enter open  ")
        assert (await foot_lines(keyboard))[1].endswith("  ? help")


async def test_keys_of_the_settings_are_the_ones_that_are_shown() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        app.set_keymap({"mark": "asterisk"})
        app.foot.hints.want("mark")
        assert (await foot_lines(keyboard))[1] == " * mark  ? help"


HINTS = [Hint(f"k{n}", "k", f"hint{n}", n % 2 == 0) for n in range(9)]
HELP = Hint("help", "?", "help", True)


def test_at_most_seven_hints_and_help_is_the_last() -> None:
    assert pick_hints([HELP, *HINTS], ()) == [*HINTS[:6], HELP]
    assert pick_hints([HELP, *HINTS], ("k5", "gone", "k1")) == [HINTS[5], HINTS[1], HELP]
    assert text_of(hint_line([*HINTS[:6], HELP], 30)).rstrip() == " k hint0  k hint1  ? help"
    assert text_of(hint_line([HELP], 7)).rstrip() == " ? help"
    assert text_of(hint_line([], 80)).strip() == ""


@pytest.mark.parametrize(
    ("room", "kept"),
    [
        (80, ["us", "projects", "Cohort 12", "biosamples"]),
        (34, ["us", "…", "Cohort 12", "biosamples"]),
        (24, ["us", "…", "biosamples"]),
        (3, ["us", "…", "biosamples"]),
    ],
)
def test_breadcrumbs_give_way_in_the_middle(room: int, kept: list[str]) -> None:
    assert elided(["us", "projects", "Cohort 12", "biosamples"], room, "›", "…") == kept


@pytest.mark.parametrize("width", [1, 5, 20, 40, 200])
def test_two_sides_fill_the_line_and_no_more(width: int) -> None:
    shown = text_of(two_sides(line("left text"), (Span("right"),), width, "…"))
    assert len(shown) <= max(width, len("  right") + 1)
    if width >= 20:
        assert shown == " left text" + "right".rjust(width - 11)


async def test_all_of_it_is_ascii_where_the_terminal_needs_it() -> None:
    app = SampleApp(100, Look("bstui-ansi-dark", ASCII))
    async with sit_at(app, (60, 16)) as keyboard:
        await keyboard.settle()
        assert screen_lines(app)[0] == " us > Cohort 12 > biosamples               m.cohen - 2 jobs"
        app.foot.say("sorted · by size …")
        assert (await foot_lines(keyboard))[0].startswith(" sorted - by size ...")


@pytest.mark.parametrize("theme", ["bstui-light", "bstui-contrast", "bstui-ansi-light"])
async def test_every_theme_draws(theme: str) -> None:
    app = SampleApp(10, Look(theme, UTF8))
    async with sit_at(app) as keyboard:
        await keyboard.press("space")
        app.theme = "bstui-dark"
        await keyboard.settle()
        assert screen_lines(app)[2].startswith(" [x]")
