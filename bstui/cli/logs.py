"""`logs`: a job's log, all of it or what somebody looks for, and as it grows."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bstui.cli.job_rows import LOG_KEYS, log_row
from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.output import Row
from bstui.cli.session import Session
from bstui.errors import UsageError
from bstui.jobs.folder import JobFolder
from bstui.jobs.glance import status_of
from bstui.jobs.identifiers import find_job
from bstui.units import iso_text, parse_duration

_LOOK = 0.5
"""Seconds between two looks at a log that grows."""
_STATE_LOOKS = 4
"""Looks at the log for one at the job's state."""
_LEVELS = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are shown; one without a time belongs to the line before."""

    level: str
    """The least."""
    pattern: re.Pattern[str] | None
    since: str
    """ISO 8601 in UTC, as the log has it; empty: from the beginning."""

    def choose(self, lines: Iterator[str]) -> Iterator[tuple[str, Row]]:
        """Those lines, as they are and as rows."""
        least, holds = _LEVELS.index(self.level), True
        for line in lines:
            row = log_row(line)
            if row["time"] is not None:
                level = row["level"]
                holds = row["time"] >= self.since
                holds = holds and (level not in _LEVELS or _LEVELS.index(level) >= least)
            if holds and (self.pattern is None or self.pattern.search(line)):
                yield line, row


@command("logs")
@click.argument("job", metavar="JOB")
@click.option("--path", is_flag=True, help="Print where the log is, instead of the log.")
@click.option("--level", type=click.Choice(_LEVELS[1:4]), default="info", help="And what is worse.")
@click.option("--grep", metavar="REGEX", help="Only lines with it, in any case.")
@click.option("--since", metavar="WHEN", help="From then on: 2h ago, or 2026-02-24T08:00.")
@click.option("--follow", is_flag=True, help="Go on as it grows, until no worker has the job.")
def logs(
    session: Session,
    job: str,
    path: bool,
    level: str,
    grep: str | None,
    since: str | None,
    follow: bool,
) -> int:
    """Print JOB's log, or those of its lines that are asked for."""
    wanted = Wanted(level, _pattern(grep), _moment(since))
    folder = find_job(session.places.jobs, job)
    if path:
        click.echo(folder.log)
        return 0
    chosen = wanted.choose(_lines(folder.log, _ends(folder) if follow else lambda: True))
    if session.form == "table":
        for line, _ in chosen:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    else:
        session.output.write(LOG_KEYS, (row for _, row in chosen))
    return 0


def _ends(folder: JobFolder) -> Callable[[], bool]:
    """Whether the job has no worker; asks for that now and then only, and waits in between."""
    looks = 0

    def has_ended() -> bool:
        nonlocal looks
        looks += 1
        if looks % _STATE_LOOKS == 1 and not status_of(folder).is_active:
            return True
        time.sleep(_LOOK)
        return False

    return has_ended


def _lines(log: Path, has_ended: Callable[[], bool]) -> Iterator[str]:
    """Its lines; at the end those that come, until it `has_ended` and nothing more was there."""
    rest, is_over = b"", False
    offset = 0
    while True:
        try:
            with log.open("rb") as file:
                file.seek(offset)
                for line in file:
                    offset += len(line)
                    rest += line
                    if line.endswith(b"\n"):
                        yield _text(rest)
                        rest = b""
        except FileNotFoundError:
            if is_over or has_ended():
                say("There is no log yet.")
                return
        if is_over:
            break
        is_over = has_ended()  # what was written until then is read once more
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\n")


def _pattern(grep: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(grep, re.IGNORECASE) if grep else None
    except re.error as error:
        raise UsageError(
            f"--grep: {grep!r} is no regular expression: {error}.",
            hint="Put a \\ before . ( [ * + ? that stand for themselves.",
        ) from error


def _moment(since: str | None) -> str:
    """In UTC, as the log writes it."""
    if not since:
        return ""
    try:
        moment = datetime.now(UTC) - timedelta(seconds=parse_duration(since))
    except ValueError:
        try:
            moment = datetime.fromisoformat(since).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise UsageError(
                f"--since: {since!r} is neither a duration nor a date.",
                hint="Write it as 90m, 12h, 3d, or 2026-02-24, or 2026-02-24T08:00.",
            ) from error
    except OverflowError as error:
        raise UsageError(f"--since: {since!r} is longer ago than there are dates.") from error
    return iso_text(moment) or ""
