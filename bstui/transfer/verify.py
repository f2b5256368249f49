"""The proof that what arrived is what the server holds: size, MD5, S3's multipart ETag.

Where there is an ETag to compare with, every range is read back once while it is still in memory,
for the digests of the parts that the ETag counts.
"""

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from isal import isal_zlib

from bstui.errors import IntegrityError
from bstui.text import safe_text
from bstui.transfer.items import MIB, Digest, Proof
from bstui.transfer.spans import Spans

_CHUNK = MIB
_STRETCH = 64 * MIB
"""Bytes between two looks at whether to go on."""
_ETAG = re.compile(r"(?P<md5>[0-9a-f]{32})(?:-(?P<parts>[1-9]\d{0,4}))?", re.IGNORECASE)
_USUAL_PARTS = (
    *(count * MIB for count in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512)),
    *(count * 10**6 for count in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 250, 256, 500)),
)
_MOST_UNUSUAL = 12
"""Part sizes beyond the usual ones that are tried; each costs the whole file's MD5."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ETag says of the bytes (S3: the MD5, or the MD5 of the parts' MD5s and `-N`)."""

    md5: str
    parts: int
    """0 where the ETag is the plain MD5."""

    @property
    def text(self) -> str:
        return f"{self.md5}-{self.parts}" if self.parts else self.md5

    @property
    def name(self) -> str:
        return "multipart etag" if self.parts else "etag"


def parse_etag(etag: str | None) -> Expected | None:
    """An ETag without quotes, where it is one that can be computed from the bytes."""
    match = _ETAG.fullmatch((etag or "").strip('"'))
    return Expected(match["md5"].lower(), int(match["parts"] or 0)) if match else None


class Mismatch(IntegrityError):
    """Bytes that are not those of the ETag."""


class GivenUp(Exception):
    """Hashing was ended, because the import stops."""


