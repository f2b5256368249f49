"""What can be told of a run before it is imported: its statistics, and its sample sheets.

None of it stops anything: what cannot be had is said to be so.
"""

import re
from dataclasses import dataclass, field

from bstui.basespace.client import Client
from bstui.basespace.models import Run
from bstui.basespace.run_facts import RunStats, SheetLine
from bstui.errors import BstuiError, NotLoggedIn
from bstui.runs.sample_sheet import MOST_BYTES, SampleSheet, compare, read_rows, read_sheet
from bstui.text import safe_text

_SHEET = re.compile(r"samplesheet[^/]*\.csv", re.IGNORECASE)


@dataclass(frozen=True)
class RunFacts:
    """Of one run; `problems` says what could not be had."""

    stats: RunStats | None = None
    sheet: SampleSheet = field(default_factory=SampleSheet)
    """That of the run folder."""
    sheet_path: str = ""
    edited: tuple[SheetLine, ...] = ()
    """The samples of the sheet as it is in BaseSpace."""
    differences: tuple[str, ...] = ()
    """Between the two."""
    problems: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[SheetLine, ...]:
        """The samples of the run folder's sheet, or of BaseSpace's where there is none."""
        return self.sheet.lines or self.edited


async def gather_facts(client: Client, run: Run) -> RunFacts:
    """Ask for all of it: some calls. NotLoggedIn is raised, any other refusal told."""
    problems: list[str] = []
    stats: RunStats | None = None
    edited: tuple[SheetLine, ...] = ()
    path, sheet = "", SampleSheet()
    try:
        stats = await client.run_stats(run.id)
    except NotLoggedIn:
        raise
    except BstuiError as error:
        problems.append(f"Statistics: {error.message}")
    try:
        edited = read_rows(await client.run_sheet_rows(run.id))
    except NotLoggedIn:
        raise
    except BstuiError as error:
        problems.append(f"Sample sheet in BaseSpace: {error.message}")
    try:
        path, sheet = await _folder_sheet(client, run)
    except NotLoggedIn:
        raise
    except BstuiError as error:
        problems.append(f"Sample sheet of the run folder: {error.message}")
    problems += [f"Sample sheet of the run folder: {text}." for text in sheet.problems]
    differences = compare(sheet.lines, edited) if sheet.lines and edited else []
    return RunFacts(stats, sheet, path, edited, tuple(differences), tuple(problems))


async def _folder_sheet(client: Client, run: Run) -> tuple[str, SampleSheet]:
    """The first sheet at the top of the run folder."""
    found = [file for file in await client.run_top_files(run.id) if _SHEET.fullmatch(file.path)]
    if not found:
        return "", SampleSheet()
    file = min(found, key=lambda one: (len(one.path), one.path))
    if file.size > MOST_BYTES:
        return safe_text(file.path), SampleSheet(problems=("it is too large",))
    return safe_text(file.path), read_sheet(await client.small_content(file.id, MOST_BYTES))
