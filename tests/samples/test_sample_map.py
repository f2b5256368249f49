"""Sample maps: what a line says, what is refused and where, and that a map comes back as it was."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bstui.errors import UsageError
from bstui.samples.arrangement import DROPPED, Arrangement, assign
from bstui.samples.grouping import Grouping, group_choices
from bstui.samples.sample_map import (
    MapRow,
    SampleMap,
    map_of,
    parse_sample_map,
    read_sample_map,
    resolve_map,
    sample_map_text,
)
from tests.samples.test_arrangement import CHOICES, STEPS, held, made_of, take
from tests.samples.things import choice, dataset

HEART = choice("Heart", dataset(1), dataset(2, lane=2), id="71")
LIVER = choice("Liver 3", dataset(3), id="72")


def said(text: str) -> dict[str, str]:
    return dict(resolve_map(parse_sample_map(text, "map.tsv"), [HEART, LIVER]).assignments)


@pytest.mark.parametrize(
    "text",
    [
        "71\tA\nLiver 3\tB\n",
        "\ufeff# mine\r\nbiosample\tsample\r\nHeart\tA\r\n\r\n72\tB\r\n",
        "sample\tsize\tbiosample_id\nA\t7\t71\nB\t8\t72\n",
        "dataset\tsample\nds.1\tA\nds.2\tA\nds.3\tB",
        "biosample_id\tdataset\tsample\n71\t\tA\n\tds.3\tB\n",
        "=Heart\tA\n72\tB\n72\tB\n",
    ],
)
def test_every_way_to_say_the_same(text: str, tmp_path: Path) -> None:
    path = tmp_path / "map.tsv"
    path.write_bytes(text.encode())
    resolved = resolve_map(read_sample_map(path), [HEART, LIVER])
    assert resolved.assignments == {"ds.1": "A", "ds.2": "A", "ds.3": "B"}
    assert resolved.warnings == ()


def test_a_row_of_a_dataset_counts_before_its_biosamples() -> None:
    text = "biosample\tdataset\tsample\nHeart\t\tA\nHeart\tds.2\t-\nLiver 3\t\tB\n"
    assert said(text) == {"ds.1": "A", "ds.2": DROPPED, "ds.3": "B"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("Heart\n", "line 1: a sample is missing"),
        ("Heart\tA\n\tB\n", "line 2: a biosample is missing"),
        ("Heart\tA\nLiver 3\tB\n71\tC\n", "lines 1 and 3: 71 is of 'A', and of 'C'"),
        ("Heart\tA\x1b\n", "line 1: .* cannot be printed"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        said(text)


def test_a_name_that_several_have_asks_for_the_id() -> None:
    twins = [choice("NTC", dataset(1), id="71"), choice("NTC", dataset(2), id="72")]
    with pytest.raises(UsageError, match="2 biosamples are named 'NTC'") as refused:
        resolve_map(parse_sample_map("NTC\tA\n", "map.tsv"), twins)
    assert "71, 72" in refused.value.hint


def test_what_a_map_does_not_name_or_names_in_vain_is_told() -> None:
    resolved = resolve_map(parse_sample_map("Heart\tA\nHaert\tB\n", "map.tsv"), [HEART, LIVER])
    assert "that of Haert first" in resolved.warnings[0]
    assert "does not name 1 biosample that is chosen, Liver 3 first" in resolved.warnings[1]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_sample_map(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"H\xe9art\tA\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_sample_map(tmp_path / "latin")


WORDS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1).filter(
    lambda word: word != DROPPED and not word.startswith(("#", "=", "\ufeff"))
)
ROWS = st.builds(MapRow, biosample=WORDS, sample=WORDS) | st.builds(
    MapRow, dataset=WORDS, sample=WORDS | st.just(DROPPED)
)


@given(st.lists(ROWS, min_size=1, unique=True))
def test_a_map_that_is_written_is_read_as_it_was(rows: list[MapRow]) -> None:
    again = parse_sample_map(sample_map_text(SampleMap(rows=tuple(rows))), "map.tsv")
    assert [(row.biosample, row.dataset, row.sample) for row in again.rows] == [
        (row.biosample, row.dataset, row.sample) for row in rows
    ]


@settings(max_examples=50, deadline=None)
@given(CHOICES, STEPS)
def test_a_map_of_an_arrangement_makes_it_again(
    drawn: list[tuple[str, int]], steps: list[tuple[str, int, str]]
) -> None:
    choices = made_of(drawn)
    samples = group_choices(choices, Grouping.AUTOMATIC)
    arrangement = Arrangement(samples)
    for action, number, to in steps:
        try:
            take(arrangement, action, number, to)
        except UsageError:
            continue
    made = map_of(choices, arrangement.assignments)
    resolved = resolve_map(parse_sample_map(sample_map_text(made), "map.tsv"), choices)
    again, _ = assign(samples, resolved.assignments)
    assert {name: sorted(ids) for name, ids in held(again).items()} == {
        name: sorted(ids) for name, ids in held(arrangement.samples).items()
    }
