"""`history`: what was imported, when, to where; and what is taken into it, or forgotten."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.session import Session, is_terminal
from bstui.errors import BstuiError, NotFound, UsageError
from bstui.history import CaughtUp, History, HistoryFile, HistoryJob, Narrowing, find_database
from bstui.jobs.folder import JobFolder, job_folders
from bstui.jobs.identifiers import find_job
from bstui.jobs.manifest import record_folders
from bstui.jobs.reception import let_go, take_in
from bstui.units import count_text, iso_text, rate_text, size_text

_KEYS = ("created", "name", "outcome", "files", "bytes", "destination")
_STATISTICS = ("group", "jobs", "files", "bytes", "failed", "rate")
_OUTCOMES = ("done", "incomplete", "cancelled", "unfinished")
_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


class _Searching(click.Group):
    """A group that searches where none of its commands is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help", "-h"):
            args = ["search", *args]
        return super().parse_args(ctx, args)


@click.group("history", cls=_Searching)
def history() -> None:
    """What was imported: `bstui history [WORD]...` searches, newest first.

    `bstui history search --help` has the ways to narrow it.
    """


@command("search")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--files", "with_files", is_flag=True, help="A row for each file instead.")
@click.option("--csv", is_flag=True, help="Print comma-separated values, with every column.")
@click.option("--since", type=_DAY, metavar="DATE", help="Started on or after that day.")
@click.option("--until", type=_DAY, metavar="DATE", help="Started before that day.")
@click.option("--outcome", type=click.Choice(_OUTCOMES), help="How it ended.")
@click.option(
    "--sample", metavar="NAME", help="With that sample, or biosample's id; * is anything."
)
@click.option("--run", metavar="NAME", help="With reads of that run; * is anything.")
@click.option("--project", metavar="NAME", help="With data of that project; * is anything.")
@click.option("--path", metavar="PATH", help="To that destination or file; * is anything.")
def search(
    session: Session, words: tuple[str, ...], with_files: bool, csv: bool, **narrowed: Any
) -> int:
    """List imports, newest first; each WORD must stand in the job, a sample or a file."""
    session = session.with_form("csv") if csv else session
    with _caught_up(session) as (index, known):
        found = index.jobs(" ".join(words), narrowing=_narrowing(narrowed))
        if with_files:
            rows = (_file_row(job, file) for job in found for file in _files_of(index, job, words))
            session.output.write(("job", "state", "size", "verified", "path"), rows)
        else:
            session.output.write(_KEYS, [_row(job) for job in found])
        totals = index.totals()
    if session.form == "table" and not words and not any(narrowed.values()):
        say(
            f"{count_text(totals.jobs, 'import')}, {count_text(totals.files_done, 'file')}, "
            f"{size_text(totals.bytes_done)}"
        )
    _tell(known)
    return 0


@command("statistics")
@click.option(
    "--by",
    type=click.Choice(["month", "project", "profile", "outcome", "destination"]),
    default="month",
    show_default=True,
    help="What the imports are added up by.",
)
def statistics(session: Session, by: str) -> int:
    """Add up imports: how many, how much, how fast."""
    with _caught_up(session) as (index, known):
        rows = [msgspec.structs.asdict(row) for row in index.statistics(by)]
    for row in rows:
        row["rate"] = round(row["bytes"] / row["seconds"]) if row["seconds"] else None
    if session.form == "table":
        rows = [row | {"rate": rate_text(row["rate"]) if row["rate"] else ""} for row in rows]
    session.output.write(_STATISTICS, rows)
    _tell(known)
    return 0


@command("add")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def add(session: Session, folder: Path) -> int:
    """Take in what the record in DIR tells of: imports of others, or of another machine."""
    destination = folder.absolute()
    records = record_folders(destination)
    if not records:
        raise NotFound(
            f"There is no record of an import in {destination}.",
            hint="Name a folder that was given to an import with --to.",
        )
    added = [take_in(record, destination, session.places.jobs) for record in records]
    names = [job.header().name for job in added if job is not None]
    say(f"Added: {', '.join(names)}." if names else "All of it is known already.")
    with _caught_up(session) as (_, known):
        _tell(known)
    return 0


