"""`jobs`, `attach`, `pause`, `resume`, `cancel`, `limit`: what was begun, and what it shall do."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import click

from bstui.cli.batch import batch_options, changed_batch
from bstui.cli.following import exit_code_of_all, follow, tell_failures
from bstui.cli.job_rows import JOB_KEYS, job_row, job_table
from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.session import Session, is_terminal
from bstui.errors import UsageError
from bstui.jobs.batch import batch_of
from bstui.jobs.control import ask, change_limits, check_wish
from bstui.jobs.folder import JobFolder
from bstui.jobs.glance import status_of
from bstui.jobs.identifiers import find_job, find_jobs
from bstui.jobs.launchers import launcher_of
from bstui.jobs.launchers import resume as resume_job
from bstui.jobs.records import FORMAT, Batch, Launcher, PlanHeader, Want
from bstui.jobs.state import SILENCE, JobStatus, State
from bstui.jobs.watch import JobsWatch, JobView, JobWatch
from bstui.timetable import parse_timetable
from bstui.units import count_text, duration_text

_JOB = click.argument("job", metavar="JOB")
_JOBS = click.argument("names", nargs=-1, required=True, metavar="JOB...")


@command("jobs")
@click.option("--all", "every", is_flag=True, help="More than the last 20.")
@click.option("--active", is_flag=True, help="Only those that a worker holds, or is about to.")
def jobs(session: Session, every: bool, active: bool) -> int:
    """List jobs, newest first: the last 20, or --all."""
    watch = JobsWatch(session.places.jobs)
    views = [view for view in watch.refresh() if view.status.is_active or not active]
    shown = views if every or session.form != "table" else views[:20]
    write_jobs(session, shown)
    if len(shown) < len(views):
        say(f"Not shown: {count_text(len(views) - len(shown), 'older job')}; --all shows all.")
    tell_newer(view.header for view in shown)
    for job_id, problem in watch.unreadable.items():
        say(f"The job {job_id} cannot be read: {problem}")
    return 0


@command("attach")
@_JOB
@click.option("--wait", is_flag=True, help="Say nothing until the end.")
def attach(session: Session, job: str, wait: bool) -> int:
    """Follow JOB to its end; the exit code is the job's. Ctrl+C leaves it running."""
    views = [follow(folder, quiet=wait) for folder in find_jobs(session.places.jobs, job)]
    write_jobs(session, views)
    for view in views:
        tell_failures(view)
        if view.status.resumable:
            say(f"What has arrived is kept. Go on with: bstui resume {view.header.name}")
    return exit_code_of_all(views)


@command("pause")
@_JOBS
@click.option("--free", is_flag=True, help="End its worker too: a node of Slurm's is free then.")
def pause(session: Session, names: Sequence[str], free: bool) -> int:
    """Pause JOB: its connections are closed, every byte is kept.

    A job that Slurm has not started is held there; `resume` releases it.
    """
    for folder in _folders(session, names):
        is_paused = status_of(folder).state is State.PAUSED
        ask(folder, want=Want.PAUSE, free=free)
        said = "is paused already" if is_paused and not free else "asked to pause"
        say(f"{folder.header().name}: {said}.")
    return 0


@command("resume")
@click.argument("names", nargs=-1, metavar="[JOB]...")
@click.option("--all", "every", is_flag=True, help="Every job that was stopped, lost or failed.")
@click.option("--only", type=click.Choice(["failed"]), help="Of them, those with failed files.")
@click.option("--take-over", is_flag=True, help="Even if a worker that hangs still holds it.")
@click.option(
    "--launch",
    type=click.Choice(["here", "detached", "slurm", "scheduler"]),
    help="Where the worker runs.",
)
@batch_options
def resume(
    session: Session,
    names: Sequence[str],
    every: bool,
    only: str | None,
    take_over: bool,
    launch: str | None,
    **flags: Any,
) -> int:
    """Go on with JOB: paused, stopped, lost, cancelled, or with files that failed."""
    code = 0
    for folder in _to_resume(session, names, every, only):
        where = Launcher(launch or launcher_of(folder))
        batch = changed_batch(batch_of(folder), flags, session.settings, where)
        view = JobWatch(folder).refresh()
        replaces = take_over or view.wants_token
        if view.status.state is State.DONE and view.header.group and view.header.name not in names:
            continue  # of a split import, a part that is through
        if view.status.state is State.DONE:
            raise UsageError(
                f"The job {view.header.name} is done: every file is there.",
                hint="Import again to look for what is new: what is there is recognised.",
            )
        if view.status.is_alive and not replaces:
            ask(folder, want=Want.RUN)
            say(f"{view.header.name}: {_going_on(view.status)}.")
            continue
        code = _start_again(session, folder, where, replaces, batch)
    return code


