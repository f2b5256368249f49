"""Datasets, files and marks for tests of what a sample is."""

from datetime import UTC, datetime, timedelta

from bstui.basespace.models import Dataset, File, Reference
from bstui.samples.choice import Choice
from bstui.samples.marks import Mark, Scope, ScopeKind

START = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
RUN_1 = Reference(id="11", name="260112_M1_0041_A")
RUN_2 = Reference(id="12", name="260203_M1_0042_B")


def dataset(
    number: int,
    name: str = "S_L001",
    *,
    runs: tuple[Reference, ...] = (RUN_1,),
    lane: int | None = 1,
    library: str = "7",
    project: str = "P",
    days: int = 0,
    qc_status: str = "",
    upload_status: str = "Completed",
    is_archived: bool = False,
    is_deleted: bool = False,
    is_paired: bool = True,
    biosamples: tuple[Reference, ...] = (),
) -> Dataset:
    """A dataset as the server lists it; the number makes its id."""
    return Dataset(
        id=f"ds.{number}",
        name=name,
        project_id=f"id of {project}",
        project=project,
        created=START + timedelta(days=days),
        runs=runs,
        lane=lane,
        libraries=(Reference(id=library, name=f"lib {library}"),) if library else (),
        qc_status=qc_status,
        upload_status=upload_status,
        is_archived=is_archived,
        is_deleted=is_deleted,
        is_paired=is_paired,
        biosamples=biosamples,
        size=100,
    )


def file(file_id: str, name: str = "S_S1_L001_R1_001.fastq.gz", size: int = 50) -> File:
    return File(id=file_id, name=name, path=name, size=size)


def choice(name: str, *datasets: Dataset, id: str = "") -> Choice:
    """All of these datasets, taken of one biosample."""
    return Choice(biosample=Reference(id=id or f"id of {name}", name=name), taken=datasets)


def mark(number: int, run: str = "", project: str = "") -> Mark:
    scope = Scope()
    if run:
        scope = Scope(ScopeKind.RUN, run, f"run {run}")
    elif project:
        scope = Scope(ScopeKind.PROJECT, project, f"project {project}")
    return Mark(str(number), f"biosample {number}", scope)