@command("forget")
@click.argument("names", nargs=-1, metavar="[JOB]...")
@click.option(
    "--before", type=_DAY, metavar="DATE", help="Every ended job started before that day."
)
@click.option("--anyway", is_flag=True, help="Also where nothing else tells of its files.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(
    session: Session, names: tuple[str, ...], before: datetime | None, anyway: bool, yes: bool
) -> int:
    """Remove JOB, or all jobs before a day, from jobs and history. No data is touched."""
    folders = _to_forget(session, names, before)
    if not folders:
        say("There is nothing to forget.")
        return 0
    shown = ", ".join(folder.header().name for folder in folders[:5])
    shown += f" and {len(folders) - 5:,} more" * (len(folders) > 5)
    if not yes:
        if not is_terminal():
            raise UsageError("There is no terminal to ask at.", hint="Give --yes.")
        click.confirm(f"Forget {shown}?", abort=True, err=True)
    kept = 0
    with History(find_database(session.places)) as index:
        for folder in folders:
            try:
                let_go(folder, anyway=anyway)
                index.forget(folder.id)
            except UsageError as error:
                kept += 1
                say(str(error))
    say(f"Forgotten: {count_text(len(folders) - kept, 'job')}.")
    return UsageError.exit_code if kept and names else 0


for _command in (search, statistics, add, forget):
    history.add_command(_command)


@contextmanager
def _caught_up(session: Session) -> Iterator[tuple[History, CaughtUp]]:
    with History(find_database(session.places)) as index:
        known = index.catch_up(session.places.jobs)
        if index.moved_aside:
            say(f"The history was damaged: {index.moved_aside} keeps it, and it was made anew.")
        yield index, known


def _tell(known: CaughtUp) -> None:
    """What could not be read."""
    for job_id, problem in known.problems.items():
        say(f"The job {job_id} cannot be read: {problem}")
    if not known.is_whole:
        say("The history is being brought up to date by another bstui; this list may be short.")


def _narrowing(given: dict[str, Any]) -> Narrowing:
    moments = {key: given[key] for key in ("since", "until")}
    outcome = given["outcome"]
    return Narrowing(
        **{key: moment.timestamp() if moment else None for key, moment in moments.items()},
        outcome="" if outcome == "unfinished" else outcome,
        **{key: given[key] for key in ("sample", "run", "project", "path")},
    )


def _to_forget(session: Session, names: Sequence[str], before: datetime | None) -> list[JobFolder]:
    if not names and before is None:
        raise UsageError("Which job?", hint="Name it, or give --before DATE.")
    jobs_dir = session.places.jobs
    folders = [find_job(jobs_dir, name) for name in names]
    if before is not None:
        folders += [one for one in job_folders(jobs_dir) if _is_before(one, before.timestamp())]
    return list({folder.id: folder for folder in folders}.values())


def _is_before(folder: JobFolder, moment: float) -> bool:
    try:
        folder.check_format()
        return folder.header().created < moment
    except BstuiError:  # one of a newer bstui is not ours to remove
        return False


def _files_of(index: History, job: HistoryJob, words: Sequence[str]) -> list[HistoryFile]:
    """The job's files that have every word; all, where the words are the job's own."""
    files = list(index.files_of(job.id))
    wanted = [word.casefold() for word in words]
    texts = (f"{file.path} {file.joined} {file.sample} {file.id}".casefold() for file in files)
    own = [f for f, text in zip(files, texts, strict=True) if all(word in text for word in wanted)]
    return own or files


def _file_row(job: HistoryJob, file: HistoryFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.path.rpartition("/")[2],
        "job": job.name,
        "state": "joined" if file.is_removed else file.state,
        "size": file.size,
        "verified": file.verified,
        "md5": file.md5,
        "sha256": file.sha256,
        "sample": file.sample,
        "path": f"{job.destination}/{file.place}",
        "joined": f"{job.destination}/{file.joined}" if file.joined else "",
    }


def _row(job: HistoryJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "created": iso_text(datetime.fromtimestamp(job.created, UTC)),
        "outcome": job.outcome or "not ended",
        "files": job.files,
        "files_done": job.files_done,
        "bytes": job.bytes,
        "bytes_done": job.bytes_done,
        "samples": job.samples,
        "profile": job.profile,
        "destination": job.destination,
    }
