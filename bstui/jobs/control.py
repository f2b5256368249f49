"""What a screen may ask of a job: run, pause, cancel, limits.

A wish is a file with the next number; the highest wins. Each holds the full wish, made from the one
before it, so that a screen which changes the speed does not undo another's pause.
"""

import getpass
import os
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from bstui.errors import InUse, UsageError
from bstui.jobs.attempt import Attempt
from bstui.jobs.batch import hold, was_submitted, withdraw
from bstui.jobs.folder import JobFolder
from bstui.jobs.glance import glance
from bstui.jobs.liveness import file_server_time, introduce, this_machine
from bstui.jobs.queue import shared_queues
from bstui.jobs.records import Control, Outcome, Progress, Result, Want
from bstui.jobs.state import JobStatus, State, state_of
from bstui.timetable import parse_timetable

CANCELLED_CODE = 1
"""Exit code of a cancelled job: a script that waits for it must not go on."""
KEEP: Final = -1
"""A limit that is left as it is."""


def ask(
    folder: JobFolder,
    *,
    want: Want | None = None,
    bwlimit: int | str | None = KEEP,
    concurrent_files: int | None = KEEP,
    concurrent_parts: int | None = KEEP,
    free: bool = False,
    by: str = "",
) -> Control:
    """Wish something of a job; the wish as it stands now.

    A job without a worker is cancelled here and now, and taken back from Slurm; one that Slurm has
    not started is held there. UsageError where nobody is there to pause, or the job is done;
    SchedulerProblem, after all else, where Slurm could not be told.
    """
    machine = this_machine()
    seen = glance(folder, machine, shared_queues())
    status = state_of(seen, file_server_time(folder.path.parent))
    check_wish(folder, status, want)
    limits = {
        "bwlimit": bwlimit,
        "concurrent_files": concurrent_files,
        "concurrent_parts": concurrent_parts,
    }
    chosen = {k: v for k, v in limits.items() if v != KEEP}
    if want is not None:
        chosen["free"] = free
    wish = add_wish(folder, want, chosen, by)
    if want is Want.CANCEL and not status.is_alive and status.state is not State.CANCELLED:
        end_cancelled(folder, seen.attempt + 1)
    _tell_scheduler(folder, want, status)
    return wish


def _tell_scheduler(folder: JobFolder, want: Want | None, status: JobStatus) -> None:
    """What a worker that has not begun cannot obey. A worker that has obeys by itself."""
    if status.is_alive or not was_submitted(folder):
        return
    if want is Want.CANCEL:
        withdraw(folder, os.environ)
    elif want is Want.PAUSE:
        hold(folder, os.environ)


def change_limits(
    folder: JobFolder, limits: Mapping[str, int | str | None], by: str = ""
) -> Control:
    """Wish for other limits, by the names of `Control`; a later worker obeys too."""
    return add_wish(folder, None, limits, by)


def add_wish(
    folder: JobFolder, want: Want | None, limits: Mapping[str, int | str | None], by: str = ""
) -> Control:
    """Link the wish, merged with whatever stands highest at that moment."""

    def change(wish: Control) -> Control:
        return msgspec.structs.replace(
            wish,
            want=want or wish.want,
            time=time.time(),
            by=by or asker(),
            **limits,
        )

    return folder.add_control(change)[1]


def bandwidth_now(bwlimit: int | str) -> int | None:
    """Bytes per second at this time of the day; None: no limit. A timetable that is none, which
    only a strange hand can have written, limits nothing."""
    if isinstance(bwlimit, int):
        return bwlimit if bwlimit > 0 else None
    try:
        return parse_timetable(bwlimit).rate_at(datetime.now().astimezone())
    except ValueError:
        return None


def asker() -> str:
    """Who asks, for people: `user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{os.uname().nodename}"


def check_wish(folder: JobFolder, status: JobStatus, want: Want | None) -> None:
    """UsageError where nobody is there to pause, or the job is done."""
    has_ended = status.state in (State.DONE, State.INCOMPLETE)
    if want is None or (want is Want.CANCEL and not has_ended):
        return
    if not status.is_active:
        raise UsageError(
            f"The job {folder.header().name} is {status.text}: there is nothing to {want}."
            if want is not Want.RUN
            else f"The job {folder.header().name} has no worker ({status.text}).",
            hint="" if status.state is State.DONE else "Start it again with: bstui resume JOB",
        )


def end_cancelled(folder: JobFolder, attempt: int) -> None:
    """Take the next attempt, only to end it; a worker that was quicker obeys the wish instead."""
    header, now = folder.header(), time.time()
    try:
        ending = Attempt(folder, introduce(attempt, now))
    except InUse:
        return
    last = folder.progress()
    reached = last.record if last else Progress(attempt=attempt, time=now)
    ending.finish(
        Result(
            attempt=attempt,
            time=now,
            outcome=Outcome.CANCELLED,
            exit_code=CANCELLED_CODE,
            files=header.files,
            files_done=reached.files_done,
            files_failed=reached.files_failed,
            bytes=header.bytes,
            bytes_done=reached.bytes_done,
        ),
        "cancelled",
    )
