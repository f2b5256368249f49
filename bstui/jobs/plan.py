"""The plan: exactly what an import will do, made before anything is written.

Every file with its path and what is there already, every warning, everything left out and why.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from bstui.basespace.client import Client
from bstui.basespace.models import Identity
from bstui.errors import NotAllowed, UsageError
from bstui.jobs.destination import (
    WILL_FAIL,
    Room,
    check_destination,
    meet_existing,
    warn_of_obstacles,
    warn_of_taken,
)
from bstui.jobs.identifiers import check_name, job_name, names_taken, new_id
from bstui.jobs.records import FORMAT, Batch, Launcher, Options, PlanFile, PlanHeader
from bstui.jobs.run_files import not_taken, plan_run
from bstui.jobs.sample_files import ABOUT_SHEETS, add_joined, check_options, plan_samples
from bstui.jobs.sheets import sheet_of_plan
from bstui.packed import Packed
from bstui.runs.choice import Choice, Share, count_left_out, parse_choice
from bstui.runs.contents import RunContents, choose_of_run, gather_run, unwatched
from bstui.samples.choice import Besides, LeftOut
from bstui.samples.gathering import Gathered, OnStep, gather
from bstui.samples.grouping import Sample
from bstui.samples.sample_map import NO_MAP, SampleMap
from bstui.samples.selection import Selection
from bstui.samples.sheet_format import load_sheets
from bstui.system import find_group


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """What is asked for, besides the selection."""

    destination: Path
    profile: str
    region: str
    """The region's code, or `other`."""
    identity: Identity
    options: Options = field(default_factory=Options)
    launcher: Launcher = Launcher.DETACHED
    sample_map: SampleMap = NO_MAP
    """Which sample each biosample is of; nothing said: the grouping decides."""
    batch: Batch = field(default_factory=Batch)
    name: str = ""
    """The job's; empty: the first source and the date."""
    jobs_dir: Path | None = None
    """Where jobs are kept, so that the name is a new one."""
    umask: int = 0o022
    requires_room: bool = True
    """Whether make_plan raises NoSpace; a screen shows `Plan.room` instead."""
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the import will do. `header` and `files` are what the job's folder keeps."""

    header: PlanHeader
    files: Sequence[PlanFile]
    samples: tuple[Sample, ...] = ()
    left_out: Sequence[LeftOut] = ()
    taken: tuple[Share, ...] = ()
    """Of a raw run: how much of each kind of file."""
    warnings: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    """What a warning is about, where that is known: `sample:NAME`, or one of the decisions
    `destination`, `existing`, `sheets`."""
    room: Room

    @property
    def not_taken(self) -> list[Share]:
        """Of a raw run: how much for which reason."""
        return count_left_out((item.reason, item.size or 0) for item in self.left_out)

    @property
    def already(self) -> tuple[int, int]:
        """How many files are there already, by name and size, and their bytes."""
        number = size = 0
        for file in self.files:
            if file.action == "adopt":
                number += 1
                size += file.size
        return number, size

    def rows(self) -> Iterator[dict[str, str | int]]:
        """A row for each file, as `--dry-run --json` prints it."""
        for file in self.files:
            yield {
                "id": file.id,
                "name": file.name,
                "path": file.path,
                "size": file.size,
                "sample": file.sample,
                "action": self._action(file),
                "warning": file.warning,
                **({} if self.header.options.bcl else _origin(file)),
            }

    def _action(self, file: PlanFile) -> str:
        """What becomes of the file; `taken`: it will fail, for its name belongs to another."""
        if file.warning.endswith(WILL_FAIL):
            return "taken"
        return self.header.options.existing if file.warning else file.action


def _origin(file: PlanFile) -> dict[str, str | int]:
    """Where a FASTQ file is from: `--sample-map` reads the ids of it again."""
    return {
        "biosample": file.biosample_name,
        "biosample_id": file.biosample,
        "dataset": file.dataset,
        "project": file.project,
        "run": file.run,
        "library": file.library,
        "lane": file.lane or "",
        "read": file.read,
        "merged": file.merged,
    }


@dataclass(kw_only=True)
class _Draft:
    """A plan before the disk has been looked at."""

    files: Iterable[PlanFile]
    samples: tuple[Sample, ...] = ()
    left_out: Sequence[LeftOut]
    taken: tuple[Share, ...] = ()
    warnings: list[str]
    about: dict[str, str] = field(default_factory=dict)


Contents = RunContents | Gathered
"""What a selection holds at BaseSpace: what a plan costs calls for."""


async def read_contents(
    client: Client,
    selection: Selection,
    options: Options = Options(),  # noqa: B008 # frozen
    *,
    progress: OnStep = unwatched,
) -> Contents:
    """What the selection holds; a plan of it can then be made again and again without a call.

    Of the options `qc_failed` and `undetermined` count. Raises NotAllowed, Archived, NotFound, and
    what the service says.
    """
    if selection.run is not None:
        return await gather_run(client, selection.run.id, progress)
    besides = Besides(qc_failed=options.qc_failed, undetermined=options.undetermined)
    return await gather(client, selection, progress, besides)


