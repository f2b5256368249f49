"""One file on its way: opened, fetched, proven; and what becomes of bytes that are not right."""

from dataclasses import replace

from bstui.errors import BstuiError, IntegrityError
from bstui.text import safe_text
from bstui.transfer.causes import NoRanges, cut_short
from bstui.transfer.content import BrokenAtSource
from bstui.transfer.disk import disk_error
from bstui.transfer.filling import Filling
from bstui.transfer.items import Item, Proof
from bstui.transfer.means import Means
from bstui.transfer.mending import Parts, mend
from bstui.transfer.meter import Meter
from bstui.transfer.partial import Partial
from bstui.transfer.replies import Changed
from bstui.transfer.shelf import Published, Ready
from bstui.transfer.verify import Mismatch

_REFETCHES = 3
"""How often bytes that are not right are fetched again before they are given up."""
_RESTARTS = 2
"""How often a file that was replaced in BaseSpace is begun again, before it is given up."""


class Arrival:
    """Brings the bytes of one item into its partial, and proves them."""

    def __init__(self, item: Item, means: Means, meter: Meter) -> None:
        self.item = item
        self.meter = meter
        self._means = means
        self.partial: Partial | None = None
        self.filling = Filling(item, means)
        self._refetches = self._changes = 0
        self._is_whole = False

    @property
    def done(self) -> int:
        """Bytes that are there."""
        if self._is_whole:
            return self.item.size
        if self.partial is None:
            return 0
        return self.filling.done(self.partial)

    async def bring(self) -> Ready | Published:
        """The partial, whole and proven, or the file where it stands there already; BstuiError,
        with what arrived kept for another time."""
        while True:
            try:
                return await self._bring()
            except IntegrityError as error:
                self.filling.address.forget()
                if self._is_beyond_help(error):
                    raise
                self._note("warning", f"{error.message} It is fetched again.")
            except NoRanges:
                self.filling.is_as_whole = True
                text = "The server gives it as a whole only: an interruption starts it again."
                self._note("warning", text)

    def _is_beyond_help(self, error: IntegrityError) -> bool:
        """Whether fetching once more is of no use; counted where the error is met."""
        if isinstance(error, Changed):
            return self._changes > _RESTARTS
        return isinstance(error, BrokenAtSource) or self._refetches > _REFETCHES

    async def _bring(self) -> Ready | Published:
        """One try, from what is there to a proven file."""
        means = self._means
        ranged = self.item.size > means.limits().range_size
        try:
            if self.partial is None:
                found = await means.threads.hashing(self._open, ranged)
                if found is not None:
                    return found
            assert self.partial is not None
            await self.filling.find_address(self.partial)
            async with means.files.through():
                await self.filling.fill(self.partial)
            try:
                proof = await means.threads.hashing(self._prove)
            except Mismatch as error:
                proof = await self._mend(error)
            return self._ready(proof)
        except IntegrityError as error:
            if isinstance(error, Changed):
                self._changes += 1
            else:
                self._refetches += 1
            is_evidence = self._is_beyond_help(error) and not isinstance(error, Changed)
            end = self._keep_bad if is_evidence else self._discard
            await means.threads.on_disk(end, error)
            raise
        except BaseException:
            await means.threads.on_disk(self.let_go)
            raise

    def _ready(self, proof: Proof) -> Ready:
        self._is_whole = True
        partial, self.partial = self.partial, None
        assert partial is not None
        return Ready(partial, proof)

    def _open(self, ranged: bool) -> Published | None:
        """Open the partial, unless the file stands there already."""
        self._is_whole = False
        found = self._means.find(self.item)
        if found is not None:
            self._means.opener.clear(self.item, found.item.path)
            return found
        self.take(self._means.opener.open(self.item, ranged=ranged))
        return None

    def take(self, partial: Partial) -> None:
        """Go on with a partial that was opened for it."""
        self._is_whole = False
        self.partial = partial
        self.filling.begin(partial)

    def prove(self) -> Ready | None:
        """What arrived, where all of it is and is right; None where `bring` must see to it."""
        try:
            return self._ready(self._prove())
        except BstuiError:
            return None

    def let_go(self) -> None:
        """Close the partial; what arrived of unfinished ranges is recorded."""
        partial = self.partial
        try:
            if partial is not None and partial.is_recorded and not self.filling.is_as_whole:
                self.filling.record_begun(partial)
        finally:
            self._forget_partial()

    def _discard(self, _: IntegrityError) -> None:
        """Remove what arrived."""
        try:
            if self.partial is not None:
                self.partial.discard()
        finally:
            self._forget_partial()

    def _keep_bad(self, error: IntegrityError) -> None:
        """Keep what arrived under a name that says what it is."""
        try:
            name = self.partial.keep_as_bad() if self.partial is not None else ""
            if name:
                error.hint = f"{error.hint} What arrived is kept as {safe_text(name)}.".strip()
        finally:
            self._forget_partial()

    def _forget_partial(self) -> None:
        partial, self.partial = self.partial, None
        self.filling.end()
        if partial is not None:
            partial.close()

    async def _mend(self, mismatch: Mismatch) -> Proof:
        """The proof, once bad parts were fetched again; `mismatch` where that does not help."""
        means, partial = self._means, self.partial
        assert partial is not None
        expected = partial.digests.expected
        is_ranged = partial.is_recorded and not self.filling.is_as_whole
        if not is_ranged or expected is None or expected.parts < 2:
            raise mismatch
        self._note("warning", f"{mismatch.message} Its parts are fetched again until they are.")
        at_once = means.limits().parts
        async with means.files.through():
            if not await mend(partial, means.sizes, means.threads, at_once, self._fetch_again):
                raise mismatch
        return await means.threads.hashing(self._prove_mended)

    async def _fetch_again(self, ranges: Parts) -> None:
        assert self.partial is not None
        for start, stop in ranges:
            self.partial.spans.remove(start, stop)
        await self.filling.fill(self.partial)

    def _prove_mended(self) -> Proof:
        assert self.partial is not None
        proof = self.partial.prove_again(self._means.sizes)
        return self._means.contents.prove(self.partial.fd, self.item, proof)

    def _prove(self) -> Proof:
        """How the whole file is proven; IntegrityError."""
        partial, means = self.partial, self._means
        assert partial is not None
        try:
            if not partial.is_recorded:
                partial.keep(0, self.item.size)
            proof = partial.digests.verdict(partial.fd)
            if means.verify == "none":
                return replace(proof, verified="unverified")
            return means.contents.prove(partial.fd, self.item, proof)
        except OSError as error:
            raise disk_error(error, self.item.path, partial.fd) from error
        except EOFError as error:
            raise cut_short(error) from error

    def _note(self, level: str, text: str) -> None:
        self._means.tell(self.item, level, text)
