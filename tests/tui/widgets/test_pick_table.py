"""The table, driven by keys; what it shows and what it says."""

import pytest

from bstui.tui.themes import ASCII, Look
from bstui.tui.widgets.messages import Said
from bstui.tui.widgets.pick_table import PickTable
from tests.tui.keyboard import sit_at
from tests.tui.screen_text import screen_lines, screen_text
from tests.tui.widgets.sample_app import SampleApp, SampleRows

START = """\
 us › Cohort 12 › biosamples                                   m.cohen · 2 jobs
     name                     run                lanes files     size created  ›
>[ ] NA000000-normal          250800_A00912_0311 1-4       8   0.0 GB 2025-08-04
 [ ] NA000001-tumour          250801_A00912_0311 1-4       8  37.0 GB 2025-08-04
 [ ] NA000002-normal          250802_A00912_0311 1-4       8  24.0 GB 2025-08-04
"""


def views_told(app: SampleApp) -> list[tuple[int, ...]]:
    return [message.rows for message in app.heard_of(PickTable.ViewMoved)]


def asked(app: SampleApp) -> list[tuple[tuple[int, ...], bool | None]]:
    return [(message.rows, message.want) for message in app.heard_of(PickTable.MarkAsked)]


async def test_it_looks_as_drawn() -> None:
    app = SampleApp(3)
    async with sit_at(app) as keyboard:
        await keyboard.settle()
        lines = screen_lines(app)
    start = START.replace("created  ›", "created").splitlines()
    assert lines[:5] == start
    assert lines[5:20] == [""] * 15
    assert lines[22] == " 1/100  by name" + "marked 4 here, 61 in all".rjust(64)
    assert lines[23] == " enter open  space mark  a all  v range  / filter  s sort  ? help"


async def test_moving() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        table = app.table
        page = table.page_height
        for key, row in (
            ("j", 1),
            ("down", 2),
            ("k", 1),
            ("pagedown", page),
            ("pageup", 1),
            ("ctrl+d", 1 + round((page - 1) / 2)),
            ("ctrl+u", 1),
            ("G", 99),
            ("j", 99),
            ("g", 0),
            ("up", 0),
            ("end", 99),
            ("home", 0),
        ):
            await keyboard.press(key)
            assert table.cursor_row == row, key
        await keyboard.press("l")
        await keyboard.settle()
        assert [message.row for message in app.heard_of(PickTable.Opened)] == [0]
        assert app.heard_of(PickTable.CursorMoved)[-1].row == 0


async def test_a_step_off_the_page_scrolls_a_third_of_it_over_ssh() -> None:
    app = SampleApp(100, Look(slow_link=True))
    async with sit_at(app):
        table = app.table
        for _ in range(table.page_height):
            table.action_cursor(1)
        assert table.top == table.page_height // 3
        for _ in range(table.page_height):
            table.action_cursor(-1)
        assert (table.cursor, table.top) == (0, 0)


async def test_marking_asks_the_owner_and_shows_what_it_says() -> None:
    app = SampleApp(5)
    async with sit_at(app) as keyboard:
        await keyboard.press("space", "space")
        await keyboard.settle()
        assert asked(app) == [((0,), None), ((1,), None)]
        assert app.table.cursor_row == 2
        assert [line[1:4] for line in screen_lines(app)[2:7]] == ["[x]", "[x]", "[ ]", "[ ]", "[ ]"]
        await keyboard.press("a")
        assert asked(app)[-1] == ((2, 3, 4), True)
        await keyboard.press("a")
        assert asked(app)[-1] == ((0, 1, 2, 3, 4), False)
        await keyboard.press("g", "space", "asterisk")
        assert asked(app)[-1] == ((0, 1, 2, 3, 4), None)
        assert app.model.marked == {1, 2, 3, 4}
        await keyboard.press("u")
        assert asked(app)[-1] == ((1, 2, 3, 4), False)
        await keyboard.press("u")
        assert app.heard_of(Said)[-1].text == "nothing is marked here"


