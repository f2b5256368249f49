"""Where files go: no two names meet, and nothing leaves the destination."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.basespace.models import File, Reference
from bstui.errors import UsageError
from bstui.samples.grouping import Grouping, Sample, group_choices, parse_grouping
from bstui.samples.layout import DEFAULTS, check_template
from bstui.samples.places import Places
from bstui.text import collision_key
from tests.samples.things import RUN_1, RUN_2, choice, dataset, file

R1 = "S_S1_L001_R1_001.fastq.gz"
R2 = "S_S1_L001_R2_001.fastq.gz"


def paths(samples: Sequence[Sample], files: dict[str, list[File]], template: str = "") -> list[str]:
    layout = template or DEFAULTS[Grouping.AUTOMATIC]
    return [placed.path for placed in Places(samples, files, check_template(layout))]


def pair(number: int) -> list[File]:
    return [file(f"{number}1", R1), file(f"{number}2", R2)]


def test_the_default_is_project_sample_file() -> None:
    samples = group_choices([choice("Heart", dataset(1))], Grouping.AUTOMATIC)
    assert paths(samples, {"ds.1": pair(1)}) == [f"P/Heart/{R1}", f"P/Heart/{R2}"]


def test_the_project_is_left_out_where_owners_differ() -> None:
    heart = choice("Heart", dataset(1), dataset(2, project="Q", lane=2))
    samples = group_choices([heart], Grouping.AUTOMATIC)
    files = {"ds.1": [file("1", "a.fastq.gz")], "ds.2": [file("2", "b.fastq.gz")]}
    assert paths(samples, files) == ["Heart/a.fastq.gz", "Heart/b.fastq.gz"]


def test_a_single_sample_is_one_folder() -> None:
    choices = [choice("Heart", dataset(1)), choice("Liver", dataset(2, project="Q"))]
    (sample,) = group_choices(choices, Grouping.SINGLE, "Pool 1")
    assert sample.biosamples == ("Heart", "Liver")
    files = {"ds.1": [file("1", "a.fastq.gz")], "ds.2": [file("2", "b.fastq.gz")]}
    assert paths([sample], files, DEFAULTS[Grouping.SINGLE]) == [
        "Pool 1/a.fastq.gz",
        "Pool 1/b.fastq.gz",
    ]


def test_where_names_clash_all_files_of_the_sample_go_by_run() -> None:
    heart = choice("Heart", dataset(1), dataset(2, runs=(RUN_2,)))
    liver = choice("Liver", dataset(3))
    samples = group_choices([heart, liver], Grouping.AUTOMATIC)
    files = {"ds.1": pair(1), "ds.2": [file("3", R1.upper())], "ds.3": [file("4", R1)]}
    assert paths(samples, files) == [
        f"P/Heart/{RUN_1.name}/{R1}",
        f"P/Heart/{RUN_1.name}/{R2}",
        f"P/Heart/{RUN_2.name}/{R1.upper()}",
        f"P/Liver/{R1}",
    ]


def test_where_they_still_clash_by_dataset() -> None:
    heart = choice("Heart", dataset(1), dataset(2, library="8"), dataset(3, runs=()))
    files = {"ds.1": [file("1", R1)], "ds.2": [file("2", R1)], "ds.3": [file("3", "x")]}
    assert paths(group_choices([heart], Grouping.AUTOMATIC), files) == [
        f"P/Heart/{RUN_1.name}/ds.1/{R1}",
        f"P/Heart/{RUN_1.name}/ds.2/{R1}",
        "P/Heart/no-run/ds.3/x",
    ]


def test_one_dataset_with_two_files_of_one_name() -> None:
    files = {"ds.1": [file("1", R1), file("2", R1)]}
    assert paths(group_choices([choice("Heart", dataset(1))], Grouping.AUTOMATIC), files) == [
        f"P/Heart/{RUN_1.name}/ds.1/1/{R1}",
        f"P/Heart/{RUN_1.name}/ds.1/2/{R1}",
    ]


def test_biosamples_of_one_name_are_told_apart_by_id() -> None:
    choices = [
        choice("heart", dataset(1), id="71"),
        choice("Heart", dataset(2), id="72"),
        choice("Heart", dataset(3, project="Q"), id="73"),
    ]
    files = {f"ds.{n}": [file(str(n), R1)] for n in (1, 2, 3)}
    assert paths(group_choices(choices, Grouping.AUTOMATIC), files) == [
        f"P/heart~71/{R1}",
        f"P/Heart~72/{R1}",
        f"Q/Heart/{R1}",
    ]


def test_a_file_is_not_in_the_way_of_a_folder() -> None:
    choices = [
        choice("A", dataset(1), dataset(2, project="Q", lane=2)),
        choice("B", dataset(3, project="A")),
    ]
    files = {"ds.1": [file("1", "b")], "ds.2": [], "ds.3": [file("3", R1)]}
    assert paths(group_choices(choices, Grouping.AUTOMATIC), files) == [
        f"A/{RUN_1.name}/b",
        f"A/B/{RUN_1.name}/{R1}",
    ]


def test_a_layout_of_ones_own() -> None:
    template = "{run}/{library}-{lane}/{read}/{sample}_{file}"
    samples = group_choices([choice("a/b", dataset(1))], Grouping.AUTOMATIC)
    assert paths(samples, {"ds.1": [file("1", R1)]}, template) == [
        f"{RUN_1.name}/lib 7-L001/R1/a%2Fb_{R1}"
    ]


def test_empty_folders_of_a_layout_fall_away() -> None:
    samples = group_choices([choice("A", dataset(1, runs=(), lane=None))], Grouping.AUTOMATIC)
    assert paths(samples, {"ds.1": [file("1", "x.txt")]}, "{run}/{lane}/{read}/{file}") == ["x.txt"]


@pytest.mark.parametrize(
    "template",
    [
        "",
        "/x/{file}",
        "{project}//{file}",
        "../{file}",
        "{sample}/./{file}",
        "{project}/{sample}",
        "{file}/{sample}",
        "{nothing}/{file}",
        "{sample.name}/{file}",
        "{sample!r}/{file}",
        "{sample:>30}/{file}",
        "{}/{file}",
        "{0}/{file}",
        "{sample/{file}",
        "{{file}}",
    ],
)
def test_layouts_that_cannot_be_used(template: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        check_template(template)


@pytest.mark.parametrize(
    ("grouping", "sample", "reason"),
    [("single", "", "needs its name"), ("none", "x", "has no use"), ("twos", "", "is no grouping")],
)
def test_groupings_that_cannot_be_meant(grouping: str, sample: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        parse_grouping(grouping, sample)


def test_nothing_taken_is_no_sample() -> None:
    assert group_choices([choice("A")], Grouping.AUTOMATIC) == ()
    assert group_choices([choice("A")], Grouping.SINGLE, "x") == ()


_NAMES = st.sampled_from(["A", "a", "B", "..", "x/y", "ß", "ss", "é", "e\u0301", "\x1b[0m", ""])
_FILES = st.lists(st.tuples(_NAMES, _NAMES), max_size=3)


@st.composite
def _imports(draw: st.DrawFn) -> tuple[tuple[Sample, ...], dict[str, list[File]]]:
    choices = []
    files: dict[str, list[File]] = {}
    numbers = iter(range(100))
    for number in range(draw(st.integers(1, 4))):
        datasets = []
        for _ in range(draw(st.integers(1, 3))):
            runs = draw(st.sampled_from([(), (RUN_1,), (RUN_2,), (Reference(id="9", name="A"),)]))
            item = dataset(next(numbers), runs=runs, project=draw(_NAMES))
            datasets.append(item)
            files[item.id] = [file(str(next(numbers)), name) for name, _ in draw(_FILES)]
        choices.append(choice(draw(_NAMES), *datasets, id=str(number)))
    grouping = draw(st.sampled_from(list(Grouping)))
    return group_choices(choices, grouping, "A"), files


@given(
    _imports(),
    st.sampled_from([*DEFAULTS.values(), "{file}", "{run}/{file}", "{biosample}-{lane}-{file}"]),
)
def test_no_two_files_meet_and_none_leaves(
    imported: tuple[tuple[Sample, ...], dict[str, list[File]]], template: str
) -> None:
    samples, files = imported
    placed = Places(samples, files, template)
    assert sorted(item.file.id for item in placed) == sorted(
        item.id for items in files.values() for item in items
    )
    keys = [collision_key(item.path) for item in placed]
    assert len(set(keys)) == len(keys)
    folders = {key.rsplit("/", n)[0] for key in keys for n in range(1, key.count("/") + 1)}
    assert not folders & set(keys)
    for item in placed:
        parts = item.path.split("/")
        assert not {"", ".", ".."} & set(parts)
        assert item.path.isprintable()


def test_cell_ranger_has_a_folder_for_each_flow_cell() -> None:
    heart = choice("Heart", dataset(1), dataset(2, runs=(RUN_2,)))
    files = {"ds.1": pair(1), "ds.2": pair(2)}
    samples = group_choices([heart], Grouping.AUTOMATIC)
    assert paths(samples, files, "cellranger") == [
        f"Heart/{run.name}/{name}" for run in (RUN_1, RUN_2) for name in (R1, R2)
    ]
