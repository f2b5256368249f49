"""States in which data is not simply there: what each means for an import, and what can be done.

We never restore or unzip: it costs its owner credits or time, so the web page and the official
command that do it are named (BaseSpace API §9).
"""

from dataclasses import dataclass

from bstui.basespace.models import Dataset, Project, Run
from bstui.basespace.regions import web_address


@dataclass(frozen=True)
class State:
    """One such state of a run, a dataset or a project."""

    name: str
    """`archived`, `zipped` …: it stays the same for programs."""
    meaning: str
    """What it means for an import, in a sentence."""
    remedy: str
    """What can be done, where, how long it takes and what it costs; sentences."""

    @property
    def advice(self) -> str:
        return f"{self.meaning} {self.remedy}"

    @property
    def text(self) -> str:
        return f"{self.name}: {self.advice}"


def states_of_run(run: Run, server: str) -> tuple[State, ...]:
    """The states that a run is in; `server` is the API's."""
    page = _page_of_run(run, server)
    found = [
        (run.is_deleted, _deleted(is_whole=run.is_in_trash)),
        (run.is_archived, archived_run(run, server)),
        (_has_failed(run), _FAILED),
        (_is_arriving(run) and not _has_failed(run), _uploading(run)),
        (run.is_unzipping, _UNZIPPING),
        (run.is_zipping, _ZIPPING),
        (run.is_zipped and not run.is_unzipping, _zipped(page)),
        (run.is_in_transfer, IN_TRANSFER),
    ]
    return tuple(state for is_so, state in found if is_so)


def archived_run(run: Run, server: str) -> State:
    """What it means that a run, or a part of it, is in cold storage."""
    return _archived(_page_of_run(run, server), f"bs unarchive run -i {run.v1_id or run.id}")


def _page_of_run(run: Run, server: str) -> str:
    return f"{web_address(server)}/run/{run.v1_id or run.id}"


def states_of_dataset(dataset: Dataset, server: str) -> tuple[State, ...]:
    """The states that a dataset is in; `server` is the API's."""
    found = [
        (dataset.is_deleted, _deleted(is_whole=False)),
        (dataset.is_archived, archived_dataset(dataset, server)),
        (not dataset.is_uploaded, _incomplete(dataset.upload_status)),
        (dataset.is_in_transfer, IN_TRANSFER),
    ]
    return tuple(state for is_so, state in found if is_so)


def archived_dataset(dataset: Dataset, server: str) -> State:
    """What it means that a dataset, or a part of it, is in cold storage."""
    page = web_address(server)
    if dataset.project_id:
        page += f"/project/{dataset.project_id}"
    return _archived(page, f"bs unarchive dataset -i {dataset.id}")


def states_of_project(project: Project) -> tuple[State, ...]:
    """The states that a project is in."""
    found = [
        (project.is_deleted, _deleted(is_whole=True)),
        (project.is_in_transfer, IN_TRANSFER),
    ]
    return tuple(state for is_so, state in found if is_so)


def _has_failed(run: Run) -> bool:
    return run.upload_status.casefold() == "failed"


def _is_arriving(run: Run) -> bool:
    return not run.is_complete and bool(run.status or run.upload_status)


def _deleted(*, is_whole: bool) -> State:
    if is_whole:
        return State(
            "deleted",
            "It is in the trash and cannot be imported.",
            "Its owner can take it out of the trash on the web page, until that is emptied.",
        )
    return State(
        "deleted",
        "Its files were deleted; what is known of them is left.",
        "Nothing brings deleted files back; ask the owner for a copy.",
    )


def _archived(page: str, command: str) -> State:
    return State(
        "archived",
        "It is in cold storage, from where nothing can be fetched.",
        f"Its owner can restore it at {page} or with `{command}`: up to 48 hours, 30 iCredits "
        "for each TB.",
    )


def _uploading(run: Run) -> State:
    said = ", ".join(dict.fromkeys(filter(None, (run.status, run.upload_status))))
    return State(
        "uploading",
        f"It is not complete at BaseSpace yet ({said}), and files would be missing.",
        "Wait until the instrument and the upload are through: hours to days, without cost.",
    )


def _incomplete(status: str) -> State:
    return State(
        "uploading",
        f"Its upload is not complete ({status}), and files would be missing.",
        "Wait for the upload, or have it repeated where it has failed; without cost.",
    )


def _zipped(page: str) -> State:
    return State(
        "zipped",
        "Zip files stand in place of its base calls and images, as BaseSpace does after 90 days.",
        f"Import the zip files and unpack them, or have it unzipped at {page}: minutes to hours. "
        "The official `bs` command is not known to do that.",
    )


_FAILED = State(
    "upload failed",
    "Its upload to BaseSpace has failed, and files are missing from it.",
    "Have it uploaded again from the instrument's folder; what was demultiplexed of it can be "
    "imported as FASTQ.",
)
_UNZIPPING = State(
    "unzipping",
    "It is being unzipped, and its files change meanwhile.",
    "Wait until that is through: minutes to hours.",
)
_ZIPPING = State(
    "zipping",
    "It is being zipped, and its files change meanwhile.",
    "Wait until that is through: minutes to hours; then unzip it, or import the zip files.",
)
IN_TRANSFER = State(
    "transfer pending",
    "Its owner is about to change, and you may lose access in the middle of an import.",
    "Import it before the new owner accepts, or ask the new owner to share it; without cost.",
)
