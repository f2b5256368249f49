"""Folders on disk as runs and projects of the account, and what cannot be one."""

import gzip
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bstui.errors import BstuiError, UsageError
from bstui.simulator.account import User, moment
from bstui.simulator.contents import DEFAULT_PART, MIB, object_etag
from bstui.simulator.disk import DiskContent
from bstui.simulator.region import Region
from bstui.simulator.scales import Scale
from bstui.simulator.served import serve_folder
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.simulator.asking import address_of, asking, fetch, file_named

OWNER = User("1", "Robin", "", moment("2026-01-01 00:00"))
RUN_INFO = b"""<?xml version="1.0"?>
<RunInfo Version="2"><Run Id="260101_M09999_0007_000000000-ABCDE" Number="7">
<Flowcell>000000000-ABCDE</Flowcell><Instrument>M09999</Instrument><Date>260101</Date>
<Reads><Read Number="1" NumCycles="28" IsIndexedRead="N"/>
<Read Number="2" NumCycles="8" IsIndexedRead="Y"/>
<Read Number="3" NumCycles="90" IsIndexedRead="N"/></Reads>
<FlowcellLayout LaneCount="2" SurfaceCount="1" SwathCount="1" TileCount="1"/></Run></RunInfo>
"""
PARAMETERS = b"<RunParameters><X><ExperimentName> Plate 7 </ExperimentName></X></RunParameters>"


def fastq(flow_cell: str = "HAAA", length: int = 5) -> bytes:
    name = f"@A1:12:{flow_cell}:1:1101:1:2 1:N:0:ACGTACGT+TTTTGGGG"
    return gzip.compress(f"{name}\n{'A' * length}\n+\n{'F' * length}\n".encode(), mtime=0)


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def serve(folder: Path) -> Region:
    region = Region("Virginia", "USE1", 1)
    serve_folder(region, OWNER, folder)
    return region


def test_a_run_folder_is_a_run(tmp_path: Path) -> None:
    files = {"RunInfo.xml": RUN_INFO, "runParameters.xml": PARAMETERS, "RTAComplete.txt": b""}
    files["Data/Intensities/BaseCalls/L001/C1.1/s_1_1101.bcl"] = b"\1\0\0\0x"
    (run,) = serve(write(tmp_path / "any name", files)).runs.values()
    assert (run.name, run.experiment) == ("260101_M09999_0007_000000000-ABCDE", "Plate 7")
    assert (run.platform, run.cell.lanes, run.cell.number) == ("MiSeq", 2, 7)
    assert (run.cell.insert_cycles, run.cell.index_cycles) == ((28, 90), (8, 0))
    assert {file.path: file.content.read() for file in run.files} == files
    assert run.size == sum(map(len, files.values()))


def test_fastq_are_a_project(tmp_path: Path) -> None:
    files = {
        "X_S1_L001_R1_001.fastq.gz": fastq(),
        "X_S1_L001_R2_001.fastq.gz": fastq(length=7),
        "X_S1_L002_R1_001.fastq.gz": fastq(),
        "a_S1_b_S2_R1.fq.gz": fastq(),
        "odd name.fastq": b"@r\nACG\n+\nFFF\n",
        "no read.fastq.gz": b"",
        "sub/Zürich_S4_R1_001.fastq.gz": fastq(),
        "md5sums.txt": b"left out",
    }
    region = serve(write(tmp_path / "Plate", files))
    (project,) = region.projects.values()
    assert project.name == "Plate"
    found = {
        (d.biosample.name if d.biosample else "", d.lane): sorted(f.name for f in d.files)
        for d in region.project_datasets(project)
    }
    assert found == {
        ("X", 1): ["X_S1_L001_R1_001.fastq.gz", "X_S1_L001_R2_001.fastq.gz"],
        ("X", 2): ["X_S1_L002_R1_001.fastq.gz"],
        ("a_S1_b", 0): ["a_S1_b_S2_R1.fq.gz"],
        ("odd name", 0): ["odd name.fastq"],
        ("no read", 0): ["no read.fastq.gz"],
        ("Zürich", 0): ["Zürich_S4_R1_001.fastq.gz"],
    }
    first = region.project_datasets(project)[0]
    assert (first.run.cell.insert_cycles, first.run.name) == ((5, 7), "A1_0012_HAAA")
    assert first.line.indexes == ("ACGTACGT", "TTTTGGGG")


def test_no_two_datasets_pass_for_the_same_reads(tmp_path: Path) -> None:
    """Datasets equal in run, lane and library are taken for one that was made again."""
    files = {
        "one/X_S1_L001_R1_001.fastq.gz": fastq(),
        "two/X_S1_L001_R1_001.fastq.gz": fastq(),
        "two/X_S9_L001_R1_001.fastq.gz": fastq(),
        "six/X_S1_L001_R1_001.fastq.gz": fastq("HBBB"),
    }
    region = serve(write(tmp_path, files))
    datasets = list(region.datasets.values())
    slots = {(d.run.id, d.lane, d.biosample.library.id) for d in datasets if d.biosample}
    assert len(slots) == len(datasets) == 4
    assert len(region.biosamples) == 3


