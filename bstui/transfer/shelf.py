"""The final names: what stands under them already, and how a proven partial gets one.

The order is one that a power cut cannot break: digests known and equal → fsync → rename, never
over another file → fsync of the folder → told.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count, groupby

from bstui.errors import BstuiError, DestinationError, IntegrityError, InUse, NameTaken
from bstui.text import safe_text
from bstui.transfer.beneath import (
    Destination,
    begin_writing,
    is_much_unwritten,
    is_same,
    open_plain,
    split_path,
    sync,
    sync_whole,
)
from bstui.transfer.content import Contents
from bstui.transfer.disk import DiskTrouble, disk_error
from bstui.transfer.inflate import Broken
from bstui.transfer.items import Digest, Existing, Item, Proof
from bstui.transfer.partial import Contended, Partial
from bstui.transfer.permissions import Permissions
from bstui.transfer.renames import rename_free, rename_new
from bstui.transfer.verify import GivenUp, PartSizes, have_same_bytes, prove_file

_MANY = 8
"""Files that are made durable together, where the disk allows it."""
_MOST_NAMES = 100
_PACKED = {".gz", ".bz2", ".xz", ".zst", ".zip"}


class Fenced(Exception):
    """A newer attempt holds the job; its error is the cause. Nothing was renamed since."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A partial that is whole and proven."""

    partial: Partial
    proof: Proof


@dataclass(frozen=True, slots=True)
class Published:
    """A file that stands whole and durable under its final name."""

    item: Item
    proof: Proof


Answer = Published | BstuiError | Fenced | GivenUp
"""What became of a file that was to be published."""


def next_name(name: str, number: int) -> str:
    """The `number`th name beside `name`, before its extensions: `a~2.fastq.gz`."""
    if number == 1:
        return name
    stem, last = os.path.splitext(name)
    if last in _PACKED:
        stem, inner = os.path.splitext(stem)
        last = inner + last
    return f"{stem}~{number}{last}"