def _to_resume(
    session: Session, names: Sequence[str], every: bool, only: str | None
) -> list[JobFolder]:
    """Those named, or all that ended before they were done; a job that was cancelled is named."""
    if bool(names) == every:
        raise UsageError("Which jobs?", hint="Name them, or give --all.")
    folders = _folders(session, names)
    if every:
        views = JobsWatch(session.places.jobs).refresh()
        states = (State.STOPPED, State.LOST, State.INCOMPLETE)
        folders = [find_job(session.places.jobs, v.id) for v in views if v.status.state in states]
    if only == "failed":
        folders = [one for one in folders if status_of(one).state is State.INCOMPLETE]
    if not folders:
        say("There is nothing to resume.")
    return folders


@command("cancel")
@_JOBS
@click.option("--yes", is_flag=True, help="Do not ask.")
def cancel(session: Session, names: Sequence[str], yes: bool) -> int:
    """Cancel JOB. Files that are whole stay, and so do partials: `resume` can still go on."""
    folders = _folders(session, names)
    for folder in folders:
        check_wish(folder, status_of(folder), Want.CANCEL)
    if not yes:
        _confirm(f"Cancel {', '.join(folder.header().name for folder in folders)}?")
    for folder in folders:
        is_cancelled = status_of(folder).state is State.CANCELLED
        ask(folder, want=Want.CANCEL)
        said = "is cancelled already" if is_cancelled else "asked to cancel"
        say(f"{folder.header().name}: {said}.")
    return 0


@command("limit")
@_JOBS
@click.option("--bwlimit", metavar="TIMETABLE", help="As 10M, off, or 08:00,512k 19:00,off.")
@click.option(
    "--concurrency", type=click.Choice(["low", "medium", "high"]), help="Connections: 8, 64 or 128."
)
@click.option("--concurrent-files", type=click.IntRange(1, 64), metavar="N", help="Files at once.")
@click.option(
    "--concurrent-parts", type=click.IntRange(1, 32), metavar="N", help="Ranges at once for a file."
)
def limit(session: Session, names: Sequence[str], **wishes: str | int | None) -> int:
    """Change how much JOB may use of the line, also while it runs."""
    given = {name: value for name, value in wishes.items() if value is not None}
    if not given:
        raise UsageError(
            "No limit was given.", hint="Give one, as in: bstui limit JOB --bwlimit 10M"
        )
    if "bwlimit" in given:
        _check_timetable(str(given["bwlimit"]))
    folders = _folders(session, names)
    for folder in folders:
        if status_of(folder).state is State.DONE:
            raise UsageError(f"The job {folder.header().name} is done: nothing comes any more.")
    for folder in folders:
        change_limits(folder, given)
        said = ", ".join(f"{name.replace('_', '-')} {value}" for name, value in given.items())
        say(f"{folder.header().name}: {said}.")
    return 0


def tell_newer(headers: Iterable[PlanHeader]) -> None:
    """Say which jobs are only read."""
    for header in headers:
        if header.format > FORMAT:
            made = f"The job {header.name} was made by a newer bstui (format {header.format})"
            say(f"{made}: shown is what this one can read, and it changes nothing.")


def write_jobs(session: Session, views: Sequence[JobView]) -> None:
    """Jobs to stdout, in the session's form."""
    if session.form == "table":
        session.output.write(JOB_KEYS, job_table(views))
    else:
        session.output.write(JOB_KEYS, [job_row(view) for view in views])


def _start_again(
    session: Session, folder: JobFolder, where: Launcher, take_over: bool, batch: Batch | None
) -> int:
    code = resume_job(
        folder,
        where,
        places=session.places,
        environ=session.worker_environ,
        take_over=take_over,
        batch=batch,
        profile=session.choose_profile() if session.profile_name else None,
    )
    view = JobWatch(folder).refresh()
    if where is Launcher.HERE:
        write_jobs(session, [view])
        tell_failures(view)
    elif view.status.state is State.QUEUED:
        say(f"{view.header.name}: {view.status.text}.")
    else:
        say(f"{view.header.name}: started again.")
    return code


def _going_on(status: JobStatus) -> str:
    """What resuming comes to where a worker lives, or may: another host's may just have died."""
    if status.state is not State.RUNNING:
        return "asked to go on"
    running = f"it is running on {status.host} already"
    if status.host == os.uname().nodename:
        return running
    return f"{running}, and was heard of within {duration_text(SILENCE)}; resume it then if it died"


def _check_timetable(text: str) -> None:
    try:
        parse_timetable(text)
    except ValueError as error:
        raise UsageError(f"--bwlimit: {text!r} {error}.") from error


def _folders(session: Session, names: Sequence[str]) -> list[JobFolder]:
    """All of them, before anything is done to one: a mistyped name changes nothing."""
    return [folder for name in names for folder in find_jobs(session.places.jobs, name)]


def _confirm(question: str) -> None:
    if not is_terminal():
        raise UsageError("There is no terminal to ask at.", hint="Give --yes.")
    click.confirm(question, abort=True, err=True)