async def test_a_range_is_marked_as_its_first_row_is_not() -> None:
    app = SampleApp(9)
    async with sit_at(app) as keyboard:
        app.model.marked = {2}
        await keyboard.press("j", "v", "j", "j", "space")
        assert asked(app) == [((1, 3), True)]
        assert app.table.range_start is None
        await keyboard.press("shift+up", "shift+up", "space")
        assert asked(app)[-1] == ((1, 2, 3), False)
        await keyboard.press("v", "j", "v")
        assert app.table.range_start is None


async def test_group_keys_see_only_rows_that_are_shown_and_take_marks() -> None:
    app = SampleApp(30)
    async with sit_at(app) as keyboard:
        app.model.markless = {1, 3}
        assert app.table.filter_by("tumour") == ""
        app.table.sort_by("run")
        await keyboard.press("g", "a")
        rows = asked(app)[-1][0]
        assert set(rows) == set(range(5, 30, 2))
        await keyboard.press("u", "g", "comma")
        assert set(asked(app)[-1][0]) == {9, 15, 21, 27}
        app.table.select_key("b3")
        await keyboard.press("space")
        assert asked(app)[-1] == ((3,), None)


async def test_escape_undoes_range_then_filter_then_only_marked() -> None:
    app = SampleApp(10)
    async with sit_at(app) as keyboard:
        app.model.marked = {1, 4, 5}
        table = app.table
        await keyboard.press("m")
        assert list(table.shown_rows) == [1, 4, 5]
        table.filter_by("normal")
        await keyboard.press("v")
        undone = []
        while table.step_back():
            undone.append((table.range_start, table.filter_text, table.shows_only_marked))
        assert undone == [(None, "normal", True), (None, "", True), (None, "", False)]
        assert app.model.marked == {1, 4, 5}


async def test_a_filter_keeps_the_cursor_on_its_row_and_a_bad_one_changes_nothing() -> None:
    app = SampleApp(100)
    async with sit_at(app) as keyboard:
        table = app.table
        await keyboard.press("G")
        assert table.filter_by("tumour") == ""
        assert table.cursor_row == 99
        assert "no column" in table.filter_by("nme:x")
        assert table.filter_text == "tumour"
        assert table.filter_by("NA000004") == ""
        assert (list(table.shown_rows), table.cursor_row) == ([4], 4)
        table.filter_by("nothing like it")
        assert table.cursor_row is None
        await keyboard.settle()
        assert app.heard_of(PickTable.CursorMoved)[-1].row is None
        assert table.check_action("mark", ()) is None
        await keyboard.press("space", "enter")
        assert not app.heard_of(PickTable.MarkAsked)
        assert app.heard_of(Said)[-1].text == "there is no row to open"


async def test_sorting_puts_unknown_values_last_either_way() -> None:
    app = SampleApp(30)
    async with sit_at(app):
        table = app.table
        for reverse in (False, True):
            table.sort_by("size", reverse)
            sizes = [app.model.size(row) for row in table.shown_rows]
            known = [size for size in sizes if size is not None]
            assert sizes == sorted(known, reverse=reverse) + [None] * 4
        table.sort_by("")
        assert list(table.shown_rows) == list(range(30))
        with pytest.raises(KeyError):
            table.sort_by("colour")


async def test_rows_that_come_leave_cursor_and_view_alone() -> None:
    app = SampleApp(40)
    async with sit_at(app) as keyboard:
        table = app.table
        table.sort_by("size")
        await keyboard.press("pagedown", "pagedown")
        row, height = table.cursor_row, table.cursor - table.top
        app.model.length = 400
        table.rows_grew()
        assert (table.cursor_row, table.cursor - table.top) == (row, height)
        assert (table.total, len(table.shown_rows)) == (400, 400)


async def test_the_first_rows_of_an_empty_table_appear() -> None:
    app = SampleApp(0)
    async with sit_at(app) as keyboard:
        await keyboard.settle()
        assert app.table.cursor_row is None
        assert app.table.cursor_key == ""
        app.model.length = 2
        app.table.rows_grew()
        await keyboard.settle()
        assert screen_lines(app)[2].startswith(">[ ] NA000000")
        assert app.heard_of(PickTable.CursorMoved)[-1].row == 0
        await keyboard.until(lambda: views_told(app) == [(0, 1)])


