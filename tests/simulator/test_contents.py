"""Sizes, ETags and gzip members are what S3 and gzip would make of the bytes."""

import gzip
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.simulator.contents import Batch, Spool, gzip_of, object_etag, stored_gzip_size


@given(st.binary(max_size=300), st.integers(0, 500))
def test_stored_gzip_is_gzip_of_the_foretold_size(data: bytes, times: int) -> None:
    text = data * times
    packed = gzip_of(text, 0)
    assert gzip.decompress(packed) == text
    assert zlib.decompress(packed, wbits=31) == text
    assert len(packed) == stored_gzip_size(len(text))


def test_small_objects_have_their_md5() -> None:
    assert object_etag(b"reads", 5) == hashlib.md5(b"reads").hexdigest()


@pytest.mark.parametrize(("size", "parts"), [(11, 3), (15, 3), (16, 4)])
def test_large_objects_have_the_md5_of_their_parts(size: int, parts: int) -> None:
    data = bytes(range(size))
    digests = b"".join(hashlib.md5(data[start : start + 5]).digest() for start in range(0, size, 5))
    assert object_etag(data, 5) == f"{hashlib.md5(digests).hexdigest()}-{parts}"


def test_contents_are_made_once_and_together() -> None:
    made: list[int] = []
    spool = Spool()

    def make() -> list[bytes]:
        made.append(1)
        return [b"one", b"three"]

    batch = Batch(spool, make)
    first, second = batch.add(), batch.add(size=5)
    assert second.size == 5
    assert not made
    assert (first.size, second.read(), first.read(1, 1)) == (3, b"three", b"n")
    assert made == [1]
    assert second.sha256() == hashlib.sha256(b"three").hexdigest()
    spool.close()


def test_replaced_content_has_another_etag() -> None:
    spool = Spool()
    content = Batch(spool, lambda: [b"before"]).add()
    before = content.stored
    content.put(b"after!")
    assert content.read() == b"after!"
    assert content.stored.etag != before.etag
    assert spool.read(before.offset, before.size) == b"before"
    spool.close()
