"""Finding the bad part of a file whose multipart ETag is not the server's.

The ETag is a digest of the parts' digests, and so does not say which part is bad. But it does say
when the bad one has been replaced: parts are fetched again, the likeliest first, until the digests
agree. Where inflating shows how far the bytes are good, that part is the likeliest.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator

from bstui.transfer.inflate import Broken, inflate
from bstui.transfer.items import MIB, Item
from bstui.transfer.partial import Partial
from bstui.transfer.threads import Threads
from bstui.transfer.verify import Digests, PartSizes, part_digest

_NEAR = MIB
"""Bytes before and behind the place where inflating meets trouble: a BGZF block has at most 64 KiB,
and a checksum of its own."""

Parts = list[tuple[int, int]]
"""Byte ranges `[start, stop)`."""


async def mend(
    partial: Partial,
    sizes: PartSizes,
    threads: Threads,
    at_once: int,
    fetch: Callable[[Parts], Awaitable[None]],
) -> bool:
    """Fetch parts again until the file is what its ETag says; False where it never is."""
    parts = await threads.hashing(Mending, partial.fd, partial.item, partial.digests, sizes)
    for ranges in await threads.hashing(list, parts.suspects(at_once)):
        await fetch(ranges)
        if await threads.hashing(parts.is_mended_by, ranges):
            return True
    return False


class Mending:
    """The parts of one file, for every part size that its uploader may have used. It blocks."""

    def __init__(self, descriptor: int, item: Item, digests: Digests, sizes: PartSizes) -> None:
        self._fd = descriptor
        self._item = item
        self._expected = digests.expected
        self._sizes = sizes
        self._parts = {
            part: [self._digest(start, part) for start in range(0, item.size, part)]
            for part in digests.candidates
        }

    def suspects(self, at_once: int) -> Iterator[Parts]:
        """What may be bad, the likeliest first: the bytes around the place where inflating meets
        trouble, then the parts before and behind, `at_once` at a time."""
        size, part, near = self._item.size, min(self._parts), self._find_trouble()
        yield [(max(0, near - _NEAR), min(size, near + _NEAR))]
        first, count = min(near, size - 1) // part, -(-size // part)
        order = [*range(first, -1, -1), *range(first + 1, count)]
        ranges = [(i * part, min(size, (i + 1) * part)) for i in order]
        for i in range(0, count, at_once):
            yield ranges[i : i + at_once]

    def is_mended_by(self, ranges: Parts) -> bool:
        """Whether the file is the server's, now that these ranges were fetched again."""
        for part, digests in self._parts.items():
            for start, stop in ranges:
                for index in range(start // part, (stop - 1) // part + 1):
                    digests[index] = self._digest(index * part, part)
            whole = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
            if self._expected is not None and whole == self._expected.md5:
                self._sizes.remember(part)
                return True
        return False

    def _digest(self, start: int, part: int) -> bytes:
        return part_digest(self._fd, start, min(self._item.size, start + part), self._sizes)

    def _find_trouble(self) -> int:
        """A byte near which the file is bad, as far as its own checksums tell; else the first."""
        if not self._item.path.endswith((".gz", ".bgzf")):
            return 0
        try:
            inflate(self._fd, self._item.size, self._sizes.check)
        except Broken as error:
            return error.position
        return 0
