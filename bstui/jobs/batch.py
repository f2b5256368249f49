"""Jobs in a scheduler: handed in once, found again by their name, held, taken back, requeued.

    launch-NNNN.json without the scheduler's id → job.sh → sbatch → launch-NNNN.json with it

Whoever dies in between has lost nothing: the next start asks for the job's name first.
"""

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from bstui.errors import InUse, SchedulerProblem
from bstui.jobs.batch_script import (
    SCRIPT,
    batch_environment,
    command_environment,
    exported_variables,
    write_script,
)
from bstui.jobs.events import first_event, leaving
from bstui.jobs.folder import JobFolder
from bstui.jobs.queue import shared_queues
from bstui.jobs.records import Batch, Launch, Launcher, Left, PlanHeader
from bstui.jobs.scheduler import OtherScheduler, write_other_script
from bstui.jobs.slurm import JOB_NAME, Partition, QueueEntry, Slurm
from bstui.jobs.worker_log import log
from bstui.paths import Places, write_whole
from bstui.units import duration_text

_TOO_SHORT = 300.0
"""Seconds; a time limit that comes sooner, with nothing brought, would come again and again."""


def submit(
    folder: JobFolder,
    mark: Launch,
    command: tuple[str, ...],
    *,
    places: Places,
    environ: Mapping[str, str],
) -> Launch:
    """Hand the job in where its launch says, or find it there; the launch as it stands now.

    InUse where the scheduler runs a worker of it that is silent; SchedulerProblem in its words.
    """
    system = _system(folder, batch_environment(places, environ) | command_environment(environ))
    try:
        known = _find(system, folder)
        if known is not None and known.state != "PENDING" and _has_begun(folder, known):
            if not mark.take_over:
                raise _still_there(known, system.title)
            system.cancel(known.id)
            known = None
        if known is None:
            text = _script(folder, command, places, environ)
            write_whole(folder.path / SCRIPT, text.encode(), mode=0o700)
            native_id = system.submit(folder.path / SCRIPT)
        else:
            native_id = known.id
            if isinstance(system, Slurm) and "held" in known.reason.lower():
                system.release(native_id)
    except (SchedulerProblem, InUse) as error:
        folder.add_launch(msgspec.structs.replace(mark, time=time.time(), problem=error.message))
        raise
    found = msgspec.structs.replace(mark, time=time.time(), native_id=native_id)
    folder.add_launch(found)
    shared_queues().forget()
    return found


def _system(folder: JobFolder, environ: Mapping[str, str]) -> Slurm | OtherScheduler:
    """The scheduler that the newest start of the job was asked of."""
    form = batch_of(folder).scheduler
    return OtherScheduler(form, command_environment(environ)) if form else Slurm(environ)


def _find(system: Slurm | OtherScheduler, folder: JobFolder) -> QueueEntry | None:
    """The job that the scheduler holds under bstui's name, or, where it lists no names, under the
    id that it gave; of several the last."""
    name, known = JOB_NAME.format(id=folder.id), _native_id(folder)
    living = [
        one
        for one in system.queue()
        if not one.has_ended and (one.name == name or (not one.name and one.id == known))
    ]
    return living[-1] if living else None


def _has_begun(folder: JobFolder, entry: QueueEntry) -> bool:
    """Whether the last attempt is that job's: then it is no fresh one that is about to begin."""
    attempt = folder.numbers().attempt
    started = first_event(folder.events(attempt)) if attempt else None
    if started is not None and started.slurm_id:
        return started.slurm_id == entry.id
    launch = _launch_of(folder, entry.id)
    return launch is not None and launch.attempt <= attempt


def _launch_of(folder: JobFolder, native_id: str) -> Launch | None:
    """The newest launch that the scheduler gave this id."""
    return next((one for one in folder.launches() if one.native_id == native_id), None)


def _native_id(folder: JobFolder) -> str:
    """The id that a scheduler gave the job last; empty where none did."""
    return next((one.native_id for one in folder.launches() if one.native_id), "")


def _still_there(entry: QueueEntry, title: str) -> InUse:
    where = f" on {entry.node}" * bool(entry.node)
    return InUse(
        f"{title} still runs this job as {entry.id}{where}, though nothing is heard of it.",
        hint="Wait, or give that one up: bstui resume --take-over JOB (it cancels "
        f"{entry.id} first).",
    )


def _script(
    folder: JobFolder, command: tuple[str, ...], places: Places, environ: Mapping[str, str]
) -> str:
    return script_of(folder.header(), batch_of(folder), folder.path, command, places, environ)


def script_of(
    header: PlanHeader,
    batch: Batch,
    folder: Path,
    command: tuple[str, ...],
    places: Places,
    environ: Mapping[str, str],
) -> str:
    """The script that the scheduler is given for the job in `folder`."""
    if batch.scheduler is None:
        return write_script(header, batch, folder, command)
    variables = exported_variables(places, environ)
    return write_other_script(header, batch.scheduler, folder, command, variables)


