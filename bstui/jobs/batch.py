"""Jobs in Slurm: handed in once, found again by their name, held, released, taken back, requeued.

    launch-NNNN.json without Slurm's id → job.sh → sbatch → launch-NNNN.json with it

Whoever dies in between has lost nothing: the next start asks Slurm for the job's name first.
"""

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from bstui.errors import InUse, SchedulerProblem
from bstui.jobs.batch_script import SCRIPT, batch_environment, write_script
from bstui.jobs.events import first_event, leaving
from bstui.jobs.folder import JobFolder
from bstui.jobs.queue import shared_queue
from bstui.jobs.records import Batch, Launch, Launcher, Left, PlanHeader
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
    """Hand the job in to Slurm, or find it there; the launch as it stands now.

    InUse where Slurm runs a worker of it that is silent; SchedulerProblem in Slurm's words.
    """
    slurm = Slurm(batch_environment(places, environ))
    try:
        known = _find(slurm, folder)
        if known is not None and known.state != "PENDING" and _has_begun(folder, known):
            if not mark.take_over:
                raise _still_there(known)
            slurm.cancel(known.id)
            known = None
        if known is None:
            native_id = _hand_in(slurm, folder, command)
        else:
            native_id = known.id
            if "Held" in known.reason or "held" in known.reason:
                slurm.release(native_id)
    except (SchedulerProblem, InUse) as error:
        folder.add_launch(msgspec.structs.replace(mark, time=time.time(), problem=error.message))
        raise
    found = msgspec.structs.replace(mark, time=time.time(), native_id=native_id)
    folder.add_launch(found)
    shared_queue().forget()
    return found


def _find(slurm: Slurm, folder: JobFolder) -> QueueEntry | None:
    """The job that Slurm holds under bstui's name; of several the last."""
    name = JOB_NAME.format(id=folder.id)
    living = [one for one in slurm.queue() if one.name == name and not one.has_ended]
    return living[-1] if living else None


def _has_begun(folder: JobFolder, entry: QueueEntry) -> bool:
    """Whether the last attempt is that job's: then it is no fresh one that is about to begin."""
    attempt = folder.numbers().attempt
    started = first_event(folder.events(attempt)) if attempt else None
    return started is not None and started.slurm_id == entry.id


def _still_there(entry: QueueEntry) -> InUse:
    return InUse(
        f"Slurm still runs this job as {entry.id} on {entry.node}, though nothing is heard of it.",
        hint=f"Wait, or give that one up: bstui resume --take-over JOB (it does scancel {entry.id} "
        "first).",
    )


def _hand_in(slurm: Slurm, folder: JobFolder, command: tuple[str, ...]) -> str:
    script = folder.path / SCRIPT
    text = write_script(folder.header(), batch_of(folder), folder.path, command)
    write_whole(script, text.encode(), mode=0o700)
    return slurm.submit(script)


def batch_of(folder: JobFolder) -> Batch:
    """What is asked of Slurm for the job: as last said at a start, else as planned."""
    newest = folder.newest_launch(folder.numbers())
    said = newest.record.batch if newest else None
    return said or folder.header().batch


def hold(folder: JobFolder, environ: Mapping[str, str]) -> bool:
    """Keep a job that Slurm has not started from starting; False where it holds none."""
    slurm = Slurm(environ)
    known = _find(slurm, folder)
    if known is None or known.state != "PENDING":
        return False
    slurm.hold(known.id)
    shared_queue().forget()
    return True


def withdraw(folder: JobFolder, environ: Mapping[str, str]) -> None:
    """Take the job out of Slurm, whatever it does there."""
    slurm = Slurm(environ)
    known = _find(slurm, folder)
    if known is not None:
        slurm.cancel(known.id)
        shared_queue().forget()


def was_submitted(folder: JobFolder) -> bool:
    """Whether the newest start of the job was asked of Slurm."""
    launch = folder.newest_launch(folder.numbers())
    return launch is not None and launch.record.launcher is Launcher.SLURM


def continue_later(folder: JobFolder, attempt: int, environ: Mapping[str, str]) -> None:
    """After an attempt that the time limit ended: let Slurm start the job again, from its node.

    Under the same id where Slurm allows that, else handed in anew; where neither goes, the log and
    the launch say why, and the job stays `stopped`.
    """
    left, native_id = leaving(folder.events(attempt)), environ.get("SLURM_JOB_ID", "")
    if left is None or left.reason != "time limit" or not native_id:
        return
    mark = Launch(
        time=time.time(),
        launcher=Launcher.SLURM,
        host=os.uname().nodename,
        attempt=attempt + 1,
        native_id=native_id,
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
    slurm = Slurm(environ)
    try:
        log.info("Asking Slurm to start job %s again", mark.native_id)
        slurm.requeue(mark.native_id)
        return ""
    except SchedulerProblem as refused:
        log.warning("Slurm does not requeue: %s", refused.message)
    try:
        native_id = slurm.submit(folder.path / SCRIPT)
    except SchedulerProblem as refused:
        return f"time limit; {refused.message}"
    folder.add_launch(msgspec.structs.replace(mark, time=time.time(), native_id=native_id))
    log.info("Handed in again as job %s", native_id)
    return ""


class Trial(NamedTuple):
    """What a submission would be, and what Slurm says of it."""

    script: str
    answer: str
    """Slurm's words, also where it would refuse."""
    partitions: list[Partition]


def try_submission(
    header: PlanHeader, command: tuple[str, ...], places: Places, environ: Mapping[str, str]
) -> Trial:
    """Ask Slurm about a plan's job without handing it in. SchedulerProblem where there is none."""
    script = write_script(header, header.batch, places.jobs / header.id, command)
    slurm = Slurm(batch_environment(places, environ))
    with tempfile.TemporaryDirectory(prefix="bstui-") as folder:
        kept = Path(folder) / SCRIPT
        kept.write_text(script)
        partitions = slurm.partitions()
        try:
            answer = slurm.test(kept)
        except SchedulerProblem as refused:
            answer = refused.message
    return Trial(script, answer, partitions)
