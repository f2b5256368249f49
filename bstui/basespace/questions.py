"""How BaseSpace is asked: paths, page sizes, parameters, and what an answer must then be.

BaseSpace API §0, §3.4, §5–§8.
"""

from collections.abc import Sequence
from urllib.parse import quote

from bstui.basespace import models
from bstui.basespace.connection import Query
from bstui.errors import NotFound
from bstui.text import safe_text

V1 = "/v1pre3"
V2 = "/v2"
PAGE = 500
RUN_PAGE = 200
DATASET_PAGE = 100
"""Each item repeats its whole project, users and runs: 8 kB."""
FILE_PAGE = 1000
"""The most that file lists give."""
NEWEST_FIRST: Query = {"sortby": "DateCreated", "sortdir": "Desc"}
BY_ID: Query = {"sortby": "Id"}
WHOLE_FOLDER: Query = {"directory": "/", "recursive": "true"}
FASTQ: Query = {"datasettypes": "~common.fastq"}
PROPERTIES: Query = {
    "include": "properties",
    "propertyfilters": "Input.Libraries,Input.Runs,Input.BioSamples,BaseSpace.Metrics.FastQ",
}


def segment(identifier: str) -> str:
    """An id as one segment of a path; NotFound where it cannot be one."""
    if not identifier.strip("."):
        raise NotFound(f"{identifier!r} is no id.", hint="Ids are numbers, `ds.…` or `r.…`.")
    return quote(identifier, safe="")


def run_files_path(run_id: str) -> str:
    return f"{V2}/runs/{segment(run_id)}/files"


def file_path(file_id: str) -> str:
    """Numbers are asked for where that was seen to work, others where v2's addresses point."""
    version = V1 if file_id.isdecimal() else V2
    return f"{version}/files/{segment(file_id)}"


def is_within(
    dataset: models.Dataset,
    biosamples: Sequence[str],
    project: str | None,
    run: models.Run | None,
) -> bool:
    """Whether a dataset is FASTQ and within all that was asked for, as far as it says.

    Nowhere stands that the server joins its filters by AND, so we look again.
    """
    runs = {reference.id for reference in dataset.runs}
    named = {reference.id for reference in dataset.biosamples}
    return (
        dataset.is_fastq
        and (not project or not dataset.project_id or dataset.project_id == project)
        and (not run or not runs or bool(runs & {run.id, run.v1_id}))
        and (not biosamples or not named or bool(named & set(biosamples)))
    )


def is_named(name: str, *names: str) -> bool:
    # BaseSpace strips blanks from some names and not from others.
    return safe_text(name.strip()) in {candidate.strip() for candidate in names}
