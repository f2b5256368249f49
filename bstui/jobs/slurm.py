"""Slurm's commands, asked so that neither a user's variables nor Slurm's version change the answer.

Columns are asked for one by one: the JSON of squeue changed its types in 23.11 and again in 24.05.
Every call has an end: a controller that is down lets squeue hang for 9 s, a broken configuration
for a minute (tried with Slurm 22.05).
"""

import os
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from bstui.errors import SchedulerProblem
from bstui.text import redact, safe_text

JOB_NAME = "bstui-{id}"
"""The name that a job has in Slurm: the only thing that squeue, sacct and a screen that died while
it submitted can all find again."""
ENDED = frozenset(
    (
        *("COMPLETED", "COMPLETING", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED"),
        *("OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE"),
    )
)
_MEDDLING = ("SBATCH_", "SQUEUE_", "SCANCEL_", "SCONTROL_", "SACCT_", "SINFO_", "SLURM_")
"""Variables that change what the commands do, or print; but for SLURM_CONF."""
_QUICK, _SLOW = 20.0, 60.0
"""Seconds for a question, and for a submission, which some sites look at closely."""
_COLUMNS = "%i|%j|%T|%S|%N|%r"


class QueueEntry(NamedTuple):
    """A job as squeue or sacct tells it."""

    id: str
    name: str
    state: str
    """`PENDING`, `RUNNING`, …: one word."""
    start: str = ""
    """When it began or will, `2026-11-23T17:58:02` in local time; `N/A` where unknown."""
    node: str = ""
    reason: str = ""
    """Slurm's, in one of its words or in a sentence."""

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED


class Partition(NamedTuple):
    """Where a job may be sent."""

    name: str
    is_default: bool
    state: str
    """`up`, `down`, …"""
    limit: str
    """The longest time of a job, as `1-00:00:00` or `infinite`."""
    nodes: str
    cpus: str
    """Of one node."""


@dataclass(frozen=True)
class Slurm:
    """The commands of the cluster that this environment speaks of. SchedulerProblem with Slurm's
    own words where one refuses, does not answer in time, or is not there."""

    environ: Mapping[str, str]
    title: ClassVar[str] = "Slurm"

    def submit(self, script: Path) -> str:
        """Hand the script in; the job's id."""
        said = self._call("sbatch", "--parsable", str(script), seconds=_SLOW)
        return said.strip().splitlines()[-1].partition(";")[0]

    def test(self, script: Path) -> str:
        """What Slurm says of the script without taking it: when and where it would start."""
        done = self._run(("sbatch", "--test-only", str(script)), _SLOW)
        said = _words(done.stderr or done.stdout)
        if done.returncode != 0:
            raise _refused("sbatch", said)
        return said

    def queue(self) -> list[QueueEntry]:
        """Every bstui job of this user that Slurm remembers, ended ones for some minutes."""
        said = self._call("squeue", "-h", "-u", str(os.getuid()), "-t", "all", "-o", _COLUMNS)
        rows = (line.split("|", 5) for line in said.splitlines())
        prefix = JOB_NAME.format(id="")
        return [QueueEntry(*row) for row in rows if len(row) == 6 and row[1].startswith(prefix)]

    def past(self, ids: Collection[str]) -> list[QueueEntry]:
        """What the accounting tells of jobs; of some, or of all, nothing."""
        columns = "JobIDRaw,JobName,State,Start,NodeList"
        said = self._call("sacct", "-X", "-n", "-P", "-j", ",".join(ids), "-o", columns)
        rows = (line.split("|", 4) for line in said.splitlines())
        entries = (QueueEntry(*row) for row in rows if len(row) == 5)
        return [one._replace(state=one.state.partition(" ")[0]) for one in entries]

    def partitions(self) -> list[Partition]:
        said = self._call("sinfo", "-h", "-o", "%P|%a|%l|%D|%c")
        rows = (line.split("|") for line in said.splitlines())
        return [
            Partition(name.rstrip("*"), name.endswith("*"), state, limit, nodes, cpus)
            for name, state, limit, nodes, cpus in (row for row in rows if len(row) == 5)
        ]

    def cancel(self, job: str) -> None:
        self._call("scancel", job)

    def hold(self, job: str) -> None:
        self._call("scontrol", "uhold", job)  # which its owner may release

    def release(self, job: str) -> None:
        self._call("scontrol", "release", job)

    def requeue(self, job: str) -> None:
        """Let it start again, under the same id; from within the job too."""
        self._call("scontrol", "requeue", job)

    def _call(self, *command: str, seconds: float = _QUICK) -> str:
        done = self._run(command, seconds)
        if done.returncode != 0:
            raise _refused(command[0], _words(done.stderr or done.stdout))
        return done.stdout

    def _run(self, command: tuple[str, ...], seconds: float) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command,
                env=scrubbed(self.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
                check=False,
                cwd="/",
            )
        except FileNotFoundError as error:
            raise SchedulerProblem(
                f"There is no {command[0]} on this machine.",
                why="Slurm's commands are not on PATH.",
                hint="Log in where `sinfo` works, load Slurm's module, or take --launch detached.",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise SchedulerProblem(
                f"{command[0]} has not answered within {seconds:.0f} s.",
                hint="Slurm is busy or down; `scontrol ping` tells.",
            ) from error


def scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would change the commands' meaning or answers."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_MEDDLING) or name == "SLURM_CONF"
    }


def _refused(command: str, said: str) -> SchedulerProblem:
    return SchedulerProblem(f"{command}: {said or 'no word of why it failed'}", details=said)


def _words(text: str) -> str:
    """Slurm's lines as one, without the names of its programs."""
    lines = (
        line.strip().removeprefix("sbatch: ").removeprefix("error: ") for line in text.splitlines()
    )
    return redact(safe_text("; ".join(line for line in lines if line)))
