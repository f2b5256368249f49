"""RunInfo.xml is read, or refused with a reason, whatever it holds."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.runs.run_info import BadRunInfo, parse_run_info

NOVASEQ = b"""<?xml version="1.0"?>
<RunInfo Version="5"><Run Id="220101_A1_0001_AHX" Number="1">
<Flowcell>HX</Flowcell><Instrument>A1</Instrument>
<Reads><Read Number="1" NumCycles="151" IsIndexedRead="N"/>
<Read Number="2" NumCycles="10" IsIndexedRead="Y" IsReverseComplement="N"/></Reads>
<FlowcellLayout LaneCount="2" SurfaceCount="2" SwathCount="2" TileCount="78">
<TileSet TileNamingConvention="FourDigit"><Tiles>
<Tile>1_1101</Tile><Tile>1_2101</Tile><Tile>2_1101</Tile></Tiles></TileSet></FlowcellLayout>
</Run></RunInfo>"""


def layout(attributes: str) -> bytes:
    return f"<RunInfo><Run Id='r'><FlowcellLayout {attributes}/></Run></RunInfo>".encode()


def test_what_it_says() -> None:
    info = parse_run_info(NOVASEQ)
    assert (info.name, info.flowcell, info.instrument) == ("220101_A1_0001_AHX", "HX", "A1")
    assert [(read.number, read.cycles, read.is_index) for read in info.reads] == [
        (1, 151, False),
        (2, 10, True),
    ]
    assert (info.lanes, info.cycles) == (2, 161)
    assert info.tiles == {1: {1101, 2101}, 2: {1101}}
    assert info.names_tiles


def test_tiles_are_counted_up_where_they_are_not_named() -> None:
    info = parse_run_info(layout("LaneCount='8' SurfaceCount='2' SwathCount='3' TileCount='16'"))
    assert set(info.tiles) == set(range(1, 9))
    assert len(info.tiles[8]) == info.tiles_per_lane == 96
    assert {1101, 1316, 2216} <= info.tiles[8]
    cameras = layout("LaneCount='4' SurfaceCount='2' SwathCount='3' TileCount='12'"
                     " SectionPerLane='3' LanePerSection='2'")  # fmt: skip
    assert parse_run_info(cameras).tiles_per_lane == 216
    assert not parse_run_info(cameras).tiles[1]


def test_the_reads_of_the_first_instruments() -> None:
    data = (
        b"<RunInfo><Run Id='r'><Reads><Read FirstCycle='1' LastCycle='51'/></Reads></Run></RunInfo>"
    )
    assert parse_run_info(data).cycles == 51


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<a/>",
        NOVASEQ[:200],
        layout("LaneCount='99999999999'"),
        layout("LaneCount='-1'"),
        layout("TileCount='99999' SwathCount='99999'"),
        NOVASEQ.replace(b"1_1101", b"1_../x"),
        NOVASEQ.replace(b"151", b"999999999"),
        b"<!DOCTYPE a [<!ENTITY b 'cc'>]><RunInfo><Run Id='&b;'/></RunInfo>",
        b"<RunInfo><Run Id='r'/>" + b" " * 33_000_000,
    ],
)
def test_what_cannot_be_used_is_refused(data: bytes) -> None:
    with pytest.raises(BadRunInfo, match=r"^(it|its|a tile)\b"):
        parse_run_info(data)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for document in (data, NOVASEQ.replace(b"1_1101", data), NOVASEQ.replace(b"151", data)):
        with contextlib.suppress(BadRunInfo):
            assert parse_run_info(document).cycles >= 0
