"""Names of folders, completed as shells do: what Tab puts into a line that asks for one."""

import os
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple


class Completion(NamedTuple):
    """What became of the beginning of a path."""

    text: str
    """The path as far as it is certain; `~` and variables stay as they were written."""
    choices: tuple[str, ...] = ()
    """Where it is not: the names that it can go on with."""
    problem: str = ""
    """Why it cannot be completed; a sentence without its end."""


def complete_folder(text: str) -> Completion:
    """Complete a folder's path. It reads the folder above, so it may take as long as that disk.

    Hidden folders are among them where the name begun starts with a dot.
    """
    if text == "~":
        return Completion("~/")
    above, slash, begun = text.rpartition("/")
    where = os.path.expanduser(os.path.expandvars(above + slash)) or os.curdir
    try:
        names = sorted(_folders_in(where, begun))
    except FileNotFoundError:
        return Completion(text, problem=f"there is no folder {above}{slash} yet: it would be made")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Completion(text, problem=f"{above}{slash or where} cannot be read: {reason}")
    if not names:
        what = f"no folder begins with {begun}: it would be made" if begun else "no folders in it"
        return Completion(text, problem=what)
    if len(names) == 1:
        return Completion(f"{above}{slash}{names[0]}/")
    return Completion(f"{above}{slash}{_common(names)}", tuple(f"{name}/" for name in names))


def _common(names: Sequence[str]) -> str:
    """The beginning that sorted names share."""
    first, last = names[0], names[-1]
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(one for one, _ in same)


def _folders_in(where: str, begun: str) -> list[str]:
    """The folders there whose name begins so; none that a line cannot hold."""
    with os.scandir(where) as entries:
        return [
            entry.name
            for entry in entries
            if entry.name.startswith(begun)
            and (begun.startswith(".") or not entry.name.startswith("."))
            and entry.name.isprintable()
            and _is_folder(entry)
        ]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Links to folders are; what cannot be looked at is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False
