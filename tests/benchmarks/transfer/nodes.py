"""The table of `bstui help clusters`: how long terabytes take with some nodes and a line.

python -m tests.benchmarks.transfer.nodes    writes it into the page, from the figures that are kept
"""

import json
import re
from pathlib import Path
from statistics import median
from typing import Any

from bstui.units import duration_text, rate_text
from tests.benchmarks.transfer.table import RESULTS

PAGE = Path(__file__).parents[3] / "bstui" / "help" / "clusters.md"
_CASE = "big-verified"
"""One large file after another, each proven by its digest and durable: what an import is."""
_TERABYTE = 10**12
_SIZES = (1, 10, 100)
"""Terabytes."""
_NODES = (1, 4, 16)
_LINES = (10, 100)
"""Gigabits a second."""
_GIB = 1 << 30


def node_rate(results: dict[str, Any]) -> float:
    """Bytes a second that one node brings, the median of what was measured."""
    return _size(results) / _median(results, "wall")


def cpu_cost(results: dict[str, Any]) -> float:
    """CPU seconds for a GiB."""
    return _median(results, "cpu") / _size(results) * _GIB


def _size(results: dict[str, Any]) -> int:
    return int(results["cases"][_CASE]["bytes"])


def _median(results: dict[str, Any], measure: str) -> float:
    return float(median(run[measure] for run in results["cases"][_CASE]["runs"]["bstui"]))


def hours_table(results: dict[str, Any]) -> str:
    """Markdown: a row for each number of nodes and line, and what limits it."""
    one = node_rate(results)
    heads = " | ".join(f"{size} TB" for size in _SIZES)
    lines = [
        f"| nodes | line | {heads} | limited by |",
        "|---|---|" + "---|" * len(_SIZES) + "---|",
    ]
    for nodes in _NODES:
        for line in _LINES:
            most = line * 1e9 / 8
            rate = min(nodes * one, most)
            times = " | ".join(duration_text(size * _TERABYTE / rate) for size in _SIZES)
            limit = "the line" if most < nodes * one else "the nodes"
            lines.append(f"| {nodes} | {line} Gbit/s | {times} | {limit} |")
    return "\n".join(lines)


def assumption(results: dict[str, Any]) -> str:
    """What it is computed from, in a sentence."""
    return (
        f"One node brings {rate_text(node_rate(results))}, at {cpu_cost(results):.1f} CPU seconds "
        "for a GiB"
    )


def main() -> None:
    results = json.loads(RESULTS.read_text())
    page = re.sub(
        r"^One node brings .* for a GiB", assumption(results), PAGE.read_text(), flags=re.M
    )
    PAGE.write_text(re.sub(r"^\| nodes \| (.*\n\|)*.*", hours_table(results), page, flags=re.M))


if __name__ == "__main__":
    main()
