"""A job in words: pure functions of what was seen of it."""

from collections.abc import Sequence
from datetime import datetime

from bstui.jobs.control import bandwidth_now
from bstui.jobs.records import (
    AnyEvent,
    FileDone,
    FileFailed,
    Launcher,
    Left,
    Merged,
    Noted,
    Options,
    Phase,
    Ran,
    Started,
    Unpacked,
    Want,
)
from bstui.jobs.sample_tally import SampleState
from bstui.jobs.state import State
from bstui.jobs.watch import JobView
from bstui.runs.completeness import Completeness
from bstui.text import safe_text
from bstui.tui.themes import Glyphs
from bstui.tui.widgets.canvas import Line, Role, Span, fit, line
from bstui.tui.widgets.log_tail import LogLine
from bstui.tui.widgets.progress_rows import Progress, bar_text, percent_text, spark_text
from bstui.units import count_text, duration_text, rate_text, size_text

STATE_ROLES = {
    State.RUNNING: Role.TEXT,
    State.QUEUED: Role.TEXT,
    State.DONE: Role.SUCCESS,
    State.WAITING: Role.WARNING,
    State.PAUSED: Role.WARNING,
    State.STOPPED: Role.WARNING,
    State.LOST: Role.ERROR,
    State.INCOMPLETE: Role.ERROR,
    State.CANCELLED: Role.MUTED,
}
_LEVELS = {"warning": Role.WARNING, "error": Role.ERROR}
_WHOLE_BAR = 44
_SPARK = 30
"""Columns of the rate's line."""
_LINES = 200
"""Of what is wrong with a run; the rest is beside the data."""
_MOVING = 10.0
"""Seconds after a start before the time left is worth telling."""


def clock_text(moment: float) -> str:
    """Local time of day; with the date where that is not today."""
    then = datetime.fromtimestamp(moment)
    same_day = then.date() == datetime.now().date()
    return then.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S")


def state_text(view: JobView) -> str:
    """`running`, `pausing`, `waiting: no room`: the state, or what was asked and is not so yet."""
    state = view.status.state
    if view.status.is_active and view.wish.want is Want.CANCEL:
        return "cancelling"
    if state in (State.RUNNING, State.WAITING) and view.wish.want is Want.PAUSE:
        return "pausing"
    if state is State.PAUSED and view.wish.want is Want.RUN:
        return "going on"
    return view.status.text


def fraction(view: JobView) -> float:
    """How much of the bytes is there, 0 to 1."""
    counts = view.counts
    if counts.bytes:
        return min(1.0, counts.bytes_done / counts.bytes)
    return 1.0 if view.status.state is State.DONE else 0.0


def end_text(view: JobView, now: float) -> str:
    """The last cell of a job: how long it will take, or when it ended."""
    if view.status.state is State.RUNNING:
        return left_text(view, now)
    if view.status.is_active or not view.status.since:
        return ""
    return f"{duration_text(now - view.status.since)} ago"


def left_text(view: JobView, now: float) -> str:
    """`54 min`; nothing before it can be told."""
    since = view.status.since
    if view.seconds_left is None or (since and now - since < _MOVING):
        return ""
    return duration_text(view.seconds_left)


def headline(view: JobView, now: float) -> str:
    """`412 MB/s · 54 min left · 8 files at once`, or why nothing moves."""
    status, counts = view.status, view.counts
    parts = [f"{size_text(counts.bytes_done)} of {size_text(counts.bytes)}"]
    if status.state is State.RUNNING:
        parts.append(rate_text(view.rate) if view.rate else "no bytes yet")
        if left := left_text(view, now):
            parts.append(f"{left} left")
        if number := running_count(view):
            parts.append(f"{count_text(number, 'file')} at once")
    if status.next_try > now:
        parts.append(f"tries again in {duration_text(status.next_try - now)}")
    if status.is_active and (limit := limit_of(view)):
        parts.append(f"limit {rate_text(limit)}")
    if counts.files_failed:
        parts.append(f"{counts.files_failed:,} failed")
    return " · ".join(parts)


def running_count(view: JobView) -> int:
    return len(view.progress.running) if view.progress and view.status.is_alive else 0


def whole_line(view: JobView, glyphs: Glyphs, width: int) -> Line:
    """The bar of the whole job, as long as there is room for, and how many files are there."""
    counts = view.counts
    done = fraction(view)
    text = f" {percent_text(done):>4}  {counts.files_done:,} of {count_text(counts.files, 'file')}"
    bar = bar_text(done, max(0, min(_WHOLE_BAR, width - len(text) - 4)), glyphs)
    return line("   ", Span(bar, Role.ACCENT), text)


def limit_of(view: JobView) -> int | None:
    """Bytes a second that the job may take now; None: as many as come."""
    wish, planned = view.wish.bwlimit, view.header.options.bwlimit
    limit = planned if wish is None else wish
    return bandwidth_now(limit) if limit else None


def spark_line(told: str, rates: Sequence[float], glyphs: Glyphs, width: int) -> Line:
    """The headline, and at its end the rate of the last minutes as far as there is room."""
    room = min(_SPARK, width - len(told) - 4)
    return line(f"   {told}  ", Span(spark_text(rates, room, glyphs), Role.ACCENT))


def sample_lines(samples: Sequence[SampleState]) -> list[str]:
    """A line for each sample: those with failures first, then what is on its way, then the rest."""
    if not samples:
        return ["The job has no samples: files come as they are."]
    ordered = sorted(samples, key=lambda one: (not one.files_failed, one.files_done == one.files))
    name_width = min(40, max(len(one.name) for one in samples))
    return [
        f"{fit(one.name, name_width, '')}  {one.text:<12} "
        f"{size_text(one.bytes_done):>8} of {size_text(one.bytes)}"
        for one in ordered
    ]


