"""What a job is called: a ULID for programs, a unique name for people, and how to find it again."""

import contextlib
import fcntl
import itertools
import os
import re
import secrets
import unicodedata
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from bstui.errors import AmbiguousName, BstuiError, NotFound, UsageError
from bstui.jobs.folder import JobFolder, job_folders
from bstui.paths import make_private

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_RANDOM_BITS = 80
_NAME = re.compile(r"[A-Za-z0-9]([\w.+@ -]*[\w.+@-])?", re.ASCII)
_NAME_LENGTH = 80
LAST = "last"


def new_id(moment: float) -> str:
    """A ULID for a job made at `moment`, seconds since 1970: 26 characters that sort by time."""
    number = int(moment * 1000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return "".join(_DIGITS[number >> 5 * i & 31] for i in reversed(range(_LENGTH)))


def id_after(newest: str, id: str) -> str:
    """`id`, or where the clock that gave `newest` was ahead, one of a millisecond after that: jobs
    of all hosts sort as they were made."""
    if id > newest:
        return id
    moment = sum(_DIGITS.index(digit) << 5 * place for place, digit in enumerate(newest[9::-1]))
    return new_id((moment + 1.5) / 1000)


def is_id(text: str) -> bool:
    return len(text) == _LENGTH and set(text) <= set(_DIGITS)


def job_name(source: str, day: date, taken: Collection[str]) -> str:
    """A name for a job: its first source and the date, with a number where that is taken."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", source) if not unicodedata.combining(c)
    )
    words = re.sub(r"[^A-Za-z0-9._+]+", "-", plain).strip("-._+")[: _NAME_LENGTH - 16]
    return make_unique(f"{words or 'import'}-{day:%Y-%m-%d}", taken)


def make_unique(name: str, taken: Collection[str]) -> str:
    """`name`, with a number behind it where it is taken."""
    numbers = itertools.count(2)
    unique = name
    while unique in taken:
        unique = f"{name}-{next(numbers)}"
    return unique


@contextlib.contextmanager
def naming(jobs_dir: Path) -> Iterator[None]:
    """Nobody else on this file system names a job meanwhile, where it knows locks."""
    make_private(jobs_dir)
    descriptor = os.open(jobs_dir / ".naming", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with contextlib.suppress(OSError):  # no locks here: two names may meet, and ids do not
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def check_name(name: str, taken: Collection[str]) -> str:
    """`name` if a person may give it to a job; UsageError otherwise."""
    if name == LAST or is_id(name.upper()) or len(name) > _NAME_LENGTH:
        raise UsageError(
            f"A job cannot be called {name[:_NAME_LENGTH]!r}.",
            why=f"`{LAST}` and 26-character ids mean something else; the longest name has "
            f"{_NAME_LENGTH} characters.",
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"A job cannot be called {name!r}.",
            hint="Use letters, digits, blanks and . _ - + @, a letter or digit first.",
        )
    if name in taken:
        raise UsageError(
            f"There is a job called {name!r} already.", hint="Give another with --name."
        )
    return name


def names_taken(jobs_dir: Path) -> set[str]:
    """The names of all jobs whose folder can be read, and of what they are parts of."""
    return {name for _, *names in _named(jobs_dir) for name in names if name}


def find_job(jobs_dir: Path, text: str) -> JobFolder:
    """The job that `text` means: `last`, a name, or the beginning of an id.

    Raises NotFound, or AmbiguousName with the candidates.
    """
    found = find_jobs(jobs_dir, text) if text != LAST else job_folders(jobs_dir)[-1:]
    if not found:
        raise NotFound("There is no job yet.", hint="Make one with: bstui import")
    if len(found) > 1:
        names = ", ".join(folder.header().name for folder in found)
        raise AmbiguousName(f"{text!r} is {len(found)} jobs: {names}.", hint="Name one of them.")
    return found[0]


def find_jobs(jobs_dir: Path, text: str) -> list[JobFolder]:
    """The same, or all parts of a split import, which `text` names, in their order.

    Raises NotFound, or AmbiguousName with the candidates.
    """
    if text == LAST:
        folders = job_folders(jobs_dir)
        if not folders:
            raise NotFound("There is no job yet.", hint="Make one with: bstui import")
        group = folders[-1].header().group
        return find_jobs(jobs_dir, group) if group else folders[-1:]
    jobs = _named(jobs_dir)
    named = [(folder, name) for folder, name, _ in jobs if name == text]
    parts = [folder for folder, _, group in jobs if group and group == text]
    if parts and not named:
        return sorted(parts, key=lambda folder: folder.header().part)
    found = named or [(one, name) for one, name, _ in jobs if one.id.startswith(text.upper())]
    if not text or not found:
        raise NotFound(
            f"There is no job {text!r}.",
            hint=f"`bstui jobs` lists them. JOB is a name, the beginning of an id, or `{LAST}`.",
        )
    if len(found) > 1:
        candidates = "; ".join(f"{folder.id} {name}" for folder, name in found[-8:])
        raise AmbiguousName(
            f"{text!r} means {len(found)} jobs: {candidates}.", hint="Give more of the id."
        )
    return [found[0][0]]


def _named(jobs_dir: Path) -> list[tuple[JobFolder, str, str]]:
    """Every job with its name and what it is a part of; one whose plan cannot be read has neither,
    but can be found by id."""
    named = []
    for folder in job_folders(jobs_dir):
        try:
            named.append((folder, folder.header().name, folder.header().group))
        except BstuiError:
            named.append((folder, "", ""))
    return named
