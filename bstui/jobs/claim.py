"""How a worker takes the next attempt at a job, or learns that it is another's."""

import time
from collections.abc import Mapping

from bstui.errors import InUse
from bstui.jobs.attempt import Attempt
from bstui.jobs.folder import JobFolder
from bstui.jobs.glance import glance
from bstui.jobs.liveness import file_server_time, introduce, this_machine
from bstui.jobs.state import SILENCE, next_attempt
from bstui.jobs.worker_log import log

_LOOK = 2.0
"""Seconds between two looks at a life before that may yet be one."""


def claim(folder: JobFolder, environ: Mapping[str, str]) -> Attempt:
    """This process's attempt at the job. InUse where another worker holds it or has ended it."""
    slurm_id = environ.get("SLURM_JOB_ID", "")
    number = _await_silence(folder, slurm_id)
    started = introduce(number, time.time(), slurm_id)
    attempt = Attempt(folder, started)
    name = folder.header().name
    log.info("Attempt %d of %s on %s, process %d", number, name, started.host, started.pid)
    return attempt


def _await_silence(folder: JobFolder, slurm_id: str) -> int:
    """The attempt's number. One that Slurm has started again waits until the life before it, whose
    node may be gone, is silent for long enough; InUse at once for any other."""
    deadline = time.monotonic() + 2 * SILENCE
    while True:
        seen = glance(folder, this_machine())
        try:
            return next_attempt(seen, file_server_time(folder.path.parent))
        except InUse:
            is_ours = seen.started is not None and seen.started.slurm_id == slurm_id != ""
            if not is_ours or seen.process is not None or time.monotonic() > deadline:
                raise
        time.sleep(_LOOK)
