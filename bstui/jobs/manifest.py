"""The record of an import beside its data: `DEST/.bstui/<job id>/`, for whoever has only the data.

    job.json         what was imported, from where, by whom, how it ended: a `RecordedJob`
    manifest.jsonl   a line for each file that stands whole: a `RecordedFile`
    md5sums.txt      for `cd DEST && md5sum -c .bstui/JOB/md5sums.txt`; the files whose MD5 is known

The worker writes it while files become durable and at its end (`recording.py`); each file is
renamed in whole, and its group may read it. Times are seconds since 1970, sizes bytes, paths
relative to DEST with `/` between components. Nothing here is ever a token or a signed URL. Fields
are only added, and what is empty is left out.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from bstui.errors import BstuiError, NotFound
from bstui.jobs.records import (
    FORMAT,
    FileDone,
    Merged,
    PlanFile,
    PlanHeader,
    Record,
    Unpacked,
)

RECORDS = ".bstui"
JOB = "job.json"
MANIFEST = "manifest.jsonl"
MD5SUMS = "md5sums.txt"


class RecordedJob(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What `job.json` holds."""

    format: int
    id: str
    """A ULID; the folder's name."""
    name: str
    created: float
    written: float
    """When this was written."""
    outcome: str = ""
    """`done`, `incomplete` or `cancelled`; empty while the job has not ended."""
    profile: str = ""
    region: str = ""
    identity_id: str = ""
    identity: str = ""
    """The person or workgroup whose token it was."""
    host: str = ""
    """Of the attempt that wrote this."""
    user: str = ""
    destination: str
    """Absolute, as it was then: the folder may have been moved since."""
    sources: tuple[str, ...] = ()
    """The selectors that say the same on a command line."""
    bcl: bool = False
    files: int = 0
    """How many were planned."""
    files_done: int = 0
    """How many lines the manifest has; joined files are among them."""
    bytes: int = 0
    bytes_done: int = 0
    samples: int = 0
    version: str = ""


class RecordedFile(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A line of `manifest.jsonl`: a file that was proven and stood under this path."""

    id: str
    """BaseSpace's file id; of a joined file that of the first of its `parts`, and their number:
    `101+3` is of 101 and three others."""
    path: str
    size: int
    verified: str
    """By what, as `FileDone.verified` says."""
    name: str = ""
    """The file's in BaseSpace."""
    etag: str = ""
    md5: str = ""
    sha256: str = ""
    crc32: str = ""
    """Of a file that bstui made: eight hexadecimal digits."""
    reads: int | None = None
    """Where the file was opened."""
    sample: str = ""
    biosample: str = ""
    """The id; so are dataset's and run_id's."""
    dataset: str = ""
    project: str = ""
    run: str = ""
    run_id: str = ""
    library: str = ""
    lane: int | None = None
    read: str = ""
    """`R1`, `I2` …"""
    merged: str = ""
    """The path of the joined file that also holds it."""
    parts: tuple[str, ...] = ()
    """Of a joined file: the ids of the files in it, in order. Not `size`, which is its own, but all
    else that its parts share is told of it too."""
    source: str = ""
    """Of a file that came in a zip file: that one's id; its own is `<source>:<path>`."""
    time: float
    """When it had its name."""
    mtime_ns: int | None = None
    """Its time of change then: with another one it was touched since."""
    version: str = ""
    """Of the bstui that brought it."""


_decode_file = msgspec.json.Decoder(RecordedFile).decode


def record_folder(destination: Path, job_id: str) -> Path:
    """Where a job's record is beneath its destination."""
    return destination / RECORDS / job_id


def record_folders(destination: Path) -> list[Path]:
    """Every record beneath `destination`, oldest first."""
    try:
        found = sorted(os.listdir(destination / RECORDS))
    except (FileNotFoundError, NotADirectoryError):
        return []
    folders = [destination / RECORDS / name for name in found]
    return [folder for folder in folders if (folder / MANIFEST).is_file()]


def read_job(folder: Path) -> RecordedJob:
    """The job that this record is of. NotFound, or an error that says why it cannot be read."""
    try:
        data = (folder / JOB).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"There is no record of an import in {folder}.") from error
    try:
        job = msgspec.json.decode(data, type=RecordedJob)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(folder / JOB, str(error)) from error
    if job.format > FORMAT:
        raise BstuiError(
            f"The record {folder} was made by a newer bstui (format {job.format}).",
            hint="Use that version for it.",
        )
    return job


