"""One file on its way: its ranges, where they come from, what a failure means for it."""

import asyncio
from dataclasses import replace

from bstui.errors import BstuiError, IntegrityError, Policy
from bstui.text import safe_text
from bstui.transfer.address import Address
from bstui.transfer.causes import NoRanges, cut_short, first_cause
from bstui.transfer.concurrency import TROUBLES
from bstui.transfer.content import BrokenAtSource
from bstui.transfer.disk import disk_error
from bstui.transfer.flight import Flight
from bstui.transfer.gate import Gate
from bstui.transfer.items import Item, Proof
from bstui.transfer.leg import Leg
from bstui.transfer.means import Means
from bstui.transfer.mending import Parts, mend
from bstui.transfer.partial import Partial
from bstui.transfer.replies import (
    OTHER_ETAG,
    AddressRefused,
    Changed,
    RangeIgnored,
    is_same_source,
)
from bstui.transfer.shelf import Published, Ready
from bstui.transfer.sidecar import Source
from bstui.transfer.verify import Mismatch
from bstui.transfer.waits import Tries

_REFETCHES = 3
"""How often bytes that are not right are fetched again before they are given up."""
_RESTARTS = 2
"""How often a file that was replaced in BaseSpace is begun again, before it is given up."""
_PROGRESS = 64 << 10
"""Bytes of one request that count as progress."""
_PASSING = (Policy.TRANSIENT, Policy.RATE, Policy.AUTH, Policy.SPACE)
_STALE_ADDRESS = 3
"""Failures after which the address may be what is at fault."""


