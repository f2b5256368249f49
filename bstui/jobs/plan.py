"""The plan: exactly what an import will do, made before anything is written.

Every file with its path and what is there already, every warning, everything left out and why.
"""

import asyncio
import os
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from bstui.basespace.client import Client
from bstui.basespace.models import Identity
from bstui.errors import BstuiError, NotAllowed, NotFound, UsageError
from bstui.jobs.destination import (
    WILL_FAIL,
    Room,
    check_destination,
    meet_existing,
    warn_of_obstacles,
    warn_of_taken,
)
from bstui.jobs.identifiers import check_name, job_name, names_taken, new_id
from bstui.jobs.records import FORMAT, Launcher, Options, PlanFile, PlanHeader
from bstui.jobs.run_files import choice_words, not_taken, plan_run
from bstui.runs.choice import Choice, Share, count_left_out, parse_choice
from bstui.runs.contents import RunContents, choose_of_run, gather_run
from bstui.samples.choice import LeftOut, run_name
from bstui.samples.gathering import Gathered, OnStep, gather
from bstui.samples.grouping import Grouping, Sample, group_choices, parse_grouping
from bstui.samples.layout import DEFAULTS, Placed, check_template, place_files, read_of
from bstui.samples.marks import ScopeKind
from bstui.samples.pairing import find_oddities
from bstui.samples.selection import Selection
from bstui.system import find_group
from bstui.text import safe_text

_MANY_MARKS = 20


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
    files: tuple[PlanFile, ...]
    samples: tuple[Sample, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    taken: tuple[Share, ...] = ()
    """Of a raw run: how much of each kind of file."""
    warnings: tuple[str, ...] = ()
    room: Room

    @property
    def not_taken(self) -> list[Share]:
        """Of a raw run: how much for which reason."""
        return count_left_out((item.reason, item.size or 0) for item in self.left_out)

    @property
    def already(self) -> tuple[int, int]:
        """How many files are there already, by name and size, and their bytes."""
        there = [file.size for file in self.files if file.action == "adopt"]
        return len(there), sum(there)

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
            }

    def _action(self, file: PlanFile) -> str:
        """What becomes of the file; `taken`: it will fail, for its name belongs to another."""
        if file.warning.endswith(WILL_FAIL):
            return "taken"
        return self.header.options.existing if file.warning else file.action


@dataclass(kw_only=True)
class _Draft:
    """A plan before the disk has been looked at."""

    files: list[PlanFile]
    samples: tuple[Sample, ...] = ()
    left_out: list[LeftOut]
    taken: tuple[Share, ...] = ()
    warnings: list[str]


def _ignore(step: str, done: int, total: int) -> None:
    """Nobody watches the planning."""


Contents = RunContents | Gathered
"""What a selection holds at BaseSpace: what a plan costs calls for."""


async def read_contents(
    client: Client, selection: Selection, *, progress: OnStep = _ignore
) -> Contents:
    """What the selection holds; a plan of it can then be made again and again without a call.

    Raises NotAllowed, Archived, NotFound, and what the service says.
    """
    if selection.run is not None:
        return await gather_run(client, selection.run.id, progress)
    return await gather(client, selection, progress)


async def make_plan(
    client: Client,
    selection: Selection,
    request: PlanRequest,
    *,
    progress: OnStep = _ignore,
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
    grouping = parse_grouping(options.grouping, options.sample)
    template = check_template(options.layout or DEFAULTS[grouping])
    choice = parse_choice(options.bcl_files, options.include, options.exclude)
    if options.chgrp:
        await asyncio.to_thread(find_group, options.chgrp)
    folder = await asyncio.to_thread(check_destination, request.destination)
    held = contents or await read_contents(client, selection, progress=progress)
    if isinstance(held, RunContents):
        draft = await asyncio.to_thread(_draft_run, held, choice)
    else:
        draft = await asyncio.to_thread(
            _draft_samples, held, selection, grouping, template, options.sample
        )
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
        left_out=[not_taken(contents.run, *pair) for pair in chosen.left_out],
        taken=chosen.taken,
        warnings=list(chosen.warnings),
    )


def _draft_samples(
    gathered: Gathered, selection: Selection, grouping: Grouping, template: str, sample: str
) -> _Draft:
    left_out = gathered.left_out + [item for c in gathered.choices for item in c.left_out]
    samples = group_choices(gathered.choices, grouping, sample)
    if not samples:
        raise _nothing_left(gathered, selection, left_out)
    placed = place_files(samples, gathered.files, template)
    has_samples = grouping is not Grouping.NONE
    oddities = (text for item in samples for text in find_oddities(item, gathered.files))
    return _Draft(
        files=[_plan_file(item, has_samples) for item in placed],
        samples=samples,
        left_out=left_out,
        warnings=[*selection.notes, *gathered.warnings, *_count_reasons(left_out), *oddities],
    )


def _plan_file(placed: Placed, has_samples: bool) -> PlanFile:
    dataset, file = placed.dataset, placed.file
    return PlanFile(
        id=file.id,
        name=safe_text(file.name),
        path=placed.path,
        size=file.size,
        etag=file.etag,
        sample=placed.sample.name if has_samples else "",
        biosample=placed.biosample.id,
        dataset=dataset.id,
        project=dataset.project,
        run=run_name(dataset),
        run_id="+".join(run.id for run in dataset.runs),
        library="+".join(library.name or library.id for library in dataset.libraries),
        lane=dataset.lane,
        read=read_of(file),
    )


