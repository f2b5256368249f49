"""Recorded bodies, and odd ones, read into models."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from bstui.basespace import models, wire
from bstui.basespace.envelopes import V1Answer, V1List, V2List, etag, moment, read, text
from bstui.errors import BstuiError
from tests.basespace.recorded import recorded


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2018-07-19T23:50:10.0000000Z", datetime(2018, 7, 19, 23, 50, 10, tzinfo=UTC)),
        ("2025-05-28T08:00:47.6095590Z", datetime(2025, 5, 28, 8, 0, 47, 609559, tzinfo=UTC)),
        ("2015-03-30T20:11:41.0000000", datetime(2015, 3, 30, 20, 11, 41, tzinfo=UTC)),
        ("2025-05-28T08:00:47+02:00", datetime(2025, 5, 28, 6, 0, 47, tzinfo=UTC)),
        ("0001-01-01T00:00:00.0000000Z", None),
        ("0001-01-01T00:00:00.0000000+05:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(value: str | None, expected: datetime | None) -> None:
    assert moment(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0409bb07-6", "0409bb07-6"),
        ('"0409bb07"', "0409bb07"),
        ('W/"0409bb07"', "W/0409bb07"),
        ("W/0409bb07", "W/0409bb07"),
        ('""', None),
        (" ", None),
        (None, None),
    ],
)
def test_etags(value: str | None, expected: str | None) -> None:
    assert etag(value) == expected


def test_texts_are_made_safe() -> None:
    assert text("S[/b]\x1b[2J\u202e") == "S[/b]\\x1b[2J\\u202e"
    assert text(7) == "7"
    assert text(None) == ""


def test_recorded_projects() -> None:
    answer = read(recorded("v1_users_current_projects_p1"), V1List[wire.Project])
    assert (answer.total, answer.limit, len(answer.items)) == (7, 3, 3)
    assert answer.items[1].model() == models.Project(
        id="86591915",
        name="MiSeq: Myeloid RNA Panel (Brain and SeraSeq Samples)",
        owner="Illumina Public Data",
        owner_id="9319322",
        size=2_971_103_577,
        created=datetime(2018, 7, 18, 18, 49, 7, tzinfo=UTC),
        modified=datetime(2020, 2, 1, 2, 32, 16, tzinfo=UTC),
        is_shared=True,
    )
    alone = read(recorded("v1_project"), V1Answer[wire.Project]).response.model()
    assert alone == answer.items[1].model()


def test_the_recorded_run_of_v1() -> None:
    run = read(recorded("v1_run_object"), wire.Run).model()
    assert (run.id, run.v1_id) == ("105215111", "105215111")
    assert run.name == "180718_M04074_0242_000000000-BRGPG"
    assert run.experiment == "Myeloid_RNA_Public_Data_MiSeq"
    assert (run.instrument, run.platform) == ("M04074", "MiSeq")
    assert run.flowcell == "000000000-BRGPG"
    assert run.size == 6_340_605_279
    assert run.is_zipped
    assert run.is_complete
    assert not run.is_archived


def test_the_recorded_run_of_v2() -> None:
    run = read(recorded("v2_run_details_masked"), wire.Run).model()
    assert (run.id, run.v1_id) == ("r.XXXXXXXXXXXX", "0000000")
    assert (run.instrument, run.platform) == ("NovaSeq6000-simulator", "NovaSeq6000")
    assert run.upload_status == "Completed"
    assert run.is_complete
    assert run.size == 1_332_913_376_661


def test_recorded_biosamples() -> None:
    answer = read(recorded("v2_biosamples_by_project_p1"), V2List[wire.Biosample])
    assert (answer.total, answer.limit) == (24, 5)
    assert answer.items[0].model() == models.Biosample(
        id="104555093",
        name="Myeloid-RNA-Brain-Rep1",
        project_id="86591915",
        project="MiSeq: Myeloid RNA Panel (Brain and SeraSeq Samples)",
        project_owner="Illumina Public Data",
        owner="Lightning",
        status="New",
        lab_status="Sequencing",
        created=datetime(2018, 7, 18, 18, 49, 7, tzinfo=UTC),
    )


def test_recorded_datasets_with_properties() -> None:
    body = recorded("v2_datasets_by_biosample_with_properties")
    dataset = read(body, V2List[wire.Dataset]).items[0].model()
    assert dataset.id == "ds.ac82a306af3847f2b53ecb695bc22400"
    assert dataset.name == "Myeloid-RNA-Brain-Rep1_L001"
    assert (dataset.project_id, dataset.owner) == ("86591915", "Illumina Public Data")
    assert (dataset.lane, dataset.size) == (1, 99_461_045)
    assert dataset.runs == (
        models.Reference(id="105215111", name="180718_M04074_0242_000000000-BRGPG"),
    )
    assert dataset.libraries == (models.Reference(id="58863450", name="Myeloid-RNA-Brain-Rep1"),)
    assert dataset.biosamples == (models.Reference(id="104555093", name="Myeloid-RNA-Brain-Rep1"),)
    assert dataset.is_paired
    assert (dataset.reads, dataset.read_lengths) == (844_152, (151, 151))
    assert dataset.type_id == "illumina.fastq.v1.8"


def test_recorded_datasets_of_an_upload() -> None:
    body = recorded("v2_datasets_by_appsession")
    dataset = read(body, V2List[wire.Dataset]).items[0].model()
    assert (dataset.lane, dataset.runs, dataset.biosamples) == (None, (), ())
    assert (dataset.qc_status, dataset.upload_status) == ("Undefined", "Completed")


def test_recorded_files() -> None:
    file = models.File(
        id="11710715826",
        name="Myeloid-RNA-Brain-Rep1_S1_L001_R1_001.fastq.gz",
        path="Myeloid-RNA-Brain-Rep1_S1_L001_R1_001.fastq.gz",
        size=48_526_491,
        etag="3a1f3ea201911c15cf166a58ecc783d0-6",
        created=datetime(2018, 7, 19, 23, 50, 10, tzinfo=UTC),
    )
    answer = read(recorded("v2_dataset_files_page1"), V2List[wire.File])
    assert (answer.total, answer.items[0].model()) == (2, file)
    assert read(recorded("v1_file_fastq"), V1Answer[wire.File]).response.model() == file
    empty = read(recorded("v2_dataset_files_empty_page"), V2List[wire.File])
    assert (empty.items, empty.total) == ([], 2)


def test_recorded_run_files_are_not_counted() -> None:
    answer = read(recorded("v2_run_files_masked"), V2List[wire.File])
    assert (answer.total, answer.limit) == (None, 10)
    assert answer.items[0].model().id == "rXXXXXXX_XXXXXXXX"


def test_the_recorded_content_address_prints_no_signature() -> None:
    content = read(recorded("v1_file_content_meta"), V1Answer[wire.Content]).response
    assert content.href_content.startswith("https://basespace-data-east.s3.")
    address = models.ContentAddress(url=content.href_content, expires=moment(content.expires))
    assert address.expires == datetime(2025, 5, 28, 8, 0, 47, 609559, tzinfo=UTC)
    for shown in (repr(address), str(address), repr(address.__rich_repr__())):
        assert "Signature" not in shown


def dataset_of(**fields: Any) -> models.Dataset:
    body = msgspec.json.encode({"Id": "ds.1", **fields})
    return read(body, wire.Dataset).model()


def properties(*items: dict[str, Any]) -> dict[str, Any]:
    return {"Items": list(items)}


@pytest.mark.parametrize(
    ("values", "name", "lane"),
    [
        (["2"], "S_L001", 2),
        ([2], "S", 2),
        (["1", "2"], "S_L001", None),
        (["all"], "S", None),
        (None, "S_L004", 4),
        (None, "S", None),
    ],
)
def test_the_lane(values: list[str | int] | None, name: str, lane: int | None) -> None:
    pairs = [] if values is None else [{"Key": "LaneNumber", "Values": values}]
    metrics = {"Name": "BaseSpace.Metrics.FastQ", "ContentMap": [{"Key": "Other"}, *pairs]}
    assert dataset_of(Name=name, Properties=properties(metrics)).lane == lane


def test_biosamples_are_named_by_either_property_once() -> None:
    biosample = {"Id": "5", "BioSampleName": "S[/b]"}
    dataset = dataset_of(
        Properties=properties(
            {"Name": "Input.BioSamples", "BioSampleItems": [biosample]},
            {
                "Name": "Input.Libraries",
                "SampleLibraryItems": [{"Id": "1", "BioSample": biosample}],
            },
        )
    )
    assert dataset.biosamples == (models.Reference(id="5", name="S[/b]"),)


def test_a_dataset_whose_data_is_deleted_is_deleted() -> None:
    assert dataset_of(IsFileDataDeleted=True).is_deleted
    assert not dataset_of(IsDeleted=False).is_deleted


def test_only_fastq_conforms_to_fastq() -> None:
    kinds = {"illumina.fastq.v1.8": ["common.files", "common.fastq"], "common.fastq": []}
    for kind, above in kinds.items():
        body = msgspec.json.encode(
            {"Id": "ds.1", "DatasetType": {"Id": kind, "ConformsToIds": above}}
        )
        assert read(body, wire.Dataset).model().is_fastq
    assert dataset_of().is_fastq
    bam = b'{"Id":"ds.1","DatasetType":{"Id":"illumina.bam","ConformsToIds":["common.files"]}}'
    assert not read(bam, wire.Dataset).model().is_fastq


def test_a_hostile_path_is_kept_as_it_is_for_whoever_opens_it() -> None:
    file = read(b'{"Id":"1","Size":3,"Path":"../../x\\u001b","ETag":null}', wire.File).model()
    assert (file.path, file.name, file.etag) == ("../../x\x1b", "x\x1b", None)


def test_a_file_without_a_size_is_no_file() -> None:
    with pytest.raises(ValueError, match="missing required field"):
        read(b'{"Id":"1","Name":"x"}', wire.File)


def test_an_item_of_a_property_holds_a_biosample_or_is_one() -> None:
    wrapped = read(b'{"Id":"9","BioSample":{"Id":"5","BioSampleName":"A"}}', wire.PropertyItem)
    bare = read(b'{"Id":"5","BioSampleName":"A"}', wire.PropertyItem)
    assert wrapped.model() == bare.model() == models.Biosample(id="5", name="A")


def test_a_person_and_a_workgroup() -> None:
    person = read(b'{"Id":"1","Name":"Anna","Email":"a@b"}', wire.User).model(("READ GLOBAL",))
    assert (person.is_workgroup, person.person, person.may_read) == (False, "", True)
    body = b'{"Id":2,"Name":"Lab","IsWorkgroup":true,"LoggedInUser":{"Name":"Anna","Email":"a@b"}}'
    group = read(body, wire.User).model(())
    assert group == models.Identity(
        id="2", name="Lab", email="a@b", is_workgroup=True, person="Anna"
    )


def test_errors_are_not_models() -> None:
    with pytest.raises(ValueError, match="missing required field"):
        read(recorded("v1_error_403_project_browse"), V1Answer[wire.Project])
    assert not issubclass(msgspec.ValidationError, BstuiError)


@pytest.mark.parametrize("size", [-1, 10**400, 1 << 63])
def test_a_size_that_cannot_be_is_none_that_is_known(size: int) -> None:
    body = f'{{"Id": "1", "Name": "P", "TotalSize": {size}}}'.encode()
    assert read(body, wire.Project).model().size is None


@pytest.mark.parametrize("date", ["9999-12-31T23:59:59-23:59", "0001-01-02T00:00:00+14:00", "x"])
def test_a_date_that_cannot_be_is_none_that_is_known(date: str) -> None:
    body = f'{{"Id": "1", "DateCreated": "{date}"}}'.encode()
    assert read(body, wire.Project).model().created is None


def test_a_mark_of_byte_order_before_an_answer_is_nothing() -> None:
    assert read(b'\xef\xbb\xbf{"Id": "1"}', wire.Project).id == "1"


@pytest.mark.parametrize("body", [b'{"Id": ""}', b'{"Id": "1", "Zz": ' + b"[" * 99_999])
def test_what_cannot_be_told_apart_or_has_no_end_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"length|recursion|truncated|depth"):
        read(body, wire.Project)
