"""The script that Slurm is given: shown before it goes, kept in the job's folder as `job.sh`. And
what goes along of the environment, to Slurm and to any other scheduler."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from bstui.errors import UsageError
from bstui.jobs.records import Batch, PlanHeader
from bstui.jobs.slurm import JOB_NAME
from bstui.paths import Places

SCRIPT = "job.sh"
OUTPUT = "slurm-%j.out"
_WARNING = 120
"""Seconds before the limit at which the worker is told; Slurm may be 60 early."""
_CPUS, _MEMORY = 2, "1G"
_KEPT = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "LD_LIBRARY_PATH", "SLURM_CONF"),
    *("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)
"""What a worker on a node needs of the environment that submits it; Slurm keeps a copy."""
_SCHEDULERS = (
    *("PBS_CONF_FILE", "PBS_EXEC", "PBS_SERVER", "PBS_DEFAULT", "SGE_ROOT", "SGE_CELL"),
    *("LSF_ENVDIR", "LSF_SERVERDIR", "LSF_LIBDIR", "LSF_BINDIR"),
)
"""Where the commands of other schedulers look for their own."""
_KEPT_PREFIXES = ("LC_", "XDG_", "BSTUI_")
_LEFT_OUT = ("BSTUI_ACCESS_TOKEN", "XDG_RUNTIME_DIR")


def write_script(header: PlanHeader, batch: Batch, folder: Path, command: tuple[str, ...]) -> str:
    """The script's text for the job in `folder`. UsageError for options that break its lines."""
    chosen = {
        "--partition": batch.partition,
        "--account": batch.account,
        "--qos": batch.qos,
        "--time": batch.time,
    }
    output = str(folder / "").replace("%", "%%") + OUTPUT
    options = [
        f"--job-name={JOB_NAME.format(id=header.id)}",
        f"--output={_quoted(output)}",
        "--open-mode=append",
        "--chdir=/",
        "--ntasks=1",
        f"--cpus-per-task={_CPUS}",
        f"--mem={_MEMORY}",
        "--requeue",
        f"--signal=B:USR1@{_WARNING}",
        *(f"{name}={_quoted(value)}" for name, value in chosen.items() if value),
        *map(_checked, batch.options),
    ]
    lines = [
        "#!/bin/bash",
        *(f"#SBATCH {option}" for option in options),
        f"# bstui: {header.name}",
        f"umask {header.umask:04o}",
        f"exec {shlex.join((*command, str(folder)))}",
    ]
    return "\n".join(lines) + "\n"


def batch_environment(places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """What the job inherits: enough for a worker, and no token."""
    return {n: v for n, v in environ.items() if _is_kept(n)} | places.environment()


def command_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The same for the commands of another scheduler, with what tells them where that is."""
    return {n: v for n, v in environ.items() if n in _SCHEDULERS or _is_kept(n)}


def exported_variables(places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """What a script brings itself; never a proxy's password, for the script is kept."""
    return {
        name: value
        for name, value in batch_environment(places, environ).items()
        if not (name.lower().endswith("_proxy") and "@" in value)
    }


def _is_kept(name: str) -> bool:
    known = name in _KEPT or name.lower() in _KEPT or name.startswith(_KEPT_PREFIXES)
    return known and name not in _LEFT_OUT


def batch_words(batch: Batch) -> list[str]:
    """The flags that say the same on a command line."""
    named = {
        "--partition": batch.partition,
        "--account": batch.account,
        "--qos": batch.qos,
        "--time": batch.time,
    }
    words = [word for flag, value in named.items() if value for word in (flag, value)]
    return words + [f"--slurm-option={option}" for option in batch.options]


def describe_batch(batch: Batch) -> str:
    """For people: `partition transfer, 12:00:00`."""
    named = (("partition", batch.partition), ("account", batch.account), ("QOS", batch.qos))
    parts = [f"{name} {value}" for name, value in named if value]
    parts += [f"time {batch.time}"] * bool(batch.time)
    return ", ".join([*parts, *batch.options]) or "as Slurm decides"


def _checked(option: str) -> str:
    if "\n" in option or not option.startswith("-"):
        raise UsageError(
            f"{option!r} is no option of sbatch.", hint="Write it as --constraint=dtn, one each."
        )
    return option


def _quoted(value: str) -> str:
    """As sbatch reads a value in a script: between double quotes where it has blanks."""
    if "\n" in value:
        raise UsageError(f"{value!r} cannot be handed to sbatch: it has a line break.")
    if value.isascii() and all(c.isalnum() or c in "/._-%:,+=@" for c in value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