def read_manifest(folder: Path) -> Iterator[RecordedFile]:
    """The record's files, one at a time. An error where a line is damaged."""
    path = folder / MANIFEST
    try:
        lines = open(path, "rb")  # noqa: SIM115
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"There is no record of an import in {folder}.") from error
    with lines:
        for number, line in enumerate(lines, 1):
            try:
                yield _decode_file(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise _damaged(path, f"line {number}: {error}") from error


def describe_file(file: PlanFile, done: FileDone, version: str) -> RecordedFile:
    """The line of a file that is done."""
    return RecordedFile(
        id=file.id,
        path=done.path,
        size=done.size,
        verified=done.verified,
        name=file.name,
        etag=file.etag or "",
        md5=done.md5,
        sha256=done.sha256,
        reads=done.reads,
        sample=file.sample,
        biosample=file.biosample,
        dataset=file.dataset,
        project=file.project,
        run=file.run,
        run_id=file.run_id,
        library=file.library,
        lane=file.lane,
        read=file.read,
        merged=file.merged,
        time=done.time,
        mtime_ns=done.mtime_ns,
        version=version,
    )


def describe_merged(files: Sequence[PlanFile], done: Merged, version: str) -> RecordedFile:
    """The line of a file that these, its parts in order, were joined to."""
    first = files[0]

    def shared(values: Iterable[str]) -> str:
        return "+".join(dict.fromkeys(value for value in values if value))

    return RecordedFile(
        id=f"{first.id}+{len(files) - 1}",
        path=done.path,
        size=done.size,
        verified="compared with its parts",
        md5=done.md5,
        sha256=done.sha256,
        crc32=done.crc32,
        reads=done.reads,
        sample=first.sample,
        biosample=shared(file.biosample for file in files),
        dataset=shared(file.dataset for file in files),
        project=shared(file.project for file in files),
        run=shared(file.run for file in files),
        run_id=shared(file.run_id for file in files),
        library=shared(file.library for file in files),
        read=first.read,
        parts=done.parts,
        time=done.time,
        mtime_ns=done.mtime_ns,
        version=version,
    )


def describe_unpacked(source: PlanFile, done: Unpacked, version: str) -> RecordedFile:
    """The line of a file that was unpacked of the zip file `source`."""
    return RecordedFile(
        id=f"{done.source}:{done.path}",
        path=done.path,
        size=done.size,
        verified="crc32",
        crc32=done.crc32,
        run=source.run,
        run_id=source.run_id,
        source=done.source,
        time=done.time,
        mtime_ns=done.mtime_ns,
        version=version,
    )


def planned_again(file: RecordedFile) -> PlanFile:
    """The line of a plan that would bring the same file to the same place."""
    return PlanFile(
        id=file.id,
        name=file.name or file.path.rpartition("/")[2],
        path=file.path,
        size=file.size,
        etag=file.etag or None,
        sample=file.sample,
        biosample=file.biosample,
        dataset=file.dataset,
        project=file.project,
        run=file.run,
        run_id=file.run_id,
        library=file.library,
        lane=file.lane,
        read=file.read,
        merged=file.merged,
    )


def describe_job(header: PlanHeader, **known: object) -> RecordedJob:
    """`job.json` of a plan, with what is `known` since."""
    job = RecordedJob(
        format=FORMAT,
        id=header.id,
        name=header.name,
        created=header.created,
        written=header.created,
        profile=header.profile,
        region=header.region,
        identity_id=header.identity_id,
        identity=header.identity,
        destination=header.destination,
        sources=header.sources,
        bcl=header.options.bcl,
        files=header.files,
        bytes=header.bytes,
        samples=header.samples,
    )
    return msgspec.structs.replace(job, **known)


def md5_line(md5: str, path: str) -> str:
    """The line of `md5sums.txt`, escaped as md5sum(1) reads it."""
    plain = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if plain == path else chr(92)}{md5}  {plain}\n"


def _damaged(path: Path, reason: str) -> BstuiError:
    return BstuiError(
        f"The record {path} is damaged ({reason}).",
        why="It has been changed or cut since it was written.",
        hint="Import again: what has arrived is recognised and kept.",
    )