async def test_loading_again_keeps_the_place() -> None:
    app = SampleApp(50)
    async with sit_at(app) as keyboard:
        await keyboard.press("G", "k")
        app.table.filter_by("normal")
        rows = SampleRows(80)
        app.table.set_rows(rows)
        assert app.table.cursor_key == "b48"
        assert len(app.table.shown_rows) == 40
        app.table.set_rows(SampleRows(10))
        assert app.table.cursor_key == "b0"
        assert app.table.select_key("b6")
        assert not app.table.select_key("b7")


async def test_details_are_wanted_for_the_rows_in_view_once_it_stands_still() -> None:
    app = SampleApp(1000)
    async with sit_at(app) as keyboard:
        page = app.table.page_height
        await keyboard.until(lambda: views_told(app) == [tuple(range(page))])
        await keyboard.press("pagedown", "pagedown", "pagedown", "G")
        last = tuple(range(1000 - page, 1000))
        await keyboard.until(lambda: views_told(app)[-1] == last)
        assert app.table.visible_rows() == last
        app.model.names[995] = "known by now"
        app.table.refresh_row(995)
        await keyboard.settle()
        assert "known by now" in screen_text(app)


async def test_columns_that_had_no_room_come_into_view() -> None:
    app = SampleApp(5)
    async with sit_at(app, (46, 24)) as keyboard:
        await keyboard.settle()
        head = screen_lines(app)[1]
        assert "created" not in head
        assert head.endswith("›")
        await keyboard.press("L", "L")
        await keyboard.settle()
        head = screen_lines(app)[1]
        assert head.split() == ["name", "files", "size", "created"]
        await keyboard.press("L")
        assert "no more columns" in app.heard_of(Said)[-1].text
        await keyboard.press("H", "H", "H")
        assert "no more columns" in app.heard_of(Said)[-1].text


async def test_names_of_any_script_keep_the_columns_straight() -> None:
    app = SampleApp(4)
    app.model.names = {0: "S[/b]", 1: "試料-腫瘍-1", 2: "a" * 99, 3: "試" * 40}
    async with sit_at(app) as keyboard:
        await keyboard.settle()
        lines = screen_lines(app)[2:6]
    assert lines[0].startswith(">[ ] S[/b] ")
    assert "…" in lines[2]
    assert "…" in lines[3]
    for line in lines:
        before = line[: line.index("25080")]
        width = sum(2 if character >= "⺀" else 1 for character in before)
        assert width == 30


async def test_the_sign_of_the_order_stands_at_its_column() -> None:
    app = SampleApp(4)
    async with sit_at(app) as keyboard:
        app.table.sort_by("size", True)
        await keyboard.settle()
        assert "size▼" in screen_lines(app)[1]


async def test_a_mouse_works_where_there_is_one() -> None:
    app = SampleApp(50)
    async with sit_at(app) as keyboard:
        await keyboard.click(PickTable, 10, 4)
        assert app.table.cursor_row == 3
        await keyboard.click(PickTable, 2, 2)
        assert asked(app) == [((1,), None)]
        await keyboard.click(PickTable, 10, 6, times=2)
        await keyboard.settle()
        assert app.heard_of(PickTable.Opened)[-1].row == 5


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50), (30, 8)])
async def test_every_size_of_list_and_screen(size: tuple[int, int]) -> None:
    app = SampleApp(0, Look("bstui-ansi-dark", ASCII))
    async with sit_at(app, size) as keyboard:
        table = app.table
        for length in (0, 1, 21, 22, 100_000):
            app.model = SampleRows(length)
            table.set_rows(app.model)
            for act in (table.action_last, table.action_mark, table.action_first):
                act()
            table.action_range()
            table.action_page(1)
            table.action_mark()
            table.action_columns(1)
            await keyboard.settle()
            assert len(app.model.marked) >= min(length, 2)
            assert table.cursor < max(1, length)
            text = screen_text(app)
            assert text.isascii()
            assert ">[" in text or not length


async def test_a_table_without_marks_has_neither_badges_nor_keys_for_them() -> None:
    app = SampleApp(5)
    app.table = PickTable(app.table.columns, app.model, markable=False)
    async with sit_at(app) as keyboard:
        await keyboard.press("a", "space")
        await keyboard.settle()
        assert not asked(app)
        assert screen_lines(app)[2].startswith("> NA000000")
        assert "mark" not in screen_lines(app)[23]
