"""The files of the cases, and the plans that name them."""

import hashlib
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
PART = 8 * MIB
"""What the uploader cut the files into: most S3 clients' own choice."""
QUERY = (
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=EXAMPLE%2F20261123%2Fus-east-1%2Fs3"
    "%2Faws4_request&X-Amz-Date=20261123T000000Z&X-Amz-Expires=604800&X-Amz-Security-Token="
    + "IQoJb3JpZ2luX2VjE" * 40
    + "&X-Amz-SignedHeaders=host&X-Amz-Signature="
    + "0123456789abcdef" * 4
)
"""About as long as that of a real signed address."""


@dataclass(frozen=True)
class Served:
    """One file as the server has it."""

    path: str
    """Relative to the server's root."""
    size: int
    etag: str
    """S3's, without quotes."""


@dataclass(frozen=True)
class Collection:
    """Some files beneath one folder of the server."""

    name: str
    files: tuple[Served, ...]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)


def make_collections(root: Path, scale: float) -> dict[str, Collection]:
    """One big file, 64 mid ones, 5 000 small ones; `scale` cuts the first two down for a try."""
    mid = max(MIB, int(32 * MIB * scale))
    return {
        "big": _make(root, "big", 1, max(MIB, int(2048 * MIB * scale)), distinct=1),
        "mid": _make(root, "mid", 64, mid, distinct=16),
        "small": _make(root, "small", max(64, int(5000 * min(1, scale))), 20 << 10, distinct=5000),
    }


def _make(root: Path, name: str, count: int, size: int, *, distinct: int) -> Collection:
    """Files of random bytes; more than `distinct` are links to the others, to spare the disk."""
    folder = root / name
    folder.mkdir(parents=True)
    made: list[Served] = []
    for number in range(count):
        path = folder / f"file-{number:04d}.gz"
        if number < distinct:
            etag = _write(path, size, f"{name}{number}")
        else:
            os.link(root / made[number % distinct].path, path)
            etag = made[number % distinct].etag
        path.chmod(0o644)
        made.append(Served(f"{name}/{path.name}", size, etag))
    return Collection(name, tuple(made))


def _write(path: Path, size: int, seed: str) -> str:
    """The file's ETag, as S3 makes it."""
    parts = []
    with path.open("wb") as file:
        for part in _parts(size, random.Random(seed)):
            file.write(part)
            parts.append(hashlib.md5(part).digest())
    if size <= PART:
        return parts[0].hex()
    return f"{hashlib.md5(b''.join(parts)).hexdigest()}-{len(parts)}"


def _parts(size: int, chance: random.Random) -> Iterator[bytes]:
    while size > 0:
        yield chance.randbytes(min(PART, size))
        size -= PART
