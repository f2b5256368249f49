"""Jobs in every state, written as their workers would have left them, at fixed moments."""

import os
from collections.abc import Sequence

import msgspec

from bstui.jobs.folder import JobFolder, create_job
from bstui.jobs.records import (
    FORMAT,
    AnyEvent,
    FileDone,
    FileFailed,
    Launch,
    Launcher,
    Left,
    Noted,
    Outcome,
    PlanFile,
    PlanHeader,
    Progress,
    Result,
    Running,
    Started,
)
from bstui.paths import Places

NOW = 1_777_636_800.0
"""2026-05-01 12:00 in UTC."""
_HOUR = 3600.0
_SIZE = 40_000_000
_ENDLESS = 4_000_000_000.0
"""A heartbeat of the next century: however slow the machine, that worker lives."""


def write_jobs(places: Places) -> None:
    """One that runs, and before it one for each other end."""
    _write_running(places)
    _write_ended(places, 5, "zebrafish-heart", Outcome.DONE)
    _write_ended(places, 4, "cohort-12", Outcome.INCOMPLETE)
    _write_ended(places, 3, "cardiac-panel", Outcome.CANCELLED)
    _write_left(places, 2, "tumour-exomes", Left(time=NOW - 90 * _HOUR, reason="time limit"))
    _write_left(places, 1, "unindexed-reads", None)


def _make(places: Places, number: int, name: str, began: float) -> tuple[JobFolder, list[PlanFile]]:
    files = [
        PlanFile(
            id=f"{number}{each}",
            name=f"S{each}_S{each}_L001_R1_001.fastq.gz",
            path=f"{name}/S{each}/S{each}_S{each}_L001_R1_001.fastq.gz",
            size=_SIZE,
            sample=f"S{each}",
        )
        for each in range(1, 5)
    ]
    header = PlanHeader(
        format=FORMAT,
        id=f"01KQ{number:022}",
        name=name,
        created=began - 2,
        profile="robin",
        region="use1",
        identity_id="1",
        identity="Robin Ferris",
        destination=f"/scratch/{name}",
        files=len(files),
        bytes=_SIZE * len(files),
        sources=(f"project:{name}",),
        samples=4,
    )
    folder = create_job(places.jobs, header, files)
    folder.add_launch(Launch(time=began - 1, launcher=Launcher.DETACHED, host="login2", attempt=1))
    return folder, files


def _tell(folder: JobFolder, began: float, events: Sequence[AnyEvent], seen: float) -> None:
    """The first attempt's events, on another host, where the last sign of life was `seen`."""
    started = Started(time=began, attempt=1, host="login2", pid=4711, start_time=1, boot_id="b")
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in (started, *events))
    folder.events(1).write_bytes(lines)
    os.utime(folder.events(1), (seen, seen))


def _done(file: PlanFile, moment: float) -> FileDone:
    return FileDone(time=moment, id=file.id, path=file.path, size=file.size, verified="etag")


def _write_running(places: Places) -> None:
    began = NOW - _HOUR
    folder, files = _make(places, 6, "cohort-13", began)
    waits = (
        Noted(time=began + 600, level="warning", text="Waiting: network. BaseSpace is away."),
        Noted(time=began + 1500, text="Running"),
    )
    _tell(folder, began, (_done(files[0], began + 300), *waits), NOW)
    progress = Progress(
        attempt=1,
        time=NOW - 1,
        since=began + 1500,
        files=4,
        files_done=1,
        bytes=4 * _SIZE,
        bytes_done=90_000_000,
        rate=1_500_000.0,
        running=tuple(
            Running(id=file.id, path=file.path, size=_SIZE, done=number * 9_000_000, rate=500_000.0)
            for number, file in enumerate(files[1:], 1)
        ),
    )
    folder.write_progress(progress)
    os.utime(folder.path / "progress.json", (_ENDLESS, _ENDLESS))


def _write_ended(places: Places, number: int, name: str, outcome: Outcome) -> None:
    began = NOW - number * 24 * _HOUR
    folder, files = _make(places, number, name, began)
    whole = files if outcome is Outcome.DONE else files[:2]
    events: list[AnyEvent] = [_done(file, began + 60 * at) for at, file in enumerate(whole, 1)]
    failed = files[2:] if outcome is Outcome.INCOMPLETE else []
    events += [
        FileFailed(
            time=began + 300,
            id=file.id,
            path=file.path,
            message="BaseSpace refuses it (403).",
            why="The file is archived, or the token may not read it.",
            hint="Ask its owner to restore it, then: bstui resume JOB",
            exit_code=4,
        )
        for file in failed
    ]
    ended = began + 600
    _tell(folder, began, [*events, Left(time=ended, reason=str(outcome))], ended)
    folder.write_result(
        Result(
            attempt=1,
            time=ended,
            outcome=outcome,
            files=4,
            files_done=len(whole),
            files_failed=len(failed),
            bytes=4 * _SIZE,
            bytes_done=len(whole) * _SIZE,
            seconds=600.0,
        )
    )


def _write_left(places: Places, number: int, name: str, left: Left | None) -> None:
    """One that was stopped, or whose worker is gone without a word."""
    began = NOW - 100 * _HOUR
    folder, files = _make(places, number, name, began)
    events: list[AnyEvent] = [_done(files[0], began + 60)]
    _tell(folder, began, [*events, *([left] if left else [])], NOW - 90 * _HOUR)
