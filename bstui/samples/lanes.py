"""Joining lanes: which files of a sample become one, in which order, and where that is wrong.

For each read of a sample, the files of all its runs, lanes and segments are joined in one order,
the same for R1, R2, I1 and I2, so that the n-th read of each still is of the same cluster. Nothing
is read or written here.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter

import msgspec

from bstui.basespace.models import Dataset
from bstui.errors import UsageError
from bstui.packed import Packed
from bstui.samples.choice import run_name
from bstui.samples.fastq_name import FastqName, build_name, parse_name
from bstui.samples.grouping import Sample
from bstui.samples.layout import Placed
from bstui.samples.places import Places
from bstui.text import collision_key, safe_name, safe_text
from bstui.units import count_text

_JOINABLE = (".fastq.gz", ".fq.gz")
_BARCODE = 30
"""Bases: a first read this short beside index reads is a cell's barcode."""
_SHOWN = 10


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


class LaneJoins:
    """Joins the lanes of one sample after the other, and refuses all together.

    Samples of a single lane have nothing to join. `unlike` consents to joining what differs in
    library, read length or index scheme, and single-cell reads.
    """

    def __init__(self, *, unlike: bool = False) -> None:
        self._unlike = unlike
        self._made = Packed(str)
        """The paths of the joined files."""
        self._of = array("L")
        """Of each, its sample's place."""
        self._odd = 0
        self._first_odd = ""
        self._refused: list[str] = []

    def join(self, number: int, placed: Sequence[Placed]) -> list[JoinedFile]:
        """What the files of a sample, given with its place among the samples, become."""
        parts, others = _sort_out(placed)
        self._odd += len(others)
        self._first_odd = self._first_odd or next(iter(others), "")
        if len({part.place for part in parts}) < 2:
            return []
        sample = placed[0].sample
        reason = next(_find_reasons(parts, self._unlike), "")
        if reason:
            self._refused.append(f"{sample.name}: {reason}")
            return []
        joined = list(_join(sample, parts))
        own = {collision_key(item.path) for item in placed}
        for item in joined:
            if collision_key(item.path) in own:
                self._refuse_name(item.path)
            self._made.append(item.path)
            self._of.append(number)
        return joined

    def conclude(self, places: Places) -> list[str]:
        """Sentences about what stays as it is, once all samples are joined.

        UsageError names the samples that are not to be joined, and why.
        """
        for path in places.find_clashes(self._of, self._made):
            self._refuse_name(path)
        if self._refused:
            raise _refusal(self._refused)
        return [_stay(self._odd, self._first_odd)] if self._odd else []

    def _refuse_name(self, path: str) -> None:
        self._refused.append(f"{safe_text(path)}, the joined file's name, is also another file's")


def _sort_out(items: Iterable[Placed]) -> tuple[list[_Part], list[str]]:
    """The sample's files in their order, and the paths of those that are never joined."""
    parts: list[_Part] = []
    others: list[str] = []
    dataset, run, run_id = None, "", ""
    for item in items:
        name = parse_name(item.file.name)
        if name is None or name.suffix not in _JOINABLE or name.is_undetermined:
            others.append(item.path)
            continue
        if item.dataset is not dataset:
            dataset = item.dataset
            run, run_id = run_name(dataset), "+".join([run.id for run in dataset.runs])
        lane = dataset.lane if dataset.lane is not None else name.lane_number
        place = (run, run_id, lane or 0, int(name.segment or 0), dataset.id)
        parts.append(_Part(placed=item, name=name, place=place))
    return sorted(parts, key=attrgetter("place")), others


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
    alike = {path.rpartition("/")[0] for path in paths}
    if len(alike) == 1:
        return alike.pop()
    folders = [folder.split("/") for folder in alike]
    common = []
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return "/".join(common)


def _find_reasons(parts: Sequence[_Part], unlike: bool) -> Iterator[str]:
    """Why the parts are not to be joined; what a person may consent to comes last."""
    yield from _find_lone(parts)
    yield from _find_twice(parts)
    if not unlike:
        yield from _find_unlike(parts)


def _first_of_each(parts: Iterable[_Part]) -> list[_Part]:
    """The first part of each dataset."""
    return list({part.placed.dataset.id: part for part in reversed([*parts])}.values())[::-1]


