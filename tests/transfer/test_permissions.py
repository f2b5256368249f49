"""Who may do what with imported files: the umask's, a setgid folder's, and what was asked for."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bstui.errors import DestinationError
from bstui.transfer.items import Limits
from bstui.transfer.permissions import Permissions
from tests.transfer.bench import HOLDER, QUICK, Bench
from tests.transfer.store import MIB, Fault, make_bytes


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def fill(bench: Bench) -> None:
    bench.store.put("large", make_bytes(6 * MIB), 5 * MIB)
    bench.store.put("small", make_bytes(1000))


def modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
    }


async def bring(bench: Bench, permissions: Permissions | None) -> dict[str, int]:
    fill(bench)
    items = [
        bench.item(name, f"sub/{name}", number=i) for i, name in enumerate(bench.store.objects)
    ]
    await bench.run(items, permissions=permissions)
    assert not bench.heard.failures
    return modes(bench.destination)


async def test_the_umask_and_a_setgid_folder_decide(bench: Bench) -> None:
    bench.destination.mkdir()
    group = max(os.getgroups(), default=os.getegid())
    os.chown(bench.destination, -1, group)
    bench.destination.chmod(0o2770)
    found = await bring(bench, None)
    assert found == {"sub": 0o2750, "sub/large": 0o640, "sub/small": 0o640}
    assert {path.stat().st_gid for path in bench.destination.rglob("*")} == {group}


@pytest.mark.parametrize(
    ("permissions", "folder", "file"),
    [
        (Permissions(mode=0o664), 0o775, 0o664),
        (Permissions(mode=0o600), 0o700, 0o600),
        (Permissions(read_only=True), 0o750, 0o440),
        (Permissions(mode=0o664, read_only=True), 0o775, 0o444),
    ],
)
async def test_a_mode_that_was_asked_for(
    bench: Bench, permissions: Permissions, folder: int, file: int
) -> None:
    found = await bring(bench, permissions)
    assert found == {"sub": folder, "sub/large": file, "sub/small": file}


async def test_a_group_that_was_asked_for(bench: Bench) -> None:
    others = [group for group in os.getgroups() if group != os.getegid()]
    group = 12_345 if os.geteuid() == 0 else next(iter(others), os.getegid())
    await bring(bench, Permissions(group=group))
    assert {path.stat().st_gid for path in bench.destination.rglob("*")} == {group}


async def test_a_read_only_partial_is_gone_on_with(bench: Bench) -> None:
    """A kill may come between a file's last permissions and its name."""
    fill(bench)
    fault = Fault(status=404, body=b"<Error><Code>NoSuchKey</Code></Error>", from_byte=4 * MIB)
    bench.store.fault("large", fault)
    one = Limits(files=1, parts=1, range_size=MIB, request_size=MIB)
    await bench.run([bench.item("large")], limits=one, patience=replace(QUICK, tries=0))
    partial = bench.destination / "large.partial"
    partial.chmod(0o440)
    bench.heard.failures.clear()
    await bench.run(holder=replace(HOLDER, attempt=2), permissions=Permissions(read_only=True))
    bench.check()
    assert modes(bench.destination) == {"large": 0o440, "small": 0o440}
    assert bench.store.sent("large") <= 8 * MIB


@pytest.mark.skipif(os.geteuid() == 0, reason="root may give files to every group")
async def test_a_group_of_others_fails_with_a_sentence(bench: Bench) -> None:
    fill(bench)
    bench.destination.mkdir()
    await bench.run(permissions=Permissions(group=0))
    assert {type(error) for error in bench.heard.failures.values()} == {DestinationError}
    assert "--chgrp" in bench.heard.failures["small"].hint
