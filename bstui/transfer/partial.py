"""The unfinished file, `x.partial`, while it is open: its descriptor, its records, its digests."""

import contextlib
import os
import threading
from collections.abc import Callable

from bstui.errors import InUse
from bstui.text import safe_text
from bstui.transfer.beneath import Destination, begin_writing, is_same, open_plain, remove
from bstui.transfer.items import Item, Proof
from bstui.transfer.renames import rename_free
from bstui.transfer.sidecar import Got, Sidecar, Source
from bstui.transfer.spans import Spans
from bstui.transfer.verify import Digests, PartSizes, have_same_bytes, take_whole


class Contended(InUse):
    """Another import brings the same file of one range, which says nowhere whose it is: it is soon
    there, or can be begun again."""

    def __init__(self, item: Item) -> None:
        super().__init__(
            f"{safe_text(item.path)} is being written by another import too.",
            why="Each began it again while the other was about to end.",
            hint="Let the other end, and resume this job.",
        )


class Partial:
    """One unfinished file, open. Its methods block; `record` may run in several threads."""

    def __init__(
        self,
        item: Item,
        name: str,
        descriptor: int,
        destination: Destination,
        digests: Callable[[Source], Digests],
    ) -> None:
        self.item = item
        self.name = name
        self.fd = descriptor
        self.source = Source()
        self.spans = Spans()
        """The bytes that are there for good: recorded, where there is a sidecar."""
        self.sidecar: Sidecar | None = None
        """Closed with it; None for a file that takes one request."""
        self._destination = destination
        self._make_digests = digests
        self._closing = threading.Lock()
        self.digests = digests(self.source)

    def name_source(self, source: Source) -> None:
        """Take note of how the store names the object, before anything is recorded."""
        self.source = source
        self.digests = self._make_digests(source)
        if self.sidecar is not None:
            self.sidecar.append(source)

    def keep(self, start: int, stop: int) -> None:
        """Feed the digests with `[start, stop)`, which is on disk."""
        self.digests.take(self.fd, start, stop)
        self.spans.add(start, stop)

    def prove_again(self, sizes: PartSizes) -> Proof:
        """The verdict on what is there now, where some of it was written over."""
        self.digests = self._make_digests(self.source)
        return take_whole(self.fd, self.digests, self.item.size, sizes)

    def record(self, start: int, stop: int, checksum: int) -> None:
        """`[start, stop)` has arrived with this CRC-32: it will not be asked for again."""
        self.digests.take(self.fd, start, stop)
        begin_writing(self.fd, start, stop)
        if self.sidecar is not None:
            self.sidecar.append(Got(start=start, stop=stop, crc32=checksum))

    @property
    def is_recorded(self) -> bool:
        """Whether a sidecar says which of its ranges are there."""
        return self.sidecar is not None

    def touch(self) -> None:
        """Show that its writer lives. A touch that fails shows nothing, and harms nothing."""
        with self._closing, contextlib.suppress(OSError):
            if self.sidecar is not None:
                self.sidecar.touch()

    def is_ours(self, folder: int) -> bool:
        """Whether the name is still this file's, and nobody took it over."""
        return is_same(folder, self.name, self.fd)

    def discard(self) -> None:
        """Remove it with its sidecar, where they are still ours, and close it."""
        try:
            with self._destination.parent(self.item.path) as (folder, _):
                if self.is_ours(folder):
                    self.remove_sidecar(folder)
                    remove(folder, self.name)
        finally:
            self.close()

    def keep_as_bad(self) -> str:
        """Give what arrived and is not right another name, where it is still ours, and close it;
        the name, empty where it was not. Equal bytes are kept once."""
        name = f"{self.name.removesuffix('.partial')}.bad"
        try:
            with self._destination.parent(self.item.path) as (folder, _):
                if not self.is_ours(folder):
                    return ""
                self.remove_sidecar(folder)
                before = open_plain(folder, name)
                try:
                    if before is not None and have_same_bytes(before, self.fd):
                        remove(folder, self.name)
                        return name
                finally:
                    if before is not None:
                        os.close(before)
                return rename_free(folder, self.name, name)
        finally:
            self.close()

    def remove_sidecar(self, folder: int) -> None:
        if self.sidecar is not None:
            self.sidecar.remove(folder)

    def close(self) -> None:
        with self._closing:
            if self.fd >= 0:
                os.close(self.fd)
                self.fd = -1
            if self.sidecar is not None:
                self.sidecar.close()
                self.sidecar = None