async def make_plan(
    client: Client,
    selection: Selection,
    request: PlanRequest,
    *,
    progress: OnStep = unwatched,
    contents: Contents | None = None,
) -> Plan:
    """The plan of this import. Nothing has been written when it returns, or raises.

    `contents`: what `read_contents` gave for this selection; read now where it is None. Raises
    NotAllowed, DestinationError, NoSpace, Archived, NotFound, UsageError, and what the service
    says.
    """
    _require_reading(request.identity)
    _require_one_kind(selection)
    options = request.options
    check_options(options)
    choice = parse_choice(options.bcl_files, options.include, options.exclude)
    if options.chgrp:
        await asyncio.to_thread(find_group, options.chgrp)
    folder = await asyncio.to_thread(check_destination, request.destination)
    held = contents or await read_contents(client, selection, options, progress=progress)
    if isinstance(held, RunContents):
        draft = await asyncio.to_thread(_draft_run, held, choice)
    else:
        draft = await asyncio.to_thread(_draft_samples, held, selection, request)
    return await asyncio.to_thread(_finish, draft, selection, request, folder)


def _require_one_kind(selection: Selection) -> None:
    if not (selection.marks or selection.datasets or selection.sources):
        raise UsageError(
            "Nothing is chosen to import.", hint="Mark biosamples, or one run as raw BCL."
        )
    if selection.run is not None and (len(selection.marks) > 1 or selection.datasets):
        raise UsageError(
            f"The raw run {selection.run.name} cannot be imported with anything else.",
            why="An import holds FASTQ of many biosamples, or the BCL of one run.",
            hint="Start an import for each.",
        )


def _require_reading(identity: Identity) -> None:
    if not identity.may_read:
        raise NotAllowed(
            f"The token of {identity.name} may list data, but not read it.",
            why=f"Its scopes are {', '.join(identity.scopes)}, and files need READ.",
            hint="Make a token with BROWSE GLOBAL and READ GLOBAL, and give it to `bstui login`.",
        )


def _draft_run(contents: RunContents, choice: Choice) -> _Draft:
    chosen = choose_of_run(contents, choice)
    return _Draft(
        files=plan_run(contents.run, chosen.files),
        left_out=Packed(LeftOut, (not_taken(contents.run, *pair) for pair in chosen.left_out)),
        taken=chosen.taken,
        warnings=list(chosen.warnings),
    )


def _draft_samples(gathered: Gathered, selection: Selection, request: PlanRequest) -> _Draft:
    planned = plan_samples(gathered, selection, request.options, request.sample_map)
    return _Draft(
        files=planned.files,
        samples=planned.samples,
        left_out=planned.left_out,
        warnings=planned.warnings,
        about=planned.about,
    )


def _finish(draft: _Draft, selection: Selection, request: PlanRequest, folder: Path) -> Plan:
    """Look at the disk, and put the plan together."""
    files, room = meet_existing(draft.files, request.destination, folder, request.options.existing)
    room = add_joined(room, files, request.options)
    refusal = room.refusal() if request.requires_room else None
    if refusal is not None:
        raise refusal
    warned = Packed(PlanFile, (file for file in files if file.warning))
    about = {
        **draft.about,
        **dict.fromkeys(warn_of_obstacles(warned), "destination"),
        **dict.fromkeys(warn_of_taken(warned, request.options.existing), "existing"),
        **dict.fromkeys(_preview_sheets(files, selection, request), ABOUT_SHEETS),
    }
    warnings = tuple(dict.fromkeys((*draft.warnings, *about)))
    return Plan(
        header=_header(files, warnings, draft, selection, request),
        files=files,
        samples=draft.samples,
        left_out=draft.left_out,
        taken=draft.taken,
        warnings=warnings,
        about=about,
        room=room,
    )


def _preview_sheets(
    files: Sequence[PlanFile], selection: Selection, request: PlanRequest
) -> Iterator[str]:
    """What is to be said of the sheets before the start; UsageError for one that cannot be."""
    destination = request.destination.absolute()
    for form in load_sheets(request.options.sheets):
        yield from sheet_of_plan(form, destination, files, bcl=bool(selection.run)).problems


def _header(
    files: Sequence[PlanFile],
    warnings: tuple[str, ...],
    draft: _Draft,
    selection: Selection,
    request: PlanRequest,
) -> PlanHeader:
    size, samples = 0, set()
    for file in files:  # one look at all of them: they are packed
        size += file.size
        samples.add(file.sample)
    now = request.clock()
    taken = names_taken(request.jobs_dir) if request.jobs_dir else set()
    name = request.name
    return PlanHeader(
        format=FORMAT,
        id=new_id(now),
        name=check_name(name, taken) if name else _job_name(selection, now, taken),
        created=now,
        profile=request.profile,
        region=request.region,
        identity_id=request.identity.id,
        identity=request.identity.name,
        destination=str(request.destination.absolute()),
        launcher=request.launcher,
        options=msgspec.structs.replace(request.options, bcl=selection.run is not None),
        files=len(files),
        bytes=size,
        sources=selection.selectors,
        samples=len(samples - {""}),
        warnings=warnings,
        umask=request.umask,
        batch=request.batch,
    )


def _job_name(selection: Selection, now: float, taken: set[str]) -> str:
    return job_name(selection.first_source, date.fromtimestamp(now), taken)
