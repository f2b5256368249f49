"""`--account FILE.toml`: an account that somebody describes. `bstui help simulator` has an example.

What is read here is whole in itself; that its names fit together is seen when it is built.
"""

import re
import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bstui.errors import UsageError

RunState = Literal[
    "ready",
    "uploading",
    "failed",
    "archived",
    "zipping",
    "zipped",
    "unzipping",
    "files-deleted",
    "deleted",
    "transfer-pending",
]
DatasetState = Literal[
    "ready", "uploading", "failed", "archived", "files-deleted", "deleted", "transfer-pending"
]
Machine = Literal["miseq", "hiseq", "nextseq500", "nextseq2000", "novaseq6000"]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Token = Annotated[str, Meta(pattern="^([0-9a-f]{32})?$")]
Cycles = Annotated[int, Meta(ge=1, le=1000)]
_SINCE = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
_PLACE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<key>[^`]*)`)?", re.DOTALL)
_HINT = "`bstui help simulator` has an example."


class Entry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class UserEntry(Entry):
    name: Name
    email: str = ""
    token: Token = ""
    """32 hexadecimal characters; else made from the seed and the name."""
    scopes: tuple[str, ...] = ()
    """As `BROWSE GLOBAL`; none: all."""


class WorkgroupEntry(Entry):
    name: Name
    person: Name
    """The user that acts for it."""
    token: Token = ""


class ProjectEntry(Entry):
    name: Name
    owner: str = ""
    """A user or workgroup; none: the first user."""
    shared_with: tuple[str, ...] = ()
    description: str = ""
    created: datetime = _SINCE


class RunEntry(Entry):
    experiment: Name
    folder: str = ""
    """The run's name; none: made as the instrument would."""
    instrument: Machine = "miseq"
    owner: str = ""
    shared_with: tuple[str, ...] = ()
    created: datetime = _SINCE
    lanes: Annotated[int, Meta(ge=1, le=8)] = 1
    reads: Annotated[tuple[Cycles, ...], Meta(min_length=1, max_length=2)] = (151, 151)
    clusters: Annotated[int, Meta(ge=1, le=1_000_000)] = 2000
    """On each lane."""
    state: RunState = "ready"


class DatasetEntry(Entry):
    run: Name
    """By its experiment or its folder."""
    lanes: tuple[int, ...] = ()
    """None: all of the run."""
    project: str = ""
    """What it belongs to; none: the biosample's."""
    size: int | str | None = None
    """Of each file, in bytes or as `20 GB`; none: as the run's reads make it."""
    qc: Literal["Undefined", "QcPassed", "QcFailed"] = "Undefined"
    state: DatasetState = "ready"
    etag: Literal["strong", "weak", "missing"] = "strong"


class BiosampleEntry(Entry):
    name: Name
    project: Name
    count: Annotated[int, Meta(ge=1, le=100_000)] = 1
    """More than one: so many, called NAME-1, NAME-2, …"""
    created: datetime | None = None
    status: str = "New"
    lab_status: str = "Sequencing"
    datasets: tuple[DatasetEntry, ...] = ()


class AccountFile(Entry):
    users: Annotated[tuple[UserEntry, ...], Meta(min_length=1)]
    workgroups: tuple[WorkgroupEntry, ...] = ()
    projects: tuple[ProjectEntry, ...] = ()
    runs: tuple[RunEntry, ...] = ()
    biosamples: tuple[BiosampleEntry, ...] = ()


def bad_entry(path: Path, key: str, what: str) -> UsageError:
    """What is wrong at a key of the file."""
    return UsageError(f"{path}: {key}: {what}" if key else f"{path}: {what}", hint=_HINT)


def read_account(path: Path) -> AccountFile:
    """The account that a file describes; a UsageError names the file, and the key or the line."""
    try:
        found = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise bad_entry(path, "", f"it cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise bad_entry(path, "", "it is no UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise bad_entry(path, "", f"it is no TOML: {error}.") from error
    try:
        return msgspec.convert(_with_moments(found), AccountFile)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        assert match is not None
        raise bad_entry(path, match["key"] or "", f"{match['what']}.") from error


def _with_moments(value: object) -> object:
    """Dates as moments in UTC, wherever they stand."""
    match value:
        case dict():
            return {key: _with_moments(item) for key, item in value.items()}
        case list():
            return [_with_moments(item) for item in value]
        case datetime():
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        case date():
            return datetime.combine(value, time(), UTC)
    return value
