"""What a scheduler says of a plan's script: asked in a thread, for it may take its time."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bstui.jobs.records import PlanHeader
from bstui.paths import Places

if TYPE_CHECKING:
    from bstui.jobs.batch import Trial


async def try_plan(header: PlanHeader, places: Places, environ: Mapping[str, str]) -> "Trial":
    """The script and the answer. SchedulerProblem where no Slurm is."""
    from bstui.jobs.batch import try_submission
    from bstui.jobs.launchers import WORKER

    return await asyncio.to_thread(try_submission, header, WORKER, places, environ)
