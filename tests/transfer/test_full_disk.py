"""A disk that really is full: the file system of a few MiB needs root to be mounted."""

import os
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.errors import NoSpace
from bstui.transfer.beneath import Destination
from bstui.transfer.items import Limits
from bstui.transfer.opener import Opener
from bstui.transfer.sidecar import Source
from bstui.transfer.verify import PartSizes
from tests.transfer.bench import HOLDER, Bench, until
from tests.transfer.store import MIB, make_bytes

pytestmark = pytest.mark.system


@pytest.fixture
def small_disk(bench: Bench) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    disk = bench.destination
    disk.mkdir()
    options = "size=6m,nr_inodes=20"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "bstui-test", disk])
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


async def test_a_full_disk_is_waited_for_and_nothing_is_lost(
    bench: Bench, small_disk: Path
) -> None:
    bench.store.put("deep", make_bytes(5 * MIB))
    bench.store.put("small", make_bytes(300_000))
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (4 * MIB))
    engine = bench.engine(limits=Limits(files=2, parts=2, range_size=MIB, request_size=MIB))
    async with bench.running(engine, bench.items()):
        await until(lambda: engine.snapshot().wait is not None)
        wait = engine.snapshot().wait
        assert wait is not None
        assert wait.reason == "room"
        assert not bench.heard.failures
        ballast.unlink()
        await until(lambda: len(bench.heard.done_files) == 2)
    bench.check()
    assert bench.store.sent("deep") < 8 * MIB


def test_resuming_on_a_full_disk_leaks_no_descriptor(bench: Bench, small_disk: Path) -> None:
    bench.store.put("deep", make_bytes(2 * MIB))
    destination = Destination(small_disk)
    opener = Opener(destination, HOLDER, PartSizes(), 90, bench.heard.note)
    partial = opener.open(bench.item("deep"), ranged=True)
    partial.name_source(Source(etag='"a"'))
    os.pwrite(partial.fd, b"x" * MIB, 0)
    partial.record(0, MIB, zlib.crc32(b"x" * MIB))
    partial.close()
    with pytest.raises(OSError, match="No space"):
        (small_disk / "ballast").write_bytes(b"x" * (9 * MIB))
    before = os.listdir("/proc/self/fd"), sorted(os.listdir(small_disk))
    for _ in range(3):
        with pytest.raises(NoSpace):
            opener.open(bench.item("deep"), ranged=True)
    assert (os.listdir("/proc/self/fd"), sorted(os.listdir(small_disk))) == before
    destination.close()


async def test_no_room_for_another_file_is_waited_for_and_named(
    bench: Bench, small_disk: Path
) -> None:
    bench.store.put("small", make_bytes(1000))
    taken: list[Path] = []
    while os.statvfs(small_disk).f_favail:
        taken.append(small_disk / f"taken{len(taken)}")
        taken[-1].touch()
    engine = bench.engine()
    async with bench.running(engine, bench.items()):
        await until(lambda: engine.snapshot().wait is not None)
        wait = engine.snapshot().wait
        assert wait is not None
        assert "inodes" in wait.text
        for path in taken:
            path.unlink()
        await until(lambda: len(bench.heard.done_files) == 1)
    bench.check()
