"""Another scheduler than Slurm, by the commands that the settings give: submit, status, cancel.

The commands are lines for /bin/sh with places for what they are about, so that a list can be piped
or a script be read from stdin. What they print is read by the settings' regular expressions.
"""

import contextlib
import getpass
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bstui.errors import SchedulerProblem, UsageError
from bstui.jobs.batch_script import SCRIPT
from bstui.jobs.records import PlanHeader, Scheduler
from bstui.jobs.slurm import JOB_NAME, QueueEntry
from bstui.text import redact, safe_text

OUTPUT = "scheduler.out"
"""The file in the job's folder for what the scheduler's own programs say."""
_QUICK, _SLOW = 20.0, 60.0
"""Seconds for a question, and for a submission."""
_PLACE = re.compile(r"\{(script|name|id|out|folder|user)\}")


@dataclass(frozen=True)
class OtherScheduler:
    """The scheduler that these command lines speak to. SchedulerProblem with its own words where
    one fails or does not answer in time."""

    form: Scheduler
    environ: Mapping[str, str]

    @property
    def title(self) -> str:
        return self.form.name

    def submit(self, script: Path) -> str:
        """Hand the script in; the job's id."""
        places = about(script.parent)
        said = self._call(self.form.submit, places, _SLOW)
        found = re.search(self.form.id, said, re.MULTILINE)
        if found is None:
            raise SchedulerProblem(
                f"{self.title} has taken the job, and nothing in its answer looks like an id: "
                f"{_words(said) or 'it said nothing'}",
                why=f"`id` in the settings' table [scheduler] is {self.form.id!r}.",
                hint="Mend it, then: bstui resume --launch scheduler JOB",
            )
        return found[1] if found.re.groups else found[0]

    def queue(self) -> list[QueueEntry]:
        """Every job that it lists; of those with names, bstui's."""
        said = self._call(self.form.status, {}, _QUICK)
        prefix = JOB_NAME.format(id="")
        entries = map(self._entry, re.finditer(self.form.job, said, re.MULTILINE))
        return [one for one in entries if not one.name or one.name.startswith(prefix)]

    def past(self, ids: Collection[str]) -> list[QueueEntry]:
        """Nothing: whoever keeps an account of ended jobs lists them."""
        return []

    def cancel(self, job: str) -> None:
        self._call(self.form.cancel, {"id": job}, _QUICK)

    def _entry(self, found: re.Match[str]) -> QueueEntry:
        told = {name: text or "" for name, text in found.groupdict().items()}
        word, reason = told["state"], redact(safe_text(told.get("reason", "").strip()))
        state = next((ours for ours, words in self._states() if word in words), "")
        return QueueEntry(
            id=told["id"],
            name=told.get("name", ""),
            state=state or "UNKNOWN",
            reason=reason or ("" if state else safe_text(word)),
        )

    def _states(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        form = self.form
        return ("PENDING", form.pending), ("RUNNING", form.running), ("COMPLETED", form.ended)

    def _call(self, line: str, places: Mapping[str, str], seconds: float) -> str:
        quoted = {name: shlex.quote(value) for name, value in places.items()}
        known = {"user": shlex.quote(getpass.getuser()), **quoted}
        code, said, complaint = self._run(fill(line, known), seconds)
        if code != 0:
            words = _words(complaint or said)
            raise SchedulerProblem(
                f"{self.title}: {words or f'exit code {code} and no word of why'}", details=words
            )
        return said

    def _run(self, line: str, seconds: float) -> tuple[int, str, str]:
        """The line's exit code, stdout and stderr; all that it started ends with it."""
        with subprocess.Popen(
            ("/bin/sh", "-c", line),
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            start_new_session=True,
        ) as process:
            try:
                said, complaint = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired as error:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise SchedulerProblem(
                    f"{self.title} has not answered within {seconds:.0f} s.",
                    why=f"The command was: {redact(line)}",
                ) from error
            return process.returncode, said, complaint


def about(folder: Path) -> dict[str, str]:
    """What the command lines and the script's header may name of the job in `folder`."""
    return {
        "script": str(folder / SCRIPT),
        "name": JOB_NAME.format(id=folder.name),
        "out": str(folder / OUTPUT),
        "folder": str(folder),
    }


def fill(line: str, places: Mapping[str, str]) -> str:
    """The line with `{script}` and its like replaced; other braces are the shell's."""
    return _PLACE.sub(lambda place: places.get(place[1], place[0]), line)


def write_other_script(
    header: PlanHeader,
    form: Scheduler,
    folder: Path,
    command: tuple[str, ...],
    variables: Mapping[str, str],
) -> str:
    """The script for a scheduler that hands nothing of the environment on: it brings `variables`.

    UsageError for a header line that is two.
    """
    for line in form.header:
        if "\n" in line:
            raise UsageError(f"{line!r} in [scheduler] header has a line break.")
    places = about(folder)
    lines = [
        "#!/bin/bash",
        *(fill(line, places) for line in form.header),
        f"# bstui: {header.name}",
        f"umask {header.umask:04o}",
        *(f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items())),
        f"exec {shlex.join((*command, str(folder)))}",
    ]
    return "\n".join(lines) + "\n"


def _words(text: str) -> str:
    """Its lines as one."""
    return redact(safe_text("; ".join(line.strip() for line in text.splitlines() if line.strip())))
