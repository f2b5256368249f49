"""A raw run's part of a plan: where each of its files goes, and what is not taken."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bstui.basespace.models import File, Run
from bstui.errors import UsageError
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import Options, PlanFile
from bstui.runs.choice import place_file
from bstui.runs.kinds import is_end_marker
from bstui.samples.choice import LeftOut
from bstui.text import safe_text


def plan_run(run: Run, files: Iterable[File]) -> Iterator[PlanFile]:
    """A line of the plan for each file; a path that two have is told apart by the file's id."""
    taken: set[int] = set()  # the paths themselves would be as large as the plan
    for file in files:
        path = place_file(run, file)
        path = f"{path}~{file.id}" if hash(path) in taken else path
        taken.add(hash(path))
        yield PlanFile(
            id=file.id,
            name=safe_text(file.name),
            path=path,
            size=file.size,
            etag=file.etag,
            run=run.name,
            run_id=run.id,
            last=is_end_marker(file.path),
        )


def run_folder(folder: JobFolder) -> Path:
    """The folder on disk of the job's raw run. UsageError where it is of FASTQ."""
    header = folder.header()
    first = next(iter(folder.files()), None)
    if not header.options.bcl or first is None:
        raise UsageError(f"The job {header.name} imports no raw run.")
    return Path(header.destination) / first.path.partition("/")[0]


def not_taken(run: Run, file: File, reason: str) -> LeftOut:
    """A file of the run that the choice leaves out."""
    return LeftOut(
        name=safe_text(file.path),
        reason=reason,
        id=file.id,
        run=run.name,
        size=file.size,
        is_chosen=False,
    )


def choice_words(options: Options) -> list[str]:
    """The choice of files as a command line gives it; nothing for what is usual."""
    words = ["--bcl"]
    if options.bcl_files != Options().bcl_files:
        words += ["--bcl-files", options.bcl_files]
    words += ["--unzip"] * options.unzip
    if options.bcl_convert:
        words += ["--bcl-convert", options.bcl_convert]
    for flag, patterns in (("--include", options.include), ("--exclude", options.exclude)):
        words += [word for pattern in patterns for word in (flag, pattern)]
    return words
