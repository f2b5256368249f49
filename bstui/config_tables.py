"""The tables of the settings, `[import]` and its kin, with their defaults."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from bstui.timetable import parse_timetable
from bstui.units import parse_duration


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


_MODE = re.compile(r"0?[4-7][0-7]{2}")


def _checked_mode(text: str) -> str:
    if _MODE.fullmatch(text) is None:
        raise ValueError("is no mode that lets you read; write it like 640 or 0664")
    return text


def _checked_duration(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as error:
        raise ValueError("is no duration; write it like 90m, 12h or 3d") from error
    return text


def _checked_timetable(text: str) -> str:
    parse_timetable(text)
    return text


class ImportSettings(_Table):
    """`[import]`: what `bstui import` and the review page start from."""

    destination: str | None = None
    """The folder that imports go to where none is given; `~` and `$SCRATCH` may stand in it."""
    grouping: Literal["automatic", "single", "none"] = "automatic"
    """How biosamples become samples."""
    layout: str = ""
    """The template of file paths beneath the destination; empty: the default layout."""
    verify: Literal["none", "server", "full"] = "server"
    """What proves a file whole before it has its name."""
    digest: Literal["md5", "sha256"] | None = None
    """The digest of whole files that is made and recorded; unset: none."""
    existing: Literal["adopt", "keep-both", "replace"] = "adopt"
    """What happens where a file of that name is there already."""
    chmod: Annotated[str, AfterValidator(_checked_mode)] | None = None
    """The mode of files, as 640; folders may be entered by who reads; unset: the umask's."""
    chgrp: str | None = None
    """The group of files and folders; unset: yours, or that of a setgid folder."""
    read_only: bool = False
    """Whether nobody may write to a file once it has its name."""
    give_up_after: Annotated[str, AfterValidator(_checked_duration)] | None = None
    """How long a wait may last, as 90m, 12h or 3d, before the job stops; unset: for ever."""
    launch: Literal["here", "detached", "slurm", "scheduler", "auto"] = "detached"
    """Where the worker runs: in the foreground, detached on this machine, in Slurm or another
    scheduler, or as fits."""
    concurrency: Literal["low", "medium", "high"] = "medium"
    """The most connections, 8, 64 or 128; how many of them are used adapts to the line."""
    concurrent_files: int | None = Field(default=None, ge=1, le=64)
    """How many files come at once; unset: as many as suits."""
    concurrent_parts: int | None = Field(default=None, ge=1, le=32)
    """How many ranges of one file come at once; unset: as many as suits."""
    bwlimit: Annotated[str, AfterValidator(_checked_timetable)] | None = None
    """The most bytes per second, as 10M, or 08:00,512k 19:00,off by the time; unset: no limit."""

    def about_transfer(self) -> dict[str, Any]:
        """What they say of how files come, by the names of a job's options."""
        return {
            "existing": self.existing,
            "verify": self.verify,
            "digest": self.digest or "",
            "chmod": self.chmod or "",
            "chgrp": self.chgrp or "",
            "read_only": self.read_only,
            "give_up_after": parse_duration(self.give_up_after) if self.give_up_after else None,
            "concurrency": self.concurrency,
            "bwlimit": self.bwlimit or "",
            "concurrent_files": self.concurrent_files,
            "concurrent_parts": self.concurrent_parts,
        }


class SlurmSettings(_Table):
    """`[slurm]`: what is asked of Slurm, in its own words; see `bstui help clusters`."""

    partition: str = ""
    """The partition that jobs go to; empty: Slurm's default."""
    account: str = ""
    """The account that pays."""
    qos: str = ""
    """The quality of service."""
    time: str = ""
    """The time limit, as 12:00:00; a longer import goes on by itself."""
    options: tuple[str, ...] = ()
    """More of sbatch's options, as `--constraint=dtn` or `--mail-type=END`."""
    login_cpu_minutes: Annotated[int, Field(ge=1)] | None = None
    """CPU minutes that a process may take on the login node; over it `auto` takes Slurm."""


def _checked_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


def _checked_row(text: str) -> str:
    if not {"id", "state"} <= re.compile(_checked_pattern(text)).groupindex.keys():
        raise ValueError("needs the groups (?P<id>…) and (?P<state>…)")
    return text


class SchedulerSettings(_Table):
    """`[scheduler]`: another scheduler than Slurm, by its commands; see `bstui help clusters`."""

    name: str = "the scheduler"
    """What people call it."""
    submit: str
    """The command that hands `{script}` in and prints the id of the job."""
    status: str
    """The command that lists the user's jobs."""
    cancel: str
    """The command that takes the job `{id}` out."""
    id: Annotated[str, AfterValidator(_checked_pattern)] = r"(\d+)"
    """The regular expression of the id in what `submit` prints: its first group, or all of it."""
    job: Annotated[str, AfterValidator(_checked_row)]
    """The regular expression of one job in what `status` prints, with the groups `id`, `state` and,
    where they are told, `name` and `reason`."""
    pending: tuple[str, ...]
    """The words of `state` that mean: not started yet."""
    running: tuple[str, ...]
    ended: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    """The lines of the script that ask for a queue, a time and so on."""


class ScreenSettings(_Table):
    """`[screen]`: how the screen program looks."""

    theme: Literal["auto", "dark", "light", "high-contrast", "ansi", "ansi-light"] = "auto"
    """The colours; auto: what the terminal can show."""
    glyphs: Literal["auto", "unicode", "ascii"] = "auto"
    """The characters of marks, bars and borders; auto: what locale and terminal can show."""
    mouse: bool = False
    """Whether the program asks the terminal for the mouse; it costs bytes over SSH."""


class LoginSettings(_Table):
    """`[login]`: the application that `bstui login --device` logs in with."""

    client_id: str | None = None
    """The client id of your site's application, from the developer portal of the region."""
    client_secret: SecretStr | None = None
    """Its client secret; it names the application and opens no account by itself."""
