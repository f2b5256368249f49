"""Joining files by their bytes: whole, durable, resumable, and never over another file."""

import contextlib
import gzip
import hashlib
import os
import random
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bstui.errors import IntegrityError, InUse, NameTaken
from bstui.transfer.beneath import Destination
from bstui.transfer.items import Digest, Existing, Holder
from bstui.transfer.joining import Join, Joined, Joiner, Stopped
from bstui.transfer.permissions import Permissions

HOLDER = Holder(job="J", attempt=1, host="here", user="me")
SIZES = (5_000_000, 1, 0, 4 << 20, 77_777)


@pytest.fixture
def wanted(tmp_path: Path) -> Join:
    parts = []
    for number, size in enumerate(SIZES):
        path = tmp_path / "in" / f"part{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(random.Random(number).randbytes(size))
        parts.append((f"in/part{number}", size))
    return Join("out/whole", tuple(parts))


def whole_of(tmp_path: Path, wanted: Join) -> bytes:
    return b"".join((tmp_path / path).read_bytes() for path, _ in wanted.parts)


@contextlib.contextmanager
def joiner(
    folder: Path,
    *,
    existing: Existing = "adopt",
    digest: Digest = "",
    holder: Holder = HOLDER,
    is_stopping: Callable[[], bool] = lambda: False,
    permissions: Permissions | None = None,
) -> Iterator[Joiner]:
    destination = Destination(folder)
    try:
        yield Joiner(
            destination,
            holder,
            lambda: None,
            is_stopping,
            existing=existing,
            digest=digest,
            permissions=permissions or Permissions(),
        )
    finally:
        destination.close()


def join(folder: Path, wanted: Join, **options: object) -> Joined:
    with joiner(folder, **options) as made:  # type: ignore[arg-type]
        return made.join(wanted)


def test_the_bytes_follow_each_other(tmp_path: Path, wanted: Join) -> None:
    whole = whole_of(tmp_path, wanted)
    joined = join(tmp_path, wanted, digest="sha256", permissions=Permissions(mode=0o440))
    sha256, crc32 = hashlib.sha256(whole).hexdigest(), f"{zlib.crc32(whole):08x}"
    assert joined == Joined("out/whole", len(whole), sha256, crc32)
    assert (tmp_path / "out" / "whole").read_bytes() == whole
    assert (tmp_path / "out" / "whole").stat().st_mode & 0o777 == 0o440
    assert os.listdir(tmp_path / "out") == ["whole"]
    inode = (tmp_path / "out" / "whole").stat().st_ino
    assert join(tmp_path, wanted).path == "out/whole"
    assert (tmp_path / "out" / "whole").stat().st_ino == inode, "what is there is taken"


def test_gzip_members_are_one_gzip_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(gzip.compress(name.encode() * 1000))
    parts = tuple((name, (tmp_path / name).stat().st_size) for name in ("a", "b"))
    join(tmp_path, Join("c", parts))
    assert gzip.decompress((tmp_path / "c").read_bytes()) == b"a" * 1000 + b"b" * 1000


def test_stopped_at_any_moment_it_goes_on(tmp_path: Path, wanted: Join) -> None:
    whole = whole_of(tmp_path, wanted)
    stops = 0
    while True:
        calls = iter(range(stops))
        try:
            join(tmp_path, wanted, is_stopping=lambda calls=calls: next(calls, None) is None)
            break
        except Stopped:
            stops += 1
            assert not (tmp_path / "out" / "whole").exists()
    assert stops > len(SIZES)
    assert (tmp_path / "out" / "whole").read_bytes() == whole
    assert os.listdir(tmp_path / "out") == ["whole"]


@pytest.mark.parametrize("keeps", ["keep", "anew"])
def test_killed_at_any_moment_it_goes_on(tmp_path: Path, keeps: str) -> None:
    for number, size in enumerate(SIZES):
        (tmp_path / f"part{number}").write_bytes(random.Random(number).randbytes(size))
    command = (sys.executable, "-m", "tests.transfer.killed_join", str(tmp_path), keeps)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= len(SIZES)


