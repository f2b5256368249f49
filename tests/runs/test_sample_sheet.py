"""Sample sheets of every age are read as far as they can be, and none of them stops anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.basespace.run_facts import SheetLine
from bstui.runs.sample_sheet import compare, read_rows, read_sheet

A = SheetLine(sample="A", index="AC", index2="GT", project="P")
V1 = "[Header],,\nIEMFileVersion,4,\n[Data],,\nSample_ID,Lane,index,index2,Sample_Project\n"
V2 = "[Header]\nFileFormatVersion,2\n[BCLConvert_Settings]\nX,1\n[BCLConvert_Data]\n"


def lane(line: SheetLine, number: int) -> SheetLine:
    return SheetLine(
        sample=line.sample,
        lane=number,
        index=line.index,
        index2=line.index2,
        project=line.project,
    )


def test_version_1() -> None:
    sheet = read_sheet((V1 + "A,1,AC,GT,P\nA,2,AC,GT,P\n,,,,\n").encode())
    assert sheet.version == "v1"
    assert sheet.lines == (lane(A, 1), lane(A, 2))
    assert sheet.problems == ()


def test_version_2_has_its_projects_in_the_section_of_the_cloud() -> None:
    cloud = "[Cloud_Data]\nSample_ID,ProjectName,LibraryName\nA,P,A_lib\n"
    sheet = read_sheet((V2 + "Lane,Sample_ID,Index,Index2\n1,A,AC,GT\n" + cloud).encode())
    assert (sheet.version, sheet.lines) == ("v2", (lane(A, 1),))


def test_both_in_one_are_told_once() -> None:
    both = V1 + "A,1,AC,GT,P\nB,1,TT,AA,P\n" + V2 + "Lane,Sample_ID,Index,Index2\n1,A,AC,GT\n"
    sheet = read_sheet(both.encode())
    assert sheet.version == "v1 and v2"
    assert [line.sample for line in sheet.lines] == ["A", "B"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_as_spreadsheets_save_it(encoding: str, mark: str, end: str) -> None:
    text = (V1 + 'Björn,"1",AC,GT,P\n').replace(",", mark).replace("\n", end)
    sheet = read_sheet(text.encode(encoding))
    assert [(line.sample, line.lane, line.index2) for line in sheet.lines] == [("Björn", 1, "GT")]


def test_without_sections() -> None:
    sheet = read_sheet(b"FCID,Lane,SampleID,SampleRef,Index\nHX,3,A,,ACGT\n")
    assert sheet.version == "without sections"
    assert sheet.lines == (SheetLine(sample="A", lane=3, index="ACGT"),)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no samples"),
        (b"[Data]\nName,index\nA,AC\n", "no column Sample_ID"),
        (V1.encode() + b"A,first,AC,GT,P\n", "a lane is called 'first'"),
        (b"x" * (17 * 1024 * 1024), "too large"),
        (b"[Data]\nSample_ID\n" + b"y" * 200_000, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_a_problem(data: bytes, problem: str) -> None:
    assert any(problem in text for text in read_sheet(data).problems)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read(data: bytes) -> None:
    for sheet in (read_sheet(data), read_sheet(V1.encode() + data), read_sheet(V2.encode() + data)):
        assert sheet.lines or sheet.problems
        for line in sheet.lines:
            assert line.sample
            assert line.text.isprintable()


def test_the_rows_of_basespace() -> None:
    rows = [{"Lane": "1", "Sample_ID": "A", "index": "AC", "index2": "GT", "ProjectName": "P"}]
    assert read_rows([*rows, {"odd": "x"}, {}]) == (lane(A, 1),)


def test_how_two_sheets_differ() -> None:
    other = SheetLine(sample="A", index="TT", index2="gt", project="Q")
    new, old = SheetLine(sample="new"), SheetLine(sample="old")
    assert compare([A], [A]) == []
    assert compare([A], [lane(A, 1), lane(A, 2)]) == [], "lanes that only one tells"
    assert compare([A, old], [other, new]) == [
        "old is only in the run folder's sheet",
        "new is only in BaseSpace's sheet",
        "A: index AC in the run folder, TT in BaseSpace",
        "A: project P in the run folder, Q in BaseSpace",
    ]
    assert compare([lane(A, 1)], [lane(A, 2)]) == [
        "A of lane 1 is only in the run folder's sheet",
        "A of lane 2 is only in BaseSpace's sheet",
    ]
