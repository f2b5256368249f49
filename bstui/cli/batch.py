"""What a command line says to Slurm, and what Slurm says before a job goes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click
import msgspec

from bstui.cli.messages import say
from bstui.cli.session import Session
from bstui.jobs.control import asker
from bstui.jobs.records import Batch, Launcher, PlanHeader
from bstui.jobs.whereabouts import choose_launcher
from bstui.system import ends_at_logout

if TYPE_CHECKING:
    from bstui.config_tables import SlurmSettings

SLURM_FLAGS = ("partition", "account", "qos", "time", "options")
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


def changed_batch(before: Batch, flags: Mapping[str, Any]) -> Batch | None:
    """What was asked before with these flags in its place; None where none was given."""
    given = {key: flags[key] for key in SLURM_FLAGS if flags[key]}
    return msgspec.structs.replace(before, **given) if given else None


def batch_of(settings: "SlurmSettings") -> Batch:
    """What is asked of Slurm, as a job keeps it."""
    return Batch(**{key: getattr(settings, key) for key in SLURM_FLAGS})


def describe_submission(session: Session, header: PlanHeader) -> None:
    """The script, what Slurm would do with it, and where else it could go; on stderr."""
    from bstui.jobs.batch import try_submission
    from bstui.jobs.launchers import WORKER

    script, answer, partitions = try_submission(
        header, WORKER, session.places, session.worker_environ
    )
    say("  the script for Slurm:")
    for line in script.splitlines():
        say(f"    {line}")
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
