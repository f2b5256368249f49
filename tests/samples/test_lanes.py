"""Joining lanes: one order for all reads, and what is refused with its reason."""

import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bstui.basespace.models import Dataset, File
from bstui.errors import UsageError
from bstui.samples.grouping import Grouping, group_choices
from bstui.samples.lanes import JoinedFile, LaneJoins
from bstui.samples.layout import DEFAULTS, Placed
from bstui.samples.places import Places
from tests.samples.things import RUN_1, RUN_2, choice, dataset, file

READS = ("R1", "R2")


def lane_files(
    number: int, lane: int = 1, reads: Sequence[str] = READS, segments: Sequence[int] = (1,)
) -> list[File]:
    return [
        file(f"{number}.{read}.{segment}", f"Heart_S1_L{lane:03}_{read}_{segment:03}.fastq.gz")
        for segment in segments
        for read in reads
    ]


def placed(files: dict[str, list[File]], *datasets: Dataset) -> list[Placed]:
    samples = group_choices([choice("Heart", *datasets)], Grouping.AUTOMATIC)
    return list(Places(samples, files, DEFAULTS[Grouping.AUTOMATIC]))


def join_lanes(
    items: Sequence[Placed], *, unlike: bool = False
) -> tuple[list[JoinedFile], list[str]]:
    """What the files of one sample become, and what is said of it."""
    joins = LaneJoins(unlike=unlike)
    return joins.join(0, items), joins.conclude(Places((items[0].sample,), {}, "{file}"))


def two_lanes(**other: object) -> list[Placed]:
    """A sample of two lanes, the second with these differences."""
    first = dataset(1, lane=1)
    second = msgspec.structs.replace(dataset(2, lane=2), **other)
    return placed({"ds.1": lane_files(1), "ds.2": lane_files(2, lane=2)}, first, second)


def ids(joined: Sequence[JoinedFile]) -> dict[str, list[str]]:
    return {one.path: [part.file.id for part in one.parts] for one in joined}


def test_two_lanes_become_one_file_for_each_read() -> None:
    joined, notes = join_lanes(two_lanes())
    assert ids(joined) == {
        "P/Heart/Heart_S1_R1_001.fastq.gz": ["1.R1.1", "2.R1.1"],
        "P/Heart/Heart_S1_R2_001.fastq.gz": ["1.R2.1", "2.R2.1"],
    }
    assert notes == []


def test_a_single_lane_stays_as_it_is() -> None:
    assert join_lanes(placed({"ds.1": lane_files(1)}, dataset(1))) == ([], [])


def test_runs_whose_names_clash_are_joined_above_their_folders() -> None:
    files = {"ds.1": lane_files(1), "ds.2": lane_files(2)}
    joined, _ = join_lanes(placed(files, dataset(1), dataset(2, runs=(RUN_2,))))
    assert [one.path for one in joined] == [
        "P/Heart/Heart_S1_R1_001.fastq.gz",
        "P/Heart/Heart_S1_R2_001.fastq.gz",
    ]
    assert {part.path.split("/")[2] for part in joined[0].parts} == {RUN_1.name, RUN_2.name}


def test_a_joined_file_that_has_the_name_of_another_samples_file_is_refused() -> None:
    heart = choice("Heart", dataset(1, lane=1), dataset(2, lane=2))
    samples = group_choices([heart, choice("Other", dataset(3))], Grouping.AUTOMATIC)
    files = {f"ds.{n}": lane_files(n, n) for n in (1, 2)}
    files["ds.3"] = [file("3", "HEART_S1_R1_001.fastq.gz")]
    places, joins = Places(samples, files, "{file}"), LaneJoins()
    for number in (0, 1):
        joins.join(number, places.of(number))
    with pytest.raises(UsageError, match=r"Heart_S1_R1_001\.fastq\.gz, the joined file's name"):
        joins.conclude(places)


def test_odd_files_are_kept_and_told() -> None:
    files = {
        "ds.1": [*lane_files(1), file("9", "notes.txt"), file("8", "H_S1_L001_R1_001.fastq.ora")],
        "ds.2": lane_files(2, lane=2),
    }
    joined, notes = join_lanes(placed(files, dataset(1), dataset(2, lane=2)))
    assert len(joined) == 2
    assert "2 files that are not named like gzipped FASTQ" in notes[0]


SIMILAR: dict[str, dict[str, object]] = {
    "libraries differ": {"libraries": (msgspec.structs.replace(RUN_1, id="8"),)},
    "different lengths": {"read_lengths": (76, 76)},
    "index schemes differ": {"read_lengths": (151, 151), "index_lengths": (8,)},
}


