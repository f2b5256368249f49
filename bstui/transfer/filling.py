"""Fetching what is missing of one file: by which connections, and what a failure means for it."""

import asyncio

from bstui.errors import BstuiError, Policy
from bstui.text import Secret
from bstui.transfer.address import Address
from bstui.transfer.causes import NoRanges, cut_short, first_cause
from bstui.transfer.concurrency import TROUBLES
from bstui.transfer.disk import disk_error
from bstui.transfer.flight import Flight, Stretch
from bstui.transfer.gate import Gate
from bstui.transfer.items import Item
from bstui.transfer.leg import Gaps, Leg
from bstui.transfer.means import Means
from bstui.transfer.partial import Partial
from bstui.transfer.replies import (
    OTHER_ETAG,
    AddressRefused,
    Changed,
    RangeIgnored,
    is_same_source,
)
from bstui.transfer.sidecar import Source
from bstui.transfer.waits import Tries

_PROGRESS = 64 << 10
"""Bytes of one request that count as progress."""
_PASSING = (Policy.TRANSIENT, Policy.RATE, Policy.AUTH, Policy.SPACE)
_SHARES = 2
"""What is left of a file is shared out over so many times the connections: more may be opened, and
all are to end at about the same time."""
_STALE_ADDRESS = 3
"""Failures after which the address may be what is at fault."""