def batch_of(folder: JobFolder) -> Batch:
    """What is asked of Slurm for the job: as last said at a start, else as planned."""
    newest = folder.newest_launch(folder.numbers())
    said = newest.record.batch if newest else None
    return said or folder.header().batch


def hold(folder: JobFolder, environ: Mapping[str, str]) -> bool:
    """Keep a job that Slurm has not started from starting; False where it holds none.

    SchedulerProblem where another scheduler has it: no command of the settings says so there.
    """
    system = _system(folder, environ)
    known = _find(system, folder)
    if known is None or known.state != "PENDING":
        return False
    if not isinstance(system, Slurm):
        raise SchedulerProblem(
            f"{system.title} has not started the job, and bstui cannot hold it back there.",
            hint="It pauses as soon as it has begun. `bstui cancel` takes it out of the queue, "
            "`bstui resume` hands it in again.",
        )
    system.hold(known.id)
    shared_queues().forget()
    return True


def withdraw(folder: JobFolder, environ: Mapping[str, str]) -> None:
    """Take the job out of its scheduler, whatever it does there."""
    system = _system(folder, environ)
    known = _find(system, folder)
    if known is not None:
        system.cancel(known.id)
        shared_queues().forget()


def was_submitted(folder: JobFolder) -> bool:
    """Whether the newest start of the job was asked of a scheduler."""
    launch = folder.newest_launch(folder.numbers())
    return launch is not None and launch.record.launcher.is_queued


def continue_later(folder: JobFolder, attempt: int, environ: Mapping[str, str]) -> None:
    """After an attempt that the time limit ended: let the scheduler start the job again, from its
    node.

    Under the same id where Slurm allows that, else handed in anew; where neither goes, the log and
    the launch say why, and the job stays `stopped`.
    """
    left, newest = leaving(folder.events(attempt)), folder.newest_launch(folder.numbers())
    if left is None or left.reason != "time limit":
        return
    is_other = newest is not None and newest.record.launcher is Launcher.SCHEDULER
    native_id = environ.get("SLURM_JOB_ID", "")
    if not (native_id or is_other):
        return
    mark = Launch(
        time=time.time(),
        launcher=Launcher.SCHEDULER if is_other else Launcher.SLURM,
        host=os.uname().nodename,
        attempt=attempt + 1,
        native_id="" if is_other else native_id,
        batch=newest.record.batch if newest else None,
    )
    problem = _is_pointless(folder, attempt, left)
    if not problem:
        folder.add_launch(mark)
        problem = _start_again(folder, mark, environ)
    if problem:
        log.error("The job is not started again by itself: %s", problem)
        folder.add_launch(msgspec.structs.replace(mark, time=time.time(), problem=problem))


def _is_pointless(folder: JobFolder, attempt: int, left: Left) -> str:
    """Why another attempt of the same length would bring nothing; empty where it may."""
    started, last = first_event(folder.events(attempt)), folder.progress()
    lasted = left.time - started.time if started else 0.0
    if lasted >= _TOO_SHORT or (last is not None and last.record.bytes_done):
        return ""
    return (
        f"time limit, {duration_text(lasted)} after the start and with nothing brought; "
        "--time gives more"
    )


def _start_again(folder: JobFolder, mark: Launch, environ: Mapping[str, str]) -> str:
    """Requeue, or hand the kept script in; empty, or why neither went."""
    system = _system(folder, environ)
    if isinstance(system, Slurm):
        try:
            log.info("Asking Slurm to start job %s again", mark.native_id)
            system.requeue(mark.native_id)
            return ""
        except SchedulerProblem as refused:
            log.warning("Slurm does not requeue: %s", refused.message)
    try:
        native_id = system.submit(folder.path / SCRIPT)
    except SchedulerProblem as refused:
        return f"time limit; {refused.message}"
    folder.add_launch(msgspec.structs.replace(mark, time=time.time(), native_id=native_id))
    log.info("Handed in again as job %s", native_id)
    return ""


class Trial(NamedTuple):
    """What a submission would be, and what Slurm says of it."""

    script: str
    answer: str
    """Slurm's words, also where it would refuse; empty of a scheduler that cannot be asked."""
    partitions: list[Partition]


def try_submission(
    header: PlanHeader, command: tuple[str, ...], places: Places, environ: Mapping[str, str]
) -> Trial:
    """Ask Slurm about a plan's job without handing it in. SchedulerProblem where there is none."""
    folder = places.jobs / header.id
    script = script_of(header, header.batch, folder, command, places, environ)
    if header.batch.scheduler is not None:
        return Trial(script, "", [])
    slurm = Slurm(batch_environment(places, environ))
    with tempfile.TemporaryDirectory(prefix="bstui-") as passing:
        kept = Path(passing) / SCRIPT
        kept.write_text(script)
        partitions = slurm.partitions()
        try:
            answer = slurm.test(kept)
        except SchedulerProblem as refused:
            answer = refused.message
    return Trial(script, answer, partitions)
