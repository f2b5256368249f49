"""The sample sheet of a raw run as it was edited in BaseSpace, kept beside the one that was run.

`DEST/.bstui/<job id>/SampleSheet.basespace.csv`, where the two differ. None of it stops an import.
"""

import asyncio
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bstui.errors import BstuiError, InUse
from bstui.jobs.access import Access
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import record_folder
from bstui.jobs.recording import Recorder
from bstui.jobs.run_files import run_folder
from bstui.runs.sample_sheet import MOST_BYTES, SampleSheet, compare, read_rows, read_sheet

EDITED = "SampleSheet.basespace.csv"
_HERE = "samplesheet.csv"
_PATIENCE = 20.0
"""Seconds for BaseSpace to answer in."""
_SHOWN = 3


async def keep_edited_sheet(
    folder: JobFolder, access: Access, recorder: Recorder, note: Callable[[str, str], None]
) -> None:
    """Keep BaseSpace's sheet where it is another than the run folder's, and tell how.

    InUse where a newer attempt holds the job.
    """
    try:
        run, run_id = await asyncio.to_thread(_find_run, folder)
        async with asyncio.timeout(_PATIENCE):
            rows = await access.sheet_rows(run_id)
        here = await asyncio.to_thread(_read_here, run)
        there = read_rows(rows)
        differences = compare(here.lines, there) if there else []
        if not differences:
            return
        await asyncio.to_thread(recorder.keep, EDITED, _csv_of(rows))
    except InUse:
        raise
    except TimeoutError:
        note("warning", "BaseSpace did not say whether the run's sample sheet was edited there.")
    except (BstuiError, OSError) as error:
        note("warning", f"Whether the sample sheet was edited in BaseSpace is not known: {error}")
    else:
        more = f"; and {len(differences) - _SHOWN:,} more" if len(differences) > _SHOWN else ""
        note(
            "warning",
            "BaseSpace's sample sheet is another than the run folder's: "
            f"{'; '.join(differences[:_SHOWN])}{more}. Both are kept, that of BaseSpace in "
            f"{record_folder(Path(folder.header().destination), folder.id) / EDITED}",
        )


def sheet_differences(folder: JobFolder) -> list[str]:
    """How the sheet that was kept of BaseSpace differs from the run folder's; none: none was."""
    kept = record_folder(Path(folder.header().destination), folder.id) / EDITED
    there = _read(kept)
    return compare(_read_here(run_folder(folder)).lines, there.lines) if there.lines else []


def _find_run(folder: JobFolder) -> tuple[Path, str]:
    first = next(iter(folder.files()))
    return run_folder(folder), first.run_id


def _read_here(run: Path) -> SampleSheet:
    """The sheet at the top of the run folder; an empty one where there is none."""
    try:
        found = sorted(path for path in run.iterdir() if path.name.casefold() == _HERE)
    except OSError:
        return SampleSheet()
    return _read(found[0]) if found else SampleSheet()


def _read(path: Path) -> SampleSheet:
    try:
        with path.open("rb") as file:
            return read_sheet(file.read(MOST_BYTES + 1))
    except OSError:
        return SampleSheet()


def _csv_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """The rows as BaseSpace tells them, under the names of its columns."""
    text = io.StringIO()
    columns = dict.fromkeys(column for row in rows for column in row)
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(errors="replace")
