"""Starts workers: in this process, detached from it and from the terminal, or by a scheduler.

Every start, also one that comes to nothing, leaves its mark in the job's folder.
"""

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from bstui.basespace.credentials import Profile, Source, choose_profile
from bstui.errors import (
    BstuiError,
    InUse,
    NotLoggedIn,
    SchedulerProblem,
    ServiceError,
    UsageError,
)
from bstui.jobs.access import confirm_account
from bstui.jobs.batch import batch_of, submit, was_submitted, withdraw
from bstui.jobs.control import add_wish
from bstui.jobs.events import first_event
from bstui.jobs.folder import JobFolder, create_job, job_folders
from bstui.jobs.glance import glance, status_of
from bstui.jobs.identifiers import id_after, make_unique, names_taken, naming
from bstui.jobs.liveness import file_server_time, this_machine
from bstui.jobs.records import (
    ENVIRONMENT_PROFILE,
    Batch,
    Launch,
    Launcher,
    PlanFile,
    PlanHeader,
    Want,
)
from bstui.jobs.state import START_GRACE, check_startable, in_use
from bstui.jobs.worker_log import last_lines
from bstui.paths import Places
from bstui.text import Secret

WORKER = (sys.executable, "-P", "-m", "bstui", "worker")
"""The command that carries a job out; its folder follows."""
_NICENESS = 10
_POLL = 0.02
"""Seconds between two looks for the worker's first event."""
_TOKENS = ("BSTUI_ACCESS_TOKEN", "BASESPACE_ACCESS_TOKEN")


class Planned(Protocol):
    """What a job is made of."""

    @property
    def header(self) -> PlanHeader: ...

    @property
    def files(self) -> Sequence[PlanFile]: ...


def start_job(
    plan: Planned,
    *,
    places: Places,
    environ: Mapping[str, str],
    profile: Profile,
    on_made: Callable[[JobFolder], None] = lambda folder: None,
) -> tuple[JobFolder, int]:
    """Make the plan's job and launch it where its header says; the job, and `launch`'s code."""
    with naming(places.jobs):
        # Another plan may have taken the name since this one was made.
        name = make_unique(plan.header.name, names_taken(places.jobs))
        newest = max((job.id for job in job_folders(places.jobs)), default="")
        id = id_after(newest, plan.header.id)
        header = msgspec.structs.replace(plan.header, name=name, id=id)
        folder = create_job(places.jobs, header, plan.files)
    on_made(folder)
    token = profile.token if profile.source is Source.ENVIRONMENT else None
    code = launch(folder, plan.header.launcher, places=places, environ=environ, token=token)
    return folder, code


def resume(
    folder: JobFolder,
    launcher: Launcher | None = None,
    *,
    places: Places,
    environ: Mapping[str, str],
    take_over: bool = False,
    profile: Profile | None = None,
    batch: Batch | None = None,
) -> int:
    """Launch the job again, as it was launched last unless `launcher` says otherwise.

    `profile`: in place of an environment's token that the job was planned with, and that is not
    here; it has to act for the same account. UsageError for a job of another profile, WrongAccount
    or NotLoggedIn where it would not be let in.
    """
    folder.check_format()
    header = folder.header()
    where = launcher or launcher_of(folder)
    token = None
    if profile is not None and profile.name != header.profile:
        _require_environment_job(folder, profile)
        token, environ = profile.token, _only_server(environ, profile.server)
    _confirm(folder, places, environ, token)
    return launch(
        folder,
        where,
        places=places,
        environ=environ,
        token=token,
        take_over=take_over,
        batch=batch,
    )


def launcher_of(folder: JobFolder) -> Launcher:
    """Where the job was started last; what its plan says, where it never was."""
    newest = folder.newest_launch(folder.numbers())
    return newest.record.launcher if newest else folder.header().launcher


