"""Where a job's worker had better run, by what it costs and what the site bears."""

import shutil
from collections.abc import Mapping
from typing import NamedTuple

from bstui.jobs.records import ENVIRONMENT_PROFILE, Launcher, PlanHeader

_PER_GIB = {"none": 1.0, "server": 2.7, "full": 7.0}
"""CPU seconds for a GiB: bringing it over TLS; its MD5; inflating it (measured on one core)."""
_PER_FILE = 0.005
_GIB = 1 << 30


class Choice(NamedTuple):
    """A launcher, and why that one."""

    launcher: Launcher
    reason: str


def cpu_minutes(header: PlanHeader) -> float:
    """What the worker will take of a processor, about."""
    per_gib = _PER_GIB[header.options.verify]
    return (header.bytes / _GIB * per_gib + header.files * _PER_FILE) / 60


def choose_launcher(
    header: PlanHeader,
    environ: Mapping[str, str],
    *,
    limit: int | None,
    ends_at_logout: bool,
) -> Choice:
    """Detached, unless the login node would not let it live and Slurm can, or the scheduler of the
    settings, which the plan then knows.

    `limit`: CPU minutes that a process may take here, as the site's settings say.
    """
    minutes = cpu_minutes(header)
    cost = f"it takes about {max(1, round(minutes))} CPU minutes"
    wanted = ""
    if limit is not None and minutes > limit:
        wanted = f"{cost}, and processes may take {limit} here"
    elif ends_at_logout:
        wanted = "this machine ends your processes when you log out"
    if not wanted:
        return Choice(Launcher.DETACHED, cost + (f", and may take {limit} here" if limit else ""))
    has_slurm = shutil.which("sbatch", path=environ.get("PATH")) is not None
    if not (has_slurm or header.batch.scheduler):
        return Choice(Launcher.DETACHED, f"{wanted}, but there is no sbatch here")
    if header.profile.startswith(ENVIRONMENT_PROFILE):
        return Choice(
            Launcher.DETACHED,
            f"{wanted}, but a token of the environment is not given to a scheduler",
        )
    return Choice(Launcher.SLURM if has_slurm else Launcher.SCHEDULER, wanted)
