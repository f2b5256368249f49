"""What a raw run holds at BaseSpace, checked before any of it is fetched."""

from dataclasses import dataclass, field

from bstui.basespace.client import Client
from bstui.basespace.models import File, Run
from bstui.errors import Archived, BstuiError, Gone, NotFound
from bstui.runs.choice import choose_files, is_tame
from bstui.text import safe_text


@dataclass(frozen=True)
class RunContents:
    """The files of one run."""

    run: Run
    files: list[File]
    """To be imported, end markers last."""
    images: list[File] = field(default_factory=list)
    """Left out."""
    warnings: list[str] = field(default_factory=list)


async def gather_run(client: Client, run_id: str) -> RunContents:
    """The run's files. Raises where it is not whole at BaseSpace, or cannot be read."""
    run = await client.run(run_id)
    _require_whole(run)
    listing = client.run_files(run.id)
    files, images = choose_files(await listing.all())
    if not files:
        raise NotFound(
            f"The run {run.name} holds no files that can be imported.",
            why="BaseSpace lists none but images.",
            hint="Look at the run at BaseSpace.",
        )
    if any(file.is_archived for file in files):
        raise _archived(f"Files of the run {run.name} are archived.")
    await client.content(files[0].id)
    return RunContents(run, files, images, _warnings_of(run, files, listing.missing))


def _archived(message: str) -> Archived:
    return Archived(
        message,
        why="What is in the archive cannot be fetched; restoring takes up to two days.",
        hint="Restore it at BaseSpace, then import it.",
    )


def _require_whole(run: Run) -> None:
    if run.is_deleted:
        raise Gone(f"The run {run.name} is deleted at BaseSpace.", hint="Its owner may restore it.")
    if run.is_archived:
        raise _archived(f"The run {run.name} is archived.")
    if not run.is_complete:
        state = ", upload ".join(filter(None, (run.status, run.upload_status)))
        raise BstuiError(
            f"The run {run.name} is not complete at BaseSpace ({state}).",
            why="Files would be missing from it.",
            hint="Import it when the instrument and the upload are through.",
        )


def _warnings_of(run: Run, files: list[File], missing: int) -> list[str]:
    warnings = []
    if run.status in ("Failed", "Stopped", "NeedsAttention"):
        warnings.append(f"The run's status is {run.status}: it may lack cycles.")
    if run.is_zipped:
        warnings.append("BaseSpace has zipped this run: zip files stand in place of base calls.")
    if missing:
        warnings.append(
            f"BaseSpace counts {missing} more files than it lists; they are not in this import."
        )
    odd = [file for file in files if not is_tame(file)]
    if odd:
        warnings.append(
            f"{len(odd)} of the run's paths cannot be used as they are, and are written with "
            f"%-escapes; the first is {safe_text(odd[0].path, 80)}"
        )
    return warnings
