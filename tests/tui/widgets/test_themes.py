"""Which look a terminal gets."""

import pytest

from bstui.tui.themes import ASCII, SHORT_NAMES, THEMES, UTF8, Glyphs, choose_look

XTERM = {"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}


@pytest.mark.parametrize(
    ("environ", "theme", "glyphs"),
    [
        (XTERM, "bstui-ansi-dark", UTF8),
        (XTERM | {"COLORTERM": "truecolor"}, "bstui-dark", UTF8),
        (XTERM | {"COLORTERM": "truecolor", "NO_COLOR": "1"}, "bstui-ansi-dark", UTF8),
        (XTERM | {"TERM": "linux"}, "bstui-ansi-dark", ASCII),
        ({"TERM": "xterm", "LANG": "C"}, "bstui-ansi-dark", ASCII),
        ({"TERM": "xterm"}, "bstui-ansi-dark", ASCII),
        ({"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, "bstui-ansi-dark", ASCII),
        ({"LC_CTYPE": "C.utf8", "LANG": "C"}, "bstui-ansi-dark", UTF8),
    ],
)
def test_by_the_environment(environ: dict[str, str], theme: str, glyphs: Glyphs) -> None:
    look = choose_look(environ)
    assert (look.theme, look.glyphs) == (theme, glyphs)


def test_by_the_settings() -> None:
    look = choose_look(XTERM, theme="high-contrast", glyphs="ascii")
    assert (look.theme, look.glyphs) == ("bstui-contrast", ASCII)
    assert choose_look(XTERM | {"NO_COLOR": "1"}, theme="light").theme == "bstui-ansi-dark"


def test_over_ssh_tables_scroll_a_third_of_the_page() -> None:
    assert choose_look(XTERM).scroll_jump(21) == 1
    slow = choose_look(XTERM | {"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"})
    assert slow.scroll_jump(21) == 7
    assert slow.scroll_jump(1) == 1


def test_every_name_is_a_theme() -> None:
    assert set(SHORT_NAMES.values()) == {theme.name for theme in THEMES}


def test_the_ascii_set_is_ascii_and_translates_our_words() -> None:
    assert all(isinstance(sign, str) and sign.isascii() for sign in vars(ASCII).values())
    assert ASCII.draw("loading… us › eu · 2") == "loading... us > eu - 2"
    assert UTF8.draw("loading…") == "loading…"
