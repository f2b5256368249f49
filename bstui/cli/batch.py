"""What a command line says to a scheduler, and what that says before a job goes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click
import msgspec

from bstui.cli.messages import say
from bstui.cli.session import Session
from bstui.errors import UsageError
from bstui.jobs.asked import SLURM_KEYS, asked_by, scheduler_of
from bstui.jobs.control import asker
from bstui.jobs.records import Batch, Launcher, PlanHeader
from bstui.jobs.whereabouts import choose_launcher
from bstui.system import ends_at_logout

if TYPE_CHECKING:
    from bstui.config import Settings

SLURM_FLAGS = SLURM_KEYS
"""Flags that are settings too, in the table `[slurm]`."""
_OPTIONS = (
    click.option("--partition", metavar="NAME", help="Slurm's partition, as `sinfo` lists them."),
    click.option("--account", metavar="NAME", help="The account that pays in Slurm."),
    click.option("--qos", metavar="NAME", help="Slurm's quality of service."),
    click.option("--time", metavar="LIMIT", help="Slurm's time limit, as 12:00:00."),
    click.option(
        "--slurm-option",
        "options",
        multiple=True,
        metavar="OPTION",
        help="Another of sbatch's options, as --slurm-option=--constraint=dtn.",
    ),
)


def batch_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags about Slurm."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def changed_batch(
    before: Batch, flags: Mapping[str, Any], settings: "Settings", launcher: Launcher
) -> Batch | None:
    """What was asked before with these flags in its place, and for another scheduler with the
    commands that now stand in the settings; None where nothing is said anew."""
    given: dict[str, Any] = {key: flags[key] for key in SLURM_FLAGS if flags[key]}
    if launcher is Launcher.SCHEDULER:
        refuse_slurm_flags(flags)
        if settings.scheduler is not None:
            given["scheduler"] = scheduler_of(settings)
    return msgspec.structs.replace(before, **given) if given else None


def batch_of(settings: "Settings", flags: Mapping[str, Any]) -> Batch:
    """What is asked of a scheduler. UsageError for flags that it does not know, and where nothing
    is known of it."""
    launch = settings.import_.launch
    if launch == "scheduler":
        refuse_slurm_flags(flags)
        if settings.scheduler is None:
            raise UsageError(
                "--launch scheduler: no scheduler is known but Slurm.",
                why="The settings have no table [scheduler] with its commands.",
                hint="`bstui help clusters` shows how to write one.",
            )
    return asked_by(settings, None if launch == "auto" else Launcher(launch))


def refuse_slurm_flags(flags: Mapping[str, Any]) -> None:
    given = [key for key in SLURM_FLAGS if flags[key]]
    if given:
        name = "slurm-option" if given[0] == "options" else given[0]
        raise UsageError(
            f"--{name} is for Slurm.",
            why="What another scheduler is asked stands in the lines of `header` in the settings' "
            "table [scheduler].",
            hint="Leave it out, or take --launch slurm.",
        )


def describe_submission(session: Session, header: PlanHeader) -> None:
    """The script, what Slurm would do with it, and where else it could go; on stderr."""
    from bstui.jobs.batch import try_submission
    from bstui.jobs.launchers import WORKER

    script, answer, partitions = try_submission(
        header, WORKER, session.places, session.worker_environ
    )
    form = header.batch.scheduler
    say(f"  the script for {form.name if form else 'Slurm'}:")
    for line in script.splitlines():
        say(f"    {line}")
    if form:
        say(f"  handed in by: {form.submit}")
        return
    say(f"  Slurm says: {answer}")
    for one in partitions:
        default = ", the default" * one.is_default
        say(f"  partition {one.name}{default}: {one.state}, at most {one.limit}, {one.nodes} nodes")


def settle_launcher(session: Session, header: PlanHeader, limit: int | None) -> Launcher:
    """Of `auto`: the launcher that fits the plan and the site; says why, on stderr."""
    choice = choose_launcher(
        header, session.environ, limit=limit, ends_at_logout=ends_at_logout(_user())
    )
    say(f"  launch: {choice.launcher}: {choice.reason}")
    return choice.launcher


def warn_of_logout() -> None:
    """Tell who starts a detached worker that the machine will end it at logout, if it will."""
    if ends_at_logout(_user()):
        say(
            "This machine ends your processes when you log out (KillUserProcesses of "
            "systemd-logind): the job would be lost then, to be resumed. Take --launch slurm, or "
            "start it by `systemd-run --user --scope bstui …` after `loginctl enable-linger`."
        )


def _user() -> str:
    return asker().partition("@")[0]
