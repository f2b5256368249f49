"""The service's things as rows: plain keys that stay. Every row has `id` and `name`."""

from collections.abc import Iterable
from typing import Any

from bstui.basespace.models import Biosample, BiosampleDetail, Dataset, File, Project, Run
from bstui.basespace.run_access import RunAccess
from bstui.basespace.states import State, states_of_run
from bstui.text import safe_text
from bstui.units import iso_text

PROJECT_KEYS = ("id", "name", "owner", "size", "created")
RUN_KEYS = ("id", "name", "experiment", "status", "state", "size", "instrument", "created")
BIOSAMPLE_KEYS = ("id", "name", "project", "status", "created")
DETAIL_KEYS = ("runs", "lanes", "size")
FILE_KEYS = ("id", "size", "path", "dataset_id")


def project_row(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "owner": project.owner,
        "size": project.size,
        "created": iso_text(project.created),
    }


def run_row(run: Run) -> dict[str, Any]:
    """`status` is the service's own word; `state` what stands in the way of an import, if any."""
    return {
        "id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status,
        "state": ", ".join(state.name for state in states_of_run(run, "")),
        "size": run.size,
        "instrument": run.instrument,
        "created": iso_text(run.created),
    }


def biosample_row(biosample: Biosample) -> dict[str, Any]:
    return {
        "id": biosample.id,
        "name": biosample.name,
        "project_id": biosample.project_id,
        "project": biosample.project,
        "status": biosample.status,
        "created": iso_text(biosample.created),
    }


def detail_row(detail: BiosampleDetail | None) -> dict[str, Any]:
    """What `--details` adds to a biosample's row."""
    return {
        "runs": [run.id for run in detail.runs] if detail else [],
        "lanes": list(detail.lanes) if detail else [],
        "size": detail.size if detail and detail.datasets else None,
    }


def dataset_row(dataset: Dataset) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "project_id": dataset.project_id,
        "project": dataset.project,
        "biosamples": [biosample.id for biosample in dataset.biosamples],
        "runs": [run.id for run in dataset.runs],
        "lane": dataset.lane,
        "size": dataset.size,
        "qc_status": dataset.qc_status,
        "created": iso_text(dataset.created),
    }


def dataset_facts(dataset: Dataset) -> dict[str, Any]:
    """What `show` adds to a dataset's row."""
    return {
        "owner": dataset.owner,
        "libraries": [library.name or library.id for library in dataset.libraries],
        "qc_summary": dataset.qc_summary,
        "read_layout": dataset.read_layout,
        "paired": dataset.is_paired,
        "reads": dataset.reads,
        "unindexed": dataset.is_unindexed,
    }


def run_access_row(access: RunAccess) -> dict[str, Any]:
    """What this account can have of a run: a sentence for people, and its parts."""
    return {
        "access": access.text,
        "access_advice": access.advice,
        "bcl": access.has_bcl,
        "fastq_biosamples": access.readable,
        "biosamples": access.biosamples,
        "missing_projects": [project.text for project in access.missing],
        "unindexed_datasets": access.unindexed,
        "differences": " ".join(access.differences),
    }


def states_row(states: Iterable[State]) -> dict[str, Any]:
    """The states that hinder an import, and what can be done about each."""
    found = list(states)
    return {
        "states": [state.name for state in found],
        "advice": " ".join(state.text for state in found),
    }


def file_row(file: File, dataset_id: str | None) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": safe_text(file.name),
        "size": file.size,
        "path": safe_text(file.path),
        "etag": file.etag,
        "dataset_id": dataset_id,
    }
