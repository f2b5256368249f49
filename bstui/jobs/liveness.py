"""Whether a worker lives: its process on this host, the age of its heartbeat from another.

A process is known by its number, its start time and the boot of its machine, so that a number that
was given out again is not taken for it. Ages are differences of two mtimes of one file server.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from bstui import __version__
from bstui.jobs.records import Started


@dataclass(frozen=True, slots=True)
class Machine:
    """The host on which we look, within one boot."""

    host: str
    boot_id: str

    def sees_process(self, started: Started) -> bool | None:
        """Whether that process is there; None where only another machine could tell."""
        if (started.host, started.boot_id) != (self.host, self.boot_id):
            return None
        return process_start(started.pid) == started.start_time


def this_machine() -> Machine:
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return Machine(host=os.uname().nodename, boot_id=boot_id)


def process_start(pid: int) -> int | None:
    """When the process began, in clock ticks after boot; None where it is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])


def introduce(attempt: int, moment: float, environ_slurm_id: str = "") -> Started:
    """The first event of this process's attempt."""
    machine = this_machine()
    return Started(
        time=moment,
        attempt=attempt,
        host=machine.host,
        pid=os.getpid(),
        start_time=process_start(os.getpid()) or 0,
        boot_id=machine.boot_id,
        slurm_id=environ_slurm_id,
        version=__version__,
    )


def file_server_time(folder: Path) -> float | None:
    """Now, by the clock that gives the files in `folder` their mtimes; None if not writable.

    Read it after the mtimes that it is compared with, or they may be younger than now.
    """
    probe = folder / f".clock-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            os.close(descriptor)
            return probe.stat().st_mtime
        finally:
            probe.unlink()
    except OSError:
        return None
