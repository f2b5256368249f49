"""What a raw run holds at BaseSpace, checked before any of it is fetched."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bstui.basespace.client import Client
from bstui.basespace.models import File, Run
from bstui.basespace.states import State, archived_run, states_of_run
from bstui.errors import Archived, BstuiError, Gone, NotFound
from bstui.runs.choice import choose_files, is_tame
from bstui.text import safe_text
from bstui.units import count_text

_REFUSED: dict[str, type[BstuiError]] = {
    "deleted": Gone,
    "archived": Archived,
    "upload failed": BstuiError,
    "uploading": BstuiError,
    "unzipping": BstuiError,
    "zipping": BstuiError,
}
"""By the state's name; in the others a run is imported, with a warning."""


@dataclass(frozen=True)
class RunContents:
    """The files of one run."""

    run: Run
    files: list[File]
    """To be imported, end markers last."""
    images: list[File] = field(default_factory=list)
    """Left out."""
    warnings: list[str] = field(default_factory=list)


OnStep = Callable[[str, int, int], None]
"""Told what is being asked for, how many have come, and of how many (0: not known)."""


def _ignore(step: str, done: int, total: int) -> None:
    """Nobody watches."""


async def gather_run(client: Client, run_id: str, on_step: OnStep = _ignore) -> RunContents:
    """The run's files. Raises where it is not whole at BaseSpace, or cannot be read."""
    run = await client.run(run_id)
    states = states_of_run(run, client.server)
    _require_whole(run, states)
    listing = client.run_files(run.id)
    found: list[File] = []
    async for page in listing.pages():
        found += page
        on_step("files", len(found), listing.total or 0)
    files, images = choose_files(found)
    if not files:
        raise NotFound(
            f"The run {run.name} holds no files that can be imported.",
            why="BaseSpace lists none but images.",
            hint="Look at the run at BaseSpace.",
        )
    _refuse_archived_files(run, files, client.server)
    await client.content(files[0].id)
    warnings = [*listing.notes, *_warnings_of(run, files, listing.missing, states)]
    return RunContents(run, files, images, warnings)


def _require_whole(run: Run, states: Iterable[State]) -> None:
    """Refuse a run in a state in which its files are not there, not all there, or changing."""
    for state in states:
        if state.name in _REFUSED:
            raise _REFUSED[state.name](
                f"The run {run.name} cannot be imported now: it is {state.name}.",
                why=state.meaning,
                hint=state.remedy,
            )


def _refuse_archived_files(run: Run, files: Iterable[File], server: str) -> None:
    cold = [file for file in files if file.is_archived]
    if cold:
        state = archived_run(run, server)
        raise Archived(
            f"{count_text(len(cold), 'file')} of the run {run.name} "
            f"{'is' if len(cold) == 1 else 'are'} {state.name}.",
            why=f"{state.meaning} The first is {safe_text(cold[0].path, 80)}.",
            hint=state.remedy,
        )


def _warnings_of(run: Run, files: list[File], missing: int, states: Iterable[State]) -> list[str]:
    warnings = [f"The run is {state.text}" for state in states]
    if run.status in ("Failed", "Stopped", "NeedsAttention"):
        warnings.append(f"The run's status is {run.status}: it may lack cycles.")
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
