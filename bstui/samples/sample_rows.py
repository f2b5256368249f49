"""The review's table: a row for each sample."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bstui.basespace.models import File
from bstui.samples.grouping import Sample
from bstui.samples.pairing import find_oddities


class SampleRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a person looks at before a sample is imported."""

    name: str
    biosamples: tuple[str, ...]
    """Names, as runs and libraries."""
    runs: tuple[str, ...]
    runs_left_out: tuple[str, ...]
    """Those that hold more FASTQ of its biosamples."""
    lanes: tuple[int, ...]
    """Empty where datasets hold all lanes."""
    libraries: tuple[str, ...]
    layouts: tuple[str, ...]
    """Read lengths, as `2 x 151`; one where the sample is of one kind."""
    files: int
    size: int
    """Bytes."""
    warnings: tuple[str, ...]


def describe_samples(
    samples: Iterable[Sample], files: Mapping[str, Sequence[File]]
) -> list[SampleRow]:
    """A row for each sample, in their order. `files` are by dataset id."""
    return [_describe(sample, files) for sample in samples]


def _describe(sample: Sample, files: Mapping[str, Sequence[File]]) -> SampleRow:
    datasets = sample.datasets
    held = [file for dataset in datasets for file in files.get(dataset.id, ())]
    libraries = (library.name or library.id for d in datasets for library in d.libraries)
    return SampleRow(
        name=sample.name,
        biosamples=tuple(dict.fromkeys(sample.biosamples)),
        runs=sample.runs,
        runs_left_out=sample.runs_left_out,
        lanes=tuple(sorted({d.lane for d in datasets if d.lane is not None})),
        libraries=tuple(dict.fromkeys(libraries)),
        layouts=tuple(dict.fromkeys(d.read_layout for d in datasets if d.read_layout)),
        files=len(held),
        size=sum(file.size for file in held),
        warnings=tuple(find_oddities(sample, files)),
    )
