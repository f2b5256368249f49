"""FASTQ too large to be stored: a small twin, made by the same code, is hashed and read whole."""

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.simulator.contents import Spool, object_etag
from bstui.simulator.deep_fastq import BaseParts, DeepFastq, member

PARTS = (2048, 8192, 40_000)


@pytest.fixture(scope="module")
def parts() -> Iterator[dict[int, BaseParts]]:
    spool = Spool()
    yield {size: BaseParts(spool, size) for size in PARTS}
    spool.close()


@pytest.mark.parametrize("part_size", PARTS)
@pytest.mark.parametrize("count", [0, 1, 7, 50])
@pytest.mark.parametrize("rest", [0, 24, 600, 2000])
def test_the_twin_is_what_its_etag_says(
    parts: dict[int, BaseParts], part_size: int, count: int, rest: int
) -> None:
    content = DeepFastq(parts[part_size], count * part_size + rest, "twin")
    data = content.read()
    assert len(data) == content.size == content.stored.size
    assert content.stored.etag == object_etag(data, part_size)
    lines = gzip.decompress(data).decode("ascii").split("\n") if data else [""]
    assert lines.pop() == ""
    assert len(lines) % 4 == 0
    for name, letters, plus, scores in zip(*(lines[i::4] for i in range(4)), strict=True):
        assert name.startswith("@A01052:52:HDEEPDRXX:")
        assert (set(letters) <= set("ACGT"), plus, len(letters)) == (True, "+", len(scores))


def test_no_two_parts_are_equal(parts: dict[int, BaseParts]) -> None:
    data = DeepFastq(parts[8192], 60 * 8192, "twin").read()
    assert len({data[at : at + 8192] for at in range(0, len(data), 8192)}) == 60


@given(
    part_size=st.sampled_from(PARTS),
    count=st.integers(0, 9),
    rest=st.integers(24, 2000),
    data=st.data(),
)
def test_a_range_is_a_slice(
    parts: dict[int, BaseParts], part_size: int, count: int, rest: int, data: st.DataObject
) -> None:
    content = DeepFastq(parts[part_size], count * part_size + rest, "twin")
    first = data.draw(st.integers(0, content.size))
    size = data.draw(st.integers(0, content.size))
    assert content.read(first, size) == content.read()[first : first + size]


def test_two_files_and_a_replaced_one_differ(parts: dict[int, BaseParts]) -> None:
    one, other = (DeepFastq(parts[2048], 9000, name) for name in ("one", "other"))
    replaced = one.replaced(parts[2048].spool)
    assert len({content.stored.etag for content in (one, other, replaced)}) == 3


def test_what_no_member_has_room_for_is_refused(parts: dict[int, BaseParts]) -> None:
    with pytest.raises(ValueError, match="no gzip member has 23 bytes"):
        DeepFastq(parts[2048], 2048 + 23, "twin")


@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_a_member_has_its_size(text: bytes, spare: int) -> None:
    packed = member(text, len(text) + 23 + spare)
    assert len(packed) == len(text) + 23 + spare
    assert gzip.decompress(packed) == zlib.decompress(packed, wbits=31) == text
