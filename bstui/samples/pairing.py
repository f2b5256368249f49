"""Things about a sample's FASTQ files that a person should look at before importing them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bstui.basespace.models import Dataset, File
from bstui.samples.choice import reads_of, run_name
from bstui.samples.fastq_name import FastqName, build_name, parse_name
from bstui.samples.grouping import Sample
from bstui.text import collision_key, safe_text

_LEAST = 40
"""Bytes that gzipped FASTQ of one read has at least; without reads it has 20 or 28."""
_SEPARATORS = re.compile(r"[-_. ]+")


def find_oddities(sample: Sample, files: Mapping[str, Sequence[File]]) -> Iterator[str]:
    """A sentence for each kind of oddity of the sample. `files` are by dataset id."""
    datasets = sample.datasets
    if len(sample.choices) > 1 and not all(choice.biosample.id for choice in sample.choices):
        yield f"{sample.name} takes in reads of no biosample, such as those that no index claims."
    if len({dataset.is_paired for dataset in datasets} - {None}) > 1:
        yield f"{sample.name} mixes paired and single-end data."
    if len({d.read_lengths for d in datasets if d.read_lengths}) > 1:
        yield f"{sample.name} mixes reads of different lengths."
    twice = _runs_with_and_without_lanes(datasets)
    if twice:
        yield (
            f"{sample.name} has data of {', '.join(twice)} both by lane and of all lanes "
            "together: these may be the same reads twice."
        )
    reads = [reads_of(dataset) for dataset in datasets if dataset.runs]
    if len(set(reads)) < len(reads):
        yield f"{sample.name} takes several datasets of the same run, lane and library."
    lone = [name for d in datasets for name in _lone_reads(d, files.get(d.id, ()))]
    if lone:
        more = f" and {len(lone) - 1} more" if len(lone) > 1 else ""
        yield f"{sample.name}: {safe_text(lone[0])}{more} has no mate, though the data is paired."
    empty = [name for d in datasets for name in _without_reads(d, files.get(d.id, ()))]
    if empty:
        more = f" and {len(empty) - 1} more" if len(empty) > 1 else ""
        yield f"{sample.name}: {safe_text(empty[0])}{more} {'hold' if more else 'holds'} no reads."
    if any(_tell_other_lane(d, files.get(d.id, ())) for d in datasets):
        yield f"{sample.name}: names of files tell another lane than BaseSpace does."


def find_name_variants(samples: Iterable[Sample]) -> Iterator[str]:
    """A sentence for samples whose names are one once `_`, `-`, `.` and blanks count as equal.

    BaseSpace turns `_` into `-` in some names, and programs further on drop what they do not know.
    """
    alike: dict[str, list[str]] = {}
    for sample in samples:
        alike.setdefault(_SEPARATORS.sub("-", collision_key(sample.name)), []).append(sample.name)
    for names in alike.values():
        if len(names) > 1:
            yield (
                f"The samples {', '.join(names)} differ by case, blanks or separators alone: they "
                "are kept apart; a sample map joins or renames them."
            )


def _runs_with_and_without_lanes(datasets: Sequence[Dataset]) -> list[str]:
    split = {run_name(d) for d in datasets if d.runs and d.lane is not None}
    whole = {run_name(d) for d in datasets if d.runs and d.lane is None}
    return sorted(split & whole)


def _lone_reads(dataset: Dataset, files: Sequence[File]) -> Iterator[str]:
    """R1 files without R2, and the reverse, of a dataset that says it is paired."""
    if not dataset.is_paired:
        return
    names = {file.name for file in files}
    for name in sorted(names):
        parts = parse_name(name)
        if parts is not None and parts.read in ("R1", "R2") and _mate(parts) not in names:
            yield name


def _without_reads(dataset: Dataset, files: Sequence[File]) -> Iterator[str]:
    """Files that hold no reads, by BaseSpace's count or by their size."""
    for file in files:
        if (dataset.reads == 0 or file.size < _LEAST) and parse_name(file.name) is not None:
            yield file.name


def _mate(parts: FastqName) -> str:
    other = "R2" if parts.read == "R1" else "R1"
    return build_name(msgspec.structs.replace(parts, read=other))


def _tell_other_lane(dataset: Dataset, files: Sequence[File]) -> bool:
    if dataset.lane is None:
        return False
    told = {parts.lane for file in files if (parts := parse_name(file.name))}
    return any(lane and int(lane) != dataset.lane for lane in told)
