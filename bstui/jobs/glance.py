"""One look at a job's folder: the facts from which its state follows."""

import time
from dataclasses import replace

from bstui.jobs.events import first_event, leaving
from bstui.jobs.folder import JobFolder
from bstui.jobs.liveness import Machine, file_server_time, this_machine
from bstui.jobs.queue import Queues, Standing, shared_queues
from bstui.jobs.state import START_GRACE, JobStatus, Seen, state_of


def glance(folder: JobFolder, machine: Machine, queues: Queues | None = None) -> Seen:
    """What is there to see for a reader on `machine`, who asks `queues` of what schedulers hold.

    Raises NotFound where no job is.
    """
    seen = _look(folder, machine)
    return _hear(folder, seen, queues) if queues is not None else seen


def _hear(folder: JobFolder, seen: Seen, queues: Queues) -> Seen:
    """With what its scheduler says of it, where its worker does not speak for itself."""
    launch = seen.launch
    if launch is None or not launch.launcher.is_queued or launch.problem:
        return seen
    asked = seen.asked
    speaks = seen.left is None and (seen.process or time.time() - seen.beat < START_GRACE)
    if asked is None and (seen.result is not None or (seen.started is not None and speaks)):
        return seen
    batch = launch.batch or folder.header().batch
    queue = queues.of(batch)
    standing, text, entry = queue.find(folder.id, launch.native_id)
    if standing is Standing.PENDING:
        return replace(seen, pending=text)
    if standing is Standing.RUNNING and asked is not None:
        return replace(seen, pending=text)
    if standing is Standing.RUNNING and entry is not None and seen.left is None:
        silent = f"no sign of life, though {queue.title} runs it as job {entry.id}"
        silent += f" on {entry.node}" * bool(entry.node)
        return replace(seen, fallen=silent)
    if standing is Standing.UNKNOWN:
        return replace(seen, pending=text) if asked is not None else seen
    is_new = time.time() - seen.launched < START_GRACE
    if standing is Standing.FORGOTTEN and (not launch.native_id or (batch.scheduler and is_new)):
        return seen  # perhaps on its way there, or not yet listed; the launch's grace decides
    return replace(seen, fallen=text)


def _look(folder: JobFolder, machine: Machine) -> Seen:
    heartbeat = folder.progress()
    numbers = folder.numbers()
    launch = folder.newest_launch(numbers)
    wish = folder.newest_control(numbers)
    attempt = numbers.attempt
    if not attempt:
        return Seen(
            planned=folder.planned(),
            wish=wish.record if wish else None,
            launch=launch.record if launch else None,
            launched=launch.moment if launch else 0.0,
        )
    path = folder.events(attempt)
    touched = path.stat().st_mtime
    started = first_event(path)
    # Before its last words: a process that is gone has said them, one that is there may yet.
    process = machine.sees_process(started) if started else None
    result = folder.result(attempt)
    if heartbeat is not None and heartbeat.record.attempt != attempt:
        heartbeat = None
    return Seen(
        planned=folder.planned(),
        wish=wish.record if wish else None,
        launch=launch.record if launch else None,
        launched=launch.moment if launch else 0.0,
        attempt=attempt,
        claimed=touched,
        started=started,
        left=leaving(path) if result is None else None,
        result=result,
        result_is_damaged=result is None and attempt in numbers.result,
        progress=heartbeat.record if heartbeat else None,
        beat=max(touched, heartbeat.moment if heartbeat else 0.0),
        process=process,
    )


def status_of(folder: JobFolder) -> JobStatus:
    """The job's state, as this machine sees it now."""
    seen = glance(folder, this_machine(), shared_queues())
    return state_of(seen, file_server_time(folder.path.parent))
