"""What has come to BaseSpace since the last import of the same: for a job of its own."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bstui.basespace.client import Client
from bstui.basespace.models import Run
from bstui.errors import BstuiError, NotAllowed, Policy
from bstui.jobs.adoption import stands_as
from bstui.jobs.manifest import read_manifest, record_folders
from bstui.jobs.plan import Plan, PlanRequest, make_plan
from bstui.jobs.records import PlanFile
from bstui.jobs.state import State
from bstui.jobs.watch import JobView
from bstui.packed import Packed
from bstui.samples.selection import find_run, resolve
from bstui.samples.selectors import Selector, SourceKind
from bstui.units import count_text

_WAITABLE = (
    Policy.FATAL,
    Policy.GONE,
    Policy.TRANSIENT,
    Policy.RATE,
    Policy.SPACE,
    Policy.ARCHIVED,
)
"""Of a plan's refusals, those that may be other ones the next time."""


@dataclass(frozen=True)
class News:
    """What one look at the sources found."""

    words: str
    plan: Plan | None = None
    """Of the files that are new; None where there are none."""
    sources: tuple[str, ...] = ()
    """As the jobs of them name them; empty while nothing can have been imported."""
    is_over: bool = False
    """Whether nothing more will come: all sources are runs that are through."""


async def look(client: Client, selectors: Collection[Selector], request: PlanRequest) -> News:
    """What there is that the destination does not have. BstuiError where a source cannot be had,
    and where waiting would not help."""
    runs = [
        await find_run(client, one.source) for one in selectors if one.source.kind is SourceKind.RUN
    ]
    arriving = [run for run in runs if not run.is_complete and run.upload_status != "Failed"]
    is_over = len(runs) == len(selectors) and not arriving
    if arriving and request.options.bcl:
        return News(_said_of(arriving[0]))
    selection = await resolve(client, list(selectors), request.options.bcl)
    try:
        plan = await make_plan(client, selection, request)
    except BstuiError as error:
        is_early = isinstance(error, NotAllowed) and bool(arriving)
        if error.policy not in _WAITABLE and not is_early:
            raise
        return News(error.message, sources=selection.selectors)
    has_more = any(item.is_chosen for item in plan.left_out)
    fresh = only_new(plan, _standing(request.destination))
    if fresh is None:
        words = _said_of(arriving[0]) if arriving else "There is nothing new."
        return News(words, None, selection.selectors, is_over and not has_more)
    words = f"{count_text(fresh.header.files, 'new file')}."
    return News(words, fresh, selection.selectors, is_over and not has_more)


def only_new(plan: Plan, standing: Collection[str]) -> Plan | None:
    """The plan without the files that stand there; None where nothing is left."""
    new = (one for one in plan.files if one.action == "fetch" and one.id not in standing)
    files = Packed(PlanFile, new)
    if not files:
        return None
    header = msgspec.structs.replace(
        plan.header,
        files=len(files),
        bytes=sum(one.size for one in files),
        samples=len({one.sample for one in files if one.sample}),
    )
    return replace(plan, header=header, files=files)


def unfinished(
    views: Iterable[JobView], destination: Path, sources: Collection[str]
) -> list[JobView]:
    """Earlier jobs of the same sources and destination that are not done, the newest first."""
    return [
        view
        for view in views
        if Path(view.header.destination) == destination
        and set(view.header.sources) & set(sources)
        and (view.status.is_active or view.status.resumable)
        and view.status.state is not State.CANCELLED
    ]


def _standing(destination: Path) -> set[str]:
    """Ids of files that stand as an import left them, wherever that was, or in a joined file."""
    return {
        file_id
        for record in record_folders(destination)
        for file in read_manifest(record)
        if stands_as(destination, file)
        for file_id in (file.id, *file.parts)
    }


def _said_of(run: Run) -> str:
    said = ", ".join(dict.fromkeys(filter(None, (run.status, run.upload_status))))
    return f"The run {run.experiment or run.name} is not complete yet ({said})."