@pytest.mark.parametrize("reason", SIMILAR)
def test_what_differs_is_joined_with_consent_only(reason: str) -> None:
    items = two_lanes(**SIMILAR[reason])
    whole = {"read_lengths": (151, 151), "index_lengths": (10, 10)}
    items = [
        msgspec.structs.replace(item, dataset=msgspec.structs.replace(item.dataset, **whole))
        if item.dataset.id == "ds.1"
        else item
        for item in items
    ]
    with pytest.raises(UsageError, match=f"Heart: .*{reason}") as refused:
        join_lanes(items)
    assert "--merge-unlike" in refused.value.hint
    assert len(join_lanes(items, unlike=True)[0]) == 2


WRONG: dict[str, list[Placed]] = {
    r"lane 1 of .* is there twice, in ds\.1 and ds\.2": placed(
        {"ds.1": lane_files(1), "ds.2": lane_files(2)}, dataset(1), dataset(2)
    ),
    r"L002_R1_001\.fastq\.gz has no mate R2": placed(
        {"ds.1": lane_files(1), "ds.2": lane_files(2, lane=2, reads=("R1",))},
        dataset(1),
        dataset(2, lane=2),
    ),
    "by lane and of all lanes together": placed(
        {
            "ds.1": lane_files(1),
            "ds.2": [file(read, f"Heart_S1_{read}_001.fastq.gz") for read in READS],
        },
        dataset(1),
        dataset(2, lane=None),
    ),
    "paired, and R1 or R2 is missing": placed(
        {f"ds.{n}": lane_files(n, n, reads=("R1",)) for n in (1, 2)}, dataset(1), dataset(2, lane=2)
    ),
}


@pytest.mark.parametrize("unlike", [False, True])
@pytest.mark.parametrize("reason", WRONG)
def test_what_would_be_wrong_is_refused_always(reason: str, unlike: bool) -> None:
    with pytest.raises(UsageError, match=f"Heart: .*{reason}"):
        join_lanes(WRONG[reason], unlike=unlike)


def test_single_cell_reads_are_joined_with_consent_only() -> None:
    barcodes = [msgspec.structs.replace(dataset(n, lane=n), read_lengths=(28, 91)) for n in (1, 2)]
    files = {f"ds.{n}": lane_files(n, n, reads=("I1", "R1", "R2")) for n in (1, 2)}
    with pytest.raises(UsageError, match="single-cell"):
        join_lanes(placed(files, *barcodes))
    assert len(join_lanes(placed(files, *barcodes), unlike=True)[0]) == 3


@pytest.mark.parametrize(
    "names",
    [
        ("Heart", "Heart"),
        ("Heart", "hEART"),
        ("Bl\u00e4tt", "Bla\u0308tt"),
    ],
)
def test_joined_files_of_one_name_are_refused(names: tuple[str, str]) -> None:
    datasets = [dataset(n, lane=n) for n in (1, 2, 3, 4)]
    chosen = [choice("A", *datasets[:2]), choice("B", *datasets[2:])]
    samples = group_choices(chosen, Grouping.AUTOMATIC)
    files = {
        f"ds.{n}": [
            file(f"{n}.{read}", f"{names[n > 2]}_S1_L{n:03}_{read}_001.fastq.gz") for read in READS
        ]
        for n in (1, 2, 3, 4)
    }
    places, joins = Places(samples, files, "{file}"), LaneJoins()
    for number in (0, 1):
        joins.join(number, places.of(number))
    with pytest.raises(UsageError, match=f"{names[1]}_S1_R1_001.fastq.gz, the joined file's name"):
        joins.conclude(places)


LANES = st.lists(
    st.tuples(st.sampled_from([RUN_1, RUN_2]), st.integers(1, 4)),
    min_size=2,
    max_size=8,
    unique=True,
)


@settings(deadline=None)
@given(LANES, st.sets(st.sampled_from(["R1", "R2", "I1", "I2"]), min_size=1), st.integers(1, 3))
def test_all_reads_are_joined_in_one_order(
    lanes: list[tuple[object, int]], others: set[str], segments: int
) -> None:
    reads = sorted({"R1", "R2", *others})
    datasets, files = [], {}
    for number, (run, lane) in enumerate(lanes, 1):
        datasets.append(dataset(number, runs=(run,), lane=lane))  # type: ignore[arg-type]
        of_lane = lane_files(number, lane, reads, range(1, segments + 1))
        random.Random(number).shuffle(of_lane)
        files[f"ds.{number}"] = of_lane
    joined, _ = join_lanes(placed(files, *datasets))
    orders = set()
    for one in joined:
        places = []
        for part in one.parts:
            segment = int(part.file.id.rpartition(".")[2])
            places.append((part.dataset.runs[0].name, part.dataset.lane, segment))
        assert places == sorted(places)
        orders.add(tuple(places))
    assert len(joined) == len(reads)
    assert len(orders) == 1
    assert sum(len(one.parts) for one in joined) == len(lanes) * segments * len(reads)
