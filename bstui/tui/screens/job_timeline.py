"""What happened to a job, in words: a line each, with how long after the one before."""

from collections.abc import Iterator, Sequence

from bstui.jobs.control import bandwidth_now
from bstui.jobs.records import Control, Launch, Launcher, Outcome, PlanHeader, Result, Want
from bstui.jobs.timeline import Happening, time_of
from bstui.text import safe_text
from bstui.tui.screens.job_text import clock_text, event_text
from bstui.units import count_text, duration_text, rate_text, size_text

_GAP = 1.0
"""Seconds below which two things happened at once."""
_GAP_WIDTH = 10
_WANTS = {Want.RUN: "to go on", Want.PAUSE: "to pause", Want.CANCEL: "to cancel"}


def timeline_lines(happenings: Sequence[Happening]) -> list[str]:
    """`21:05:12   +2 min  asked to pause by robin@login1`, newest first."""
    lines, before = [], 0.0
    wish = Control()
    for one in happenings:
        moment = time_of(one)
        gap = moment - before if before else 0.0
        after = f"+{duration_text(gap)}" if gap >= _GAP else ""
        for text in _texts(one, wish):
            lines.append(f"{clock_text(moment)} {after:>{_GAP_WIDTH}}  {safe_text(text)}")
            before, after = moment, ""
        if isinstance(one, Control):
            wish = one
    return lines[::-1]


def _texts(one: Happening, wish: Control) -> Iterator[str]:
    """What is to be said of it; `wish` is what stood as asked before."""
    match one:
        case PlanHeader():
            files = count_text(one.files, "file")
            yield f"planned: {files}, {size_text(one.bytes)}, to {one.destination}"
        case Launch():
            yield from _launch_texts(one)
        case Control():
            yield from _wish_texts(one, wish)
        case Result():
            yield _result_text(one)
        case _:
            yield event_text(one)[0]


def _launch_texts(launch: Launch) -> Iterator[str]:
    if launch.problem:
        yield f"could not be started: {launch.problem}"
    elif launch.launcher is not Launcher.SLURM:
        where = "in the foreground" if launch.launcher is Launcher.HERE else "as a process"
        yield f"started {where} on {launch.host}"
    elif launch.native_id:  # before that it is only on its way to Slurm
        yield f"handed to Slurm on {launch.host}: job {launch.native_id}"


def _wish_texts(wish: Control, before: Control) -> Iterator[str]:
    by = f" by {wish.by}" if wish.by else ""
    if wish.want is not before.want:
        yield f"asked {_WANTS[wish.want]}{by}"
    if wish.bwlimit != before.bwlimit:
        limit = wish.bwlimit or "off"
        rate = bandwidth_now(limit) if isinstance(limit, int) else None
        yield f"limit {rate_text(rate) if rate else limit}{by}"
    asked = (wish.concurrency, wish.concurrent_files, wish.concurrent_parts)
    if asked != (before.concurrency, before.concurrent_files, before.concurrent_parts):
        yield f"asked for other connections{by}"


def _result_text(result: Result) -> str:
    failed = f", {result.files_failed:,} failed" if result.files_failed else ""
    files = f"{result.files_done:,} of {count_text(result.files, 'file')}"
    word = "ended" if result.outcome is Outcome.INCOMPLETE else "it is"
    return f"{word} {result.outcome}: {files}, {size_text(result.bytes_done)}{failed}"
