"""What the settings ask of a scheduler, as a job keeps it."""

from bstui.config import Settings
from bstui.jobs.records import Batch, Launcher, Scheduler

SLURM_KEYS = ("partition", "account", "qos", "time", "options")
"""What is asked of Slurm: keys of the table `[slurm]`, and fields of `Batch`."""


def asked_by(settings: Settings, launcher: Launcher | None) -> Batch:
    """What is asked where `launcher` starts the job; of None, which is yet to be chosen, all."""
    chosen = {key: getattr(settings.slurm, key) for key in SLURM_KEYS}
    if launcher is None:
        return Batch(**chosen, scheduler=scheduler_of(settings))
    if launcher is Launcher.SCHEDULER:
        return Batch(scheduler=scheduler_of(settings))
    return Batch(**chosen) if launcher is Launcher.SLURM else Batch()


def scheduler_of(settings: Settings) -> Scheduler | None:
    """The scheduler that the settings know besides Slurm."""
    known = settings.scheduler
    return Scheduler(**known.model_dump()) if known else None
