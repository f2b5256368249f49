"""The unfinished file, `x.partial`, from its first byte to its last, over kills and take-overs.

Whatever a writer that we do not know to be gone may still hold open is never written to again:
starting again and taking over make a new inode, so that a late writer cannot reach what will be
published.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bstui.errors import InUse, NameTaken
from bstui.text import safe_text
from bstui.transfer.beneath import Destination, create, is_same, open_plain, remove
from bstui.transfer.items import Holder, Item
from bstui.transfer.sidecar import (
    Got,
    Head,
    Sidecar,
    Source,
    Story,
    is_gone,
    partial_names,
    process_mark,
    read_sidecar,
    server_time,
)
from bstui.transfer.spans import Spans
from bstui.transfer.verify import Digests, PartSizes, checksum, parse_etag

_CHUNK = 1 << 20

Note = Callable[[str, str], None]
"""Takes a level and a text."""


@dataclass(frozen=True, slots=True)
class Opener:
    """What opening any partial needs to know."""

    destination: Destination
    holder: Holder
    sizes: PartSizes
    live: float
    """Seconds for which a sidecar that was touched has a living writer."""
    note: Note
    is_proven: bool = True
    """False with `--verify none`: no digests are computed."""

    def open(self, item: Item, *, ranged: bool) -> "Partial":
        """The partial of `item`, with what can be kept of an earlier one.

        InUse where another job is writing it; `ranged` where it takes more than one request.
        """
        with self.destination.parent(item.path, make=True) as (folder, name):
            names = partial_names(name)
            story = self._read(folder, names, item)
            try:
                if story is not None and story.got:
                    return self._go_on(folder, names, item, story)
                if story is None and not ranged:
                    whole = self._find_whole(folder, names, item)
                    if whole is not None:
                        return whole
                return self._start(folder, names, item, ranged=ranged)
            except FileExistsError as error:
                raise _in_use(item, None) from error

    def clear(self, item: Item) -> None:
        """Remove what an earlier import left beside a file that stands whole by now."""
        with self.destination.parent(item.path) as (folder, name):
            partial, side = partial_names(name)
            story = read_sidecar(folder, side)
            if story is None or story.head.id != item.id or self._is_held(folder, story):
                return
            _refuse_foreign(folder, partial, item)
            remove(folder, side)
            remove(folder, partial)

    def _is_held(self, folder: int, story: Story) -> bool:
        """Whether another job, or a newer attempt of this one, is writing the partial."""
        head, mine = story.head, self.holder
        if head.job == mine.job and head.attempt <= mine.attempt:
            return False
        is_recent = server_time(folder) - story.touched < self.live
        return is_recent and not is_gone(head, mine)

    def _read(self, folder: int, names: tuple[str, str], item: Item) -> Story | None:
        """The sidecar of an earlier partial of the same object, where nobody else holds it."""
        story = read_sidecar(folder, names[1])
        if story is None:
            return None
        head = story.head
        if self._is_held(folder, story):
            raise _in_use(item, head)
        if (head.id, head.size, head.etag) != (item.id, item.size, item.etag or ""):
            self.note("info", f"{_shown(item)} is not the object of its partial: it starts again.")
            return None
        if story.got and not (story.source.etag or story.source.last_modified):
            self.note(
                "info",
                f"{_shown(item)} cannot be told from another version of it by what "
                "the server sent: it starts again.",
            )
            return None
        return story

    def can_prove(self, item: Item) -> bool:
        """Whether the plan itself says by which digest the bytes are known."""
        return self.is_proven and parse_etag(item.etag) is not None

    def digests(self, item: Item, source: Source) -> Digests:
        """The digests that prove `item`: by the plan's ETag, or else by the store's."""
        etag = item.etag or (source.etag.strip('"') if source.is_digest else None)
        expected = parse_etag(etag) if self.is_proven and source.is_digest else None
        return Digests(item.size, expected, self.sizes)

    def _head(self, item: Item) -> Head:
        mine = self.holder
        return Head(
            id=item.id,
            size=item.size,
            etag=item.etag or "",
            job=mine.job,
            attempt=mine.attempt,
            host=mine.host,
            user=mine.user,
            process=process_mark(),
        )

    def _start(self, folder: int, names: tuple[str, str], item: Item, *, ranged: bool) -> "Partial":
        """A new partial, empty."""
        _refuse_foreign(folder, names[0], item)
        remove(folder, names[1])
        sidecar = None
        if ranged:
            sidecar = Sidecar.write(folder, names[1], self._head(item), Source(), [], new=True)
        remove(folder, names[0])
        try:
            descriptor = create(folder, names[0])
        except OSError:
            if sidecar is not None:
                sidecar.close()
            raise
        return Partial(self, item, names[0], descriptor, sidecar)

    def _find_whole(self, folder: int, names: tuple[str, str], item: Item) -> "Partial | None":
        """A partial without a sidecar, as files of one range have: whole and proven, or nothing.

        Its bytes are copied, for its writer is not known.
        """
        _refuse_foreign(folder, names[0], item)
        old = open_plain(folder, names[0])
        if old is None:
            return None
        try:
            if not self.can_prove(item) or os.fstat(old).st_size != item.size or not item.size:
                return None
            partial = self._copy(folder, names[0], item, old, [(0, item.size)])
        finally:
            os.close(old)
        partial.keep(0, item.size)
        return partial

    def _go_on(self, folder: int, names: tuple[str, str], item: Item, story: Story) -> "Partial":
        """An earlier partial with the ranges that are still as they were recorded."""
        old = open_plain(folder, names[0], os.O_RDWR if is_gone(story.head, self.holder) else 0)
        if old is None:
            return self._start(folder, names, item, ranged=True)
        got = [line for line in story.got if line.stop <= min(item.size, os.fstat(old).st_size)]
        if is_gone(story.head, self.holder) and os.fstat(old).st_nlink == 1:
            partial = Partial(self, item, names[0], old, None)
        else:
            try:
                ranges = [(line.start, line.stop) for line in got]
                partial = self._copy(folder, names[0], item, old, ranges)
            finally:
                os.close(old)
        partial.name_source(story.source)
        return partial._keep_sound(folder, names[1], self._head(item), story, got)

    def _copy(
        self, folder: int, name: str, item: Item, old: int, ranges: list[tuple[int, int]]
    ) -> "Partial":
        """The partial under a new inode, with these ranges of the old one."""
        temporary = name + ".new"
        remove(folder, temporary)
        descriptor = create(folder, temporary)
        try:
            for start, stop in ranges:
                self.sizes.check()
                _copy_range(old, descriptor, start, stop)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.close(descriptor)
            remove(folder, temporary)
            raise
        return Partial(self, item, name, descriptor, None)


class Partial:
    """One unfinished file, open. Its methods block; `record` may run in several threads."""

    def __init__(
        self, opener: Opener, item: Item, name: str, descriptor: int, sidecar: Sidecar | None
    ) -> None:
        self.item = item
        self.name = name
        self.fd = descriptor
        self.source = Source()
        self.spans = Spans()
        """The bytes that are there for good: recorded, where there is a sidecar."""
        self._opener = opener
        self._sidecar = sidecar
        self._closing = threading.Lock()
        self.digests = opener.digests(item, self.source)

    def name_source(self, source: Source) -> None:
        """Take note of how the store names the object, before anything is recorded."""
        self.source = source
        self.digests = self._opener.digests(self.item, source)
        if self._sidecar is not None:
            self._sidecar.append(source)

    def keep(self, start: int, stop: int) -> int:
        """Feed the digests with `[start, stop)`, which is on disk; gives its CRC-32."""
        value = self.digests.take(self.fd, start, stop)
        self.spans.add(start, stop)
        return value

    def record(self, start: int, stop: int) -> None:
        """`[start, stop)` has arrived: it will not be asked for again."""
        value = self.digests.take(self.fd, start, stop)
        if self._sidecar is not None:
            self._sidecar.append(Got(start=start, stop=stop, crc32=value))

    @property
    def is_recorded(self) -> bool:
        """Whether a sidecar says which of its ranges are there."""
        return self._sidecar is not None

    def touch(self) -> None:
        """Show that its writer lives. A touch that fails shows nothing, and harms nothing."""
        with self._closing, contextlib.suppress(OSError):
            if self._sidecar is not None:
                self._sidecar.touch()

    def is_ours(self, folder: int) -> bool:
        """Whether the name is still this file's, and nobody took it over."""
        return is_same(folder, self.name, self.fd)

    def discard(self) -> None:
        """Remove it with its sidecar, where they are still ours, and close it."""
        try:
            with self._opener.destination.parent(self.item.path) as (folder, _):
                if self.is_ours(folder):
                    self.remove_sidecar(folder)
                    remove(folder, self.name)
        finally:
            self.close()

    def remove_sidecar(self, folder: int) -> None:
        if self._sidecar is not None:
            self._sidecar.remove(folder)

    def close(self) -> None:
        with self._closing:
            if self.fd >= 0:
                os.close(self.fd)
                self.fd = -1
            if self._sidecar is not None:
                self._sidecar.close()
                self._sidecar = None

    def _keep_sound(
        self, folder: int, name: str, head: Head, story: Story, got: list[Got]
    ) -> "Partial":
        """Keep the ranges whose checksum still holds; write the sidecar anew with those."""
        sound = []
        for line in sorted(got, key=lambda line: line.start):
            self._opener.sizes.check()
            if checksum(self.fd, line.start, line.stop) == line.crc32:
                self.keep(line.start, line.stop)
                sound.append(line)
        if len(sound) < len(story.got):
            self._opener.note(
                "warning",
                f"{len(story.got) - len(sound)} of {len(story.got)} ranges of the partial of "
                f"{_shown(self.item)} are not as they were recorded: they are fetched again.",
            )
        self._sidecar = Sidecar.write(folder, name, head, self.source, sound, new=False)
        return self


