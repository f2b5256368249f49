"""The README says what the program does: every command, setting, key and exit code."""

import re
from pathlib import Path

import click
import pytest

from bstui import errors
from bstui.cli.commands import COMMANDS, bstui
from bstui.cli.topics import topics
from bstui.config import describe_settings
from bstui.tui.keys import markdown_table

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
MOST_LINES = 400


def test_it_is_short_enough_to_be_read() -> None:
    assert README.count("\n") <= MOST_LINES


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_it(command: str) -> None:
    assert re.search(rf"^\| `bstui {command}\b", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_its_options(command: str) -> None:
    found = bstui.get_command(click.Context(bstui), command)
    assert found is not None
    assert found.help
    for option in found.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help, option.name


@pytest.mark.parametrize("name", [row.name for row in describe_settings()])
def test_every_setting_stands_in_it(name: str) -> None:
    assert f"| `{name}` |" in README


def test_every_key_stands_in_it() -> None:
    assert markdown_table().strip() in README


def test_every_exit_code_stands_in_it() -> None:
    table = README.partition("## Exit codes")[2]
    codes = {
        thing.exit_code
        for thing in vars(errors).values()
        if isinstance(thing, type) and issubclass(thing, errors.BstuiError)
    }
    for code in codes - {0}:
        assert re.search(rf"^\| {code}\b", table, re.MULTILINE), code


@pytest.mark.parametrize("topic", topics())
def test_every_help_topic_stands_in_it(topic: str) -> None:
    assert topic in README
