"""The table of `bstui help speed`, from the figures that are kept.

python -m tests.benchmarks.transfer.table
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bstui.units import count_text, size_text
from tests.benchmarks.transfer.measure import ratio

RESULTS = Path(__file__).parents[1] / "results" / "transfer.json"
_OURS = "bstui"
_TITLES = {
    "big": "{0}, not verified",
    "big-verified": "{0}, verified",
    "mid": "{0}, verified",
    "small": "{0}, verified",
    "small-far": "{0}, verified, far",
    "big-far": "{0}, far",
    "mid-far": "{0}, far",
}


def table(results: dict[str, Any]) -> str:
    """Markdown: a row for each case and contender, bstui's figure by the other's."""
    lines = ["| files | beside | time | CPU |", "|---|---|---|---|"]
    for name, case in results["cases"].items():
        whole = f"{count_text(case['files'], 'file')}, {size_text(case['bytes'])}"
        title = _TITLES[name].format(whole)
        lines += [f"| {title} | {row} |" for row in _rows(case["runs"])]
    return "\n".join(lines)


def machine(results: dict[str, Any]) -> str:
    """Where they were taken: `2 cores of AMD EPYC, Linux-…, Python 3.11, 2026-11-24`."""
    found = results["machine"]
    return (
        f"{count_text(found['cores'], 'core')} of {found['processor']}, {found['system']}, "
        f"Python {found['python']}, {found['date']}"
    )


def _rows(runs: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    ours = runs[_OURS]
    for who, theirs in runs.items():
        if who.startswith(_OURS):
            continue
        ratios = [
            ratio([run[measure] for run in ours], [run[measure] for run in theirs])
            for measure in ("wall", "cpu")
        ]
        yield f"`{who}` | {ratios[0]} | {ratios[1]}"


def main() -> None:
    results = json.loads(RESULTS.read_text())
    print(f"{machine(results)}\n\n{table(results)}")


if __name__ == "__main__":
    main()
