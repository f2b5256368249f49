"""Which datasets count, and that nothing is left out in silence."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.basespace import wire
from bstui.basespace.models import Dataset, Reference
from bstui.samples.choice import SAME_READS, Besides, choose_datasets
from bstui.samples.marks import Scope, ScopeKind
from tests.samples.things import RUN_1, RUN_2, dataset

HEART = Reference(id="1", name="Heart")
ALL = (Scope(),)
IN_RUN_1 = Scope(ScopeKind.RUN, RUN_1.id, RUN_1.name)
IN_RUN_2 = Scope(ScopeKind.RUN, RUN_2.id, RUN_2.name)
IN_Q = Scope(ScopeKind.PROJECT, "id of Q", "Q")


def ids(datasets: tuple[Dataset, ...]) -> list[str]:
    return [item.id for item in datasets]


def test_what_failed_quality_control_is_taken_when_asked_for() -> None:
    failed = dataset(2, days=9, qc_status="QcFailed")
    choice = choose_datasets(HEART, [failed], [Scope()], besides=Besides(qc_failed=True))
    assert choice.taken == (failed,)


def test_without_a_scope_everything_is_taken() -> None:
    choice = choose_datasets(HEART, [dataset(1), dataset(2, runs=(RUN_2,))], ALL)
    assert ids(choice.taken) == ["ds.1", "ds.2"]
    assert choice.runs == (RUN_1.name, RUN_2.name)
    assert choice.runs_left_out == ()


def test_a_run_takes_its_own_and_says_which_runs_are_left_out() -> None:
    found = [dataset(1), dataset(2, runs=(RUN_2,)), dataset(3, runs=())]
    choice = choose_datasets(HEART, found, [IN_RUN_1])
    assert ids(choice.taken) == ["ds.1"]
    assert choice.runs_left_out == (RUN_2.name,)
    assert [(item.id, item.is_chosen) for item in choice.left_out] == [
        ("ds.2", False),
        ("ds.3", False),
    ]
    assert RUN_2.name in choice.left_out[0].text


def test_several_ticks_are_their_union() -> None:
    found = [
        dataset(1),
        dataset(2, runs=(RUN_2,)),
        dataset(3, project="Q", lane=3),
        dataset(4, project="R", lane=4),
    ]
    assert ids(choose_datasets(HEART, found, [IN_RUN_2, IN_Q]).taken) == ["ds.3", "ds.2"]
    assert len(choose_datasets(HEART, found, [IN_RUN_2, Scope()]).taken) == 4


def test_a_run_may_be_known_by_its_other_id() -> None:
    scope = Scope(ScopeKind.RUN, "r.abc", "R")
    assert choose_datasets(HEART, [dataset(1)], [scope]).taken == ()
    taken = choose_datasets(HEART, [dataset(1)], [scope], runs={"r.abc": RUN_1.id}).taken
    assert ids(taken) == ["ds.1"]


def test_the_newest_of_the_same_reads_is_taken() -> None:
    found = [dataset(1), dataset(2, days=9), dataset(3, days=5), dataset(4, lane=2)]
    choice = choose_datasets(HEART, found, ALL)
    assert ids(choice.taken) == ["ds.2", "ds.4"]
    assert {item.id for item in choice.left_out} == {"ds.1", "ds.3"}
    assert all("ds.2 of 2026-01-21T09:30:00Z" in item.text for item in choice.left_out)


@pytest.mark.parametrize(
    "other",
    [
        dataset(2, lane=2),
        dataset(2, library="8"),
        dataset(2, runs=(RUN_2,)),
        dataset(2, runs=(RUN_1, RUN_2)),
        dataset(2, runs=()),
    ],
)
def test_other_reads_are_no_duplicate(other: Dataset) -> None:
    assert len(choose_datasets(HEART, [dataset(1), other], ALL).taken) == 2


def test_uploads_without_a_run_are_all_taken() -> None:
    found = [dataset(1, runs=()), dataset(2, runs=())]
    assert len(choose_datasets(HEART, found, ALL).taken) == 2


def test_without_a_library_the_name_decides() -> None:
    one, again, other = (
        dataset(n, name, library="", days=n)
        for n, name in ((1, "A_L001"), (2, "A_L001"), (3, "B_L001"))
    )
    assert ids(choose_datasets(HEART, [one, again, other], ALL).taken) == ["ds.2", "ds.3"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (dataset(2, days=9, qc_status="QcFailed"), "failed quality control"),
        (dataset(2, days=9, is_archived=True), "archived"),
        (dataset(2, days=9, is_deleted=True), "deleted"),
        (dataset(2, days=9, upload_status="Uploading"), "upload is not complete (Uploading)"),
    ],
)
def test_what_cannot_be_used_gives_way_to_an_older_one(bad: Dataset, reason: str) -> None:
    choice = choose_datasets(HEART, [dataset(1), bad], ALL)
    assert ids(choice.taken) == ["ds.1"]
    assert reason in choice.left_out[0].text
    assert choice.left_out[0].is_chosen


def test_a_dataset_that_is_named_is_taken_though_older() -> None:
    found = [dataset(1), dataset(2, days=9)]
    assert ids(choose_datasets(HEART, found, ALL, named=["ds.1"]).taken) == ["ds.1"]
    assert ids(choose_datasets(HEART, found, (), named=["ds.1", "ds.2"]).taken) == ["ds.1", "ds.2"]


_DATASETS = st.lists(
    st.builds(
        dataset,
        st.integers(1, 99),
        runs=st.sampled_from([(), (RUN_1,), (RUN_2,), (RUN_1, RUN_2)]),
        lane=st.sampled_from([None, 1, 2]),
        library=st.sampled_from(["", "7", "8"]),
        project=st.sampled_from(["P", "Q"]),
        days=st.integers(0, 3),
        qc_status=st.sampled_from(["", "QcFailed"]),
        is_archived=st.booleans(),
    ),
    unique_by=lambda item: item.id,
)


@given(_DATASETS, st.sets(st.sampled_from([Scope(), IN_RUN_1, IN_RUN_2, IN_Q])))
def test_everything_is_taken_or_left_out(datasets: list[Dataset], scopes: set[Scope]) -> None:
    choice = choose_datasets(HEART, datasets, scopes)
    taken = ids(choice.taken)
    left = [item.id for item in choice.left_out]
    assert sorted(taken + left) == sorted(item.id for item in datasets)
    assert all(item.reason for item in choice.left_out)
    assert choose_datasets(HEART, reversed(datasets), scopes).taken == choice.taken


def copy_of(original: Dataset, number: int, *, days: int, runs: bool) -> Dataset:
    changes = {"origin": original.id} | ({} if runs else {"runs": (), "lane": None})
    return msgspec.structs.replace(dataset(number, project="Q", days=days), **changes)


@pytest.mark.parametrize("runs", [True, False])
def test_of_copies_the_original_is_taken_though_older(runs: bool) -> None:
    original = dataset(1)
    copies = [copy_of(original, n, days=n, runs=runs) for n in (2, 3)]
    chosen = choose_datasets(HEART, [*copies, original], [Scope()])
    assert [d.id for d in chosen.taken] == ["ds.1"]
    assert {left.id: left.reason for left in chosen.left_out} == dict.fromkeys(
        ("ds.2", "ds.3"), SAME_READS
    )
    assert all("of which it is a copy" in left.detail for left in chosen.left_out)


@pytest.mark.parametrize("runs", [True, False])
def test_of_copies_alone_the_newest_is_taken(runs: bool) -> None:
    copies = [copy_of(dataset(1), n, days=n, runs=runs) for n in (2, 3)]
    assert [d.id for d in choose_datasets(HEART, copies, [Scope()]).taken] == ["ds.3"]


def test_the_server_tells_what_a_dataset_is_a_copy_of() -> None:
    told = b'{"Id": "ds.2", "OriginDataset": {"Id": "ds.1", "Name": "S_L001"}}'
    assert msgspec.json.decode(told, type=wire.Dataset).model().origin == "ds.1"