class PartSizes:
    """What hashing the files of one import shares: which part sizes their uploader may have used,
    those that were proven first; and whether to go on at all."""

    def __init__(self) -> None:
        self._proven: list[int] = []
        self._is_given_up = False

    def give_up(self) -> None:
        """Let what hashes whole files end soon."""
        self._is_given_up = True

    def check(self) -> None:
        """Raise GivenUp where there is no use in going on."""
        if self._is_given_up:
            raise GivenUp

    def candidates(self, size: int, parts: int) -> list[int]:
        """The part sizes, in bytes, that cut `size` bytes into `parts`, the likeliest first.

        0 parts stands for a plain MD5, which is one of the whole.
        """
        if parts <= 1:
            return [max(size, 1)]
        least, most = -(-size // parts), (size - 1) // (parts - 1)
        first = -(-least // MIB) * MIB
        unusual = list(range(first, most + 1, MIB))
        usual = [part for part in (*self._proven, *_USUAL_PARTS) if least <= part <= most]
        return list(dict.fromkeys((*usual, *unusual[:_MOST_UNUSUAL])))

    def remember(self, part_size: int) -> None:
        """Put a part size that matched before the others."""
        self._proven = [part_size, *(known for known in self._proven if known != part_size)][:8]


class _Unit:
    """The digest of one part, or of the whole file, fed from its beginning on."""

    def __init__(self, start: int, stop: int, algorithm: str = "md5") -> None:
        self.stop = stop
        self.position = start
        self.hash = hashlib.new(algorithm, usedforsecurity=False)
        self.lock = threading.Lock()

    def feed(self, position: int, data: memoryview) -> None:
        if position == self.position < self.stop:
            self.hash.update(data)
            self.position += len(data)


class Digests:
    """The digests of one file while it grows. Its methods may run in several threads.

    `whole` is the digest of the whole file that is wanted besides those that the ETag counts.
    """

    def __init__(
        self, size: int, expected: Expected | None, sizes: PartSizes, whole: Digest = ""
    ) -> None:
        self._size = size
        self._expected = expected
        self._sizes = sizes
        self._candidates = sizes.candidates(size, expected.parts) if expected else []
        self._unit_size = self._candidates[0] if self._candidates else 0
        self._taken = Spans()
        self._units: dict[int, _Unit] = {}
        self._finished: dict[int, bytes] = {}
        self._lock = threading.Lock()
        self._algorithm = whole
        is_free = whole == "md5" and expected is not None and not expected.parts
        self._whole = _Unit(0, size, whole) if whole and not is_free else None

    @property
    def expected(self) -> Expected | None:
        return self._expected

    @property
    def candidates(self) -> list[int]:
        """The part sizes that the ETag may have been made with, the likeliest first."""
        return self._candidates

    def step(self, range_size: int, request_size: int) -> int:
        """Where requests had better begin and end, in bytes: between parts, where they fit into
        one, so that each is hashed on its way."""
        unit = self._unit_size
        return max(unit, range_size // unit * unit) if 0 < unit <= request_size else range_size

    def take(self, descriptor: int, start: int, stop: int) -> None:
        """Read `[start, stop)` back and feed the digests, if any are wanted; OSError, EOFError."""
        if not self._unit_size and self._whole is None:
            return
        for position, data in _read(descriptor, start, stop):
            self._feed(position, data)
            if self._whole is not None:
                with self._whole.lock:
                    self._whole.feed(position, data)
        with self._lock:
            self._taken.add(start, stop)
        self._catch_up(descriptor, start, stop)
        if self._whole is not None:
            self._extend(self._whole, descriptor)

    def verdict(self, descriptor: int) -> Proof:
        """How the whole file is proven, with the digests of the whole that are known.

        Mismatch where it is not what the ETag says, IntegrityError where its size is another.
        """
        found = os.fstat(descriptor).st_size
        if found != self._size:
            raise IntegrityError(f"{found} bytes are there, and {self._size} should be.")
        if self._expected is None or not self._candidates:
            proof = Proof("size only")
        elif not self._expected.parts:
            proof = self._prove(self._digest(descriptor, self._unit_size))
        else:
            proof = self._prove_multipart(descriptor)
        if self._whole is None:
            return proof
        self._extend(self._whole, descriptor, self._sizes.check)
        found_digest = self._whole.hash.hexdigest()
        if self._algorithm == "md5":
            return replace(proof, md5=found_digest)
        return replace(proof, sha256=found_digest)

    def _extend(
        self, unit: _Unit, descriptor: int, check: Callable[[], None] = lambda: None
    ) -> None:
        """Feed a digest with what is there already and had to wait for an earlier range."""
        with unit.lock:
            with self._lock:
                end = min(unit.stop, self._taken.end_from(unit.position))
            for position, data in _read(descriptor, unit.position, end):
                check()
                unit.feed(position, data)

    def _prove(self, md5: str) -> Proof:
        assert self._expected is not None
        if md5 != self._expected.md5:
            raise _mismatch(self._expected, md5)
        return Proof(self._expected.name, md5 if not self._expected.parts else "")

    def _prove_multipart(self, descriptor: int) -> Proof:
        assert self._expected is not None
        found = ""
        for part_size in self._candidates:
            found = self._digest(descriptor, part_size)
            if found == self._expected.md5:
                self._sizes.remember(part_size)
                break
        return self._prove(found)

    def _digest(self, descriptor: int, unit_size: int) -> str:
        """The hexadecimal MD5 that the ETag would have for this part size."""
        if unit_size != self._unit_size:
            return self._hash_again(descriptor, unit_size)
        self._catch_up(descriptor, 0, self._size)
        count = max(1, -(-self._size // self._unit_size))
        if not self._size:
            self._finish(0, hashlib.md5(usedforsecurity=False).digest())
        parts = [self._finished[index] for index in range(count)]
        if self._expected is not None and not self._expected.parts:
            return parts[0].hex()
        return hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest()

    def _hash_again(self, descriptor: int, part_size: int) -> str:
        """The same for another part size than the one that was hashed on the way."""
        parts = hashlib.md5(usedforsecurity=False)
        for start in range(0, self._size, part_size):
            stop = min(self._size, start + part_size)
            parts.update(part_digest(descriptor, start, stop, self._sizes))
        return parts.hexdigest()

    def _feed(self, position: int, data: memoryview) -> None:
        while self._unit_size and data:
            index = position // self._unit_size
            count = min(len(data), (index + 1) * self._unit_size - position)
            unit = self._unit(index)
            if unit is not None:
                with unit.lock:
                    unit.feed(position, data[:count])
            position += count
            data = data[count:]

    def _catch_up(self, descriptor: int, start: int, stop: int) -> None:
        """Feed what is there already to the parts that had to wait for an earlier range."""
        if not self._unit_size or start == stop:
            return
        for index in range(start // self._unit_size, (stop - 1) // self._unit_size + 1):
            unit = self._unit(index)
            if unit is None:
                continue
            self._extend(unit, descriptor)
            with unit.lock:
                if unit.position == unit.stop:
                    self._finish(index, unit.hash.digest())

    def _unit(self, index: int) -> _Unit | None:
        """The part's growing MD5; None where it is finished."""
        with self._lock:
            if index in self._finished:
                return None
            if index not in self._units:
                start = index * self._unit_size
                self._units[index] = _Unit(start, min(self._size, start + self._unit_size))
            return self._units[index]

    def _finish(self, index: int, digest: bytes) -> None:
        with self._lock:
            self._finished[index] = digest
            self._units.pop(index, None)


def _read(descriptor: int, start: int, stop: int) -> Iterator[tuple[int, memoryview]]:
    """The bytes `[start, stop)` in chunks with their positions; EOFError where they end early.

    All chunks are views of one buffer, so that no fresh memory is touched for each.
    """
    buffer = memoryview(bytearray(max(0, min(_CHUNK, stop - start))))
    position = start
    while position < stop:
        count = os.preadv(descriptor, [buffer[: stop - position]], position)
        if not count:
            raise EOFError(f"the file ends at {position}, before {stop}")
        yield position, buffer[:count]
        position += count


def part_digest(descriptor: int, start: int, stop: int, sizes: PartSizes) -> bytes:
    """The MD5 of `[start, stop)`; EOFError, and GivenUp where there is no use in going on."""
    part = hashlib.md5(usedforsecurity=False)
    for _, data in _read(descriptor, start, stop):
        sizes.check()
        part.update(data)
    return part.digest()


def checksum(descriptor: int, start: int, stop: int) -> int | None:
    """The CRC-32 of `[start, stop)`; None where the file ends before."""
    value = 0
    try:
        for _, data in _read(descriptor, start, stop):
            value = isal_zlib.crc32(data, value)
    except EOFError:
        return None
    return value


def _mismatch(expected: Expected, found: str) -> Mismatch:
    shown = f"{found}-{expected.parts}" if expected.parts else found
    return Mismatch(
        "The bytes that arrived are not those that BaseSpace holds.",
        why=f"Its {expected.name} is {shown}, and BaseSpace's is {safe_text(expected.text)}.",
        hint="Something on the way, or a disk, changes bytes; nothing was published. "
        "Where the ETag itself is at fault, import that file with --verify none.",
    )


def prove_file(
    descriptor: int, size: int, etag: str | None, sizes: PartSizes, whole: Digest = ""
) -> Proof | None:
    """How a file that stands there already is proven equal; None where nothing can prove it.

    IntegrityError, with both sides, where it differs.
    """
    found, expected = os.fstat(descriptor).st_size, parse_etag(etag)
    if found != size:
        raise IntegrityError(
            "The file is another.", why=f"It holds {found:,} bytes, and BaseSpace's {size:,}."
        )
    if expected is None:
        return None
    try:
        proof = take_whole(descriptor, Digests(size, expected, sizes, whole), size, sizes)
    except EOFError as error:
        raise IntegrityError("The file was cut while it was read.") from error
    return None if proof.verified == "size only" else proof


def take_whole(descriptor: int, digests: Digests, size: int, sizes: PartSizes) -> Proof:
    """The verdict of `digests` on a file that is whole already; GivenUp where there is no use."""
    for start in range(0, size, _STRETCH):
        sizes.check()
        digests.take(descriptor, start, min(size, start + _STRETCH))
    return digests.verdict(descriptor)


def have_same_bytes(one: int, other: int, check: Callable[[], None] = lambda: None) -> bool:
    """Whether two open files hold the same; `check` raises where there is no use in going on."""
    size = os.fstat(one).st_size
    if os.fstat(other).st_size != size:
        return False
    pairs = zip(_read(one, 0, size), _read(other, 0, size), strict=False)
    try:
        for (_, ours), (_, theirs) in pairs:
            check()
            if ours != theirs:
                return False
    except EOFError:
        return False
    return True
