"""What the review looks up beside the plan, each in a thread: disks and commands take their time.

What plans and what reads sheets is imported when it is first asked.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bstui.tui import folder_names
from bstui.tui.folder_names import Completion

if TYPE_CHECKING:
    from bstui.basespace.models import File
    from bstui.jobs.plan import Plan
    from bstui.jobs.quota import Quota
    from bstui.samples.grouping import Sample
    from bstui.samples.sheet_format import SheetFormat
    from bstui.samples.sheet_rows import Sheet

_SAMPLES, _PATHS = 3, 4
"""So many of them are an example."""


async def complete_folder(text: str) -> Completion:
    """What the beginning of a folder's path goes on with."""
    return await asyncio.to_thread(folder_names.complete_folder, text)


async def find_quotas(folder: Path, environ: Mapping[str, str]) -> "tuple[Quota, ...]":
    """The quotas that count for new files in a folder that exists."""
    from bstui.jobs import quota

    return await asyncio.to_thread(quota.find_quotas, folder, environ)


async def example_paths(
    samples: Sequence["Sample"],
    files: Mapping[str, Sequence["File"]],
    templates: Mapping[str, str],
    *,
    blanks: bool,
) -> dict[str, list[str]]:
    """Under each name, the first paths that its template makes of these samples' files."""
    from bstui.samples.places import Places

    few = samples[:_SAMPLES]

    def place(template: str) -> list[str]:
        places = Places(few, files, template, blanks=blanks)
        return [placed.path for number in range(len(few)) for placed in places.of(number)][:_PATHS]

    def place_all() -> dict[str, list[str]]:
        return {name: place(template) for name, template in templates.items()}

    return await asyncio.to_thread(place_all)


async def example_sheet(plan: "Plan", form: "SheetFormat") -> "Sheet":
    """The sheet of the plan's first samples. UsageError where it cannot be made."""
    from bstui.jobs.sheets import sheet_of_plan

    destination = Path(plan.header.destination)
    is_run = plan.header.options.bcl
    names = {sample.name for sample in plan.samples[:_SAMPLES]}
    files = plan.files if is_run or not names else [f for f in plan.files if f.sample in names]
    return await asyncio.to_thread(sheet_of_plan, form, destination, files, bcl=is_run)
