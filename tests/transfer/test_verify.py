"""Digests against what S3 computes, whatever the order in which the ranges come."""

import gzip
import hashlib
import os
import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.errors import IntegrityError
from bstui.transfer.inflate import inflate
from bstui.transfer.items import MIB
from bstui.transfer.verify import (
    Digests,
    PartSizes,
    checksum,
    have_same_bytes,
    parse_etag,
    prove_file,
)
from tests.transfer.store import make_bytes, make_etag

SIZE = 11 * MIB + 12_345


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "file"
    path.write_bytes(make_bytes(SIZE))
    opened = os.open(path, os.O_RDWR)
    yield opened
    os.close(opened)


@pytest.mark.parametrize("part_size", [None, 5 * MIB, 8 * MIB, 5_000_000, 6 * MIB, SIZE])
@pytest.mark.parametrize("step", [MIB, 3_000_001, 16 * MIB])
def test_ranges_in_any_order_and_thread_give_the_etag(
    descriptor: int, part_size: int | None, step: int
) -> None:
    etag = make_etag(make_bytes(SIZE), part_size)
    digests = Digests(SIZE, parse_etag(etag), PartSizes())
    ranges = [(start, min(SIZE, start + step)) for start in range(0, SIZE, step)]
    random.Random(step).shuffle(ranges)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: digests.take(descriptor, *each), ranges))
    proof = digests.verdict(descriptor)
    assert proof.verified == ("multipart etag" if part_size else "etag")
    assert proof.md5 == ("" if part_size else etag)


def test_a_single_bit_is_noticed(descriptor: int) -> None:
    for part_size in (None, 5 * MIB):
        etag = make_etag(make_bytes(SIZE), part_size)
        os.pwrite(descriptor, b"\x01", 7 * MIB)
        digests = Digests(SIZE, parse_etag(etag), PartSizes())
        digests.take(descriptor, 0, SIZE)
        with pytest.raises(IntegrityError, match="not those"):
            digests.verdict(descriptor)


def test_a_file_of_another_size_is_never_proven(descriptor: int) -> None:
    digests = Digests(SIZE - 1, None, PartSizes())
    digests.take(descriptor, 0, SIZE - 1)
    with pytest.raises(IntegrityError, match="should be"):
        digests.verdict(descriptor)
    with pytest.raises(IntegrityError, match="is another"):
        prove_file(descriptor, SIZE + 1, "0" * 32, PartSizes())


def test_a_file_that_ends_early_is_noticed(descriptor: int) -> None:
    with pytest.raises(EOFError):
        Digests(SIZE + 5, parse_etag("0" * 32), PartSizes()).take(descriptor, 0, SIZE + 5)
    assert checksum(descriptor, SIZE, SIZE + 1) is None


@pytest.mark.parametrize(
    ("text", "md5", "parts"),
    [("A" * 32, "a" * 32, 0), ('"' + "b" * 32 + '-3"', "b" * 32, 3)],
)
def test_etags_that_are_digests(text: str, md5: str, parts: int) -> None:
    expected = parse_etag(text)
    assert expected is not None
    assert (expected.md5, expected.parts) == (md5, parts)


@pytest.mark.parametrize("text", [None, "", "x" * 32, "a" * 31, "a" * 32 + "-0", "a" * 32 + "-"])
def test_etags_that_are_none(text: str | None) -> None:
    assert parse_etag(text) is None


@given(st.integers(1, 10**12), st.integers(2, 10_000))
def test_every_candidate_cuts_the_file_into_so_many_parts(size: int, parts: int) -> None:
    for part_size in PartSizes().candidates(size, parts):
        assert -(-size // part_size) == parts


@pytest.mark.parametrize("usual", [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128])
def test_the_usual_part_sizes_are_found(usual: int) -> None:
    sizes = PartSizes()
    for size in (usual * MIB * 3 + 1, usual * MIB * 40):
        assert usual * MIB in sizes.candidates(size, -(-size // (usual * MIB)))


def test_a_part_size_that_was_proven_comes_first() -> None:
    sizes = PartSizes()
    assert sizes.candidates(100 * MIB, 2)[0] == 50 * MIB
    sizes.remember(64 * MIB)
    assert sizes.candidates(100 * MIB, 2)[0] == 64 * MIB


def test_an_etag_of_impossible_parts_proves_nothing(descriptor: int) -> None:
    digests = Digests(SIZE, parse_etag("a" * 32 + "-9000"), PartSizes())
    assert digests.verdict(descriptor).verified == "size only"


def test_requests_begin_and_end_between_parts_where_they_can() -> None:
    def step(part_size: int, range_size: int) -> int:
        etag = "a" * 32 + f"-{-(-100 * MIB // part_size)}"
        return Digests(100 * MIB, parse_etag(etag), PartSizes()).step(range_size, 32 * MIB)

    assert step(5 * MIB, 16 * MIB) == 15 * MIB
    assert step(8 * MIB, 5 * MIB) == 8 * MIB
    assert step(25 * MIB, 16 * MIB) == 25 * MIB
    assert step(50 * MIB, 16 * MIB) == 16 * MIB


def test_equal_bytes_are_equal(tmp_path: Path) -> None:
    with tempfile.TemporaryFile(dir=tmp_path) as one, tempfile.TemporaryFile(dir=tmp_path) as two:
        for file in (one, two):
            file.write(make_bytes(2 * MIB + 1))
            file.flush()
        assert have_same_bytes(one.fileno(), two.fileno())
        os.pwrite(two.fileno(), b"!!!", MIB + 5)
        assert not have_same_bytes(one.fileno(), two.fileno())
        os.ftruncate(two.fileno(), 5)
        assert not have_same_bytes(one.fileno(), two.fileno())


BGZF_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001e00") + gzip.compress(b"ab")[10:]
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@pytest.mark.parametrize(
    ("data", "is_whole"),
    [
        (gzip.compress(b"reads" * 10_000), True),
        (gzip.compress(b"a", mtime=0) + gzip.compress(b"b" * 9_000_000), True),
        (gzip.compress(make_bytes(9000))[:-1], False),
        (gzip.compress(make_bytes(9000))[:4000], False),
        (gzip.compress(b"a", mtime=0) + b"rubbish", False),
        (gzip.compress(b"a", mtime=0) + b"\0" * 50, False),
        (b"", False),
        (b"text", False),
        (BGZF_BLOCK + BGZF_END, True),
        (BGZF_BLOCK, False),
    ],
)
def test_gzip_is_opened_to_its_end(tmp_path: Path, data: bytes, is_whole: bool) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(data)
    with path.open("rb") as file:
        if is_whole:
            inflate(file.fileno(), len(data))
        else:
            with pytest.raises(IntegrityError, match="no whole gzip"):
                inflate(file.fileno(), len(data))


def test_the_store_s_own_etag_is_s3_s() -> None:
    data = b"x" * (5 * MIB) + b"y"
    parts = hashlib.md5(hashlib.md5(data[:-1]).digest() + hashlib.md5(b"y").digest())
    assert make_etag(data, 5 * MIB) == parts.hexdigest() + "-2"
