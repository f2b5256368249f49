"""Proof by what a file holds, bad parts that are fetched again alone, and digests on request."""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import replace

import pytest

from bstui.errors import IntegrityError
from bstui.transfer.items import Digest, Item, Limits
from tests.transfer.bench import HOLDER, SMALL_RANGES, Bench
from tests.transfer.store import MIB, Fault, make_block, make_bytes, make_fastq

R1, R2 = "s_R1_001.fastq.gz", "s_R2_001.fastq.gz"


def mates(bench: Bench, names: Iterable[str] = (R1, R2)) -> list[Item]:
    return [replace(bench.item(name, number=i), mates="s") for i, name in enumerate(names)]


async def test_full_opens_every_file_and_counts_its_reads(bench: Bench) -> None:
    bench.store.put(R1, make_fastq(3000, 1), MIB)
    bench.store.put(R2, make_fastq(3000, 2))
    bench.store.put("x.fastq", b"@a\nA\n+\nF\n@b\nC\n+\nF")
    bench.store.put("empty.fastq.gz", gzip.compress(b""))
    bench.store.put("report.html", b"<html>")
    await bench.run([*mates(bench), *(bench.item(name) for name in list(bench.store.objects)[2:])],
                    verify="full")  # fmt: skip
    bench.check()
    assert {name: (p.verified, p.reads) for name, p in bench.heard.proofs.items()} == {
        R1: ("multipart etag+gzip", 3000),
        R2: ("etag+gzip", 3000),
        "x.fastq": ("etag+lines", 2),
        "empty.fastq.gz": ("etag+gzip", 0),
        "report.html": ("etag", None),
    }


@pytest.mark.parametrize("name", ["0001.bcl.bgzf", "0001.bgzf"])
async def test_base_calls_in_blocks_are_whole_without_an_end_of_file_block(
    bench: Bench, name: str
) -> None:
    bench.store.put(name, make_block(b"calls"))
    await bench.run([bench.item(name)], verify="full")
    bench.check()
    assert bench.heard.proofs[name].verified == "etag+gzip"


BROKEN = {
    "cut": gzip.compress(b"@a\nA\n+\nF\n" * 9000)[:-9],
    "no gzip": b"@a\nA\n+\nF\n",
    "a line too few": gzip.compress(b"@a\nA\n+\nF\n@b\nC\n+\n"),
    "rubbish behind": make_fastq(2000) + b"rubbish",
    "zeros behind": make_fastq(2000) + bytes(512),
    "wrong checksum": gzip.compress(b"@a\nA\n+\nF\n" * 9000)[:-8] + bytes(8),
    "BGZF without its end": make_block(b"@a\nA\n+\nF\n"),
    "nothing": b"",
}


@pytest.mark.parametrize("case", BROKEN)
async def test_what_the_server_holds_broken_fails_at_once_and_is_kept_aside(
    bench: Bench, case: str
) -> None:
    data = BROKEN[case]
    bench.store.put(R1, data)
    await bench.run(verify="full")
    error = bench.heard.failures[R1]
    assert isinstance(error, IntegrityError)
    assert "no whole" in error.message
    assert "BaseSpace, which holds it so" in error.why
    assert bench.tree() == {f"{R1}.bad": data}
    assert bench.store.sent(R1) == len(data)
    bench.heard.failures.clear()
    await bench.run(verify="full", holder=replace(HOLDER, attempt=2))
    assert set(bench.tree()) == {f"{R1}.bad"}, "equal bytes are kept once"
    await bench.run(verify="server", holder=replace(HOLDER, attempt=3))
    assert bench.tree()[R1] == data


@pytest.mark.parametrize("case", sorted(set(BROKEN) - {"nothing"}))
async def test_without_a_digest_broken_files_are_fetched_again_and_given_up(
    bench: Bench, case: str
) -> None:
    bench.store.put(R1, BROKEN[case], etag="")
    await bench.run()
    assert isinstance(bench.heard.failures[R1], IntegrityError)
    assert "no digest" in bench.heard.failures[R1].why
    assert set(bench.tree()) == {f"{R1}.bad"}
    assert bench.store.sent(R1) == 4 * len(BROKEN[case])


async def test_without_a_digest_bytes_that_came_wrong_are_mended(bench: Bench) -> None:
    bench.store.put(R1, make_fastq(3000), etag="")
    bench.store.fault(R1, Fault(flip=True))
    await bench.run()
    bench.check()
    assert bench.heard.proofs[R1].verified == "size+gzip"


