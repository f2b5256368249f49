"""What is known of a run besides its files, as rows: statistics and sample sheets."""

from typing import Any

from bstui.basespace.run_facts import StatsRow
from bstui.runs.facts import RunFacts


def facts_row(facts: RunFacts) -> dict[str, Any]:
    """What `show` adds to a run's row: its metrics, and the samples of its sheets."""
    stats = facts.stats
    return {
        "metrics": stats.whole.text if stats else None,
        "by_read": [f"{read_name(row)}: {row.text}" for row in stats.reads] if stats else [],
        "by_lane": [f"lane {row.lane}: {row.text}" for row in stats.lanes] if stats else [],
        "sample_sheet": " ".join(part for part in (facts.sheet_path, facts.sheet.version) if part),
        "samples": [line.text for line in facts.lines],
        "sheet_differences": list(facts.differences),
        "problems": list(facts.problems),
    }


def read_name(row: StatsRow) -> str:
    """`read 2 (index)`."""
    return f"read {row.read}{' (index)' if row.is_index else ''}"