def test_projects_of_one_name_are_told_apart(tmp_path: Path) -> None:
    region = Region("Virginia", "USE1", 1)
    for place in ("a/plate", "b/plate"):
        serve_folder(region, OWNER, write(tmp_path / place, {"x.fastq.gz": fastq()}))
    assert [p.name for p in region.projects.values()] == ["plate", "plate (2)"]


def test_links_to_files_are_followed(tmp_path: Path) -> None:
    write(tmp_path / "store", {"x.fastq.gz": fastq()})
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "linked_R1.fastq.gz").symlink_to("../store/x.fastq.gz")
    (file,) = serve(tmp_path / "farm").files.values()
    assert (file.name, file.content.read()) == ("linked_R1.fastq.gz", fastq())


def broken_link(folder: Path) -> None:
    (folder / "x.fastq.gz").symlink_to("nowhere")


def linked_folder(folder: Path) -> None:
    (folder / "loop").symlink_to(".")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "x.fastq.gz")


def no_utf8(folder: Path) -> None:
    (folder / os.fsdecode(b"x\xff.fastq.gz")).write_bytes(b"")


def no_run_info(folder: Path) -> None:
    (folder / "RunInfo.xml").write_bytes(b"<RunInfo><Ru")


def empty_run_info(folder: Path) -> None:
    (folder / "RunInfo.xml").write_bytes(b"<RunInfo/>")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (broken_link, "x.fastq.gz is a link to nothing"),
        (linked_folder, "loop is a link to a folder"),
        (pipe, "x.fastq.gz is no regular file"),
        (no_utf8, r"x\xff.fastq.gz has a name that is no UTF-8"),
        (no_run_info, "RunInfo.xml does not describe a run"),
        (empty_run_info, "RunInfo.xml does not describe a run: it has no element Run"),
    ],
)
def test_what_cannot_be_served_is_named(
    spoil: Callable[[Path], None], told: str, tmp_path: Path
) -> None:
    spoil(write(tmp_path, {"good_R1.fastq.gz": fastq()}))
    with pytest.raises(BstuiError, match=re.escape(told)) as caught:
        serve(tmp_path)
    assert caught.value.exit_code == 1
    assert caught.value.hint


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    write(tmp_path, {"x.fastq.gz": fastq()})
    (tmp_path / "x.fastq.gz").chmod(0)
    if os.access(tmp_path / "x.fastq.gz", os.R_OK):
        pytest.skip("root may read everything")
    with pytest.raises(BstuiError, match="may not be read"):
        serve(tmp_path)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "There is no file in"),
        ({"notes.txt": b""}, "neither a run folder nor one of FASTQ"),
        ({"1/RunInfo.xml": RUN_INFO}, "one by one, as --serve .*/1"),
    ],
)
def test_a_folder_of_something_else_is_a_usage_error(
    files: dict[str, bytes], told: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=told):
        serve(write(tmp_path, files))


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder_is_a_usage_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError):
        serve(tmp_path / name)


@pytest.mark.parametrize("size", [0, 5, DEFAULT_PART, DEFAULT_PART + 1, 3 * DEFAULT_PART])
def test_etags_are_those_of_uploads_in_parts(size: int, tmp_path: Path) -> None:
    data = os.urandom(MIB) * (size // MIB + 1)
    path = tmp_path / "file"
    path.write_bytes(data[:size])
    assert DiskContent(path, size).stored.etag == object_etag(data[:size], DEFAULT_PART)


def test_a_file_that_is_changed_or_removed_while_it_is_served(tmp_path: Path) -> None:
    write(tmp_path, {"x_R1.fastq.gz": fastq(), "y_R1.fastq.gz": fastq()})
    options = SimulatorOptions(scale=Scale.TINY, serve=(tmp_path,))
    with Simulator(options) as simulator, asking(simulator.regions[0]) as api:
        file = file_named(simulator, "x_R1.fastq.gz")
        address = address_of(simulator, file)
        etag = api.get(f"/v2/files/{file}").json()["ETag"]
        assert fetch(address, If_Match=f'"{etag}"').content == fastq()
        (tmp_path / "x_R1.fastq.gz").write_bytes(b"another")
        assert fetch(address, If_Match=f'"{etag}"').status_code == 412
        assert fetch(address).content == b"another"
        (tmp_path / "x_R1.fastq.gz").unlink()
        assert fetch(address).status_code == 404
        gone = api.get(f"/v2/files/{file}").json()
        assert "ETag" not in gone
        simulator.faults.change([file_named(simulator, "y_R1.fastq.gz")])
    assert (tmp_path / "y_R1.fastq.gz").read_bytes() == fastq()