async def test_mates_with_other_numbers_of_reads_do_not_both_pass(bench: Bench) -> None:
    bench.store.put(R1, make_fastq(30, 1))
    bench.store.put(R2, make_fastq(29, 2))
    await bench.run(mates(bench), verify="full", limits=Limits(files=1, parts=1))
    ((failed, error),) = bench.heard.failures.items()
    (whole,) = bench.heard.done_files
    assert "30 reads" in error.message
    assert "29 reads" in error.message
    assert set(bench.tree()) == {whole, f"{failed}.bad"}
    for name in bench.tree():
        (bench.destination / name).unlink()
    bench.heard.done_files.clear()
    bench.heard.failures.clear()
    await bench.run(mates(bench, [R2]), verify="full", known_reads={"s": 30})
    assert "its mate 30 reads" in bench.heard.failures[R2].message
    bench.heard.failures.clear()
    await bench.run(mates(bench, [R2]), verify="full", known_reads={"s": 29})
    assert bench.heard.proofs[R2].reads == 29


async def test_a_bad_byte_that_no_checksum_finds_before_the_end_is_mended(bench: Bench) -> None:
    """One gzip member: any part may be the bad one, and no more is fetched than all of them."""
    data = gzip.compress(make_bytes(12 * MIB), 0)
    bench.store.put("x.gz", data, 2 * MIB)
    bench.store.fault("x.gz", Fault(flip=True, from_byte=5 * MIB))
    await bench.run()
    bench.check()
    assert bench.store.sent("x.gz") <= 2 * len(data)


async def test_a_broken_file_that_stands_there_is_not_adopted_by_full(bench: Bench) -> None:
    data = make_fastq(30)[:-9]
    bench.store.put(R1, data)
    bench.destination.mkdir()
    (bench.destination / R1).write_bytes(data)
    await bench.run(verify="full")
    assert isinstance(bench.heard.failures[R1], IntegrityError)
    assert bench.tree() == {R1: data}


@pytest.mark.parametrize(
    ("name", "part", "at"),
    [(R1, 2 * MIB, 9), (R1, 2 * MIB, 0), (R1, 5_000_000, 12), ("x.bcl", 2 * MIB, 0)],
)
async def test_a_bad_part_alone_is_fetched_again(
    bench: Bench, name: str, part: int, at: int
) -> None:
    """Inflating tells which; without that, parts are tried from the first on."""
    data = make_fastq(20_000) if name == R1 else make_bytes(20 * MIB)
    bench.store.put(name, data, part)
    bench.store.fault(name, Fault(flip=True, from_byte=at * MIB))
    limits = Limits(files=1, parts=1, range_size=MIB, request_size=MIB)
    await bench.run(limits=limits)
    bench.check()
    assert bench.heard.proofs[name].verified == "multipart etag"
    assert bench.store.sent(name) - len(data) <= 2 * part
    assert not list(bench.destination.glob("*.bad"))


@pytest.mark.parametrize("part", [p * u for p in (5, 8, 25) for u in (MIB, 10**6)])
async def test_parts_of_every_usual_size_are_mended(bench: Bench, part: int) -> None:
    data = make_fastq(part // 1000 + 3000)
    bench.store.put(R1, data, part)
    bench.store.fault(R1, Fault(flip=True, from_byte=part - 2 * MIB))
    await bench.run(limits=Limits(files=1, parts=2, range_size=MIB, request_size=MIB))
    bench.check()
    assert bench.store.sent(R1) - len(data) <= 2 * MIB


@pytest.mark.parametrize("part", [None, 2 * MIB])
@pytest.mark.parametrize("digest", ["md5", "sha256"])
@pytest.mark.parametrize("verify", ["none", "server", "full"])
async def test_digests_of_whole_files_on_request(
    bench: Bench, digest: Digest, part: int | None, verify: str
) -> None:
    """Whatever the order in which the ranges come, over a stop, and of what was there already."""
    data = make_fastq(9000)
    bench.store.put(R1, data, part)
    slow = Fault(hold_after=100, cut_after=100, from_byte=MIB)
    slow.release.set()
    bench.store.fault(R1, slow)
    bench.store.put("there.txt", b"there")
    bench.store.put("empty", b"")
    bench.destination.mkdir()
    (bench.destination / "there.txt").write_bytes(b"there")
    limits = replace(SMALL_RANGES, parts=4)
    await bench.run(verify=verify, digest=digest, limits=limits)
    bench.check()
    for name, found in bench.store.objects.items():
        proof = bench.heard.proofs[name]
        assert getattr(proof, digest) == hashlib.new(digest, found.data).hexdigest(), name


async def test_no_digest_is_made_where_none_was_asked_for(bench: Bench) -> None:
    bench.store.put(R1, make_fastq(5000), 2 * MIB)
    await bench.run()
    assert (bench.heard.proofs[R1].md5, bench.heard.proofs[R1].sha256) == ("", "")


async def test_what_was_kept_as_bad_is_never_written_over(bench: Bench) -> None:
    bench.store.put("x.txt", b"x" * 100)
    bench.destination.mkdir()
    (bench.destination / "x.txt.bad").write_bytes(b"mine")
    bench.store.fault("x.txt", *(Fault(flip=True) for _ in range(4)))
    await bench.run()
    assert bench.tree()["x.txt.bad"] == b"mine"
    assert len(bench.tree()["x.txt.bad~2"]) == 100
    assert "x.txt.bad~2" in bench.heard.failures["x.txt"].hint
