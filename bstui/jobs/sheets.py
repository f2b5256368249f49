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
    return make_sheet(form, (_planned(destination, file, None) for file in files))


def sheet_of_jobs(form: SheetFormat, jobs: Sequence[JobFolder]) -> Sheet:
    """The sheet of what these jobs have brought. A file that several brought has one row.

    NotFound where they have brought nothing; UsageError as `make_sheet`.
    """
    done = {job.id: {file.id: file for file in files_brought(job)} for job in jobs}
    if not any(done.values()):
        raise NotFound("Nothing has arrived that a sheet could be made of.")
    if {job.header().options.bcl for job in jobs} == {True}:
        if len(jobs) > 1:
            raise UsageError("A sheet of raw runs is made of one job at a time.")
        return _sheet_of_run(form, Path(jobs[0].header().destination), list(jobs[0].files()))
    return make_sheet(form, _arrived(jobs, done))


def _arrived(
    jobs: Sequence[JobFolder], done: Mapping[str, Mapping[str, RecordedFile]]
) -> Iterator[SheetFile]:
    seen: set[str] = set()
    for job in jobs:
        destination = Path(job.header().destination)
        for file in job.files():
            if file.id not in seen:
                yield _planned(destination, file, done[job.id])
            if file.id in done[job.id]:
                seen.add(file.id)


def _planned(
    destination: Path, file: PlanFile, done: Mapping[str, RecordedFile] | None
) -> SheetFile:
    """A file of a plan; `done` says where what has arrived stands, None that all will."""
    arrived = done.get(file.id) if done is not None else None
    return SheetFile(
        path=os.path.join(destination, arrived.path if arrived else file.path),
        name=file.name,
        sample=file.sample,
        biosample=file.biosample_name,
        biosample_id=file.biosample,
        dataset=file.dataset,
        project=file.project,
        run=file.run,
        library=file.library,
        lane=file.lane,
        read=file.read,
        is_there=done is None or arrived is not None,
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
