"""strace: what a program asks of the kernel beneath some folders, and faults at any of it.

Counts are strace's own: for each thread, of one system call narrowed to one path by `-P`.
"""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

WRITING = (
    "pwrite64,pwritev,pwritev2,write,fsync,fdatasync,syncfs,rename,renameat,renameat2,link,linkat,"
    "unlink,unlinkat,openat,close,mkdir,mkdirat,ftruncate"
)
"""What changes a disk, and the opens and closes around it."""

_BY_DESCRIPTOR = (
    *("pwrite64", "pwritev", "pwritev2", "write"),
    *("fsync", "fdatasync", "syncfs", "close", "ftruncate"),
)
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_DESCRIPTOR = re.compile(r"\d+<([^>]*)>")
_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Point:
    """The `number`th time that a thread makes this system call on this path."""

    call: str
    path: str
    """As strace's -P takes it: of a descriptor, or the name given to the call."""
    number: int

    def __str__(self) -> str:
        return f"{self.call} {self.number} of {self.path}"


@dataclass(frozen=True)
class Seen:
    """A system call of the traced program."""

    thread: int
    call: str
    paths: tuple[str, ...]
    """All that it was given: -P matches any of them. The one that says most is the first."""
    folders: tuple[str, ...]
    is_over: bool
    """Whether it returned."""

    def is_beneath(self, folder: Path) -> bool:
        root = str(folder)
        return any(path == root or path.startswith(f"{root}/") for path in self.folders)


def require_strace(tmp_path: Path) -> None:
    """Skip, aloud, where strace is not here or may not trace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: no fault can be put at a system call")
    tried = subprocess.run(["strace", "-qq", "-o", tmp_path / "tried", "true"], check=False)
    if tried.returncode:
        pytest.skip("strace may trace nothing here (ptrace is not allowed)")


def strace(
    command: Sequence[str | os.PathLike[str]],
    log: Path,
    *,
    calls: str = WRITING,
    paths: Collection[str] = (),
    inject: Collection[str] = (),
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end under strace; what was traced is in `log`."""
    options = ["-f", "-qq", "-y", "-s", "0", "-o", str(log), "-e", f"trace={calls}"]
    options += [part for path in paths for part in ("-P", path)]
    options += [part for fault in inject for part in ("-e", f"inject={fault}")]
    return subprocess.run(
        ["strace", *options, *command],
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def read_trace(log: Path) -> Iterator[Seen]:
    """The calls in a log of strace, in their order."""
    for line in log.read_text().splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        thread, call, arguments = int(match[1]), match[2], match[3]
        is_over = not line.endswith(("<unfinished ...>", "= ?"))
        folders = _DESCRIPTOR.findall(arguments.rpartition(" = ")[0] or arguments)
        names = [] if call in _BY_DESCRIPTOR else _NAME.findall(arguments)
        absolute = [name for name in names if name.startswith("/")]
        yield Seen(thread, call, (*names, *folders), (*absolute, *folders), is_over)


def points_of(seen: Collection[Seen], folders: Collection[Path]) -> list[Point]:
    """Every call beneath `folders` as a point, each once, in the order of the program."""
    counts: Counter[tuple[int, str, str]] = Counter()
    points: dict[Point, None] = {}
    for one in seen:
        for path in set(one.paths):
            counts[one.thread, one.call, path] += 1
        if any(one.is_beneath(folder) for folder in folders):
            path = one.paths[0]
            points[Point(one.call, path, counts[one.thread, one.call, path])] = None
    return list(points)


def died_at(log: Path, point: Point) -> bool:
    """Whether the log ends with a SIGKILL at this very call, which never returned."""
    if "+++ killed by SIGKILL +++" not in log.read_text():
        return False
    counts: Counter[int] = Counter()
    last: dict[int, Seen] = {}
    for one in read_trace(log):
        counts[one.thread] += 1
        last[one.thread] = one
    return any(
        counts[thread] == point.number and not one.is_over and point.path in one.paths
        for thread, one in last.items()
    )
