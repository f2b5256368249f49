"""Joining lanes: which files of a sample become one, in which order, and where that is wrong.

For each read of a sample, the files of all its runs, lanes and segments are joined in one order,
the same for R1, R2, I1 and I2, so that the n-th read of each still is of the same cluster. Nothing
is read or written here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bstui.basespace.models import Dataset
from bstui.errors import UsageError
from bstui.samples.choice import run_name
from bstui.samples.fastq_name import FastqName, build_name, parse_name
from bstui.samples.grouping import Sample
from bstui.samples.layout import Placed
from bstui.text import collision_key, safe_name, safe_text
from bstui.units import count_text

_JOINABLE = (".fastq.gz", ".fq.gz")
_BARCODE = 30
"""Bases: a first read this short beside index reads is a cell's barcode."""
_SHOWN = 5


class JoinedFile(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One file that lanes become."""

    path: str
    """Relative to the destination."""
    parts: tuple[Placed, ...]
    """In the order in which their bytes follow."""


_Place = tuple[str, str, int, int, str]


class _Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A file with what orders it."""

    placed: Placed
    name: FastqName
    place: _Place
    """Run's name and id, lane, segment, dataset: by what mates are alike, and parts are ordered."""


def _part(placed: Placed, name: FastqName) -> _Part:
    dataset = placed.dataset
    lane = dataset.lane if dataset.lane is not None else name.lane_number
    run_id = "+".join(run.id for run in dataset.runs)
    place = (run_name(dataset), run_id, lane or 0, int(name.segment or 0), dataset.id)
    return _Part(placed=placed, name=name, place=place)


def join_lanes(
    placed: Iterable[Placed], *, unlike: bool = False
) -> tuple[list[JoinedFile], list[str]]:
    """The files that the lanes of each sample become, and sentences about what stays as it is.

    Samples of a single lane have nothing to join. `unlike` consents to joining what differs in
    library, read length or index scheme, and single-cell reads. UsageError names each sample that
    is not to be joined, and why.
    """
    samples: dict[str, list[Placed]] = {}
    for item in placed:
        samples.setdefault(item.sample.name, []).append(item)
    joined: list[JoinedFile] = []
    odd: list[str] = []
    refused: list[str] = []
    for items in samples.values():
        parts, others = _sort_out(items)
        odd += others
        if len({part.place for part in parts}) < 2:
            continue
        reason = next(_find_reasons(items[0].sample, parts, unlike), "")
        if reason:
            refused.append(f"{items[0].sample.name}: {reason}")
        else:
            joined += _join(items[0].sample, parts)
    refused += [
        f"{item.path} is the name of another file" for item in _find_clashing(joined, samples)
    ]
    if refused:
        raise _refusal(refused)
    return joined, [_stay(odd)] if odd else []


def _sort_out(items: Sequence[Placed]) -> tuple[list[_Part], list[str]]:
    """The sample's files in their order, and the paths of those that are never joined."""
    parts: list[_Part] = []
    others: list[str] = []
    for item in items:
        name = parse_name(item.file.name)
        if name is None or name.suffix not in _JOINABLE or name.is_undetermined:
            others.append(item.path)
        else:
            parts.append(_part(item, name))
    return sorted(parts, key=lambda part: part.place), others


def _join(sample: Sample, parts: Sequence[_Part]) -> Iterator[JoinedFile]:
    by_read: dict[str, list[_Part]] = {}
    for part in parts:
        by_read.setdefault(part.name.read, []).append(part)
    folder = _common_folder(part.placed.path for part in parts)
    stem = _stem(sample, parts)
    for read, of_read in sorted(by_read.items()):
        name = safe_name(build_name(msgspec.structs.replace(stem, read=read)))
        yield JoinedFile(
            path=f"{folder}/{name}" if folder else name,
            parts=tuple(part.placed for part in of_read),
        )


def _stem(sample: Sample, parts: Sequence[_Part]) -> FastqName:
    """What the joined files are called: as their parts where these agree, else as the sample."""
    first = parts[0].name
    agreed = {(part.name.sample, part.name.number) for part in parts}
    is_whole = len(agreed) == 1
    return FastqName(
        sample=first.sample if is_whole else sample.folder or sample.name,
        number=first.number if is_whole else None,
        read=first.read,
        segment="001",
        suffix=first.suffix,
    )


def _common_folder(paths: Iterable[str]) -> str:
    folders = [path.split("/")[:-1] for path in paths]
    common = []
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return "/".join(common)


def _find_reasons(sample: Sample, parts: Sequence[_Part], unlike: bool) -> Iterator[str]:
    """Why the parts are not to be joined; what a person may consent to comes last."""
    yield from _find_lone(parts)
    yield from _find_twice(parts)
    if not unlike:
        yield from _find_unlike(_datasets(parts), parts)


def _datasets(parts: Iterable[_Part]) -> list[Dataset]:
    return list({part.placed.dataset.id: part.placed.dataset for part in parts}.values())


def _find_lone(parts: Sequence[_Part]) -> Iterator[str]:
    """A lane that has other reads than the others: what was joined would not be mates."""
    reads: dict[_Place, dict[str, _Part]] = {}
    for part in parts:
        of_place = reads.setdefault(part.place, {})
        if part.name.read in of_place:
            yield f"{safe_text(part.placed.path)} is there twice"
        of_place[part.name.read] = part
    everything = {part.name.read for part in parts}
    for found in reads.values():
        missing = sorted(everything - found.keys())
        if missing:
            one = next(iter(found.values()))
            yield f"{safe_text(one.placed.path)} has no mate {missing[0]}"
    if any(d.is_paired for d in _datasets(parts)) and not {"R1", "R2"} <= everything:
        yield "the data is paired, and R1 or R2 is missing"


def _find_twice(parts: Sequence[_Part]) -> Iterator[str]:
    """The same lane from two datasets: a run that was queued again holds the same reads."""
    seen: dict[tuple[object, ...], str] = {}
    whole: dict[str, set[bool]] = {}
    for part in parts:
        run, run_id, lane, segment, dataset = part.place
        libraries = frozenset(library.id for library in part.placed.dataset.libraries)
        if not run_id:
            continue
        whole.setdefault(run_id, set()).add(lane > 0)
        other = seen.setdefault((run_id, lane, segment, libraries), dataset)
        if other != dataset:
            yield f"lane {lane} of {run} is there twice, in {other} and {dataset}"
        if len(whole[run_id]) > 1:
            yield f"{run} is there by lane and of all lanes together"


def _find_unlike(datasets: Sequence[Dataset], parts: Sequence[_Part]) -> Iterator[str]:
    libraries = {frozenset(library.id for library in d.libraries) for d in datasets}
    if len(libraries) > 1:
        yield f"its files are of {len(libraries)} different libraries"
    if len({d.read_lengths for d in datasets if d.read_lengths}) > 1:
        yield "its reads are of different lengths"
    if len({d.index_lengths for d in datasets if d.index_lengths}) > 1:
        yield "its index schemes differ"
    reads = {part.name.read for part in parts}
    has_barcode = any(d.read_lengths and d.read_lengths[0] <= _BARCODE for d in datasets)
    if "R3" in reads or (reads & {"I1", "I2"} and has_barcode):
        yield "its index reads look like single-cell data, whose programs want lanes as they are"


def _find_clashing(
    joined: Iterable[JoinedFile], samples: Mapping[str, Sequence[Placed]]
) -> list[JoinedFile]:
    """Those that would have the name of a file that is there."""
    by_key = {collision_key(item.path): item for item in joined}
    keys = (collision_key(item.path) for items in samples.values() for item in items)
    return [by_key[key] for key in dict.fromkeys(key for key in keys if key in by_key)]


def _stay(odd: Sequence[str]) -> str:
    return (
        f"{count_text(len(odd), 'file')} that {'is' if len(odd) == 1 else 'are'} not named like "
        f"gzipped FASTQ of a sample, {safe_text(odd[0])} first, "
        f"{'stays as it is' if len(odd) == 1 else 'stay as they are'}: --lanes merge joins no such."
    )


def _refusal(refused: Sequence[str]) -> UsageError:
    more = f"; and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
    return UsageError(
        f"The lanes of {count_text(len(refused), 'sample')} are not to be joined: "
        f"{'; '.join(refused[:_SHOWN])}{more}.",
        why="What was joined could not be told apart again.",
        hint="Leave --lanes merge out, part or leave out samples with --sample-map, or consent to "
        "joining what differs in library, length or index with --merge-unlike.",
    )
