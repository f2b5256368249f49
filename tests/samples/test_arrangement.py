"""Arranging samples: whatever is done, each dataset is in exactly one place."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bstui.errors import UsageError
from bstui.samples.arrangement import DROPPED, Arrangement, assign
from bstui.samples.choice import Choice
from bstui.samples.grouping import Grouping, Sample, group_choices
from bstui.samples.sample_rows import describe_samples
from tests.samples.things import RUN_1, RUN_2, choice, dataset, file


def heart_and_liver() -> Arrangement:
    heart = choice("Heart", dataset(1), dataset(2, runs=(RUN_2,)), id="71")
    liver = choice("Liver", dataset(3), dataset(4, library="8"), id="72")
    return Arrangement(group_choices([heart, liver], Grouping.AUTOMATIC))


def names(arrangement: Arrangement) -> list[str]:
    return [sample.name for sample in arrangement.samples]


def held(samples: Sequence[Sample]) -> dict[str, list[str]]:
    return {sample.name: [dataset.id for dataset in sample.datasets] for sample in samples}


def test_rename_and_undo() -> None:
    arrangement = heart_and_liver()
    arrangement.rename("Heart", " LV 3 ")
    assert names(arrangement) == ["LV 3", "Liver"]
    arrangement.rename("LV 3", "lv 3")
    assert names(arrangement) == ["lv 3", "Liver"]
    assert arrangement.undo()
    assert arrangement.undo()
    assert names(arrangement) == ["Heart", "Liver"]
    assert not arrangement.undo()
    assert not arrangement.is_changed


@pytest.mark.parametrize("to", ["Liver", "LIVER", "", " ", "-", "a\nb"])
def test_a_name_that_cannot_be(to: str) -> None:
    arrangement = heart_and_liver()
    with pytest.raises(UsageError):
        arrangement.rename("Heart", to)
    assert not arrangement.is_changed


def test_join_and_split_again() -> None:
    arrangement = heart_and_liver()
    arrangement.join(["Heart", "Liver"], "Pool")
    assert held(arrangement.samples) == {"Pool": ["ds.1", "ds.2", "ds.3", "ds.4"]}
    arrangement.split("Pool")
    assert held(arrangement.samples) == {"Heart": ["ds.1", "ds.2"], "Liver": ["ds.3", "ds.4"]}
    arrangement.split("Heart")
    arrangement.split("Liver")
    assert held(arrangement.samples) == {
        f"Heart-{RUN_1.name}": ["ds.1"],
        f"Heart-{RUN_2.name}": ["ds.2"],
        "Liver-lib 7": ["ds.3"],
        "Liver-lib 8": ["ds.4"],
    }
    with pytest.raises(UsageError, match="cannot be split"):
        arrangement.split("Liver-lib 7")


def test_drop_and_move() -> None:
    arrangement = heart_and_liver()
    arrangement.move("71", "Heart", "Liver")
    assert held(arrangement.samples) == {"Liver": ["ds.3", "ds.4", "ds.1", "ds.2"]}
    arrangement.move("72", "Liver", "Other")
    assert held(arrangement.samples) == {"Liver": ["ds.1", "ds.2"], "Other": ["ds.3", "ds.4"]}
    arrangement.drop("Liver")
    assert arrangement.assignments == {
        "ds.1": DROPPED,
        "ds.2": DROPPED,
        "ds.3": "Other",
        "ds.4": "Other",
    }
    with pytest.raises(UsageError, match="no sample"):
        arrangement.drop("Liver")
    with pytest.raises(UsageError, match="has nothing of"):
        arrangement.move("71", "Other", "New")


def test_biosamples_of_one_name_make_samples_of_two_names() -> None:
    choices = [choice("NTC", dataset(1), id="71"), choice("ntc", dataset(2, project="Q"), id="72")]
    samples = group_choices(choices, Grouping.AUTOMATIC)
    assert [sample.name for sample in samples] == ["NTC~71", "ntc~72"]
    assert [sample.folder for sample in samples] == ["NTC", "ntc"]


def test_names_that_differ_by_case_alone_are_refused() -> None:
    samples = heart_and_liver().samples
    with pytest.raises(UsageError, match="differ by case"):
        assign(samples, {"ds.1": "a", "ds.2": "A"})


def test_a_row_tells_what_a_sample_is() -> None:
    arrangement = heart_and_liver()
    arrangement.join(["Heart", "Liver"], "Pool")
    files = {"ds.1": [file("1", size=7)], "ds.3": [file("2", size=8), file("3", size=9)]}
    (row,) = describe_samples(arrangement.samples, files)
    assert (row.name, row.biosamples) == ("Pool", ("Heart", "Liver"))
    assert row.runs == (RUN_1.name, RUN_2.name)
    assert row.lanes == (1,)
    assert row.libraries == ("lib 7", "lib 8")
    assert (row.files, row.size) == (3, 24)
    assert any("has no mate" in text for text in row.warnings)


CHOICES = st.lists(
    st.tuples(st.sampled_from(["A", "B", "a", "A-2"]), st.integers(1, 3)), min_size=1, max_size=6
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["rename", "join", "split", "drop", "move", "undo"]),
        st.integers(0, 9),
        st.sampled_from(["X", "Y", "A"]),
    ),
    max_size=12,
)


def made_of(drawn: Sequence[tuple[str, int]]) -> list[Choice]:
    number = 0
    choices = []
    for name, count in drawn:
        datasets = []
        for i in range(count):
            number += 1
            datasets.append(dataset(number, runs=(RUN_1 if i else RUN_2,), library=str(number)))
        choices.append(choice(name, *datasets, id=f"b{number}"))
    return choices


def take(arrangement: Arrangement, action: str, number: int, to: str) -> None:
    """One step, where it can be taken."""
    if action == "undo" or not arrangement.samples:
        arrangement.undo()
        return
    sample = arrangement.samples[number % len(arrangement.samples)]
    match action:
        case "rename":
            arrangement.rename(sample.name, to)
        case "join":
            arrangement.join([sample.name, arrangement.samples[0].name], to)
        case "split":
            arrangement.split(sample.name)
        case "drop":
            arrangement.drop(sample.name)
        case "move":
            moved = sample.choices[number % len(sample.choices)].biosample.id
            arrangement.move(moved, sample.name, to)


@settings(max_examples=50, deadline=None)
@given(CHOICES, STEPS)
def test_arranging_is_a_partition(
    drawn: Sequence[tuple[str, int]], steps: Sequence[tuple[str, int, str]]
) -> None:
    choices = made_of(drawn)
    everything = {dataset.id for chosen in choices for dataset in chosen.taken}
    samples = group_choices(choices, Grouping.AUTOMATIC)
    arrangement = Arrangement(samples)
    for action, number, to in steps:
        try:
            take(arrangement, action, number, to)
        except UsageError:
            continue
        found = Counter(dataset.id for sample in arrangement.samples for dataset in sample.datasets)
        assert set(found.values()) <= {1}, "a dataset is in two samples"
        assert arrangement.assignments.keys() == everything
        assert all(sample.datasets for sample in arrangement.samples)
    made, left = assign(samples, arrangement.assignments)
    kept = {
        sample.name: sorted(found) for sample, found in zip(made, held(made).values(), strict=True)
    }
    assert kept == {name: sorted(found) for name, found in held(arrangement.samples).items()}
    out = {dataset.id for chosen in left for dataset in chosen.taken}
    assert out | {d for found in kept.values() for d in found} == everything
    while arrangement.undo():
        pass
    assert arrangement.samples == samples
