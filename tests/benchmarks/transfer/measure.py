"""Runs programs in turn, and says what each took: wall time, and CPU of its own processes."""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GIB = 1 << 30
_DRAWS = 2000
"""Samples that a confidence interval is taken from."""


@dataclass(frozen=True)
class Contender:
    """One way of bringing the files of a case: commands that follow one another."""

    name: str
    commands: Callable[[Path], Sequence[Sequence[str]]]
    """For an empty folder, the commands that fill it."""
    check: Callable[[Path], None]
    """Raises where not all is there."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """What one run took, in seconds."""

    wall: float
    cpu: float


def run_in_turn(
    contenders: Sequence[Contender], folder: Path, rounds: int
) -> dict[str, list[Cost]]:
    """Every contender once, and again, in another order each time; `folder` is emptied between."""
    costs: dict[str, list[Cost]] = {contender.name: [] for contender in contenders}
    order = list(contenders)
    chance = random.Random(5)
    for number in range(rounds):
        chance.shuffle(order)
        for contender in order:
            cost = _run(contender, folder)
            costs[contender.name].append(cost)
            print(
                f"  round {number + 1}: {contender.name}: {cost.wall:.2f} s, CPU {cost.cpu:.2f} s",
                file=sys.stderr,
            )
    return costs


def _run(contender: Contender, folder: Path) -> Cost:
    _empty(folder)
    os.sync()
    commands = contender.commands(folder)
    environment = {**os.environ, **contender.environment}
    wall = cpu = 0.0
    for command in commands:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{contender.name}: {command[0]} ended with {process.returncode}")
        wall += time.perf_counter() - began
        cpu += used.ru_utime + used.ru_stime
    contender.check(folder)
    return Cost(wall, cpu)


def _empty(folder: Path) -> None:
    """A new folder; the files of the one before it give up their bytes, and are put aside.

    They are not removed: ext4 looks at each inode that was freed within minutes before it makes
    another (`recently_deleted`), so that a run's CPU would depend on those before it.
    """
    if folder.exists():
        for path in folder.rglob("*"):
            if path.is_file():
                os.truncate(path, 0)
        folder.rename(tempfile.mkdtemp(prefix="aside-", dir=folder.parent))
    folder.mkdir()


@dataclass(frozen=True)
class Ratio:
    """Ours against theirs: that of the medians, and where it lies with 95 of 100 chances."""

    value: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.least:.2f}–{self.most:.2f}]"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """By drawing rounds again and again (bootstrap); round by round, for they ran side by side."""
    chance = random.Random(7)
    pairs = list(zip(ours, theirs, strict=True))
    drawn = sorted(_ratio_of(chance.choices(pairs, k=len(pairs))) for _ in range(_DRAWS))
    return Ratio(_ratio_of(pairs), drawn[_DRAWS // 40], drawn[-_DRAWS // 40])


def _ratio_of(pairs: Sequence[tuple[float, float]]) -> float:
    ours = statistics.median(pair[0] for pair in pairs)
    return ours / statistics.median(pair[1] for pair in pairs)