def level_of(event: AnyEvent) -> int:
    """0: that a file is done; 1: what happens to the job; 2: a warning or an error."""
    match event:
        case FileDone() | Unpacked():
            return 0
        case FileFailed():
            return 2
        case Noted() if event.level in _LEVELS:
            return 2
    return 1


def running_rows(view: JobView, now: float) -> list[Progress]:
    """A bar for each file on its way."""
    if view.progress is None or not view.status.is_alive:
        return []
    is_moving = view.progress.phase is Phase.RUNNING
    return [
        Progress(
            file.path.rpartition("/")[2],
            file.done,
            file.size,
            rate=file.rate if is_moving and file.rate else None,
            note="" if file.rate and is_moving else "verifying" if file.done >= file.size else "",
        )
        for file in view.progress.running
    ]


def event_line(event: AnyEvent) -> LogLine:
    """One event of the log."""
    text, role = event_text(event)
    return LogLine(f"{clock_text(event.time)} {text}", role, level_of(event))


def event_text(event: AnyEvent) -> tuple[str, Role]:
    """What an event says, and how loud."""
    match event:
        case Started():
            slurm = f", Slurm job {event.slurm_id}" if event.slurm_id else ""
            where = f"on {event.host} (process {event.pid}{slurm})"
            return f"attempt {event.attempt} started {where}", Role.MUTED
        case FileDone():
            return f"done {_tail(event.path)} ({event.verified})", Role.TEXT
        case Merged():
            return f"joined {_tail(event.path)} of {len(event.parts)} files", Role.TEXT
        case Unpacked():
            return f"unpacked {_tail(event.path)} (crc32)", Role.TEXT
        case FileFailed():
            why = " ".join(part for part in (event.message, event.why, event.hint) if part)
            return f"failed {_tail(event.path)}: {why}", Role.ERROR
        case Noted():
            return event.text, _LEVELS.get(event.level, Role.TEXT)
        case Ran():
            after = f"sample {event.sample}" if event.sample else "the job"
            role = Role.MUTED if event.exit_code == 0 else Role.WARNING
            return f"the command after {after} ended with exit code {event.exit_code}", role
        case Left():
            return f"the worker left: {event.reason}", Role.MUTED


def _tail(path: str) -> str:
    """The file and its folder: more does not fit a line, and the page names the destination."""
    return "/".join(path.split("/")[-2:])


def worker_text(view: JobView) -> str:
    """Who carries the job out, or is to: `Slurm job 4471180 on node7, attempt 2`."""
    launch, started = view.launch, view.started
    attempt = f", attempt {view.status.attempt}" if view.status.attempt > 1 else ""
    if view.status.is_alive and started is not None:
        slurm = f"Slurm job {started.slurm_id}, " if started.slurm_id else ""
        return f"{slurm}process {started.pid} on {started.host}{attempt}"
    if launch is None:
        return "nobody has started it"
    if launch.launcher is Launcher.SLURM:
        job = f"job {launch.native_id} of Slurm" if launch.native_id else "Slurm"
        partition = launch.batch.partition if launch.batch else view.header.batch.partition
        where = f", partition {partition}" if partition else ""
        return f"by {job}{where}{attempt}"
    where = "in the foreground" if launch.launcher is Launcher.HERE else "by a process"
    return f"{where} on {launch.host}{attempt}"


def next_step(view: JobView) -> str:
    """What a person can do about the state; empty where nothing is called for."""
    match view.status.state:
        case State.DONE if view.header.options.verify == "none":
            return "Every file is there, and recorded as unverified. y copies the destination."
        case State.DONE:
            return "Every file is there and proven. y copies the destination."
        case State.INCOMPLETE:
            return "r tries the failed files again; what is there is kept."
        case State.STOPPED | State.LOST:
            return "r resumes where it stopped; nothing that arrived is fetched again."
        case State.CANCELLED:
            return "What is on disk stays. r takes it up again."
        case State.PAUSED:
            return "p goes on."
    return ""


def _give_up_text(options: Options) -> str:
    seconds = options.give_up_after
    return f"after {duration_text(seconds)} of waiting" if seconds else ""


def _proof_pairs(proof: Completeness) -> list[tuple[str, str]]:
    """What was proven of a raw run, and what is wrong with it."""
    lines = proof.lines
    more = [("", f"and {len(lines) - _LINES:,} more")] if len(lines) > _LINES else []
    return [("run is", proof.text), *(("", safe_text(text)) for text in lines[:_LINES]), *more]


def facts(view: JobView) -> list[tuple[str, str]]:
    """Everything about the job, for its page."""
    header, status = view.header, view.status
    options = header.options
    pairs = [
        ("state", state_text(view)),
        ("since", clock_text(status.since) if status.since else ""),
        ("worker", worker_text(view)),
        ("attempt", str(status.attempt or "")),
        ("to", header.destination),
        ("as", f"{header.profile} ({header.identity}), {header.region}"),
        ("made", clock_text(header.created)),
        ("samples", f"{header.samples:,}" if header.samples else ""),
        ("grouping", "raw BCL" if options.bcl else options.grouping),
        ("next try", clock_text(status.next_try) if status.next_try else ""),
        ("gives up", _give_up_text(options)),
        ("proof", options.verify),
        ("digest", options.digest),
        ("if there", options.existing),
        ("job id", view.id),
        *(_proof_pairs(view.proof) if view.proof else ()),
        *(("source", source) for source in header.sources[:20]),
        *(("warning", warning) for warning in header.warnings),
    ]
    return [pair for pair in pairs if pair[1]]
