"""Jobs that were carried out elsewhere, taken in from the record beside their data; and let go."""

import os
import shutil
import time
from pathlib import Path

import msgspec

from bstui.errors import BstuiError, NotFound, UsageError
from bstui.jobs.attempt import Attempt
from bstui.jobs.folder import JobFolder, create_job
from bstui.jobs.glance import status_of
from bstui.jobs.identifiers import make_unique, names_taken
from bstui.jobs.liveness import introduce
from bstui.jobs.manifest import (
    RecordedFile,
    RecordedJob,
    planned_again,
    read_job,
    read_manifest,
    record_folder,
)
from bstui.jobs.records import FileDone, Options, Outcome, PlanHeader, Result
from bstui.jobs.state import State


def take_in(record: Path, destination: Path, jobs_dir: Path) -> JobFolder | None:
    """Make the job's folder from its record, which stands beneath `destination`; None where the job
    is known already."""
    job = read_job(record)
    if (jobs_dir / job.id).exists():
        return None
    files = list(read_manifest(record))
    header = _header(job, files, destination, make_unique(job.name, names_taken(jobs_dir)))
    folder = create_job(jobs_dir, header, map(planned_again, files))
    started = msgspec.structs.replace(
        introduce(1, job.created), host=job.host or os.uname().nodename, version=job.version
    )
    attempt = Attempt(folder, started)
    for file in files:
        attempt.tell(_done(file))
    attempt.finish(_result(job, files), "done")
    return folder


def let_go(folder: JobFolder, *, anyway: bool = False) -> None:
    """Remove a job's folder, and no data. UsageError where a worker holds it, or, unless `anyway`,
    where nothing would be left that tells of its files. BstuiError for one of a newer bstui."""
    folder.check_format()
    header, status = folder.header(), status_of(folder)
    if status.is_active:
        raise UsageError(
            f"The job {header.name} is {status.text}.", hint="Cancel it first, or wait for its end."
        )
    if not anyway and status.state is not State.CANCELLED and not _is_recorded(folder):
        raise UsageError(
            f"The job {header.name} is kept: its destination has no whole record of it.",
            why="Its folder alone tells what was imported.",
            hint="Give --anyway to forget it all the same.",
        )
    hidden = folder.path.with_name(f".{folder.id}.forgotten")
    folder.path.rename(hidden)
    shutil.rmtree(hidden)


def _is_recorded(folder: JobFolder) -> bool:
    """Whether the record beside the data tells of as many files as the job brought."""
    destination = Path(folder.header().destination)
    reached = folder.progress()
    expected = reached.record.files_done if reached else 0
    try:
        record = record_folder(destination, folder.id)
        files = list(read_manifest(record))
        told = {id for file in files for id in file.parts or (file.id,)}
        return read_job(record).files_done == len(files) and len(told) >= expected
    except (NotFound, BstuiError):
        return expected == 0


def _header(
    job: RecordedJob, files: list[RecordedFile], destination: Path, name: str
) -> PlanHeader:
    return PlanHeader(
        format=job.format,
        id=job.id,
        name=name,
        created=job.created,
        profile=job.profile,
        region=job.region,
        identity_id=job.identity_id,
        identity=job.identity,
        destination=str(destination),
        options=Options(bcl=job.bcl),
        files=len(files),
        bytes=sum(file.size for file in files),
        sources=job.sources,
        samples=job.samples,
    )


def _done(file: RecordedFile) -> FileDone:
    return FileDone(
        time=file.time,
        id=file.id,
        path=file.path,
        size=file.size,
        verified=file.verified,
        md5=file.md5,
        sha256=file.sha256,
        reads=file.reads,
        mtime_ns=file.mtime_ns,
    )


def _result(job: RecordedJob, files: list[RecordedFile]) -> Result:
    """`incomplete` where files were planned that the record does not tell of."""
    is_whole = len(files) >= job.files
    size = sum(file.size for file in files)
    return Result(
        attempt=1,
        time=job.written or time.time(),
        outcome=Outcome.DONE if is_whole else Outcome.INCOMPLETE,
        exit_code=0 if is_whole else 3,
        files=job.files,
        files_done=len(files),
        files_failed=max(0, job.files - len(files)),
        bytes=max(size, job.bytes),
        bytes_done=size,
    )
