"""Grouping: which biosamples become one sample. It never joins bytes."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from bstui.basespace.models import Dataset
from bstui.errors import UsageError
from bstui.samples.choice import Choice, LeftOut
from bstui.text import collision_key


class Grouping(StrEnum):
    AUTOMATIC = "automatic"
    """One sample for each biosample."""
    SINGLE = "single"
    """All that is chosen becomes one named sample."""
    NONE = "none"
    """Files as they are, by biosample, and no samples."""


class Sample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What comes out: one name, with the datasets that its FASTQ files are in."""

    name: str
    """No other sample of the import has it."""
    choices: tuple[Choice, ...]
    folder: str = ""
    """What its folder is called, where that is not the name: two projects may each have one."""

    @property
    def biosamples(self) -> tuple[str, ...]:
        """The names of the biosamples in it."""
        return tuple(choice.biosample.name for choice in self.choices)

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        return tuple(dataset for choice in self.choices for dataset in choice.taken)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        return tuple(item for choice in self.choices for item in choice.left_out)

    @property
    def project(self) -> str:
        """The project that owns all of its datasets; empty where they do not agree."""
        owners = {(dataset.project_id, dataset.project) for dataset in self.datasets}
        return next(iter(owners))[1] if len(owners) == 1 else ""

    @property
    def runs(self) -> tuple[str, ...]:
        """The names of the runs taken."""
        return tuple(dict.fromkeys(run for choice in self.choices for run in choice.runs))

    @property
    def runs_left_out(self) -> tuple[str, ...]:
        """The names of runs that hold more FASTQ of its biosamples."""
        taken = set(self.runs)
        left = dict.fromkeys(run for choice in self.choices for run in choice.runs_left_out)
        return tuple(run for run in left if run not in taken)


def parse_grouping(text: str, sample: str) -> Grouping:
    """The grouping named `text`; a UsageError where it and the sample's name do not fit."""
    try:
        grouping = Grouping(text)
    except ValueError:
        known = ", ".join(Grouping)
        raise UsageError(f"{text!r} is no grouping.", hint=f"Give one of {known}.") from None
    if grouping is Grouping.SINGLE and not sample.strip():
        raise UsageError(
            "Grouping everything into a single sample needs its name.",
            hint="Give it with --sample NAME.",
        )
    if sample and grouping is not Grouping.SINGLE:
        raise UsageError(
            f"The sample name {sample!r} has no use with grouping {grouping}.",
            hint="Add --grouping single, or leave --sample out.",
        )
    return grouping


def group_choices(
    choices: Sequence[Choice], grouping: Grouping, sample: str = ""
) -> tuple[Sample, ...]:
    """The samples that the choices become; those of which nothing is taken become none."""
    taken = tuple(choice for choice in choices if choice.taken)
    if grouping is Grouping.SINGLE:
        return (Sample(name=sample.strip(), choices=taken),) if taken else ()
    number = Counter(collision_key(choice.biosample.name) for choice in taken)
    return tuple(
        _sample_of(choice, is_alone=number[collision_key(choice.biosample.name)] == 1)
        for choice in taken
    )


def id_of(choice: Choice) -> str:
    """The biosample's, or for reads of no biosample that of their first dataset."""
    return choice.biosample.id or choice.taken[0].id


def _sample_of(choice: Choice, *, is_alone: bool) -> Sample:
    """Where several biosamples have one name, sheets and maps tell them apart by their ids."""
    name = choice.biosample.name
    if is_alone:
        return Sample(name=name, choices=(choice,))
    return Sample(name=f"{name}~{id_of(choice)}", choices=(choice,), folder=name)
