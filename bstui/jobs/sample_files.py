"""The FASTQ part of a plan: samples, where each of their files goes, and what is left out.

It asks nobody: it is made of what `gather` found.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bstui.errors import BstuiError, NotAllowed, NotFound, UsageError
from bstui.jobs.destination import Room
from bstui.jobs.records import Options, PlanFile
from bstui.packed import Packed
from bstui.samples.arrangement import assign
from bstui.samples.choice import LeftOut, leave, run_name
from bstui.samples.gathering import Gathered
from bstui.samples.grouping import Grouping, Sample, group_choices, parse_grouping
from bstui.samples.lanes import JoinedFile, LaneJoins
from bstui.samples.layout import CELL_RANGER, DEFAULTS, Placed, check_template, read_of
from bstui.samples.marks import ScopeKind
from bstui.samples.pairing import find_name_variants, find_oddities
from bstui.samples.places import Places
from bstui.samples.sample_map import SampleMap, resolve_map
from bstui.samples.selection import Selection
from bstui.samples.sheet_format import load_sheets
from bstui.text import safe_text

_ALONE = ("", 0)
ABOUT_SAMPLE, ABOUT_SHEETS = "sample:", "sheets"
_NOT_WANTED = "left out by the sample map"


class PlannedSamples(msgspec.Struct, frozen=True, kw_only=True):
    """The samples, and a line of the plan for each of their files."""

    samples: tuple[Sample, ...]
    files: Sequence[PlanFile]
    left_out: list[LeftOut]
    warnings: list[str]
    about: dict[str, str]
    """As `Plan.about`."""


def check_options(options: Options) -> tuple[Grouping, str]:
    """The grouping and the layout; UsageError where they cannot be meant."""
    grouping = parse_grouping(options.grouping, options.sample)
    return grouping, check_template(options.layout or DEFAULTS[grouping])


def plan_samples(
    gathered: Gathered, selection: Selection, options: Options, sample_map: SampleMap
) -> PlannedSamples:
    """What becomes of the FASTQ that was gathered. NotFound, NotAllowed where nothing is left."""
    grouping, template = check_options(options)
    left_out = gathered.left_out + [item for c in gathered.choices for item in c.left_out]
    grouped = group_choices(gathered.choices, grouping, options.sample)
    resolved = resolve_map(sample_map, gathered.choices)
    samples, dropped = assign(grouped, resolved.assignments)
    left_out += [leave(c.biosample, d, _NOT_WANTED) for c in dropped for d in c.taken]
    if not samples:
        raise _nothing_left(gathered, selection, left_out)
    may_have_blanks = all(form.blanks for form in load_sheets(options.sheets))
    has_samples = grouping is not Grouping.NONE
    places = Places(samples, gathered.files, template, blanks=may_have_blanks)
    joins = _lane_joins(options, has_samples)
    variants = list(find_name_variants(samples if has_samples else ()))
    files = Packed(PlanFile)
    oddities: dict[str, str] = {}
    for number, sample in enumerate(samples):
        placed = places.of(number)
        joined = joins.join(number, placed) if joins else ()
        files.extend(_plan_files(placed, joined, has_samples))
        oddities |= dict.fromkeys(find_oddities(sample, gathered.files), sample.name)
    kept = joins.conclude(places) if joins else []
    blanks = [] if may_have_blanks else list(_warn_of_blanks(places))
    return PlannedSamples(
        samples=samples,
        files=files,
        left_out=left_out,
        warnings=[
            *selection.notes,
            *gathered.warnings,
            *resolved.warnings,
            *kept,
            *blanks,
            *_count_reasons(left_out),
            *variants,
            *oddities,
        ],
        about={
            **dict.fromkeys(blanks, ABOUT_SHEETS),
            **{text: f"{ABOUT_SAMPLE}{name}" for text, name in oddities.items()},
        },
    )


def _warn_of_blanks(placed: Iterable[Placed]) -> Iterator[str]:
    """That names are spelt otherwise on disk, where any is."""
    for item in placed:
        names = (item.sample.project, item.sample.folder or item.sample.name, item.file.name)
        if any(len(name.split(maxsplit=1)) > 1 for name in names):
            yield f"Blanks in names are _ in paths, for the sheet allows none: {item.path}"
            return


def _lane_joins(options: Options, has_samples: bool) -> LaneJoins | None:
    """What joins lanes; None where they are kept."""
    if options.lanes == "keep":
        return None
    if not has_samples:
        raise UsageError(
            "Lanes are joined by sample, and --grouping none makes no samples.",
            hint="Choose another grouping, or leave --lanes merge out.",
        )
    if options.layout == CELL_RANGER:
        raise UsageError(
            "Cell Ranger wants the files of lanes as they are.",
            hint="Leave --lanes merge out, or choose another --layout.",
        )
    return LaneJoins(unlike=options.merge_unlike)


def add_joined(room: Room, files: Iterable[PlanFile], options: Options) -> Room:
    """The room that is needed with the joined files: all of them beside their parts, or where the
    parts are removed that of the largest sample."""
    sizes: dict[str, int] = {}
    count = 0
    for file in files:
        if file.merged:
            whose = file.sample if options.remove_lanes else ""
            sizes[whose] = sizes.get(whose, 0) + file.size
            count += file.part == 1
    most = max(sizes.values(), default=0)
    return msgspec.structs.replace(room, needed=room.needed + most, files=room.files + count)


def _plan_files(
    placed: Sequence[Placed], joined: Iterable[JoinedFile], has_samples: bool
) -> Iterator[PlanFile]:
    """The lines of one sample's files."""
    places = {
        part.file.id: (item.path, number)
        for item in joined
        for number, part in enumerate(item.parts, 1)
    }
    dataset, run, run_id, library = None, "", "", ""
    for item in placed:
        if item.dataset is not dataset:
            dataset = item.dataset
            run, run_id = run_name(dataset), "+".join([run.id for run in dataset.runs])
            library = "+".join([library.name or library.id for library in dataset.libraries])
        file = item.file
        merged, part = places.get(file.id, _ALONE)
        yield PlanFile(
            id=file.id,
            name=safe_text(file.name),
            path=item.path,
            size=file.size,
            etag=file.etag,
            sample=item.sample.name if has_samples else "",
            biosample=item.biosample.id,
            biosample_name=item.biosample.name,
            dataset=dataset.id,
            project=dataset.project,
            run=run,
            run_id=run_id,
            library=library,
            lane=dataset.lane,
            read=read_of(file),
            merged=merged,
            part=part,
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
