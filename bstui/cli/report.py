"""`report`: what a job did, for a record or a colleague: as text, rows, or one page of HTML."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from bstui.cli.jobs import tell_newer
from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.output import Row
from bstui.cli.report_page import page_of
from bstui.cli.report_rows import attempt_row, facts_of, failure_row, moment_text, tally_rows
from bstui.cli.session import Session
from bstui.errors import BstuiError, UsageError
from bstui.jobs.account import Account, Tally, account_of
from bstui.jobs.identifiers import find_job
from bstui.units import count_text, duration_text, rate_text

_SHOWN = 50
"""Rows of a kind that text is given; `--json` has all."""


@command("report")
@click.argument("job", metavar="JOB")
@click.option(
    "--html", "page", metavar="FILE", help="Write one self-contained page; - is the output."
)
def report(session: Session, job: str, page: str | None) -> int:
    """Tell what JOB brought, from where, how it was proven and how long it took."""
    form = session.output.form
    if form not in ("table", "json") or (page and form == "json"):
        raise UsageError("A report is text, --json or --html FILE.", hint="Give one of them.")
    account = account_of(find_job(session.places.jobs, job))
    tell_newer([account.view.header])
    _tell_damaged(account)
    if page:
        _write(page_of(account, facts_of(account)), page)
    elif form == "json":
        for row in _rows(account):
            session.output.write_one(list(row), row)
    else:
        _write_text(session, account)
    return 0


def _tell_damaged(account: Account) -> None:
    for one in account.attempts:
        if one.damaged:
            lines = count_text(one.damaged, "line")
            say(f"Of attempt {one.attempt}'s events {lines} cannot be read: what came may be more.")


def _rows(account: Account) -> Iterator[Row]:
    """A row a thing; `record` says which."""
    yield {"record": "job"} | facts_of(account)
    for one in account.attempts:
        yield {"record": "attempt"} | dict(attempt_row(one))
    for kind, tallies in _tallies(account):
        for row in tally_rows(tallies, kind):
            yield {"record": kind} | dict(row)
    for number, size in enumerate(account.throughput.spans):
        through = account.throughput
        moment = moment_text(through.began + number * through.seconds)
        yield {"record": "throughput", "from": moment, "seconds": through.seconds, "bytes": size}
    for failed in account.view.failures:
        yield {"record": "failure"} | dict(failure_row(failed))
    for sheet in account.sheets:
        yield {"record": "sheet", "path": str(sheet)}


def _tallies(account: Account) -> Iterator[tuple[str, Mapping[str, Tally]]]:
    yield "project", account.projects
    yield "run", account.runs
    yield "sample", account.samples
    yield "proof", account.proofs


def _write_text(session: Session, account: Account) -> None:
    facts = facts_of(account)
    facts["how_long"] = f"{duration_text(account.worked)}, {rate_text(account.rate)} on the average"
    facts["sheets"] = [str(sheet) for sheet in account.sheets]
    session.output.write_facts({key: value for key, value in facts.items() if value is not None})
    _write_table(session, "attempt", map(attempt_row, account.attempts))
    for kind, tallies in _tallies(account):
        _write_table(session, kind, tally_rows(tallies, kind))
    _write_table(session, "failure", map(failure_row, account.view.failures))


def _write_table(session: Session, kind: str, rows: Iterable[Row]) -> None:
    """The first rows, after an empty line; nothing where there are none."""
    whole = list(rows)
    if not whole:
        return
    stream = session.output.stream
    print(file=stream)
    session.output.write([key for key in whole[0] if key != "id"], whole[:_SHOWN])
    if len(whole) > _SHOWN:
        print(f"and {len(whole) - _SHOWN:,} more; --json lists each {kind}", file=stream)


def _write(text: str, page: str) -> None:
    if page == "-":
        sys.stdout.write(text)
        return
    path = Path(page)
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(
            f"{path} is there already.", hint="Move it away, or give another name with --html."
        ) from error
    except OSError as error:
        raise BstuiError(f"{path} cannot be written: {error.strerror}.") from error
    say(f"{path} is written; it needs no other file and no network.")
