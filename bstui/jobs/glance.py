"""One look at a job's folder: the facts from which its state follows."""

from bstui.jobs.events import first_event, leaving
from bstui.jobs.folder import JobFolder
from bstui.jobs.liveness import Machine, file_server_time, this_machine
from bstui.jobs.state import JobStatus, Seen, state_of


def glance(folder: JobFolder, machine: Machine) -> Seen:
    """What is there to see for a reader on `machine`. Raises NotFound where no job is."""
    heartbeat = folder.progress()
    numbers = folder.numbers()
    launch = folder.newest_launch(numbers)
    attempt = numbers.attempt
    if not attempt:
        return Seen(
            planned=folder.planned(),
            launch=launch.record if launch else None,
            launched=launch.moment if launch else 0.0,
        )
    path = folder.events(attempt)
    touched = path.stat().st_mtime
    started = first_event(path)
    # Before its last words: a process that is gone has said them, one that is there may yet.
    process = machine.sees_process(started) if started else None
    if heartbeat is not None and heartbeat.record.attempt != attempt:
        heartbeat = None
    return Seen(
        planned=folder.planned(),
        launch=launch.record if launch else None,
        launched=launch.moment if launch else 0.0,
        attempt=attempt,
        claimed=touched,
        started=started,
        left=leaving(path),
        result=folder.result(attempt),
        progress=heartbeat.record if heartbeat else None,
        beat=max(touched, heartbeat.moment if heartbeat else 0.0),
        process=process,
    )


def status_of(folder: JobFolder) -> JobStatus:
    """The job's state, as this machine sees it now."""
    seen = glance(folder, this_machine())
    return state_of(seen, file_server_time(folder.path.parent))
