"""`verify`: whether what was imported still stands as it was, and how it gets so again."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from bstui.cli.calls import run_calls
from bstui.cli.following import exit_code_of, follow, tell_failures
from bstui.cli.jobs import write_jobs
from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.errors import IntegrityError, NotFound, UsageError
from bstui.jobs.arrived import files_brought
from bstui.jobs.checking import Checked, Verdict, check_files, files_of_job, files_on_record
from bstui.jobs.folder import JobFolder
from bstui.jobs.identifiers import find_job, job_name
from bstui.jobs.launchers import start_job
from bstui.jobs.manifest import RecordedFile, read_job, record_folders
from bstui.jobs.records import Launcher, Options
from bstui.jobs.repair import plan_repair, set_aside
from bstui.system import current_umask
from bstui.units import count_text, size_text

_KEYS = ("state", "size", "path", "problem")
_LINE = 0.5
"""Seconds between two lines of progress."""


@dataclass(frozen=True)
class _Subject:
    """What is verified."""

    name: str
    destination: Path
    files: Iterable[RecordedFile]
    profile: str
    options: Options
    missing: int = 0
    """Files that were planned and have never stood there."""


class _Tally:
    """What was found so far; tells a person at a terminal how far the reading is."""

    def __init__(self) -> None:
        self.counts: Counter[Verdict] = Counter()
        self.proofs: Counter[str] = Counter()
        """By what the sound ones are."""
        self.size = 0
        self.bad: list[Checked] = []
        self._is_terminal = sys.stderr.isatty()
        self._told = time.monotonic()

    def take(self, checked: Iterable[Checked]) -> Iterator[Checked]:
        """The same, each counted."""
        for one in checked:
            self.counts[one.verdict] += 1
            self.size += one.file.size
            if one.verdict is Verdict.SOUND:
                self.proofs[one.proof] += 1
            if one.verdict.is_bad:
                self.bad.append(one)
            if self._is_terminal and time.monotonic() - self._told > _LINE:
                self._told = time.monotonic()
                done = count_text(sum(self.counts.values()), "file")
                sys.stderr.write(f"\r\033[Kread {done}, {size_text(self.size)}")
                sys.stderr.flush()
            yield one

    def clear_line(self) -> None:
        if self._is_terminal:
            sys.stderr.write("\r\033[K")


@command("verify")
@click.argument("what", metavar="JOB|DIR")
@click.option("--repair", is_flag=True, help="Fetch again what is bad, and nothing else.")
@click.option("--moved-to", metavar="DIR", help="Where the files are now, if they were moved.")
def verify(session: Session, what: str, repair: bool, moved_to: str | None) -> int:
    """Read every file of a JOB, or of all imports into DIR, against what was recorded of it.

    The exit code is 6 where a file is missing, changed or cannot be read. `--repair` renames bad
    files to FILE.bad and starts a job that brings them again.
    """
    subject = _find(session, what, Path(moved_to).absolute() if moved_to else None)
    tally = _Tally()
    checked = tally.take(check_files(subject.files, subject.destination))
    if session.form == "table":
        rows = [_row(one) for one in checked if one.verdict is not Verdict.SOUND]
        tally.clear_line()
        if rows:
            session.output.write(_KEYS, rows)
    else:
        session.output.write(_KEYS, map(_row, checked))
    _summarise(subject, tally)
    bad = tally.bad
    if not bad:
        return 0
    if not repair:
        say(f"Fetch again what is bad: bstui verify --repair {what}")
        return IntegrityError.exit_code
    return _repair(session, subject, bad)


def _find(session: Session, what: str, moved_to: Path | None) -> _Subject:
    """A job of ours by its name, else a folder that has a record."""
    with suppress(NotFound):
        folder = find_job(session.places.jobs, what)
        return _of_job(folder, moved_to)
    destination = Path(what).absolute()
    if not destination.is_dir():
        raise NotFound(
            f"There is no job {what!r}, and no such folder.",
            hint="`bstui jobs` lists jobs; a folder is one that was given with --to.",
        )
    if moved_to is not None:
        raise UsageError(
            "--moved-to says where the files of a JOB are now.",
            hint=f"Verify the folder where they are: bstui verify {moved_to}",
        )
    newest = read_job(record_folders(destination)[-1]) if record_folders(destination) else None
    return _Subject(
        name=destination.name,
        destination=destination,
        files=files_on_record(destination),
        profile=newest.profile if newest else "",
        options=Options(),
    )


def _of_job(folder: JobFolder, moved_to: Path | None) -> _Subject:
    header = folder.header()
    destination = moved_to or Path(header.destination)
    files = list(files_brought(folder))
    if not files:  # its events may have been packed away; the record beside the data stays
        with suppress(NotFound):
            files = list(files_of_job(destination, folder.id))
    return _Subject(
        name=header.name,
        destination=destination,
        files=files,
        profile=header.profile,
        options=Options(verify=header.options.verify, digest=header.options.digest),
        missing=header.files - len(_planned_ids(files)),
    )


def _planned_ids(files: Iterable[RecordedFile]) -> set[str]:
    """The ids of the plan's files that these are, or were made of."""
    return {id for file in files if not file.source for id in file.parts or (file.id,)}


