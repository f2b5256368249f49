"""Small disks in files, for tests that fill them, take writing away from them, or cut their power.

Only root can mount them; where they cannot be had, the test is skipped aloud.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MIB = 1 << 20


@dataclass(frozen=True)
class Disk:
    """A file system in a file."""

    image: Path
    mounted: Path

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", self.image, self.mounted], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.mounted], check=True)

    def remount(self, how: str) -> None:
        """`ro`, or `rw` again."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.mounted], check=True)


@contextmanager
def a_disk(
    place: Path, size: int, make: Sequence[str] = ("mkfs.ext4", "-q", "-F")
) -> Iterator[Disk]:
    """A disk of so many bytes, made by the program `make`, mounted beneath `place`."""
    if os.geteuid() != 0:
        pytest.skip("needs root: only root can mount a disk")
    if shutil.which(make[0]) is None:
        pytest.skip(f"there is no {make[0]} here: it comes with e2fsprogs, or btrfs-progs")
    disk = Disk(place / "image", place / "disk")
    disk.mounted.mkdir(parents=True)
    with disk.image.open("wb") as image:
        image.truncate(size)
    subprocess.run([*make, disk.image], check=True, capture_output=True)
    tried = subprocess.run(["mount", "-o", "loop", disk.image, disk.mounted], check=False)
    if tried.returncode:
        pytest.skip("no disk can be mounted here: the kernel or the container does not allow it")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk.mounted], check=False)