def _confirm(
    folder: JobFolder, places: Places, environ: Mapping[str, str], token: Secret | None
) -> None:
    """Refuse a token of an environment that is not the plan's account's: no worker that waits for a
    login could be given another. One that cannot be asked about just now is given a try, but
    pushes no living worker aside.
    """
    header = folder.header()
    account = _environment_account(folder, places, environ, token)
    if account.token is None:
        return
    profile = Profile(
        name=header.profile,
        server=account.variables["BSTUI_API_SERVER"],
        token=account.token,
        source=Source.ENVIRONMENT,
        region=header.region,
    )
    try:
        asyncio.run(confirm_account(header, profile, environ.get("BSTUI_CA_BUNDLE")))
    except ServiceError:
        if status_of(folder).is_alive:
            raise


def _require_environment_job(folder: JobFolder, profile: Profile) -> None:
    header = folder.header()
    if not header.profile.startswith(ENVIRONMENT_PROFILE):
        raise UsageError(
            f"The job {header.name} belongs to the profile {header.profile}, not {profile.name}.",
            why="It goes on as the account that it was planned with.",
            hint=f"Leave --profile out; `bstui login {header.profile}` renews its token.",
        )


def _only_server(environ: Mapping[str, str], server: str) -> Mapping[str, str]:
    """The environment with this server and without any token of its own."""
    kept = {name: value for name, value in environ.items() if name not in _TOKENS}
    return kept | {"BSTUI_API_SERVER": server}


def launch(
    folder: JobFolder,
    launcher: Launcher,
    *,
    places: Places,
    environ: Mapping[str, str],
    token: Secret | None = None,
    take_over: bool = False,
    batch: Batch | None = None,
) -> int:
    """Start a worker for the job: the job's exit code for `here`, 0 for one that has begun.

    `token` is for a profile that exists in an environment only; without it, this one's is used.
    InUse where a worker lives, naming it; NotLoggedIn where such a profile is not here; BstuiError
    with the log's last lines where the worker did not begin.
    """
    seen = glance(folder, this_machine())
    number = check_startable(seen, file_server_time(folder.path.parent), take_over=take_over)
    account = _environment_account(folder, places, environ, token)
    if launcher.is_queued and account.token is not None:
        raise _needs_profile()
    asked = _asked_of(folder, launcher, batch)
    newest = folder.newest_control(folder.numbers())
    if newest is not None and newest.record.want is not Want.RUN:
        add_wish(folder, Want.RUN, {})
    if _is_moving(folder, launcher) and was_submitted(folder):
        with contextlib.suppress(SchedulerProblem):  # one that starts there later finds it in use
            withdraw(folder, environ)
    mark = Launch(
        time=time.time(),
        launcher=launcher,
        host=os.uname().nodename,
        attempt=number,
        take_over=take_over,
        batch=asked,
    )
    folder.add_launch(mark)
    if launcher.is_queued:
        submit(folder, mark, WORKER, places=places, environ=environ)
        return 0
    if launcher is Launcher.HERE:
        from bstui.jobs.worker import run_worker  # all that moves bytes, which a screen never does

        _give_back_memory()  # planning took some
        return run_worker(folder.path, places, {**environ, **account.variables}, account.token)
    variables = child_environment(places, environ) | account.variables
    process = _spawn(folder, variables, account.token)
    try:
        _wait_for_first_event(folder, process, number)
    except _NotBegun as error:
        folder.add_launch(msgspec.structs.replace(mark, time=time.time(), problem=error.message))
        raise
    return 0


