"""Sample sheets of jobs: checked before a job starts, beside its data when it ends, or later on."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bstui.errors import NotFound, UsageError
from bstui.jobs.arrived import files_brought
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import RecordedFile
from bstui.jobs.records import PlanFile
from bstui.samples.sheet_format import SheetFormat
from bstui.samples.sheet_rows import Sheet, SheetFile, make_run_sheet, make_sheet

_SAMPLE_SHEET = "samplesheet.csv"


def sheet_of_plan(
    form: SheetFormat, destination: Path, files: Iterable[PlanFile], *, bcl: bool
) -> Sheet:
    """The sheet as it will be once every planned file is there. UsageError as `make_sheet`."""
    if bcl:
        return _sheet_of_run(form, destination, list(files))
    return make_sheet(form, _planned(destination, files, None))


def sheet_of_jobs(form: SheetFormat, jobs: Sequence[JobFolder]) -> Sheet:
    """The sheet of what these jobs have brought. A file that several brought has one row.

    NotFound where they have brought nothing; UsageError as `make_sheet`.
    """
    done = {job.id: _Brought(job) for job in jobs}
    if not any(brought.files or brought.joined for brought in done.values()):
        raise NotFound("Nothing has arrived that a sheet could be made of.")
    if {job.header().options.bcl for job in jobs} == {True}:
        if len(jobs) > 1:
            raise UsageError("A sheet of raw runs is made of one job at a time.")
        return _sheet_of_run(form, Path(jobs[0].header().destination), list(jobs[0].files()))
    return make_sheet(form, _arrived(jobs, done))


class _Brought:
    """What a job has brought: files by their ids, joined ones by that of their first part."""

    def __init__(self, job: JobFolder) -> None:
        self.files: dict[str, RecordedFile] = {}
        self.joined: dict[str, RecordedFile] = {}
        for file in files_brought(job):
            if file.parts:
                self.joined[file.parts[0]] = file
            else:
                self.files[file.id] = file


def _arrived(jobs: Sequence[JobFolder], done: Mapping[str, _Brought]) -> Iterator[SheetFile]:
    """What the jobs planned, each file once: the first job that has brought it counts."""
    seen: set[str] = set()
    for job in jobs:
        brought = done[job.id]
        left = [file for file in job.files() if file.id not in seen]
        yield from _planned(Path(job.header().destination), left, brought)
        seen |= brought.files.keys() | {i for file in brought.joined.values() for i in file.parts}


def _planned(
    destination: Path, files: Iterable[PlanFile], done: _Brought | None
) -> Iterator[SheetFile]:
    """The files of a plan, joined ones in place of their parts; `done` says where what has arrived
    stands, None that all will."""
    for file in files:
        if not file.merged:
            arrived = done.files.get(file.id) if done else None
        elif file.part == 1:
            arrived = done.joined.get(file.id) if done else None
        else:
            continue
        yield _sheet_file(destination, file, arrived, is_there=done is None or arrived is not None)


def _sheet_file(
    destination: Path, file: PlanFile, arrived: RecordedFile | None, *, is_there: bool
) -> SheetFile:
    path = arrived.path if arrived else file.merged or file.path
    return SheetFile(
        path=os.path.join(destination, path),
        name=file.merged.rpartition("/")[2] or file.name,
        sample=file.sample,
        biosample=file.biosample_name,
        biosample_id=file.biosample,
        dataset="" if file.merged else file.dataset,
        project=file.project,
        run=file.run,
        library=file.library,
        lane=None if file.merged else file.lane,
        read=file.read,
        is_there=is_there,
    )


def _sheet_of_run(form: SheetFormat, destination: Path, files: Sequence[PlanFile]) -> Sheet:
    folder = files[0].path.split("/")[0]
    wanted = f"{folder}/{_SAMPLE_SHEET}"
    found = [file.path for file in files if file.path.casefold() == wanted.casefold()]
    return make_run_sheet(
        form,
        files[0].run or folder,
        str(destination / folder),
        str(destination / found[0]) if found else "",
    )