class Arrival:
    """Brings the bytes of one item into its partial, and proves them."""

    def __init__(self, item: Item, means: Means) -> None:
        self.item = item
        self._means = means
        self.partial: Partial | None = None
        self.parts = self._make_gate()
        self._legs: set[Leg] = set()
        self._address = Address(item, means.locate, means.waits)
        self._advances = 0
        self._refetches = self._changes = 0
        self._gives_ranges = False
        """Whether the server has given one."""
        self._whole = False
        self._is_named = False
        self._is_whole = False
        self.has_turn = False
        """Whether it is among the files that connections were opened for."""

    @property
    def done(self) -> int:
        """Bytes that are there."""
        if self._is_whole:
            return self.item.size
        if self.partial is None:
            return 0
        recorded = self.partial.spans.total
        begun = sum(leg.arrived - leg.start for leg in self._legs)
        return max(recorded, begun) if self._whole else recorded + begun

    @property
    def is_flying(self) -> bool:
        """Whether a request is on its way."""
        return any(leg.flight is not None for leg in self._legs)

    @property
    def others_advances(self) -> int:
        """How often requests of other files have made progress."""
        return self._means.waits.advances - self._advances

    async def bring(self) -> Ready | Published:
        """The partial, whole and proven, or the file where it stands there already; BstuiError,
        with what arrived kept for another time."""
        while True:
            try:
                return await self._bring()
            except IntegrityError as error:
                self._address.forget()
                if self._is_beyond_help(error):
                    raise
                self._note("warning", f"{error.message} It is fetched again.")
            except NoRanges:
                self._whole = True
                self._note("warning", "The server gives it as a whole only: an interruption "
                           "starts it again.")  # fmt: skip

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
            found = await means.threads.hashing(self._open, ranged)
            if found is not None:
                return found
            await self._find_address()
            async with means.files.through():
                await self._fill()
            try:
                proof = await means.threads.hashing(self._prove)
            except Mismatch as error:
                proof = await self._mend(error)
            partial, self.partial = self.partial, None
            assert partial is not None
            self._is_whole = True
            return Ready(partial, proof)
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
            await means.threads.on_disk(self._let_go)
            raise

    def _open(self, ranged: bool) -> Published | None:
        """Open the partial, unless the file stands there already."""
        self._is_whole = self.has_turn = False
        found = self._means.find(self.item)
        if found is not None:
            self._means.opener.clear(self.item, found.item.path)
            return found
        self.partial = self._means.opener.open(self.item, ranged=ranged)
        self._is_named = self.partial.source != Source()
        self._gives_ranges |= self.partial.spans.total > 0
        return None

    def _let_go(self) -> None:
        """Close the partial; what arrived of unfinished ranges is recorded."""
        partial = self.partial
        try:
            if partial is not None and partial.is_recorded and not self._whole:
                self._record_begun(partial)
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
        self._legs = set()
        if partial is not None:
            partial.close()

    async def _mend(self, mismatch: Mismatch) -> Proof:
        """The proof, once bad parts were fetched again; `mismatch` where that does not help."""
        means, partial = self._means, self.partial
        assert partial is not None
        expected = partial.digests.expected
        if self._whole or not partial.is_recorded or expected is None or expected.parts < 2:
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
        await self._fill()

    def _prove_mended(self) -> Proof:
        assert self.partial is not None
        proof = self.partial.prove_again(self._means.sizes)
        return self._means.contents.prove(self.partial.fd, self.item, proof)

    def _record_begun(self, partial: Partial) -> None:
        """Write down what of the unfinished ranges has arrived. What cannot be is fetched again."""
        for leg in self._legs:
            if leg.arrived > leg.start and self._is_sound(leg.flight):
                try:
                    checksum = leg.flight.checksum if leg.flight else leg.checksum
                    partial.record(leg.start, leg.arrived, checksum)
                except (OSError, EOFError) as error:
                    self._note("warning", f"A part of it is fetched again: {error}.")

    def _is_sound(self, flight: Flight | None) -> bool:
        """Whether what a flight has written is of the version that was begun."""
        if flight is None or not flight.received:
            return True
        try:
            self._learn(flight.source)
        except (Changed, OSError):
            return False
        return True

    async def _fill(self) -> None:
        """Fetch every range that is missing, several at once."""
        partial = self.partial
        assert partial is not None
        size = self.item.size
        if partial.spans.total == size and not self._means.opener.can_prove(self.item):
            # Only the server can say that these bytes still are its own: ask for the last one.
            partial.spans.remove(size - 1, size)
        self.parts = self._make_gate()  # a leg that was cancelled unborn never left the last one
        missing = self._missing(partial)
        if len(missing) == 1:
            await self.parts.enter()
            await self._fetch_leg(partial, *missing[0])
            return
        try:
            async with asyncio.TaskGroup() as group:
                for start, stop in missing:
                    await self.parts.enter()
                    group.create_task(self._fetch_leg(partial, start, stop))
        except BaseExceptionGroup as errors:
            raise first_cause(errors) from None

    def _missing(self, partial: Partial) -> list[tuple[int, int]]:
        """The ranges to ask for. As a whole, the file is written over what is recorded of it: the
        same bytes, so that the records stay true."""
        size = self.item.size
        if self._whole:
            return [(0, size)] if partial.spans.total < size else []
        step = partial.digests.step(self._means.limits().range_size)
        return partial.spans.missing(size, max(step, 1))

    def _make_tries(self) -> Tries:
        most = self._means.patience.tries
        return Tries(most, lambda: self._advances, lambda: self.others_advances)

    def _make_gate(self) -> Gate:
        return Gate(lambda: self._means.limits().parts)

    async def _fetch_leg(self, partial: Partial, start: int, stop: int) -> None:
        """One range, to its record: only then may another connection be opened for the file."""
        leg = Leg(start, stop, self._make_tries())
        self._legs.add(leg)
        try:
            async with self._means.connections.through():
                self.has_turn = True
                await self._finish_leg(partial, leg)
        finally:
            self.parts.leave()

    async def _finish_leg(self, partial: Partial, leg: Leg) -> None:
        while leg.position < leg.stop:
            try:
                await self._fly(partial, leg)
            except BstuiError as error:
                await self._outlast(error, leg.tries, leg)
        if partial.is_recorded:
            await self._record(partial, leg)
        partial.spans.add(leg.start, leg.stop)
        self._legs.discard(leg)

    async def _record(self, partial: Partial, leg: Leg) -> None:
        """Hash the range and write it down; the disk is waited for."""
        while True:
            try:
                await self._means.threads.hashing(partial.record, leg.start, leg.stop, leg.checksum)
                return
            except OSError as error:
                trouble = disk_error(error, self.item.path, partial.fd)
                await self._outlast(trouble, leg.tries)
            except EOFError as error:
                raise cut_short(error) from error

    async def _fly(self, partial: Partial, leg: Leg) -> None:
        """One request for what is missing of a range; raises what went wrong with it."""
        address = leg.address = await self._address.locate()
        await self._means.waits.passed()
        whole = leg.position == 0 and leg.stop == self.item.size
        flight = Flight(
            address,
            partial.fd,
            start=leg.position,
            stop=leg.stop,
            size=self.item.size,
            whole=whole,
            source=partial.source,
            etag=self.item.etag or partial.source.etag,
            path=self.item.path,
        )
        flight.checksum = leg.checksum
        leg.flight = flight
        await self._means.fetcher.fetch(flight)
        leg.flight = None
        if flight.received:
            try:
                self._learn(flight.source)
            except OSError as error:
                raise disk_error(error, self.item.path, partial.fd) from error
            leg.position += flight.received
            leg.checksum = flight.checksum
            self._gives_ranges |= not whole
            self._means.waits.moved()
            self._address.accepted()
        if flight.received >= _PROGRESS or leg.position == leg.stop:
            leg.tries.renew()
            self._advances += 1
            self._means.waits.advances += 1
        if flight.error is not None:
            raise flight.error

    async def _find_address(self) -> None:
        """Have the address ready before it is this file's turn for connections."""
        assert self.partial is not None
        tries = self._make_tries()
        is_asked = self.partial.spans.total < self.item.size
        while is_asked and not self._address.is_known:
            try:
                await self._address.locate()
            except BstuiError as error:
                await self._outlast(error, tries)

    def _learn(self, source: Source) -> None:
        """Take the version's names from the first reply; Changed where a later one differs."""
        assert self.partial is not None
        etag = source.etag.strip('"')
        if self.item.etag and etag and etag.lower() != self.item.etag.strip('"').lower():
            raise Changed(OTHER_ETAG)
        if not self._is_named:
            self.partial.name_source(source)
            self._is_named = True
        elif not is_same_source(self.partial.source, source):
            raise Changed("The file in BaseSpace was replaced while it was being fetched.")

    async def _outlast(self, error: BstuiError, tries: Tries, leg: Leg | None = None) -> None:
        """Wait as long as `error` takes, or raise it where waiting does not help."""
        if isinstance(error, AddressRefused) and leg is not None and leg.address is not None:
            self._address.refused(leg.address, error)
            return
        failed = tries.failed(error)
        if isinstance(error, TROUBLES):
            self._means.trouble()
        if isinstance(error, RangeIgnored) and leg is not None:
            leg.ignored += 1
            if tries.are_spent if self._gives_ranges else leg.ignored > 1:
                raise NoRanges from error
        if self._whole and leg is not None:
            leg.position, leg.checksum = leg.start, 0
        is_over = error.policy is Policy.TRANSIENT and tries.are_over
        if error.policy not in _PASSING or is_over:
            raise error
        if leg is not None and failed % _STALE_ADDRESS == _STALE_ADDRESS - 1:
            self._address.forget(leg.address)
        await self._means.waits.outlast(error, failed)

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
        self._means.note(level, f"{safe_text(self.item.path)}: {text}")
