"""The options that stand everywhere, before and after a command's name."""

import os
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

from bstui.cli.session import Session
from bstui.errors import UsageError

_SHARED = (
    click.option("--profile", metavar="NAME", help="Use this profile (region and account)."),
    click.option("--state-dir", metavar="DIR", help="Keep jobs and history there."),
    click.option("--ca-bundle", metavar="FILE", help="Trust the certificates in this file."),
    click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line."),
    click.option("--tsv", "as_tsv", is_flag=True, help="Print tab-separated values."),
)


def shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the context's `obj` becomes the Session they describe."""

    def wrapped(*args: Any, **values: Any) -> Any:
        context = click.get_current_context()
        given = {
            name: values.pop(name)
            for name in ("profile", "state_dir", "ca_bundle", "as_json", "as_tsv")
        }
        session = context.obj if isinstance(context.obj, Session) else Session(os.environ)
        context.obj = session.with_flags(
            profile=given["profile"],
            state_dir=given["state_dir"],
            ca_bundle=given["ca_bundle"],
            form=_form(given["as_json"], given["as_tsv"]),
        )
        try:
            return function(*args, **values)
        except BrokenPipeError:
            return 0  # the reader, `head` for one, had enough

    update_wrapper(wrapped, function)
    decorated: Callable[..., Any] = wrapped
    for option in reversed(_SHARED):
        decorated = option(decorated)
    return decorated


def _form(as_json: bool, as_tsv: bool) -> str | None:
    if as_json and as_tsv:
        raise UsageError("--json and --tsv exclude each other.", hint="Give one of them.")
    return "json" if as_json else "tsv" if as_tsv else None


def command(name: str, *, hidden: bool = False) -> Callable[[Callable[..., Any]], click.Command]:
    """A command with the shared options, whose function is given the Session first."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        def with_session(*args: Any, **values: Any) -> Any:
            return function(click.get_current_context().obj, *args, **values)

        update_wrapper(with_session, function)
        return click.command(name, hidden=hidden)(shared_options(with_session))

    return decorate