def _give_back_memory() -> None:
    """Let the system have what was freed; glibc would keep it for the whole of a long life."""
    import ctypes  # takes 3 ms, and few commands need it

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def child_environment(places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """What a worker's process gets: the same places, and no token."""
    kept = {name: value for name, value in environ.items() if name not in _TOKENS}
    return kept | places.environment()


def _asked_of(folder: JobFolder, launcher: Launcher, batch: Batch | None) -> Batch:
    """What is asked of the scheduler: as said now, else as before. UsageError where it is not known
    how to speak to it."""
    asked = batch or batch_of(folder)
    if launcher is Launcher.SLURM:
        return msgspec.structs.replace(asked, scheduler=None)
    if launcher is Launcher.SCHEDULER and asked.scheduler is None:
        raise UsageError(
            "No scheduler is known but Slurm.",
            why="The settings have no table [scheduler] with its commands.",
            hint="`bstui help clusters` shows how to write one; or take --launch slurm.",
        )
    return asked


def _is_moving(folder: JobFolder, launcher: Launcher) -> bool:
    """Whether another launcher than before is asked, so that the one before has to let go."""
    return launcher is not launcher_of(folder)


def _needs_profile() -> NotLoggedIn:
    return NotLoggedIn(
        "A job in a scheduler needs a profile that is stored.",
        why="This one's token stands in the environment only, and its scheduler would keep a copy.",
        hint="Run `bstui login` first, or take --launch detached.",
    )


class _NotBegun(BstuiError):
    """A worker's process ended before its first event."""


class _Account(NamedTuple):
    """What a worker cannot find by itself; nothing where its profile is on disk."""

    token: Secret | None = None
    variables: dict[str, str] = {}


def _environment_account(
    folder: JobFolder, places: Places, environ: Mapping[str, str], token: Secret | None
) -> _Account:
    name = folder.header().profile
    if not name.startswith(ENVIRONMENT_PROFILE):
        return _Account()
    known = dict(environ)
    if token is not None and not any(environ.get(variable) for variable in _TOKENS):
        known[_TOKENS[0]] = token.reveal()
    profile = choose_profile(places, known, name)
    return _Account(token or profile.token, {"BSTUI_API_SERVER": profile.server})


def _spawn(
    folder: JobFolder, variables: Mapping[str, str], token: Secret | None
) -> subprocess.Popen[bytes]:
    """A worker in a session of its own, which outlives us; its token goes through a pipe."""
    flags = ("--token-from-stdin",) if token else ()
    with open(folder.log, "ab", opener=_private) as log:
        process = subprocess.Popen(
            [*WORKER, *flags, str(folder.path)],
            stdin=subprocess.PIPE if token else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=variables,
            start_new_session=True,
            umask=folder.header().umask,
        )
    _humble(process.pid)
    if token and process.stdin:
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(token.reveal().encode() + b"\n")
    # Somebody must take note of its end while we live, or it stays as a zombie.
    threading.Thread(target=process.wait, name=f"waits for {process.pid}", daemon=True).start()
    return process


def _humble(pid: int) -> None:
    """A guest on the login node, and no core dump with a token in it."""
    with contextlib.suppress(ProcessLookupError):
        niceness = max(_NICENESS, os.getpriority(os.PRIO_PROCESS, pid))
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


def _wait_for_first_event(folder: JobFolder, process: subprocess.Popen[bytes], number: int) -> None:
    """Return once that process has claimed an attempt.

    InUse where another was quicker, BstuiError where it ended before, or is silent for a minute.
    """
    deadline = time.monotonic() + START_GRACE
    while True:
        code = process.poll()
        if any(_has_begun(folder, n, process.pid) for n in folder.numbers().events if n >= number):
            return
        if code == InUse.exit_code:
            raise in_use(glance(folder, this_machine()))
        if code is not None or time.monotonic() > deadline:
            break
        time.sleep(_POLL)
    what = "has not begun within a minute" if code is None else f"ended with exit code {code}"
    failure = BstuiError if code is None else _NotBegun
    raise failure(
        f"The job's worker {what}.",
        why=f"Its log, {folder.log}, ends:\n{last_lines(folder.log)}\n",
        hint="Mend what it says, then: bstui resume JOB",
    )


def _has_begun(folder: JobFolder, attempt: int, pid: int) -> bool:
    started = first_event(folder.events(attempt))
    return started is not None and started.pid == pid and started.host == os.uname().nodename


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
