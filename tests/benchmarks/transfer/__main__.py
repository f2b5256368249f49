"""bstui's worker beside curl, aria2c and rclone: wall time, CPU, and their ratios.

    python -m tests.benchmarks.transfer [--rounds 7] [--scale 1] [--save FILE] [CASE …]
    python -m tests.benchmarks.transfer.table  # what `bstui help speed` shows of the kept figures

All contenders of a case run in turn, in another order each round, from Debian's nginx over TLS on
this machine. Wall times include the server's share of the cores; CPU is the contender's own.
A target on wall time is met where the ratio's interval reaches it.
"""

import argparse
import compileall
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import bstui as bstui_package
from tests.benchmarks.transfer.contenders import (
    Course,
    aria2,
    bstui,
    curl,
    curl_files,
    curl_ranges,
    rclone,
)
from tests.benchmarks.transfer.data import Collection, make_collections
from tests.benchmarks.transfer.measure import GIB, Contender, Cost, ratio, run_in_turn
from tests.benchmarks.transfer.serving import Ports, serving


@dataclass(frozen=True)
class Target:
    """Ours against one contender's, at most."""

    contender: int
    """Its place among the contenders; bstui is the first."""
    measure: str
    """`wall` or `cpu`."""
    most: float


@dataclass(frozen=True)
class Case:
    title: str
    collection: str
    contenders: Callable[[Course], Sequence[Contender]]
    targets: Sequence[Target]
    is_durable: bool = True
    is_verified: bool = True
    is_far: bool = False


CASES = {
    "big": Case(
        "one file of 2 GiB, not verified, durable",
        "big",
        lambda course: [
            bstui(course),
            curl(course),
            aria2(course, "-x16", "-s16"),
            rclone(course, "--multi-thread-streams", "8"),
        ],
        [
            Target(1, "cpu", 0.9),
            Target(1, "wall", 0.9),
            Target(2, "wall", 0.6),
            Target(3, "wall", 1.0),
        ],
        is_verified=False,
    ),
    "big-verified": Case(
        "one file of 2 GiB, verified against its multipart ETag",
        "big",
        lambda course: [
            bstui(course),
            curl(course),
            rclone(course, "--multi-thread-streams", "8"),
        ],
        [Target(1, "cpu", 0.9), Target(1, "wall", 0.7), Target(2, "wall", 0.8)],
    ),
    "mid": Case(
        "64 files of 32 MiB, verified, durable",
        "mid",
        lambda course: [
            bstui(course),
            rclone(course, "--transfers", "16"),
            aria2(course, "-j16", "-x16"),
        ],
        [Target(1, "wall", 0.8), Target(2, "wall", 0.6)],
    ),
    "small": Case(
        "5 000 files of 20 KiB, verified, durable in batches",
        "small",
        lambda course: [
            bstui(course),
            rclone(course, "--transfers", "16", "--checkers", "16"),
            aria2(course, "-j16", "-x16"),
        ],
        [Target(1, "wall", 1.15), Target(2, "wall", 0.3), Target(1, "cpu", 0.9)],
    ),
    "small-far": Case(
        "the same over the relay",
        "small",
        lambda course: [
            bstui(course),
            curl_files(course, 64),
            aria2(course, "-j16", "-x16"),
            rclone(course),
        ],
        [Target(1, "wall", 1.0), Target(2, "wall", 0.3), Target(3, "wall", 0.1)],
        is_far=True,
    ),
    "big-far": Case(
        "one file of 2 GiB over the relay",
        "big",
        lambda course: [
            bstui(course),
            bstui(course, "bstui, 16 connections", files=1, parts=16),
            curl_ranges(course, 16),
        ],
        [Target(2, "wall", 1.0)],
        is_durable=False,
        is_verified=False,
        is_far=True,
    ),
    "mid-far": Case(
        "64 files of 32 MiB over the relay",
        "mid",
        lambda course: [
            bstui(course),
            bstui(course, "bstui, 16 connections", files=16, parts=1),
            curl_files(course, 16),
        ],
        [Target(2, "wall", 1.0)],
        is_durable=False,
        is_verified=False,
        is_far=True,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="bstui's worker beside curl, aria2c and rclone.")
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], metavar="CASE")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0, help="less than 1: a quick try")
    parser.add_argument("--save", type=Path, help="keep every run's figures as JSON")
    given = parser.parse_args()
    # As pip does when it installs: else every start of the worker would compile all its modules.
    compileall.compile_dir(str(Path(bstui_package.__file__).parent), quiet=1)
    with tempfile.TemporaryDirectory(prefix="bstui-benchmark-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        collections = make_collections(home / "served", given.scale)
        with serving(home, home / "served", collections) as ports:
            for name in given.cases or CASES:
                costs = _measure(name, home, ports, collections, given.rounds)
                if given.save:
                    _save(given.save, name, collections[CASES[name].collection], costs)


def _measure(
    name: str, home: Path, ports: Ports, collections: dict[str, Collection], rounds: int
) -> dict[str, list[Cost]]:
    case = CASES[name]
    course = Course(
        home,
        collections[case.collection],
        ports.relay if case.is_far else ports.direct,
        ports.far_api if case.is_far else ports.near_api,
        case.is_durable,
        case.is_verified,
    )
    contenders = case.contenders(course)
    print(f"\n{name}: {case.title}")
    costs = run_in_turn(contenders, home / "fetched", rounds)
    gib = course.collection.bytes / GIB
    for contender in contenders:
        _print_row(contender.name, costs[contender.name], gib)
    ours = costs[contenders[0].name]
    for target in case.targets:
        theirs = contenders[target.contender]
        found = ratio(
            [getattr(cost, target.measure) for cost in ours],
            [getattr(cost, target.measure) for cost in costs[theirs.name]],
        )
        reached = found.value if target.measure == "cpu" else found.least
        verdict = "met" if reached <= target.most else "MISSED"
        print(f"  {target.measure:4} ≤ {target.most:.2f} × {theirs.name}: {found} {verdict}")
    return costs


def _print_row(name: str, costs: Sequence[Cost], gib: float) -> None:
    walls = sorted(cost.wall for cost in costs)
    cpu = statistics.median(cost.cpu for cost in costs)
    print(
        f"  {name:58} {statistics.median(walls):6.2f} s [{walls[0]:.2f}–{walls[-1]:.2f}]"
        f"  CPU {cpu / gib:6.2f} s/GiB",
        flush=True,
    )


def _save(path: Path, name: str, collection: Collection, costs: dict[str, list[Cost]]) -> None:
    """Add the case's figures to the file, in place of older ones of the same case."""
    kept = json.loads(path.read_text()) if path.exists() else {"cases": {}}
    kept["machine"] = {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d"),
    }
    kept["cases"][name] = {
        "bytes": collection.bytes,
        "files": len(collection.files),
        "runs": {who: [asdict(cost) for cost in each] for who, each in costs.items()},
    }
    path.write_text(json.dumps(kept, indent=1) + "\n")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