def _row(one: Checked) -> dict[str, Any]:
    return {
        "id": one.file.id,
        "name": one.file.path.rpartition("/")[2],
        "state": str(one.verdict),
        "size": one.file.size,
        "proof": one.proof,
        "problem": one.problem,
        "path": one.file.path,
    }


def _summarise(subject: _Subject, tally: "_Tally") -> None:
    counts = tally.counts
    parts = [f"{counts[verdict]:,} {verdict}" for verdict in Verdict if counts[verdict]]
    total = f"{count_text(sum(counts.values()), 'file')}, {size_text(tally.size)}"
    by = ", ".join(f"{number:,} by {proof}" for proof, number in tally.proofs.most_common())
    say(f"{subject.name}: {total}: {', '.join(parts) or 'nothing is on record'}")
    if by:
        say(f"sound: {by}")
    if subject.missing > 0:
        number = count_text(subject.missing, "file")
        say(f"{number} of the job never stood there: bstui resume {subject.name}")


def _repair(session: Session, subject: _Subject, bad: list[Checked]) -> int:
    """Start the job that mends, follow it, and say how it ended."""
    joined = [one for one in bad if one.file.parts or one.file.source]
    if joined:
        how = "joined of lanes" if joined[0].file.parts else "unpacked of a zip file"
        say(f"{joined[0].file.path} was {how}: move it away, and resume its job.")
    mendable = [o for o in bad if o.verdict is not Verdict.UNREADABLE and o not in joined]
    if not mendable and joined:
        return IntegrityError.exit_code
    if not mendable:
        say("What cannot be read is not mended: see to the disk or the permissions first.")
        return IntegrityError.exit_code
    if not session.profile_name and subject.profile:
        session.profile_name = subject.profile
    profile = session.choose_profile()

    async def ask() -> Any:
        async with session.open(profile) as client:
            return await client.identity()

    identity = run_calls(ask())
    repair = plan_repair(
        [one.file for one in mendable],
        subject.destination,
        now=time.time(),
        name=job_name(f"{subject.name} repair", date.today(), set()),
        profile=profile.identified(identity).name,
        region=profile.region,
        identity=identity,
        launcher=Launcher.DETACHED,
        options=subject.options,
        umask=current_umask(),
    )
    set_aside(subject.destination, [one.file.path for one in mendable])
    folder, _ = start_job(
        repair, places=session.places, environ=session.worker_environ, profile=profile
    )
    view = follow(folder)
    write_jobs(session, [view])
    tell_failures(view)
    left = len(bad) - len(mendable) - len(joined)
    if left:
        say(f"{count_text(left, 'file')} cannot be read, and stay as they are.")
    return exit_code_of(view.status) or (IntegrityError.exit_code if left or joined else 0)
