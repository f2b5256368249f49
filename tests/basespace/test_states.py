"""States of runs, datasets and projects, and what a person is told to do about them."""

import msgspec
import pytest

from bstui.basespace.envelopes import read
from bstui.basespace.models import Dataset, Project, Run
from bstui.basespace.states import states_of_dataset, states_of_project, states_of_run
from bstui.basespace.wire import Dataset as WireDataset
from bstui.basespace.wire import Run as WireRun

EUROPE = "https://api.euc1.sh.basespace.illumina.com"


def a_run(**said: object) -> Run:
    body = {"Id": "r.abc", "V1Pre3Id": "105", "Name": "R", "Status": "Complete"} | said
    return read(msgspec.json.encode(body), WireRun).model()


@pytest.mark.parametrize(
    ("said", "states"),
    [
        ({}, []),
        ({"UploadStatus": "Completed"}, []),
        ({"IsArchived": True}, ["archived"]),
        ({"IsZipped": True}, ["zipped"]),
        ({"IsZipping": True}, ["zipping"]),
        ({"IsZipped": True, "IsUnzipping": True}, ["unzipping"]),
        ({"IsDeleted": True}, ["deleted"]),
        ({"IsFileDataDeleted": True}, ["deleted"]),
        ({"IsTransferPending": True}, ["transfer pending"]),
        ({"IsTransferInProgress": True}, ["transfer pending"]),
        ({"Status": "Uploading"}, ["uploading"]),
        ({"Status": "Running", "UploadStatus": "Uploading"}, ["uploading"]),
        ({"Status": "Complete", "UploadStatus": "Uploading"}, ["uploading"]),
        ({"Status": "Failed", "UploadStatus": "Failed"}, ["upload failed"]),
        ({"Status": "Failed", "UploadStatus": "Completed"}, []),
        ({"IsArchived": True, "IsZipped": True}, ["archived", "zipped"]),
    ],
)
def test_the_states_of_a_run(said: dict[str, object], states: list[str]) -> None:
    found = states_of_run(a_run(**said), EUROPE)
    assert [state.name for state in found] == states
    for state in found:
        assert state.meaning.endswith(".")
        assert state.remedy.endswith(".")


def test_restoring_names_the_page_the_command_the_time_and_the_cost() -> None:
    [archived] = states_of_run(a_run(IsArchived=True), EUROPE)
    for said in (
        "https://euc1.sh.basespace.illumina.com/run/105",
        "bs unarchive run -i 105",
        "48 hours",
        "30 iCredits",
    ):
        assert said in archived.text


def test_the_trash_is_another_thing_than_deleted_files() -> None:
    [trash], [gone] = (
        states_of_run(a_run(**{flag: True}), EUROPE) for flag in ("IsDeleted", "IsFileDataDeleted")
    )
    assert "out of the trash" in trash.remedy
    assert "Nothing brings" in gone.remedy


def a_dataset(**said: object) -> Dataset:
    body = {"Id": "ds.1", "Project": {"Id": "7", "Name": "P"}} | said
    return read(msgspec.json.encode(body), WireDataset).model()


@pytest.mark.parametrize(
    ("said", "states"),
    [
        ({"UploadStatus": "Completed"}, []),
        ({"UploadStatus": "Complete"}, []),
        ({"UploadStatus": "Uploading"}, ["uploading"]),
        ({"IsArchived": True}, ["archived"]),
        ({"IsDeleted": True}, ["deleted"]),
    ],
)
def test_the_states_of_a_dataset(said: dict[str, object], states: list[str]) -> None:
    assert [state.name for state in states_of_dataset(a_dataset(**said), EUROPE)] == states


def test_an_archived_dataset_is_restored_where_its_project_is() -> None:
    [archived] = states_of_dataset(a_dataset(IsArchived=True), EUROPE)
    assert "https://euc1.sh.basespace.illumina.com/project/7" in archived.remedy
    assert "bs unarchive dataset -i ds.1" in archived.remedy


def test_a_project_may_change_hands() -> None:
    project = Project(id="1", name="P", is_in_transfer=True)
    assert [state.name for state in states_of_project(project)] == ["transfer pending"]
    assert states_of_project(Project(id="1", name="P")) == ()


@pytest.mark.parametrize(
    ("attributes", "layout"),
    [
        ({"MaxLengthRead1": 151, "MaxLengthRead2": 151}, "2 x 151"),
        ({"MaxLengthRead1": 36}, "1 x 36"),
        ({"MaxLengthRead1": 28, "MaxLengthRead2": 91}, "28 + 91"),
        (
            {"MaxLengthRead1": 50, "MaxLengthIndexRead1": 8, "MaxLengthIndexRead2": 8},
            "1 x 50; index 2 x 8",
        ),
        ({}, ""),
    ],
)
def test_the_read_layout_of_a_dataset(attributes: dict[str, object], layout: str) -> None:
    dataset = a_dataset(Attributes={"common_fastq": attributes})
    assert dataset.read_layout == layout


def test_unindexed_reads_are_known_by_their_project() -> None:
    assert a_dataset(Project={"Id": "1", "Name": "Unindexed Reads"}).is_unindexed
    assert not a_dataset().is_unindexed