def _shown(item: Item) -> str:
    return safe_text(item.path)


def _refuse_foreign(folder: int, name: str, item: Item) -> None:
    """NameTaken where what stands under the partial's name cannot be one of ours."""
    descriptor = open_plain(folder, name)
    if descriptor is None:
        return
    try:
        info = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if info.st_nlink != 1 or info.st_uid != os.geteuid():
        raise NameTaken(
            f"{_shown(item)}: {safe_text(name)} stands there and is not bstui's own.",
            why="It belongs to another user, or has a second name.",
            hint="Move it away, and resume the job.",
        )


def _in_use(item: Item, head: Head | None) -> InUse:
    who = f"job {head.job} of {head.user} on {head.host}" if head else "another import"
    return InUse(
        f"{_shown(item)} is being written by {safe_text(who)}.",
        why="Its partial was touched a moment ago.",
        hint="Wait for that job, or end it, and resume this one.",
    )


def _copy_range(old: int, new: int, start: int, stop: int) -> None:
    """Copy bytes to the same place in another file; a short file ends it early."""
    position = start
    while position < stop:
        data = os.pread(old, min(_CHUNK, stop - position), position)
        if not data:
            return
        write_at(new, data, position)
        position += len(data)


def write_at(descriptor: int, data: bytes | memoryview, position: int) -> None:
    """pwrite all of it."""
    view = memoryview(data)
    while view:
        count = os.pwrite(descriptor, view, position)
        position += count
        view = view[count:]