def _find_lone(parts: Sequence[_Part]) -> Iterator[str]:
    """A lane that has other reads than the others: what was joined would not be mates."""
    reads: dict[_Place, dict[str, _Part]] = {}
    everything = set()
    for part in parts:
        read, of_place = part.name.read, reads.setdefault(part.place, {})
        if read in of_place:
            yield f"{_shown(part)} is the same read and lane as {_shown(of_place[read])}"
        of_place[read] = part
        everything.add(read)
    for found in reads.values():
        if len(found) < len(everything):
            one = next(iter(found.values()))
            yield f"{_shown(one)} has no mate {min(everything - found.keys())}"
    paired = next((part for part in parts if part.placed.dataset.is_paired), None)
    if paired is not None and not {"R1", "R2"} <= everything:
        yield f"the data of {_shown(paired)} is paired, and R1 or R2 is missing"


def _find_twice(parts: Sequence[_Part]) -> Iterator[str]:
    """The same lane from two datasets: a run that was queued again holds the same reads."""
    seen: dict[tuple[object, ...], _Part] = {}
    by_run: dict[str, _Part] = {}
    for part in {part.place: part for part in parts}.values():
        run, run_id, lane, segment, dataset = part.place
        if not run_id:
            continue
        one = by_run.setdefault(run_id, part)
        libraries = frozenset([library.id for library in part.placed.dataset.libraries])
        other = seen.setdefault((run_id, lane, segment, libraries), part)
        if other.place[-1] != dataset:
            yield (
                f"lane {lane} of {run} is there twice, in {other.place[-1]} and {dataset}: "
                f"{_shown(other)} and {_shown(part)}"
            )
        if (one.place[2] > 0) != (lane > 0):
            yield (
                f"{run} is there by lane and of all lanes together: "
                f"{_shown(one)} and {_shown(part)}"
            )


def _find_unlike(parts: Sequence[_Part]) -> Iterator[str]:
    datasets = _first_of_each(parts)
    for what, tell, value in _ALIKE:
        told: dict[object, _Part] = {}
        for part in datasets:
            found = value(part.placed.dataset)
            if found:
                told.setdefault(found, part)
        if len(told) > 1:
            texts = [f"{_shown(p)} ({tell(p.placed.dataset)})" for p in told.values()]
            yield f"{what}: {' and '.join(texts[:2])}"
    single_cell = _find_single_cell(parts, datasets)
    if single_cell is not None:
        yield (
            f"{_shown(single_cell)} looks like single-cell data, by its index reads: their "
            "programs want lanes as they are"
        )


def _libraries_of(dataset: Dataset) -> object:
    return frozenset([library.id for library in dataset.libraries]) or "none"


def _library_text(dataset: Dataset) -> str:
    return " + ".join([library.name or library.id for library in dataset.libraries]) or "none"


_ALIKE: tuple[
    tuple[str, Callable[[Dataset], str], Callable[[Dataset], object]],
    ...,
] = (
    ("its libraries differ", _library_text, _libraries_of),
    ("its reads are of different lengths", lambda d: d.read_layout, lambda d: d.read_lengths),
    ("its index schemes differ", lambda d: d.read_layout, lambda d: d.index_lengths),
)
"""What must be one for all: the sentence, how a dataset's is shown, and what is compared."""


def _find_single_cell(parts: Sequence[_Part], datasets: Iterable[_Part]) -> _Part | None:
    """A file of what looks like single cells' reads: R3, or index reads beside a barcode's read."""
    of_read = {part.name.read: part for part in parts}
    lengths = [part.placed.dataset.read_lengths for part in datasets]
    has_barcode = any(length and length[0] <= _BARCODE for length in lengths)
    index = of_read.get("I1") or of_read.get("I2")
    return of_read.get("R3") or (index if has_barcode else None)


def _shown(part: _Part) -> str:
    return safe_text(part.placed.path)


def _stay(number: int, first: str) -> str:
    return (
        f"{count_text(number, 'file')} that {'is' if number == 1 else 'are'} not named like "
        f"gzipped FASTQ of a sample, {safe_text(first)} first, "
        f"{'stays as it is' if number == 1 else 'stay as they are'}: --lanes merge joins no such."
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
