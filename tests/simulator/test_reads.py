"""Run folders and FASTQ come out of the same reads: demultiplexing one gives the other."""

import gzip

import pytest

from bstui.simulator.bgzf import bgzf_of, bgzf_offset, bgzf_size
from bstui.simulator.contents import Batch, Spool
from bstui.simulator.reads import UNDETERMINED, Flowcell, SheetLine, make_indexes
from bstui.simulator.runfolder import Layout, run_groups
from tests.simulator.demultiplexing import read_clusters


def make_cell(layout: Layout, is_paired: bool = True, lanes: int = 1) -> Flowcell:
    codes = make_indexes("test", 3)
    lines = tuple(SheetLine(f"s {n}", n, "p", code) for n, code in enumerate(codes, 1))
    return Flowcell(
        seed="7",
        run_name="260101_M00421_0007_000000000-ABCDE",
        number=7,
        instrument="M00421",
        barcode="000000000-ABCDE",
        lanes=lanes,
        tiles=(1101, 2101, 2102) if layout is Layout.CBCL else (1101, 1102),
        read_length=12,
        is_paired=is_paired,
        clusters=61,
        lines=lines,
    )


def folder_of(cell: Flowcell, layout: Layout) -> dict[str, bytes]:
    """All files; that the foretold sizes are true is checked as the bytes are put."""
    files: dict[str, bytes] = {}
    spool = Spool()
    for group in run_groups(cell, layout):
        batch = Batch(spool, group.make)
        contents = {path: batch.add(size) for path, size in group.files}
        files |= {path: content.read() for path, content in contents.items()}
    spool.close()
    return files


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("is_paired", [True, False])
def test_demultiplexed_folder_is_the_fastq(layout: Layout, is_paired: bool) -> None:
    cell = make_cell(layout, is_paired, lanes=2)
    found: dict[tuple[str, int, int], list[str]] = {}
    owners = {line.indexes: line.name for line in cell.claims}
    for cluster in read_clusters(cell, folder_of(cell, layout)):
        if not cluster.passes:
            continue
        codes = (cluster.bases[12:20], cluster.bases[20:28])
        for read, start in ((1, 0), (2, 28)) if is_paired else ((1, 0),):
            scores = "".join(chr(33 + q) for q in cluster.qualities[start : start + 12])
            place = f"{cluster.lane}:{cluster.tile}:{cluster.x}:{cluster.y}"
            found.setdefault((owners[codes], cluster.lane, read), []).append(
                f"@M00421:7:000000000-ABCDE:{place} {read}:N:0:{'+'.join(codes)}\n"
                f"{cluster.bases[start : start + 12]}\n+\n{scores}\n"
            )
    for line in cell.claims:
        for lane in (1, 2):
            for read in (1, 2) if is_paired else (1,):
                (text,) = cell.fastq([line], lane, read)
                assert text.decode() == "".join(found[line.name, lane, read])
                assert len(text) == cell.fastq_size(line, lane)


def test_run_folder_ends_with_its_markers() -> None:
    for layout in Layout:
        *_, last = run_groups(make_cell(layout), layout)
        assert all("Complet" in path for path, _ in last.files)


def test_cbcl_run_names_its_tiles() -> None:
    info = folder_of(make_cell(Layout.CBCL), Layout.CBCL)["RunInfo.xml"].decode()
    assert "<Tile>1_2102</Tile>" in info
    assert 'NumCycles="12" IsIndexedRead="N"' in info
    assert info.count('IsIndexedRead="Y"') == 2


def test_gzip_bcl_is_gzip() -> None:
    files = folder_of(make_cell(Layout.BCL_GZ), Layout.BCL_GZ)
    packed = [data for path, data in files.items() if path.endswith(".bcl.gz")]
    assert len(packed) == 40 * 2
    assert all(len(gzip.decompress(data)) == 65 for data in packed)


def test_blocked_gzip_can_be_entered_where_told() -> None:
    data = bytes(range(256)) * 700
    packed = bgzf_of(data)
    assert len(packed) == bgzf_size(len(data))
    assert gzip.decompress(packed) == data
    for at in (0, 4, 0xFEFF, 0xFF00, 0xFF01, 150_000):
        offset = bgzf_offset(at)
        assert gzip.decompress(packed[offset >> 16 :])[offset & 0xFFFF :] == data[at:]


def test_indexes_are_apart() -> None:
    codes = [first for first, _ in make_indexes("seed", 60)] + [UNDETERMINED.indexes[0]]
    for number, code in enumerate(codes):
        for other in codes[:number]:
            assert sum(a != b for a, b in zip(code, other, strict=True)) >= 3
