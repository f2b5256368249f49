"""What a quota still leaves in a folder, where a quick command of the system tells it.

`lfs quota` for Lustre, `quota` for what else has quotas of users and groups. A project's quota of
ext4 and XFS needs no command: statvfs has counted it in. A quota is a hint, and never a refusal: a
job that meets it waits for room.
"""

import os
import re
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bstui.system import file_system_kind

_PATIENCE = 3.0
"""Seconds for a command: the server that knows the quota of an NFS mount may be silent."""
_WITHOUT = frozenset(("tmpfs", "overlay", "squashfs", "ramfs", "fuse"))
_NUMBERS = 8
"""Used, quota, limit, grace; in KiB, then in files: the columns of either command."""
_HEAD = re.compile(r"Disk quotas for (?P<kind>user|group) .*\((?:uid|gid) (?P<id>\d+)\)")
_PROJECT = re.compile(r"\s*(?P<id>\d+)")


class Quota(NamedTuple):
    """One limit that files in a folder count against."""

    whose: str
    """`yours`, `the group's`, `the project's`."""
    limit: int | None
    """Bytes; None: they are not limited."""
    left: int | None
    """Bytes that may still be written."""
    files_left: int | None = None
    """Files that may still be made; None: they are not limited."""

    def fits(self, needed: int, files: int) -> bool:
        """Whether so many bytes in so many files find room in it."""
        bytes_fit = self.left is None or needed <= self.left
        return bytes_fit and (self.files_left is None or files <= self.files_left)


def find_quotas(folder: Path, environ: Mapping[str, str]) -> tuple[Quota, ...]:
    """The quotas that count for new files in a folder that exists; none where nobody tells.

    It may take seconds: a server is asked, where the folder is a network's.
    """
    kind = file_system_kind(folder)
    if kind.name in _WITHOUT:
        return ()
    if kind.name == "lustre":
        return tuple(ask_lustre(str(folder), _group_of(folder), environ))
    asked = ["quota", "-u", "-g", "-w", "-p", "-Q", "-f", kind.point or "/"]
    return tuple(read_quotas(_ask(asked, environ), _group_of(folder)))


def _group_of(folder: Path) -> int:
    """The group that new files in it are of."""
    info = folder.stat()
    return info.st_gid if info.st_mode & stat.S_ISGID else os.getegid()


def read_quotas(lines: Iterable[str], group: int) -> Iterator[Quota]:
    """quota(1): a head for the user and for each group, then a line for each file system."""
    whose = ""
    for line in lines:
        if head := _HEAD.search(line):
            of_group = "the group's" if int(head["id"]) == group else ""
            whose = "yours" if head["kind"] == "user" else of_group
        elif whose and (found := _parse(whose, line.split())):
            yield found


def ask_lustre(folder: str, group: int, environ: Mapping[str, str]) -> Iterator[Quota]:
    """lfs-quota(1); what it prints of a long path goes over two lines."""
    asked = [("yours", "-u", os.geteuid()), ("the group's", "-g", group)]
    project = _PROJECT.match(" ".join(_ask(["lfs", "project", "-d", folder], environ)))
    if project and int(project["id"]):
        asked.append(("the project's", "-p", int(project["id"])))
    for whose, flag, id_ in asked:
        printed = _ask(["lfs", "quota", "-q", flag, str(id_), folder], environ)
        if found := _parse(whose, " ".join(printed).split()):
            yield found


def _parse(whose: str, words: Sequence[str]) -> Quota | None:
    """A line's last eight columns; None where they are none, or limit nothing."""
    columns = [_number(word) for word in words[-_NUMBERS:]]
    if len(columns) < _NUMBERS:
        return None
    used, soft, hard, _, files, soft_files, hard_files, _ = columns
    if used is None or files is None:
        return None
    limit, most_files = hard or soft, hard_files or soft_files
    if not (limit or most_files):
        return None
    return Quota(
        whose,
        limit * 1024 if limit else None,
        max(0, limit - used) * 1024 if limit else None,
        max(0, most_files - files) if most_files else None,
    )


def _number(word: str) -> int | None:
    """`1234`; `1234*` where it is over its quota; `[1234]` where Lustre is not sure."""
    digits = word.strip("*[]")
    return int(digits) if digits.isdecimal() else None


def _ask(command: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """What a command prints; nothing where there is no such command, or it takes too long.

    quota(1) ends with an error where a quota is exceeded, and has told it then.
    """
    try:
        done = subprocess.run(
            command,
            env={**environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            text=True,
            errors="replace",
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines()
