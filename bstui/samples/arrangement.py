"""The samples of an import as a person arranges them: rename, join, split, drop, move, undo.

Nothing here asks the service or changes what is fetched of a dataset: an arrangement only says
which sample each dataset is of, or that it is left out. Its `assignments` are what a plan is made
with, and what `--sample-map` holds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from bstui.basespace.models import Dataset
from bstui.errors import UsageError
from bstui.samples.choice import Choice, run_name
from bstui.samples.grouping import Sample
from bstui.text import collision_key

DROPPED = "-"
"""In place of a sample's name: what is left out."""

Assignments = Mapping[str, str]
"""Dataset id → the name of the sample it is of, or `-` where it is left out."""


class Arrangement:
    """Samples that can be changed, and every change undone. Samples are named by their names."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._all = tuple(dataset.id for sample in samples for dataset in sample.datasets)
        self._now = tuple(samples)
        self._before: list[tuple[Sample, ...]] = []

    @property
    def samples(self) -> tuple[Sample, ...]:
        """As they are now."""
        return self._now

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self._before)

    @property
    def assignments(self) -> dict[str, str]:
        """For each dataset the name of its sample, or `-`."""
        names = {d.id: sample.name for sample in self._now for d in sample.datasets}
        return {dataset: names.get(dataset, DROPPED) for dataset in self._all}

    def rename(self, name: str, to: str) -> None:
        """Call a sample otherwise. UsageError where another has that name, or it is none."""
        to = check_sample_name(to)
        self._require_free(to, but=name)
        self._replace([name], lambda sample: [Sample(name=to, choices=sample.choices)])

    def join(self, names: Sequence[str], to: str) -> None:
        """Make one sample, called `to`, of these."""
        to = check_sample_name(to)
        joined = [self._find(name) for name in dict.fromkeys(names)]
        self._require_free(to, but=names)
        choices = tuple(choice for sample in joined for choice in sample.choices)
        first = joined[0].name
        self._replace(
            [sample.name for sample in joined],
            lambda sample: [Sample(name=to, choices=choices)] if sample.name == first else [],
        )

    def split(self, name: str) -> None:
        """Make a sample of each of its biosamples; of one biosample's, of each run, or library.

        UsageError where there is nothing that tells parts of it apart.
        """
        sample = self._find(name)
        parts = _parts_of(sample)
        others = {collision_key(other.name) for other in self._now if other.name != name}
        made: list[Sample] = []
        for part, choices in parts.items():
            unique = _unused(part, others)
            others.add(collision_key(unique))
            made.append(Sample(name=unique, choices=choices))
        self._replace([name], lambda _: made)

    def drop(self, name: str) -> None:
        """Leave a sample out."""
        self._replace([name], lambda _: [])

    def move(self, biosample: str, name: str, to: str) -> None:
        """Move what the sample `name` has of a biosample, given by its id, to the sample `to`.

        Where there is no sample `to`, it is made, after `name`.
        """
        to = check_sample_name(to)
        source = self._find(name)
        moved = tuple(choice for choice in source.choices if choice.biosample.id == biosample)
        if not moved:
            raise UsageError(f"The sample {name} has nothing of the biosample {biosample}.")
        if to == name:
            return
        left = tuple(choice for choice in source.choices if choice not in moved)
        rest = [Sample(name=name, choices=left, folder=source.folder)] if left else []
        if any(sample.name == to for sample in self._now):
            self._replace(
                [name, to], lambda sample: rest if sample is source else [_more(sample, moved)]
            )
        else:
            self._require_free(to, but=name if not left else ())
            self._replace([name], lambda _: [*rest, Sample(name=to, choices=moved)])

    def undo(self) -> bool:
        """Take the last change back; False where there is none."""
        if not self._before:
            return False
        self._now = self._before.pop()
        return True

    def _find(self, name: str) -> Sample:
        for sample in self._now:
            if sample.name == name:
                return sample
        raise UsageError(f"There is no sample {name!r}.")

    def _require_free(self, to: str, but: str | Sequence[str]) -> None:
        but = (but,) if isinstance(but, str) else but
        for sample in self._now:
            if collision_key(sample.name) == collision_key(to) and sample.name not in but:
                raise UsageError(
                    f"There is a sample {sample.name!r} already.",
                    hint="Move the biosamples there, or give another name.",
                )

    def _replace(self, names: Sequence[str], change: Callable[[Sample], list[Sample]]) -> None:
        for name in names:
            self._find(name)
        after = [
            new
            for sample in self._now
            for new in (change(sample) if sample.name in names else [sample])
        ]
        if tuple(after) != self._now:
            self._before.append(self._now)
            self._now = tuple(after)


def check_sample_name(name: str) -> str:
    """The name itself, without blanks around it; a UsageError where it cannot be one."""
    name = name.strip()
    if not name or name == DROPPED:
        raise UsageError("A sample needs a name.", hint="Give a word of letters and digits.")
    if not name.isprintable():
        raise UsageError(f"{name!r} holds what cannot be printed, so it is no sample's name.")
    return name


def assign(
    samples: Sequence[Sample], assignments: Assignments
) -> tuple[tuple[Sample, ...], tuple[Choice, ...]]:
    """The samples that the assignments make of these, and what they leave out.

    A dataset that nothing is said of stays with its sample. New samples come in the order of their
    first dataset. UsageError where two names are one to some file system.
    """
    if not assignments:
        _require_distinct(sample.name for sample in samples)
        return tuple(samples), ()
    parts: dict[str, dict[int, list[Dataset]]] = {}
    dropped: dict[int, list[Dataset]] = {}
    choices = [choice for sample in samples for choice in sample.choices]
    number = 0
    for sample in samples:
        for choice in sample.choices:
            for dataset in choice.taken:
                name = assignments.get(dataset.id, sample.name)
                part = dropped if name == DROPPED else parts.setdefault(name, {})
                part.setdefault(number, []).append(dataset)
            number += 1
    _require_distinct(parts)
    folders = {sample.name: sample.folder for sample in samples}
    made = tuple(
        Sample(name=name, choices=tuple(_cut(choices, part)), folder=folders.get(name, ""))
        for name, part in parts.items()
    )
    return made, tuple(_cut(choices, dropped))


def _require_distinct(names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(collision_key(name), name)
        if other != name:
            raise UsageError(
                f"The samples {other!r} and {name!r} differ by case or by Unicode form alone.",
                why="Some file systems and programs take them for one.",
                hint="Write them alike to join them, or give another name.",
            )


def _cut(choices: Sequence[Choice], part: Mapping[int, list[Dataset]]) -> Iterator[Choice]:
    """Of each choice, by its number, the part of its datasets."""
    for number, datasets in part.items():
        choice = choices[number]
        yield msgspec.structs.replace(choice, taken=tuple(datasets))


def _parts_of(sample: Sample) -> dict[str, tuple[Choice, ...]]:
    """The parts that a sample can be split into, by the names they get."""
    if len(sample.choices) > 1:
        by_biosample: dict[str, list[Choice]] = {}
        for choice in sample.choices:
            by_biosample.setdefault(choice.biosample.id or choice.biosample.name, []).append(choice)
        if len(by_biosample) > 1:
            return _named((part[0].biosample.name, tuple(part)) for part in by_biosample.values())
    for tell in (run_name, _library_name):
        told = list(dict.fromkeys(tell(dataset) for dataset in sample.datasets))
        if len(told) > 1:
            return _named(
                (f"{sample.name}-{value or 'none'}", tuple(_only(sample.choices, tell, value)))
                for value in told
            )
    raise UsageError(
        f"The sample {sample.name} cannot be split.",
        why="It is of one biosample, one run and one library.",
    )


def _named(parts: Iterable[tuple[str, tuple[Choice, ...]]]) -> dict[str, tuple[Choice, ...]]:
    named: dict[str, tuple[Choice, ...]] = {}
    for name, choices in parts:
        named[_unused(name, {collision_key(other) for other in named})] = choices
    return named


def _only(
    choices: Iterable[Choice], tell: Callable[[Dataset], str], value: str
) -> Iterator[Choice]:
    for choice in choices:
        taken = tuple(dataset for dataset in choice.taken if tell(dataset) == value)
        if taken:
            yield msgspec.structs.replace(choice, taken=taken)


def _library_name(dataset: Dataset) -> str:
    return "+".join(library.name or library.id for library in dataset.libraries)


def _unused(name: str, others: set[str]) -> str:
    """`name`, or the first of `name-2`, `name-3` … that no other has."""
    number, unique = 1, name
    while collision_key(unique) in others:
        number += 1
        unique = f"{name}-{number}"
    return unique


def _more(sample: Sample, choices: tuple[Choice, ...]) -> Sample:
    return Sample(name=sample.name, choices=(*sample.choices, *choices), folder=sample.folder)