class Filling:
    """Brings the bytes of one item into the partial that is open for it just now."""

    def __init__(self, item: Item, means: Means) -> None:
        self._item = item
        self._means = means
        self.address = Address(item, means.locate, means.waits)
        self.parts = self._make_gate()
        self.is_as_whole = False
        """Whether the server gives no ranges of it."""
        self._has_turn = False
        self._gives_ranges = False
        self._legs: set[Leg] = set()
        self._begun: list[Leg] = []
        """One that was prepared for somebody else to carry out."""
        self._advances = 0
        self._is_named = False

    def begin(self, partial: Partial) -> None:
        """Take note of what is there already."""
        self._has_turn = False
        self._begun = []
        self._legs = set()
        self._is_named = partial.source != Source()
        self._gives_ranges |= partial.spans.total > 0

    def end(self) -> None:
        """Forget what was on its way."""
        self._legs, self._begun = set(), []

    def done(self, partial: Partial) -> int:
        """Bytes that are there."""
        recorded = partial.spans.total
        begun = sum(leg.arrived - leg.start for leg in self._legs)
        return max(recorded, begun) if self.is_as_whole else recorded + begun

    @property
    def has_turn(self) -> bool:
        """Whether connections were opened for it."""
        return self._has_turn or any(leg.has_departed for leg in self._begun)

    @property
    def is_flying(self) -> bool:
        """Whether a request is on its way."""
        return any(leg.flight is not None for leg in self._legs)

    @property
    def others_advances(self) -> int:
        """How often requests of other files have made progress."""
        return self._means.waits.advances - self._advances

    async def find_address(self, partial: Partial) -> None:
        """Have the address ready before it is this file's turn for connections."""
        tries = self._make_tries()
        is_asked = partial.spans.total < self._item.size
        while is_asked and not self.address.is_known:
            try:
                await self.address.locate()
            except BstuiError as error:
                await self._outlast(error, tries)

    async def fill(self, partial: Partial) -> None:
        """Fetch all that is missing, over several connections at once."""
        size = self._item.size
        if partial.spans.total == size and not self._means.opener.can_prove(self._item):
            # Only the server can say that these bytes still are its own: ask for the last one.
            partial.spans.remove(size - 1, size)
        self.parts = self._make_gate()  # a leg that was cancelled unborn never left the last one
        gaps = Gaps(self._missing(partial))
        if self.is_as_whole or not partial.is_recorded:
            await self.parts.enter()
            await self._fetch_leg(partial, gaps)
            return
        try:
            async with asyncio.TaskGroup() as group:
                while gaps.total:
                    await self.parts.enter()
                    group.create_task(self._fetch_leg(partial, gaps))
        except BaseExceptionGroup as errors:
            raise first_cause(errors) from None

    def _missing(self, partial: Partial) -> list[tuple[int, int]]:
        """What to ask for. As a whole, the file is written over what is recorded of it: the same
        bytes, so that the records stay true."""
        size = self._item.size
        if self.is_as_whole:
            return [(0, size)] if partial.spans.total < size else []
        return partial.spans.missing(size)

    def _share(self, partial: Partial, gaps: Gaps) -> tuple[int, int] | None:
        """What the next connection is sent for; None where nothing is left."""
        means = self._means
        limits = means.limits()
        if self.is_as_whole or not partial.is_recorded:
            return gaps.take(gaps.total, max(1, self._item.size))
        wanted = gaps.total
        if not means.files.is_awaited:  # then others do their part of this file
            wanted = wanted * means.files.inside // (_SHARES * means.connections.capacity)
        step = partial.digests.step(limits.range_size, limits.request_size)
        return gaps.take(min(max(wanted, 1), limits.request_size), step)

    def _make_tries(self) -> Tries:
        most = self._means.patience.tries
        return Tries(most, lambda: self._advances, lambda: self.others_advances)

    def _make_gate(self) -> Gate:
        return Gate(lambda: self._means.limits().parts)

    async def _fetch_leg(self, partial: Partial, gaps: Gaps) -> None:
        """One stretch, to its record: only then may another connection be opened for the file."""
        try:
            async with self._means.connections.through():
                leg = self._begun.pop() if self._begun else self._begin_leg(partial, gaps)
                if leg is not None:
                    await self._finish_leg(partial, leg)
        finally:
            self.parts.leave()

    def _begin_leg(self, partial: Partial, gaps: Gaps) -> Leg | None:
        """One for the next stretch; None where nothing is left."""
        share = self._share(partial, gaps)
        if share is None:
            return None
        self._has_turn = True
        leg = Leg(*share, self._make_tries())
        self._legs.add(leg)
        return leg

    def prepare(self, partial: Partial) -> Flight:
        """The request for all of a small file whose address is known, to be carried out by
        somebody else."""
        address = self.address.now
        leg = Leg(0, self._item.size, self._make_tries())
        self._legs.add(leg)
        self._begun = [leg]
        leg.address = address
        leg.flight = self._make_flight(partial, leg, address)
        return leg.flight

    def accept(self, partial: Partial) -> bool:
        """Whether that has brought it all; otherwise `fill` goes on from what it has brought."""
        leg = self._begun[0]
        flight = leg.flight
        assert flight is not None
        is_there = flight.has_landed and flight.error is None and flight.received == leg.stop
        if is_there and self._is_sound(partial, flight):
            self._begun = []
            leg.land(flight)
            self._legs.discard(leg)
            partial.spans.add(leg.start, leg.stop)
            self._take_note(leg, flight)
            return True
        if not flight.has_departed:
            leg.flight = None
        return False

    async def _finish_leg(self, partial: Partial, leg: Leg) -> None:
        while leg.position < leg.stop:
            try:
                await self._fly(partial, leg)
            except BstuiError as error:
                await self._outlast(error, leg.tries, leg)
        if partial.is_recorded:
            await self._record(partial, leg, Stretch(leg.mark, leg.stop, leg.checksum))
        partial.spans.add(leg.start, leg.stop)
        self._legs.discard(leg)

    async def _record(self, partial: Partial, leg: Leg, stretch: Stretch) -> None:
        """Hash what has arrived and write it down; the disk is waited for."""
        while True:
            try:
                await self._means.threads.hashing(partial.record, *stretch)
                return
            except OSError as error:
                trouble = disk_error(error, self._item.path, partial.fd)
                await self._outlast(trouble, leg.tries)
            except EOFError as error:
                raise cut_short(error) from error

    async def _fly(self, partial: Partial, leg: Leg) -> None:
        """One request for what is missing of a stretch; raises what went wrong with it."""
        flight = leg.flight
        if flight is None:
            address = leg.address = await self.address.locate()
            await self._means.waits.passed()
            flight = leg.flight = self._make_flight(partial, leg, address)
            await self._carry_out(flight, partial, leg)
        leg.land(flight)
        if flight.received:
            self._learn_of(partial, flight)
            self._take_note(leg, flight)
        if flight.error is not None:
            raise flight.error

    async def _carry_out(self, flight: Flight, partial: Partial, leg: Leg) -> None:
        async def record(stretch: Stretch) -> None:
            self._learn_of(partial, flight)
            await self._record(partial, leg, stretch)
            partial.spans.add(leg.start, stretch.stop)
            leg.start = stretch.stop
            self._take_note(leg, flight)

        try:
            await self._means.fetcher.fetch(flight, record)
        except BstuiError:
            leg.begin_again()
            raise

    def _make_flight(self, partial: Partial, leg: Leg, address: Secret) -> Flight:
        whole = self.is_as_whole or not partial.is_recorded
        return Flight(
            address,
            partial.fd,
            start=leg.position,
            stop=leg.stop,
            size=self._item.size,
            whole=whole and (leg.position, leg.stop) == (0, self._item.size),
            source=partial.source,
            etag=self._item.etag or partial.source.etag,
            path=self._item.path,
            mark=leg.mark,
            checksum=leg.checksum,
            record_every=0 if whole else self._means.limits().record_every,
        )

    def _learn_of(self, partial: Partial, flight: Flight) -> None:
        """Bytes came: of the version that was begun?"""
        try:
            self._learn(partial, flight.source)
        except OSError as error:
            raise disk_error(error, self._item.path, flight.fd) from error

    def _take_note(self, leg: Leg, flight: Flight) -> None:
        """Bytes came."""
        self._gives_ranges |= not flight.whole
        self._means.waits.moved()
        self.address.accepted()
        if flight.received >= _PROGRESS or leg.position == leg.stop:
            self._advance(leg)

    def _has_given_ranges(self) -> bool:
        """Whether the server has given one, or is giving one now."""
        flights = [leg.flight for leg in self._legs if leg.flight is not None]
        return self._gives_ranges or any(f.received and not f.whole for f in flights)

    def _advance(self, leg: Leg) -> None:
        """The request has made progress."""
        leg.tries.renew()
        self._advances += 1
        self._means.waits.advances += 1

    def _learn(self, partial: Partial, source: Source) -> None:
        """Take the version's names from the first reply; Changed where a later one differs."""
        etag = source.etag.strip('"')
        if self._item.etag and etag and etag.lower() != self._item.etag.strip('"').lower():
            raise Changed(OTHER_ETAG)
        if not self._is_named:
            partial.name_source(source)
            self._is_named = True
        elif not is_same_source(partial.source, source):
            raise Changed("The file in BaseSpace was replaced while it was being fetched.")

    async def _outlast(self, error: BstuiError, tries: Tries, leg: Leg | None = None) -> None:
        """Wait as long as `error` takes, or raise it where waiting does not help."""
        if isinstance(error, AddressRefused) and leg is not None and leg.address is not None:
            self.address.refused(leg.address, error)
            return
        failed = tries.failed(error)
        if isinstance(error, TROUBLES):
            self._means.trouble()
        if isinstance(error, RangeIgnored) and leg is not None:
            leg.ignored += 1
            if tries.are_spent if self._has_given_ranges() else leg.ignored > 1:
                raise NoRanges from error
        if self.is_as_whole and leg is not None:
            leg.begin_again()
        is_over = error.policy is Policy.TRANSIENT and tries.are_over
        if error.policy not in _PASSING or is_over:
            raise error
        if leg is not None and failed % _STALE_ADDRESS == _STALE_ADDRESS - 1:
            self.address.forget(leg.address)
        await self._means.waits.outlast(error, failed)

    def record_begun(self, partial: Partial) -> None:
        """Write down what of the unfinished stretches has arrived. What cannot be is fetched
        again."""
        for leg in self._legs:
            if leg.arrived > leg.start and self._is_sound(partial, leg.flight):
                try:
                    for stretch in leg.unrecorded():
                        partial.record(*stretch)
                except (OSError, EOFError) as error:
                    self._means.tell(
                        self._item, "warning", f"A part of it is fetched again: {error}."
                    )

    def _is_sound(self, partial: Partial, flight: Flight | None) -> bool:
        """Whether what a flight has written is of the version that was begun."""
        if flight is None or not flight.received:
            return True
        try:
            self._learn(partial, flight.source)
        except (Changed, OSError):
            return False
        return True
