"""`history`: what was imported, when, to where."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.history import History, HistoryFile, HistoryJob, find_database
from bstui.units import count_text, iso_text, size_text

_KEYS = ("created", "name", "outcome", "files", "bytes", "destination")


@command("history")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--files", "with_files", is_flag=True, help="A row for each file instead.")
def history(session: Session, words: tuple[str, ...], with_files: bool) -> int:
    """List imports, newest first; each WORD must stand in the job, a sample or a file."""
    with History(find_database(session.places)) as index:
        known = index.catch_up(session.places.jobs)
        found = index.jobs(" ".join(words))
        if with_files:
            rows = (_file_row(job, file) for job in found for file in _files_of(index, job, words))
            session.output.write(("job", "state", "size", "verified", "path"), rows)
        else:
            session.output.write(_KEYS, [_row(job) for job in found])
        totals = index.totals()
    if session.form == "table" and not words:
        say(
            f"{count_text(totals.jobs, 'import')}, {count_text(totals.files_done, 'file')}, "
            f"{size_text(totals.bytes_done)}"
        )
    for job_id, problem in known.problems.items():
        say(f"The job {job_id} cannot be read: {problem}")
    if not known.is_whole:
        say("The history is being brought up to date by another bstui; this list may be short.")
    return 0


def _files_of(index: History, job: HistoryJob, words: Sequence[str]) -> list[HistoryFile]:
    """The job's files that have every word; all, where the words are the job's own."""
    files = list(index.files_of(job.id))
    wanted = [word.casefold() for word in words]
    texts = (f"{file.path} {file.sample} {file.id}".casefold() for file in files)
    own = [f for f, text in zip(files, texts, strict=True) if all(word in text for word in wanted)]
    return own or files


def _file_row(job: HistoryJob, file: HistoryFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.path.rpartition("/")[2],
        "job": job.name,
        "state": file.state,
        "size": file.size,
        "verified": file.verified,
        "md5": file.md5,
        "sha256": file.sha256,
        "sample": file.sample,
        "path": f"{job.destination}/{file.path}",
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