@pytest.mark.parametrize("existing", ["adopt", "keep-both", "replace"])
@pytest.mark.parametrize("has_size", [True, False])
def test_another_file_of_the_name_is_never_lost(
    existing: Existing, has_size: bool, tmp_path: Path, wanted: Join
) -> None:
    mine = b"x" * (wanted.size if has_size else 7)
    path = tmp_path / "out" / "whole"
    path.parent.mkdir()
    path.write_bytes(mine)
    whole = whole_of(tmp_path, wanted)
    if existing == "adopt":
        with pytest.raises(NameTaken):
            join(tmp_path, wanted, existing=existing)
    else:
        joined = join(tmp_path, wanted, existing=existing)
        assert (tmp_path / joined.path).read_bytes() == whole
        assert join(tmp_path, wanted, existing=existing) == joined
    kept = {entry.read_bytes() for entry in path.parent.iterdir()}
    assert mine in kept
    assert len(kept) == (1 if existing == "adopt" else 2)


def test_a_part_that_is_not_as_it_was_brought(tmp_path: Path, wanted: Join) -> None:
    (tmp_path / "in" / "part0").write_bytes(b"short")
    with pytest.raises(IntegrityError, match="part0"):
        join(tmp_path, wanted)
    (tmp_path / "in" / "part0").unlink()
    with pytest.raises(IntegrityError, match="part0"):
        join(tmp_path, wanted)
    assert not (tmp_path / "out").exists()


def test_a_partial_that_lies_is_found_out(tmp_path: Path, wanted: Join) -> None:
    calls = iter(range(3))
    with pytest.raises(Stopped):
        join(tmp_path, wanted, is_stopping=lambda: next(calls, None) is None)
    partial = tmp_path / "out" / "whole.partial"
    data = bytearray(partial.read_bytes())
    data[100] ^= 1
    partial.write_bytes(data)
    with pytest.raises(IntegrityError, match="other bytes"):
        join(tmp_path, wanted)
    assert os.listdir(tmp_path / "out") == [], "and the next try begins anew"
    join(tmp_path, wanted)
    assert (tmp_path / "out" / "whole").read_bytes() == whole_of(tmp_path, wanted)


def stop_half_way(tmp_path: Path, wanted: Join, holder: Holder) -> Path:
    """A join that was stopped; its partial."""
    looks = iter([False] * 3)
    with pytest.raises(Stopped):
        join(tmp_path, wanted, holder=holder, is_stopping=lambda: next(looks, True))
    return tmp_path / "out" / "whole.partial"


def test_a_partial_is_renewed_by_its_own_job_alone(tmp_path: Path, wanted: Join) -> None:
    sidecar = Path(f"{stop_half_way(tmp_path, wanted, HOLDER)}.json")
    for holder, is_renewed in ((Holder("K", 1, "here", "me"), False), (HOLDER, True)):
        os.utime(sidecar, (1000, 1000))
        with joiner(tmp_path, holder=holder) as made:
            made.renew(wanted.path)
        assert (sidecar.stat().st_mtime > 1000) is is_renewed


def test_what_another_job_has_given_up_is_begun_anew(tmp_path: Path, wanted: Join) -> None:
    partial = stop_half_way(tmp_path, wanted, Holder("K", 1, "here", "me"))
    os.utime(f"{partial}.json", (1000, 1000))
    with partial.open("r+b") as old:
        join(tmp_path, wanted)
        old.write(b"written by somebody who woke up")
        old.flush()
    assert (tmp_path / "out" / "whole").read_bytes() == whole_of(tmp_path, wanted)


def test_a_living_partial_of_another_job_is_left_alone(tmp_path: Path, wanted: Join) -> None:
    other = Holder(job="K", attempt=1, host="there", user="you")
    calls = iter(range(2))
    with pytest.raises(Stopped):
        join(tmp_path, wanted, holder=other, is_stopping=lambda: next(calls, None) is None)
    with pytest.raises(InUse, match="by you on there"):
        join(tmp_path, wanted)
    os.utime(tmp_path / "out" / "whole.partial.json", (0, 0))
    join(tmp_path, wanted)
    assert (tmp_path / "out" / "whole").read_bytes() == whole_of(tmp_path, wanted)