def old_name(name: str, now: float) -> str:
    """The name a replaced file goes to."""
    return f"{name}.old-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The destination's final names: what stands there already, and putting files there.

    Its methods block.
    """

    destination: Destination
    existing: Existing
    sizes: PartSizes
    contents: Contents
    fence: Callable[[], None]
    now: Callable[[], float]
    digest: Digest = ""
    permissions: Permissions = field(default_factory=Permissions)

    def find(self, item: Item) -> Published | None:
        """`item` as it stands there already, proven equal; None where it is to be fetched.

        NameTaken where another file has the name and is to keep it, Broken where it is what
        BaseSpace holds, and that is not whole.
        """
        with self.destination.parent(item.path, make=True) as (folder, name):
            for number in range(1, _MOST_NAMES):
                taken = open_plain(folder, next_name(name, number))
                if taken is None:
                    return None
                try:
                    proof = self._prove_equal(taken, item)
                    if proof is not None:
                        sync(taken)
                        sync(folder)
                        return _adopted(item, next_name(name, number), proof)
                finally:
                    os.close(taken)
                if self.existing != "keep-both":
                    return None
        return None

    def _prove_equal(self, taken: int, item: Item) -> Proof | None:
        """How a file that has the name is the item; None where it is to be fetched nevertheless."""
        try:
            proof = prove_file(taken, item.size, item.etag, self.sizes, self.digest)
            return proof and self.contents.prove(taken, item, proof)
        except Broken:
            raise
        except IntegrityError as error:
            if self.existing == "adopt":
                raise _name_taken(item, error.why) from None
        return None

    def publish(self, batch: list[Ready]) -> list[Answer]:
        """Publish each of `batch`, and close it. Answers in the same order."""
        answers: dict[int, Answer] = {}
        settled = []
        away = self._find_away()
        for i, ready in enumerate(batch):
            problem = away or self._give_permissions(ready.partial)
            if problem is not None:
                answers[i] = problem
        is_durable = away is None and self._settle_together(batch)
        for i, ready in enumerate(batch):
            trouble = None if is_durable or i in answers else self._settle(ready.partial)
            if trouble is not None:
                answers[i] = trouble
            elif i not in answers:
                settled.append(i)
        settled.sort(key=lambda i: split_path(batch[i].partial.item.path)[0])
        for _, group in groupby(settled, lambda i: split_path(batch[i].partial.item.path)[0]):
            self._publish_folder(batch, list(group), answers)
        for ready in batch:
            ready.partial.close()
        return [answers[i] for i in range(len(batch))]

    def _find_away(self) -> BstuiError | None:
        if self.destination.is_in_place():
            return None
        return DiskTrouble(
            f"The destination {safe_text(str(self.destination.path))} is not where it was.",
            why="It was moved, removed or replaced while files were being written to it.",
            hint="Put it back; bstui goes on by itself.",
        )

    def _settle_together(self, batch: list[Ready]) -> bool:
        """Make the bytes of many files durable at once; False where each is to be asked, as after
        a failure, which may be any one's."""
        for ready in batch:
            begin_writing(ready.partial.fd)
        fds = [ready.partial.fd for ready in batch]
        if len(batch) < _MANY or not self.destination.holds_all_on_one_disk(fds):
            return False
        if is_much_unwritten():
            return False
        try:
            sync_whole(self.destination.fd)
        except OSError:
            return False
        return True

    def _give_permissions(self, partial: Partial) -> BstuiError | None:
        try:
            self.permissions.give_file(partial.fd)
        except OSError as error:
            return DestinationError(
                f"{safe_text(partial.item.path)} cannot be given its permissions: "
                f"{error.strerror}.",
                why="The file system, or the group asked for, does not allow it.",
                hint="Leave out --chmod, --chgrp and --read-only, or import elsewhere.",
            )
        return None

    def _settle(self, partial: Partial) -> BstuiError | None:
        """Make the bytes durable. After a failed fsync nobody knows what is on disk: start again.

        Closing a copy of the descriptor makes a network file system say now what it cannot write.
        """
        try:
            sync(partial.fd)
            os.close(os.dup(partial.fd))
        except OSError as error:
            partial.discard()
            return disk_error(error, partial.item.path, self.destination.fd)
        return None

    def _publish_folder(
        self,
        batch: list[Ready],
        members: list[int],
        answers: dict[int, Answer],
    ) -> None:
        """Rename the files of one folder, and make the names durable once for all of them.

        Their sidecars go before that: nobody looks for one of a file that was said to be done.
        """
        try:
            with self.destination.parent(batch[members[0]].partial.item.path) as (folder, _):
                for i in members:
                    answers[i] = self._ask_fence() or self._name(folder, batch[i])
                    if isinstance(answers[i], Published):
                        batch[i].partial.remove_sidecar(folder)
                sync(folder)
        except BstuiError as error:
            answers.update(dict.fromkeys(members, error))

    def _ask_fence(self) -> Fenced | None:
        """What forbids the rename that comes next."""
        try:
            self.fence()
        except BstuiError as error:
            fenced = Fenced()
            fenced.__cause__ = error
            return fenced
        return None

    def _name(self, folder: int, ready: Ready) -> Published | BstuiError | GivenUp:
        try:
            return self._rename(folder, ready)
        except OSError as error:
            return disk_error(error, ready.partial.item.path, self.destination.fd)
        except (BstuiError, GivenUp) as error:
            return error

    def _rename(self, folder: int, ready: Ready) -> Published:
        partial = ready.partial
        name = split_path(partial.item.path)[1]
        if not partial.is_ours(folder):
            raise _taken_over(partial)
        for number in count(1):
            wanted = next_name(name, number)
            try:
                rename_new(folder, partial.name, wanted)
            except FileExistsError:
                if self._has_same(folder, wanted, partial):
                    os.unlink(partial.name, dir_fd=folder)
                    return _adopted(partial.item, wanted, ready.proof)
                if self.existing == "adopt" or number == _MOST_NAMES:
                    raise _name_taken(
                        partial.item, self._difference(folder, wanted, ready)
                    ) from None
                if self.existing == "keep-both":
                    continue
                rename_free(folder, wanted, old_name(wanted, self.now()))
                rename_new(folder, partial.name, wanted)
            if not is_same(folder, wanted, partial.fd):
                rename_new(folder, wanted, partial.name)
                raise _taken_over(partial)
            return Published(_at(partial.item, wanted), ready.proof)
        raise AssertionError("unreachable: the loop ends by return or raise")

    def _difference(self, folder: int, name: str, ready: Ready) -> str:
        """What tells the file `name` from the one that arrived."""
        taken, item = open_plain(folder, name), ready.partial.item
        if taken is None:
            return ""
        try:
            prove_file(taken, item.size, item.etag, self.sizes)
        except IntegrityError as error:
            return error.why
        finally:
            os.close(taken)
        return "It holds other bytes than those that arrived."

    def _has_same(self, folder: int, name: str, partial: Partial) -> bool:
        taken = open_plain(folder, name)
        if taken is None:
            return False
        try:
            if not have_same_bytes(taken, partial.fd, self.sizes.check):
                return False
            sync(taken)
        finally:
            os.close(taken)
        return True


def _at(item: Item, name: str) -> Item:
    """`item` under another name in the same folder."""
    folders, _ = split_path(item.path)
    return replace(item, path="/".join((*folders, name)))


def _adopted(item: Item, name: str, proof: Proof) -> Published:
    return Published(_at(item, name), replace(proof, verified=f"adopted: {proof.verified}"))


def _name_taken(item: Item, difference: str) -> NameTaken:
    return NameTaken(
        f"{safe_text(item.path)} is there already and is another file.",
        why=f"{difference} bstui overwrites nothing.".strip(),
        hint="Move it away and resume, or import with --existing keep-both or replace.",
    )


def _taken_over(partial: Partial) -> InUse:
    if not partial.is_recorded:
        return Contended(partial.item)
    return InUse(
        f"The partial of {safe_text(partial.item.path)} is no longer this job's.",
        why="Another import started it again, or it was replaced by hand.",
        hint="Let the other end, and resume this job.",
    )
