"""Jobs as rows, and as lines of progress."""

import itertools
import re
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bstui.jobs.state import JobStatus, State
from bstui.jobs.watch import JobView
from bstui.runs.completeness import Completeness, Count
from bstui.text import safe_text
from bstui.units import count_text, duration_text, iso_text, rate_text, size_text

LOG_KEYS = ("time", "level", "text")
_LOG_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([A-Z]+) +(.*)")
JOB_KEYS = ("name", "state", "done", "bytes", "rate", "left", "destination")


def job_row(view: JobView) -> dict[str, Any]:
    """A job's row, the same in every command."""
    header, counts = view.header, view.counts
    return {
        "id": view.id,
        "name": header.name,
        "state": str(view.status.state),
        "reason": view.status.reason,
        "since": iso_text(datetime.fromtimestamp(view.status.since, UTC))
        if view.status.since
        else None,
        "next_try": iso_text(datetime.fromtimestamp(view.status.next_try, UTC))
        if view.status.next_try
        else None,
        "files": counts.files,
        "files_done": counts.files_done,
        "files_failed": counts.files_failed,
        "bytes": counts.bytes,
        "bytes_done": counts.bytes_done,
        "destination": header.destination,
        "profile": header.profile,
        "created": iso_text(datetime.fromtimestamp(header.created, UTC)),
        "exit_code": view.status.exit_code,
        "group": header.group or None,
        "part": header.part or None,
    }


def proof_row(proof: Completeness) -> dict[str, Any]:
    """What was proven of a raw run. Counts of base calls are expected, listed, landed."""
    return {
        "verdict": str(proof.verdict),
        "completeness": proof.text,
        "checked": iso_text(datetime.fromtimestamp(proof.checked, UTC)),
        "layout": proof.layout,
        "by_part": [_count(one.part, one) for one in proof.parts],
        "by_lane": [_count(f"lane {one.lane}", one) for one in proof.by_lane],
        "odd_cycles": [
            _count(f"lane {one.lane} cycle {one.cycle}", one) for one in proof.odd_cycles
        ],
        "missing_at_basespace": list(proof.missing_at_basespace_paths),
        "missing_here": list(proof.missing_here_paths),
        "damaged": [
            f"{one.path}: {f'{one.kind} {one.where}'.strip()}: {one.reason}"
            for one in proof.findings
        ],
        "end_markers": list(proof.end_markers),
    }


def _count(what: str, count: Count) -> str:
    return f"{what}: {count.expected:,} expected {count.listed:,} listed {count.landed:,} landed"


def log_row(line: str) -> dict[str, Any]:
    """A line of a job's log; one that goes on with the line before has neither time nor level."""
    match = _LOG_LINE.fullmatch(line)
    if match is None:
        return {"time": None, "level": None, "text": safe_text(line)}
    return {"time": match[1], "level": match[2].lower(), "text": safe_text(match[3])}


def job_table_row(view: JobView) -> dict[str, Any]:
    """The same for people: what fits a line."""
    shown = job_row(view)
    return shown | {
        "state": ", ".join([view.status.text, *wait_parts(view.status)]),
        "done": _percent(view),
        "rate": rate_text(view.rate) if view.rate else "",
        "left": duration_text(view.seconds_left) if view.seconds_left else "",
    }


def job_table(views: Sequence[JobView]) -> list[dict[str, Any]]:
    """A row for each; the parts of a split import stand under a row for all of it."""
    table = []
    for group, some in itertools.groupby(views, key=lambda view: view.header.group):
        parts = list(some)
        rows = [job_table_row(view) for view in parts]
        if group:
            rows = [row | {"name": f"  {row['name']}"} for row in rows]
            table.append(group_row(parts))
        table += rows
    return table


def group_row(parts: Sequence[JobView]) -> dict[str, Any]:
    """The parts of a split import as one row."""
    states = Counter(str(view.status.state) for view in parts)
    said = ", ".join(f"{number} {state}" for state, number in states.items())
    size, done = (sum(getattr(v.counts, n) for v in parts) for n in ("bytes", "bytes_done"))
    rate = sum(view.rate or 0.0 for view in parts)
    left = max((view.seconds_left or 0.0 for view in parts), default=0.0)
    shown = f"{len(parts)} of " * (len(parts) < parts[0].header.parts)
    return {
        "name": parts[0].header.group,
        "state": f"{shown}{count_text(parts[0].header.parts, 'job')}: {said}",
        "done": f"{int(100 * done / size)}%" if size else "100%",
        "bytes": size,
        "rate": rate_text(rate) if rate else "",
        "left": duration_text(left) if left else "",
        "destination": parts[0].header.destination,
    }


def progress_line(view: JobView) -> str:
    """One line: how far the job is, how fast, how long yet."""
    counts, status = view.counts, view.status
    parts = [
        f"{_percent(view):>4}",
        f"{size_text(counts.bytes_done)} of {size_text(counts.bytes)}",
        f"{counts.files_done:,} of {count_text(counts.files, 'file')}",
    ]
    if status.state is State.RUNNING:
        parts.append(status.reason or (rate_text(view.rate) if view.rate else "starting"))
        if view.seconds_left:
            parts.append(f"{duration_text(view.seconds_left)} left")
    else:
        parts.append(status.text)
    parts += wait_parts(view.status)
    if counts.files_failed:
        parts.append(f"{counts.files_failed:,} failed")
    return "  ".join(parts)


def wait_parts(status: JobStatus) -> list[str]:
    """Of a job that waits: for how long, and when the next try comes."""
    if status.state is not State.WAITING:
        return []
    now = time.time()
    parts = [f"for {duration_text(now - status.since)}"] if status.since else []
    if status.next_try > now:
        parts.append(f"tries again in {duration_text(status.next_try - now)}")
    return parts


def _percent(view: JobView) -> str:
    counts = view.counts
    if not counts.bytes:
        return "100%" if view.status.state is State.DONE else "0%"
    return f"{int(100 * counts.bytes_done / counts.bytes)}%"
