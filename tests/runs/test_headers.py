"""Whatever a file holds, its header is read or it is Broken: no number in it is believed."""

import contextlib
import struct
import tempfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bstui.runs.headers import Broken, Header, check_blocks, read_header
from bstui.runs.places import Part

NAMES = {
    "s_1_1101.bcl": Part.CALLS,
    "s_1_1101.bcl.gz": Part.CALLS,
    "0001.bcl.bgzf": Part.CALLS,
    "L001_1.cbcl": Part.CALLS,
    "0001.bci": Part.CALL_INDEX,
    "s_1.bci": Part.TILE_INDEX,
    "s_1_1101.filter": Part.FILTER,
    "s.locs": Part.POSITIONS,
    "s_1_1101.clocs": Part.POSITIONS,
    "s_1_1101_pos.txt": Part.POSITIONS,
}


def read(name: str, data: bytes) -> Header:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return read_header(file.fileno(), len(data), NAMES[name], name)


HUGE = st.builds(
    lambda start, numbers, rest: start + struct.pack(f"<{len(numbers)}I", *numbers) + rest,
    st.sampled_from([b"", b"\x1f\x8b\x08\0", b"\1\0", b"\x1f\x8b\x08\4\0\0\0\0\0\xff\6\0BC\2\0"]),
    st.lists(st.sampled_from([0, 1, 3, 16, 17, 0x7FFFFFFF, 0xFFFFFFFF]), max_size=12),
    st.binary(max_size=40),
)


@given(st.sampled_from(sorted(NAMES)), st.binary(max_size=80) | HUGE)
@example("L001_1.cbcl", struct.pack("<HIBBI", 1, 0xFFFFFFFF, 2, 2, 0xFFFFFFFF))
@example("0001.bci", struct.pack("<II", 0, 0xFFFFFFFF))
@example("s_1_1101.clocs", struct.pack("<BI", 1, 0xFFFFFFFF))
def test_any_bytes_are_a_header_or_broken(name: str, data: bytes) -> None:
    with contextlib.suppress(Broken):
        header = read(name, data)
        assert header.clusters is None or header.clusters <= 0xFFFFFFFF * 80


@given(st.binary(max_size=120), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_any_blocks_end_or_are_broken(data: bytes, offset: int, clusters: int) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            check_blocks(file.fileno(), len(data), offset, clusters)
        except Broken:
            return
    assert clusters <= 0xFFFFFFFF * 8


@pytest.mark.parametrize(
    ("name", "data", "clusters"),
    [
        ("s_1_1101.bcl", struct.pack("<I", 3) + b"abc", 3),
        ("s_1_1101.filter", struct.pack("<III", 0, 3, 2) + b"ab", 2),
        ("s_1_1101.filter", struct.pack("<I", 2) + b"ab", 2),
        ("s.locs", struct.pack("<IfI", 1, 1.0, 1) + bytes(8), 1),
        ("s_1.bci", struct.pack("<IIII", 1101, 5, 1102, 6), 11),
    ],
)
def test_headers(name: str, data: bytes, clusters: int) -> None:
    assert read(name, data).clusters == clusters


def test_the_last_bytes_of_a_file_of_nothing_are_not_asked_for() -> None:
    with pytest.raises(Broken, match="too few"):
        read("s_1_1101.bcl.gz", b"")
