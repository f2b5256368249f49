"""The registry of keys."""

from itertools import combinations

import pytest
from textual.binding import Binding

from bstui.errors import SettingsError
from bstui.tui.keys import (
    KEY_BY_ID,
    KEYS,
    bindings,
    help_rows,
    keymap,
    keys_of,
    markdown_table,
    shown_key,
    shown_keys,
)

PLACES = sorted({place for key in KEYS for place in key.places})


def test_every_id_is_there_once_and_fits_a_bare_key_of_toml() -> None:
    assert len(KEY_BY_ID) == len(KEYS)
    assert all(set(key.id) <= set("abcdefghijklmnopqrstuvwxyz-") for key in KEYS)


@pytest.mark.parametrize("place", PLACES)
def test_no_key_means_two_things_in_one_place(place: str) -> None:
    for one, other in combinations(keys_of(place, "app"), 2):
        assert set(one.keys).isdisjoint(other.keys), (one.id, other.id)


def test_letters_of_a_split_arrow_key_and_prefixes_of_screen_and_tmux_are_unbound() -> None:
    pressed = {name for key in KEYS for name in key.keys}
    assert pressed.isdisjoint({"A", "B", "C", "D", "O", "ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q"})


def test_hints_are_short_and_help_is_a_sentence() -> None:
    for key in KEYS:
        assert len(key.hint.split()) <= 2
        assert key.help[0].isupper()
        assert not key.help.endswith(".")
        assert key.help.isascii()


def test_bindings_carry_the_ids_that_a_keymap_needs() -> None:
    made = {each.id: each for each in bindings("list", "copy") if isinstance(each, Binding)}
    assert made["filter"].key == "slash"
    assert made["copy"].action == "copy"
    assert set(made) == {"filter", "sort", "copy"}


def test_a_place_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no key works in nowhere"):
        bindings("nowhere")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("question_mark", "?"),
        ("left_square_bracket", "["),
        ("ctrl+d", "ctrl+d"),
        ("escape", "esc"),
        ("G", "G"),
        ("shift+tab", "shift+tab"),
    ],
)
def test_keys_are_shown_as_people_write_them(name: str, shown: str) -> None:
    assert shown_key(name) == shown


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("D", "D"),
        ("f5 ctrl+x", "f5,ctrl+x"),
        ("*", "asterisk"),
        (",", "comma"),
        ("ctrl+?", "ctrl+question_mark"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
    ],
)
def test_settings_remap_by_id(text: str, keys: str) -> None:
    assert keymap({"import": text}) == {"import": keys}


def test_what_cannot_be_remapped_names_the_setting() -> None:
    with pytest.raises(SettingsError, match=r"\[keys\] download: there is no action"):
        keymap({"download": "d"})
    with pytest.raises(SettingsError, match=r"\[keys\] import: no key is given"):
        keymap({"import": " "})


def test_help_is_grouped_and_holds_all_keys_when_no_place_is_named() -> None:
    everything = help_rows()
    assert sum(len(rows) for _, rows in everything) == len(KEYS)
    here = dict(help_rows("list"))
    assert here == {
        "Lists": [
            ("/", KEY_BY_ID["filter"].help),
            ("s", KEY_BY_ID["sort"].help),
        ]
    }


def test_the_table_for_the_readme_has_every_key() -> None:
    lines = markdown_table().splitlines()
    assert len(lines) == len(KEYS) + 2
    for key, line in zip(KEYS, lines[2:], strict=True):
        assert f"`{key.id}`" in line
        assert all(f"`{name}`" in line for name in shown_keys(key).split())
