"""The metrics of a raw run that landed: by its own InterOp files, by BaseSpace, and compared."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from bstui.basespace.credentials import choose_profile
from bstui.basespace.run_facts import RunStats
from bstui.cli.run_rows import read_name
from bstui.cli.session import Session
from bstui.errors import BstuiError
from bstui.jobs.folder import JobFolder
from bstui.jobs.run_files import run_folder
from bstui.runs.metrics import compare_metrics, read_metrics

_PATIENCE = 10.0
"""Seconds for BaseSpace to answer in: what is on the disk is shown without it, too."""


async def metrics_row(session: Session, folder: JobFolder) -> dict[str, Any]:
    """What `show` adds to the row of a raw run's job. What cannot be had is told, and no error."""
    problems: list[str] = []

    async def told(asked: Coroutine[Any, Any, RunStats], what: str = "") -> RunStats | None:
        try:
            return await asked
        except BstuiError as error:
            problems.append(f"{what}{error}")
            return None

    interop = await told(read_metrics(run_folder(folder)))
    basespace = await told(_ask(session, folder), "BaseSpace's statistics: ")
    compared = []
    if interop and basespace:
        compared = compare_metrics(interop, basespace)
        compared = compared or ["InterOp and BaseSpace agree in what both measured"]
    return {
        "interop": _lines(interop),
        "basespace": _lines(basespace),
        "compared": compared,
        "metrics_problems": problems,
    }


async def _ask(session: Session, folder: JobFolder) -> RunStats:
    """BaseSpace's statistics of the job's run, by the account that imported it."""
    name = session.profile_name or folder.header().profile
    profile = choose_profile(session.places, session.environ, name)
    run_id = next((file.run_id for file in folder.files()), "")
    try:
        async with asyncio.timeout(_PATIENCE), session.open(profile) as client:
            return await client.run_stats(run_id)
    except TimeoutError:
        raise BstuiError(f"BaseSpace did not answer within {_PATIENCE:.0f} s.") from None


def _lines(stats: RunStats | None) -> list[str]:
    if stats is None:
        return []
    lines = [("whole run", stats.whole)]
    lines += [(read_name(row), row) for row in stats.reads]
    lines += [(f"lane {row.lane}", row) for row in stats.lanes]
    return [f"{what}: {row.text}" for what, row in lines if row.text]
