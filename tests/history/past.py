"""Job folders as workers leave them, written by the very code that writes them."""

from collections.abc import Callable, Iterable
from pathlib import Path

from bstui.jobs.events import EventLog
from bstui.jobs.folder import JobFolder, create_job
from bstui.jobs.identifiers import new_id
from bstui.jobs.records import (
    FORMAT,
    AnyEvent,
    FileDone,
    FileFailed,
    Left,
    Merged,
    Options,
    Outcome,
    PlanFile,
    PlanHeader,
    Result,
    Started,
)

START = 1_756_000_000.0


def planned_file(number: int, sample: str = "NA12878", size: int = 100) -> PlanFile:
    return PlanFile(
        id=f"r{number}",
        name=f"{sample}_L001_R{number}.fastq.gz",
        path=f"Genomes/{sample}/{sample}_L001_R{number}.fastq.gz",
        size=size,
        sample=sample,
        biosample=f"b-{sample}",
        project="Genomes",
        run="250811_A00912",
    )


def plan_job(
    jobs_dir: Path,
    files: Iterable[PlanFile],
    *,
    name: str = "Genomes-2025-08-25",
    created: float = START,
    destination: str = "/data",
    bcl: bool = False,
) -> JobFolder:
    rows = list(files)
    header = PlanHeader(
        format=FORMAT,
        id=new_id(created),
        name=name,
        created=created,
        profile="lab",
        region="use1",
        identity_id="17",
        identity="Ada",
        destination=destination,
        options=Options(bcl=bcl),
        files=len(rows),
        bytes=sum(row.size for row in rows),
        sources=("project:Genomes",),
        samples=len({row.sample for row in rows}),
    )
    return create_job(jobs_dir, header, rows)


def began(folder: JobFolder, attempt: int, moment: float = START + 10) -> EventLog:
    """An attempt that has said who it is; more can be written, and it must be closed."""
    log = EventLog(folder.claim(attempt))
    log.write(
        Started(time=moment, attempt=attempt, host="login1", pid=7, start_time=1, boot_id="b")
    )
    return log


def done(file: PlanFile, moment: float = START + 20, path: str = "") -> FileDone:
    return FileDone(
        time=moment,
        id=file.id,
        path=path or file.path,
        size=file.size,
        verified="etag",
        md5="0" * 32,
    )


def merged(files: Iterable[PlanFile], path: str, *, removes: bool) -> Merged:
    parts = list(files)
    return Merged(
        time=START + 30,
        path=path,
        size=sum(file.size for file in parts),
        parts=tuple(file.id for file in parts),
        removes=removes,
    )


def failed(file: PlanFile, message: str = "It is gone.") -> FileFailed:
    return FileFailed(time=START + 20, id=file.id, path=file.path, message=message)


def attempt(
    folder: JobFolder,
    number: int,
    events: Iterable[AnyEvent],
    outcome: Outcome | None = None,
    reason: str = "done",
    moment: float = START + 10,
) -> None:
    """A whole life of a worker: 50 seconds, its events, its result if it came to one."""
    log = began(folder, number, moment)
    for event in events:
        log.write(event)
    log.write(Left(time=moment + 50, reason=reason))
    log.close()
    if outcome is not None:
        folder.write_result(
            Result(
                attempt=number,
                time=moment + 51,
                outcome=outcome,
                exit_code=0 if outcome is Outcome.DONE else 3,
            )
        )


def finished_job(
    jobs_dir: Path,
    count: int,
    make: Callable[[int], PlanFile] = planned_file,
    **header: str | float,
) -> JobFolder:
    """A job of `count` files that all arrived."""
    files = [make(number) for number in range(count)]
    folder = plan_job(jobs_dir, files, **header)  # type: ignore[arg-type]  # as plan_job's own
    attempt(folder, 1, map(done, files), Outcome.DONE)
    return folder
