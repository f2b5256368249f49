"""Where an import is to run, as lines of the review: the launcher and why, what Slurm is asked."""

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from bstui.config import Settings
from bstui.errors import UsageError
from bstui.jobs.asked import SLURM_KEYS, asked_by
from bstui.jobs.batch_script import batch_words, describe_batch
from bstui.jobs.control import asker
from bstui.jobs.records import Batch, Launcher, PlanHeader
from bstui.jobs.whereabouts import choose_launcher
from bstui.system import ends_at_logout
from bstui.tui.screens.choices import Choice

if TYPE_CHECKING:
    from bstui.jobs.batch import Trial

AUTO: Final = "auto"
KEYS: Final[tuple[str, ...]] = ("launch", "slurm")
"""Of the lines that are made here."""
_WORDS: Mapping[str, str] = {
    "detached": "a process of its own on this machine",
    "slurm": "a job of Slurm's",
    "scheduler": "a job of {scheduler}",
}
_SHORT: Mapping[str, str] = {"-p": "--partition", "-A": "--account", "-q": "--qos", "-t": "--time"}


@dataclass(frozen=True)
class Launching:
    """What is decided of it."""

    launch: str
    """A launcher's name, or `auto`."""
    others: tuple[str, ...]
    """All that can be had here."""
    batch: Batch
    """What Slurm and the other scheduler would be asked."""
    limit: int | None
    """CPU minutes that a process may take on this machine."""
    dies_at_logout: bool
    environ: Mapping[str, str]

    def settle(self, header: PlanHeader) -> tuple[Launcher, str]:
        """The launcher for this plan, and why that one where it was not said."""
        if self.launch != AUTO:
            return Launcher(self.launch), ""
        known = msgspec.structs.replace(header, batch=self.batch)
        choice = choose_launcher(
            known, self.environ, limit=self.limit, ends_at_logout=self.dies_at_logout
        )
        return choice.launcher, choice.reason

    def asked(self, launcher: Launcher) -> Batch:
        """What that launcher is asked."""
        if launcher is Launcher.SLURM:
            return msgspec.structs.replace(self.batch, scheduler=None)
        known = self.batch.scheduler
        return Batch(scheduler=known) if launcher is Launcher.SCHEDULER else Batch()


def first_launching(settings: Settings, environ: Mapping[str, str]) -> Launching:
    """What the settings suggest; a screen has no `here`."""
    wished = settings.import_.launch
    has_slurm = shutil.which("sbatch", path=environ.get("PATH")) is not None
    there = ["detached"] + ["slurm"] * has_slurm + ["scheduler"] * (settings.scheduler is not None)
    if len(there) > 1 or wished == AUTO:
        there.append(AUTO)
    launch = "detached" if wished == "here" else wished
    if launch not in there:
        there.append(launch)
    return Launching(
        launch=launch,
        others=tuple(there),
        batch=asked_by(settings, None),
        limit=settings.slurm.login_cpu_minutes,
        dies_at_logout=ends_at_logout(asker().partition("@")[0]),
        environ=environ,
    )


def launch_lines(launching: Launching, header: PlanHeader | None) -> list[Choice]:
    """The lines of the review about it; `header` is that of the last plan."""
    launch = launching.launch
    launcher = launching.settle(header)[0] if header else None
    lines = [Choice("launch", "runs", _text(launching, header), launch, launching.others)]
    if launch == "slurm" or launcher is Launcher.SLURM:
        batch = launching.asked(Launcher.SLURM)
        words = shlex.join(batch_words(batch)).replace("--slurm-option=", "")
        lines.append(Choice("slurm", "asked", describe_batch(batch), words))
    return lines


def _text(launching: Launching, header: PlanHeader | None) -> str:
    launch, why = launching.launch, ""
    if launch == AUTO:
        if header is None:
            return "auto: as fits"
        launcher, why = launching.settle(header)
        return f"auto, {launcher}: {why}"
    form = launching.batch.scheduler
    text = f"{launch}: {_WORDS[launch].format(scheduler=form.name if form else 'a scheduler')}"
    if launch == "detached" and launching.dies_at_logout:
        text += ", which ends it when you log out"
    return text


def change_launching(launching: Launching, key: str, value: str) -> Launching:
    """With one line changed. ValueError or UsageError says why it cannot be."""
    if key == "launch":
        return replace(launching, launch=value)
    batch = read_batch(value)
    return replace(
        launching, batch=msgspec.structs.replace(batch, scheduler=launching.batch.scheduler)
    )


def read_batch(text: str) -> Batch:
    """sbatch's options as they are typed: `--partition transfer --time=12:00:00 --exclusive`."""
    fields: dict[str, str] = {}
    options: list[str] = []
    words = iter(shlex.split(text))
    for word in words:
        flag, has_value, value = word.partition("=")
        name = _SHORT.get(flag, flag).removeprefix("--")
        if not word.startswith("-"):
            raise UsageError(f"{word!r} is no option of sbatch.", hint="Write --partition NAME.")
        if name not in SLURM_KEYS or name == "options":
            options.append(word)
            continue
        fields[name] = value if has_value else next(words, "")
        if not fields[name]:
            raise UsageError(f"--{name} needs a value.")
    return msgspec.structs.replace(Batch(options=tuple(options)), **fields)


def script_lines(trial: "Trial", title: str) -> list[str]:
    """The script, what Slurm says of it, and where else it could go."""
    lines = [*trial.script.splitlines(), ""]
    if trial.answer:
        lines.append(f"{title} says: {trial.answer}")
    for one in trial.partitions:
        default = ", the default" * one.is_default
        about = f"{one.state}, at most {one.limit}, {one.nodes} nodes of {one.cpus} CPUs"
        lines.append(f"partition {one.name}{default}: {about}")
    return lines
