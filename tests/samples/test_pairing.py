"""What a person should look at before importing."""

import msgspec
import pytest

from bstui.basespace.models import Dataset, File, Reference
from bstui.samples.choice import Choice
from bstui.samples.grouping import Grouping, Sample, group_choices
from bstui.samples.pairing import find_oddities
from tests.samples.things import choice, dataset, file


def name(read: str, lane: int = 1) -> str:
    return f"S_S1_L00{lane}_{read}_001.fastq.gz"


def oddities(*held: tuple[Dataset, list[str]]) -> list[str]:
    (sample,) = group_choices([choice("S", *(item for item, _ in held))], Grouping.AUTOMATIC)
    files: dict[str, list[File]] = {
        item.id: [file(f"{item.id}-{n}", text) for n, text in enumerate(names)]
        for item, names in held
    }
    return list(find_oddities(sample, files))


def test_nothing_is_odd_about_pairs_on_two_lanes() -> None:
    assert not oddities(
        (dataset(1), [name("R1"), name("R2"), name("I1"), "notes.txt"]),
        (dataset(2, lane=2), [name("R1", 2), name("R2", 2)]),
    )


def test_single_end_data_needs_no_mates() -> None:
    assert not oddities((dataset(1, is_paired=False), [name("R1")]))


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ([(dataset(1), [name("R1")])], "S_S1_L001_R1_001.fastq.gz has no mate"),
        ([(dataset(1), [name("R2"), "a_R1.fq"])], "and 1 more has no mate"),
        (
            [(dataset(1), []), (dataset(2, lane=2, is_paired=False), [])],
            "mixes paired and single-end",
        ),
        ([(dataset(1), []), (dataset(2, lane=None), [])], "may be the same reads twice"),
        ([(dataset(1), []), (dataset(2), [])], "several datasets of the same run, lane"),
        ([(dataset(1, lane=2), [name("R1", 1), name("R2", 1)])], "tell another lane"),
    ],
)
def test_oddities(held: list[tuple[Dataset, list[str]]], reason: str) -> None:
    (text,) = oddities(*held)
    assert reason in text
    assert text.startswith("S")


def test_a_single_sample_of_which_a_part_has_no_biosample() -> None:
    unclaimed = Choice(biosample=Reference(id="", name="Undetermined"), taken=(dataset(9),))
    choices = [choice("S", dataset(1)), unclaimed]
    (sample,) = group_choices(choices, Grouping.SINGLE, "Pool")
    assert any("reads of no biosample" in text for text in find_oddities(sample, {}))


@pytest.mark.parametrize(
    ("reads", "size", "is_told"), [(0, 50, True), (5, 0, True), (5, 50, False)]
)
def test_fastq_without_reads_is_told(reads: int, size: int, is_told: bool) -> None:
    held = msgspec.structs.replace(dataset(1, is_paired=False), reads=reads)
    sample = Sample(name="Heart", choices=(choice("Heart", held),))
    told = list(find_oddities(sample, {"ds.1": [file("1", size=size), file("2", "notes.txt", 0)]}))
    assert told == ["Heart: S_S1_L001_R1_001.fastq.gz holds no reads."] * is_told
