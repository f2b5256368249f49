"""What a raw run holds at BaseSpace, checked before any of it is fetched."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from bstui.basespace.client import Client
from bstui.basespace.models import File, Run
from bstui.basespace.states import State, archived_run, states_of_run
from bstui.errors import Archived, BstuiError, Gone, NotFound
from bstui.packed import Packed
from bstui.runs.choice import BclFiles, Choice, Chosen, choose_files, is_tame
from bstui.text import safe_text
from bstui.units import count_text

_REFUSED: dict[str, type[BstuiError]] = {
    "deleted": Gone,
    "upload failed": BstuiError,
    "uploading": BstuiError,
    "unzipping": BstuiError,
    "zipping": BstuiError,
}
"""By the state's name; in the others a run is imported, with a warning."""


@dataclass(frozen=True)
class RunContents:
    """All files of one run, as BaseSpace lists them."""

    run: Run
    files: Sequence[File]
    server: str = ""
    """The API's, on whose web page what is archived can be restored."""
    warnings: list[str] = field(default_factory=list)


OnStep = Callable[[str, int, int], None]
"""Told what is being asked for, how many have come, and of how many (0: not known)."""


def unwatched(step: str, done: int, total: int) -> None:
    """Nobody watches."""


async def gather_run(client: Client, run_id: str, on_step: OnStep = unwatched) -> RunContents:
    """The run's files. Raises where they are not all there, are changing, or cannot be read."""
    run = await client.run(run_id)
    states = states_of_run(run, client.server)
    _require_whole(run, states)
    listing = client.run_files(run.id)
    files = Packed(File)
    async for page in listing.pages():
        files.extend(page)
        on_step("files", len(files), listing.total or 0)
    readable = next((file for file in files if not _is_cold(file, run)), None)
    if readable is not None:
        await client.content(readable.id)
    warnings = [*listing.notes, *_warnings_of(run, files, listing.missing, states)]
    return RunContents(run, files, client.server, warnings)


def choose_of_run(contents: RunContents, choice: Choice) -> Chosen:
    """What is imported of the run, with every warning. NotFound, or Archived where part is."""
    chosen = choose_files(contents.files, choice)
    run = contents.run
    if not chosen.files:
        raise NotFound(
            f"The run {run.name} holds no files that can be imported.",
            why=_nothing_of(contents, choice),
            hint="Look at the run at BaseSpace, or choose more with --bcl-files and --include.",
        )
    _refuse_archived_files(contents, chosen.files)
    return replace(chosen, warnings=(*contents.warnings, *chosen.warnings))


def _nothing_of(contents: RunContents, choice: Choice) -> str:
    if not contents.files:
        return "BaseSpace lists none."
    if choice == Choice():
        return "BaseSpace lists none but images."
    return f"Of the {count_text(len(contents.files), 'file')} it has, none is chosen."


def _is_cold(file: File, run: Run) -> bool:
    """Whether it is in cold storage: of an archived run, all that is under Data (§9.3)."""
    return file.is_archived or (run.is_archived and file.path.startswith("Data/"))


def _require_whole(run: Run, states: Iterable[State]) -> None:
    """Refuse a run in a state in which its files are not there, not all there, or changing."""
    for state in states:
        if state.name in _REFUSED:
            raise _REFUSED[state.name](
                f"The run {run.name} cannot be imported now: it is {state.name}.",
                why=state.meaning,
                hint=state.remedy,
            )


def _refuse_archived_files(contents: RunContents, files: Iterable[File]) -> None:
    run = contents.run
    cold = Packed(File, (file for file in files if _is_cold(file, run)))
    if cold:
        state = archived_run(run, contents.server)
        raise Archived(
            f"{count_text(len(cold), 'file')} of the run {run.name} "
            f"{'is' if len(cold) == 1 else 'are'} {state.name}.",
            why=f"{state.meaning} The first is {safe_text(cold[0].path, 80)}.",
            hint=f"{state.remedy} Until then --bcl-files {BclFiles.METRICS} gets what is left.",
        )


def _warnings_of(
    run: Run, files: Iterable[File], missing: int, states: Iterable[State]
) -> list[str]:
    warnings = [f"The run is {state.text}" for state in states if state.name != "archived"]
    if run.status in ("Failed", "Stopped", "NeedsAttention"):
        warnings.append(f"The run's status is {run.status}: it may lack cycles.")
    if missing:
        warnings.append(
            f"BaseSpace counts {missing} more files than it lists; they are not in this import."
        )
    odd = Packed(File, (file for file in files if not is_tame(file)))
    if odd:
        warnings.append(
            f"{len(odd)} of the run's paths cannot be used as they are, and are written with "
            f"%-escapes; the first is {safe_text(odd[0].path, 80)}"
        )
    return warnings
