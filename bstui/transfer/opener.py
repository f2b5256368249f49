"""Opening the unfinished file, `x.partial`: what of an earlier one is kept, over kills and
take-overs.

Whatever a writer that we do not know to be gone may still hold open is never written to again:
starting again and taking over make a new inode, so that a late writer cannot reach what will be
published. While a partial is being opened, which can take minutes, a claim beside it says who is
doing so; what a kill leaves of that is cleared away by whoever opens it next.
"""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bstui.errors import BstuiError, InUse, NameTaken
from bstui.text import safe_text
from bstui.transfer.beneath import (
    Destination,
    copy_range,
    create,
    is_same,
    is_there,
    open_plain,
    remove,
    split_path,
    sync,
)
from bstui.transfer.items import Digest, Holder, Item
from bstui.transfer.partial import Contended, Partial
from bstui.transfer.sidecar import (
    Got,
    Head,
    Names,
    Sidecar,
    Source,
    Story,
    is_gone,
    partial_names,
    process_mark,
    read_sidecar,
    server_time,
)
from bstui.transfer.verify import Digests, PartSizes, checksum, parse_etag

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
    """False with `--verify none`: no ETag is computed."""
    digest: Digest = ""

    def open(self, item: Item, *, ranged: bool) -> Partial:
        """The partial of `item`, with what can be kept of an earlier one.

        InUse where another job is writing it; `ranged` where it takes more than one request.
        """
        with self.destination.parent(item.path, make=True) as (folder, name):
            names = partial_names(name)
            opening = self._clear_left(folder, names)
            if opening is not None:
                raise _in_use(item, opening) if ranged else Contended(item)
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
                raise (_in_use(item, None) if ranged else Contended(item)) from error

    def open_new(self, items: Sequence[Item]) -> list[Partial | None]:
        """The partials of files of one request that nothing stands of yet, neither whole nor begun
        nor claimed; None of the others, and of those that cannot be made."""
        opened: list[Partial | None] = []
        for path, group in groupby(items, lambda item: item.path.rpartition("/")[0]):
            several = list(group)
            try:
                with self.destination.parent(f"{path}/x" if path else "x", make=True) as (
                    folder,
                    _,
                ):
                    opened += [self._open_new(folder, item) for item in several]
            except BstuiError:
                opened += [None] * (len(several))
        return opened

    def _open_new(self, folder: int, item: Item) -> Partial | None:
        try:
            name = split_path(item.path)[1]
            names = partial_names(name)
            if any(is_there(folder, other) for other in (name, names.sidecar, names.claim)):
                return None
            return self._partial(item, names, create(folder, names.partial))
        except (OSError, BstuiError):  # whoever opens it for itself says what is wrong
            return None

    def clear(self, item: Item, standing: str) -> None:
        """Remove what an earlier import left beside a file that stands whole by now, under the
        path `standing`."""
        with self.destination.parent(item.path) as (folder, name):
            names = partial_names(name)
            if self._clear_left(folder, names) is not None:
                return
            _clear_second_name(folder, names.partial, standing.rpartition("/")[2])
            story = read_sidecar(folder, names.sidecar)
            if story is None or story.head.id != item.id or self._is_held(folder, names, story):
                return
            _refuse_foreign(folder, names.partial, item)
            for left in (names.clock, names.sidecar, names.partial):
                remove(folder, left)
            sync(folder)

    def can_prove(self, item: Item) -> bool:
        """Whether the plan itself says by which digest the bytes are known."""
        return self.is_proven and parse_etag(item.etag) is not None

    def digests(self, item: Item, source: Source) -> Digests:
        """The digests that prove `item`: by the plan's ETag, or else by the store's."""
        etag = item.etag or (source.etag.strip('"') if source.is_digest else None)
        expected = parse_etag(etag) if self.is_proven and source.is_digest else None
        return Digests(item.size, expected, self.sizes, self.digest)

    def _clear_left(self, folder: int, names: Names) -> Head | None:
        """Remove what one who was killed while opening left; or else who is opening it now.

        A claim without its head was killed before it could write it.
        """
        if not is_there(folder, names.claim):
            return None
        story = read_sidecar(folder, names.claim)
        if story is not None and self._is_held(folder, names, story):
            return story.head
        for left in (names.copy, names.clock, names.claim):
            remove(folder, left)
        return None

    def _is_held(self, folder: int, names: Names, story: Story) -> bool:
        """Whether another job, or a newer attempt of this one, is writing the partial."""
        head, mine = story.head, self.holder
        if head.job == mine.job and head.attempt <= mine.attempt:
            return False
        is_recent = server_time(folder, names.clock) - story.touched < self.live
        return is_recent and not is_gone(head, mine)

    def _read(self, folder: int, names: Names, item: Item) -> Story | None:
        """The sidecar of an earlier partial of the same object, where nobody else holds it."""
        story = read_sidecar(folder, names.sidecar)
        if story is None:
            return None
        head = story.head
        if self._is_held(folder, names, story):
            raise _in_use(item, head)
        remove(folder, names.clock)
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

    @contextlib.contextmanager
    def _claim(self, folder: int, names: Names, item: Item) -> Iterator[Sidecar]:
        """A sidecar to be; it is given up where the body fails, or does not settle it."""
        sidecar = Sidecar.claim(folder, names, self._head(item))
        is_kept = False
        try:
            yield sidecar
            is_kept = sidecar.is_settled
        finally:
            if not is_kept:
                sidecar.abandon(folder)

    def _start(self, folder: int, names: Names, item: Item, *, ranged: bool) -> Partial:
        """A new partial, empty."""
        _refuse_foreign(folder, names.partial, item)
        remove(folder, names.sidecar)
        if not ranged:
            remove(folder, names.partial)
            return self._partial(item, names, create(folder, names.partial))
        with self._claim(folder, names, item) as sidecar:
            sidecar.settle(folder, new=True)
            remove(folder, names.partial)
            partial = self._partial(item, names, create(folder, names.partial))
            partial.sidecar = sidecar
        return partial

    def _find_whole(self, folder: int, names: Names, item: Item) -> Partial | None:
        """A partial without a sidecar, as files of one range have: whole and proven, or nothing.

        Its bytes are copied, for its writer is not known.
        """
        _refuse_foreign(folder, names.partial, item)
        old = open_plain(folder, names.partial)
        if old is None:
            return None
        try:
            if not self.can_prove(item) or os.fstat(old).st_size != item.size or not item.size:
                return None
            with self._claim(folder, names, item) as claim:
                descriptor = self._copy(folder, names, old, [(0, item.size)], claim)
                partial = self._partial(item, names, descriptor)
                with _closed_on_error(partial):
                    partial.keep(0, item.size)
                return partial
        finally:
            os.close(old)

    def _go_on(self, folder: int, names: Names, item: Item, story: Story) -> Partial:
        """An earlier partial with the ranges that are still as they were recorded."""
        has_no_writer = is_gone(story.head, self.holder)
        try:
            old = open_plain(folder, names.partial, os.O_RDWR if has_no_writer else os.O_RDONLY)
        except PermissionError:  # it was about to be published, and is read-only already
            has_no_writer = False
            old = open_plain(folder, names.partial)
        if old is None:
            return self._start(folder, names, item, ranged=True)
        try:
            info = os.fstat(old)
            got = [line for line in story.got if line.stop <= min(item.size, info.st_size)]
            with self._claim(folder, names, item) as sidecar:
                if has_no_writer and info.st_nlink == 1:
                    if info.st_size > item.size:  # somebody else added to it
                        os.ftruncate(old, item.size)
                    descriptor = os.dup(old)
                else:
                    ranges = [(line.start, line.stop) for line in got]
                    descriptor = self._copy(folder, names, old, ranges, sidecar)
                partial = self._partial(item, names, descriptor)
                with _closed_on_error(partial):
                    partial.name_source(story.source)
                    sound = self._keep_sound(partial, story, got, sidecar)
                    sidecar.append(story.source, *sound)
                    sidecar.settle(folder, new=False)
                partial.sidecar = sidecar
                return partial
        finally:
            os.close(old)

    def _partial(self, item: Item, names: Names, descriptor: int) -> Partial:
        digests = functools.partial(self.digests, item)
        return Partial(item, names.partial, descriptor, self.destination, digests)

    def _keep_sound(
        self, partial: Partial, story: Story, got: list[Got], claim: Sidecar
    ) -> list[Got]:
        """Keep the ranges whose checksum still holds; gives their lines."""
        sound = []
        for line in sorted(got, key=lambda line: line.start):
            self.sizes.check()
            if checksum(partial.fd, line.start, line.stop) == line.crc32:
                partial.keep(line.start, line.stop)
                sound.append(line)
            claim.touch()
        if len(sound) < len(story.got):
            self.note(
                "warning",
                f"{len(story.got) - len(sound)} of {len(story.got)} ranges of the partial of "
                f"{_shown(partial.item)} are not as they were recorded: they are fetched again.",
            )
        return sound

    def _copy(
        self, folder: int, names: Names, old: int, ranges: list[tuple[int, int]], claim: Sidecar
    ) -> int:
        """The partial under a new inode, with these ranges of the old one; its descriptor."""
        remove(folder, names.copy)
        descriptor = create(folder, names.copy)
        try:
            for start, stop in ranges:
                self.sizes.check()
                copy_range(old, descriptor, start, stop)
                claim.touch()
            os.rename(names.copy, names.partial, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.close(descriptor)
            remove(folder, names.copy)
            raise
        return descriptor


def _shown(item: Item) -> str:
    return safe_text(item.path)


@contextlib.contextmanager
def _closed_on_error(partial: Partial) -> Iterator[None]:
    try:
        yield
    except BaseException:
        partial.close()
        raise


def _clear_second_name(folder: int, partial: str, name: str) -> None:
    """Remove the partial's name where it is one of the file `name`: where publishing takes a link
    and an unlink, a kill can come between them."""
    descriptor = open_plain(folder, name)
    if descriptor is None:
        return
    try:
        if is_same(folder, partial, descriptor):
            remove(folder, partial)
            sync(folder)
    finally:
        os.close(descriptor)


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