def _nothing_left(
    gathered: Gathered, selection: Selection, left_out: Iterable[LeftOut]
) -> BstuiError:
    """What to say where the selection holds nothing that can be imported."""
    if gathered.refusal is not None:
        return gathered.refusal
    was_seen = any(item.is_chosen and item.size is not None for item in left_out)
    if not was_seen and _is_of_runs(selection):
        return NotAllowed(
            f"This login can read no FASTQ of {selection.first_source}.",
            why=" ".join(gathered.warnings)
            or "A run can be shared without the project that owns its FASTQ; or none was made.",
            hint="Ask the owner to share the project, or import the run with --bcl.",
        )
    return NotFound(
        f"There is no FASTQ to import of {selection.first_source}.",
        why=" ".join(_count_reasons(left_out)),
        hint="Choose others; `bstui files` lists what a source holds.",
    )


def _is_of_runs(selection: Selection) -> bool:
    scopes = {mark.scope.kind for mark in selection.biosamples}
    return scopes == {ScopeKind.RUN} or (
        not scopes and all(source.startswith("run:") for source in selection.sources)
    )


def _count_reasons(left_out: Iterable[LeftOut]) -> list[str]:
    """A sentence for each reason for which something chosen is not taken."""
    by_reason: dict[str, list[LeftOut]] = {}
    for item in left_out:
        if item.is_chosen:
            by_reason.setdefault(item.reason, []).append(item)
    return [_left_out_text(reason, items) for reason, items in by_reason.items()]


def _left_out_text(reason: str, items: Sequence[LeftOut]) -> str:
    first, others = items[0], len(items) - 1
    if not others:
        return f"Left out: {first.name}, {_ended(first.text)}"
    detail = f"; of the first: {first.detail}" if first.detail else ""
    return f"Left out: {first.name} and {others:,} more, {_ended(reason + detail)}"


def _ended(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _finish(draft: _Draft, selection: Selection, request: PlanRequest, folder: Path) -> Plan:
    """Look at the disk, and put the plan together."""
    files, room = meet_existing(draft.files, request.destination, folder, request.options.existing)
    refusal = room.refusal() if request.requires_room else None
    if refusal is not None:
        raise refusal
    met = (*warn_of_obstacles(files), *warn_of_taken(files, request.options.existing))
    warnings = (*draft.warnings, *met)
    return Plan(
        header=_header(files, warnings, draft, selection, request),
        files=files,
        samples=draft.samples,
        left_out=tuple(draft.left_out),
        taken=draft.taken,
        warnings=warnings,
        room=room,
    )


def _header(
    files: tuple[PlanFile, ...],
    warnings: tuple[str, ...],
    draft: _Draft,
    selection: Selection,
    request: PlanRequest,
) -> PlanHeader:
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
        bytes=sum(file.size for file in files),
        sources=selection.selectors,
        samples=len({file.sample for file in files if file.sample}),
        warnings=warnings,
        umask=request.umask,
    )


def _job_name(selection: Selection, now: float, taken: set[str]) -> str:
    return job_name(selection.first_source, date.fromtimestamp(now), taken)


def equivalent_command(
    selection: Selection, request: PlanRequest, listed: Path = Path("marks.txt")
) -> str:
    """The command line that does the same; more than 20 marks are read from the file `listed`."""
    options = request.options
    chosen = selection.selectors
    sources = ["--from", str(listed)] if len(chosen) > _MANY_MARKS else list(chosen)
    usual = Options()
    about_fastq = {
        "--grouping": options.grouping if options.grouping != usual.grouping else "",
        "--sample": options.sample,
        "--layout": options.layout,
    }
    flags = ({} if selection.run else about_fastq) | {
        "--existing": options.existing if options.existing != usual.existing else "",
        "--verify": options.verify if options.verify != usual.verify else "",
        "--digest": options.digest,
        "--chmod": options.chmod,
        "--chgrp": options.chgrp,
        "--give-up-after": f"{options.give_up_after:.0f}s" if options.give_up_after else "",
        "--concurrency": options.concurrency if options.concurrency != usual.concurrency else "",
        "--bwlimit": options.bwlimit,
        "--concurrent-files": str(options.concurrent_files or ""),
        "--concurrent-parts": str(options.concurrent_parts or ""),
        "--launch": request.launcher if request.launcher is not Launcher.DETACHED else "",
        "--name": request.name,
    }
    given = [part for flag, value in flags.items() if value for part in (flag, value)]
    words = ["bstui", *_profile_words(request.profile), "import", *sources]
    words += ["--to", os.fspath(request.destination), *_bcl_words(selection, options), *given]
    words += ["--read-only"] * options.read_only
    return shlex.join([*words, "--yes"])


def _bcl_words(selection: Selection, options: Options) -> list[str]:
    return choice_words(options) if selection.run else []


def _profile_words(profile: str) -> list[str]:
    """The environment's own profile has no name that a command line could give."""
    return [] if profile.startswith("env-") else ["--profile", profile]
