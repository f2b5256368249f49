"""Signed addresses of a run's files by the page: 10⁵ files must not cost 10⁵ calls.

With `filehrefcontentresolution=true` a list gives a thousand addresses in one answer, and no word
on how long they live (BaseSpace API §5.6, §8.3). Where it does not give them, or gives such as
the store refuses, each file is asked for alone for a while.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bstui.basespace.listings import Fetch, Page
from bstui.errors import BstuiError, NotLoggedIn
from bstui.text import Secret

_LOG = logging.getLogger(__name__)
_PAGE = 1000
"""The most that file lists give."""
_PAGES_KEPT = 2
_MARGIN = 100
"""Files that may have gone from the list since the plan was made."""
_REST = 100
"""Files that are asked for alone after a page was of no use; doubled each time."""
_PAGE_SECONDS = 45.0
"""How long a page may keep files waiting, all tries together: then they are asked for alone."""
_REFUSALS = 8
"""So many addresses the store may refuse before the pages are held to be of no use."""


@dataclass(frozen=True)
class FileAddress:
    """One file of the list, with its signed address where the list gave one."""

    id: str
    url: Secret | None


def signed_address(href: str | None, server: str) -> Secret | None:
    """`HrefContent` where it is signed and leads to a store, not to the API's own content call."""
    if not href:
        return None
    try:
        parts, ours = urlsplit(href), urlsplit(server)
    except ValueError:
        return None
    is_store = parts.scheme in ("https", ours.scheme) and parts.netloc not in ("", ours.netloc)
    return Secret(href) if is_store and parts.query else None


@dataclass
class _Leaf:
    """One page that is kept."""

    offset: int
    length: int
    addresses: dict[str, Secret | None]
    """By the file's id; None for one that the list gave no address of."""
    generation: int = 0
    """How often the page has been asked for anew."""
    given: dict[str, int] = field(default_factory=dict)
    """The files whose address was handed out, and of which generation it was."""
    is_stale: bool = False
    """The store has refused an address of it: they all grow old together."""


class AddressBook:
    """The addresses of one run's files, asked for in about the order of the list."""

    def __init__(self, fetch: Fetch[FileAddress], page_seconds: float = _PAGE_SECONDS) -> None:
        self._ask = fetch
        self._page_seconds = page_seconds
        self._leaves: deque[_Leaf] = deque(maxlen=_PAGES_KEPT)
        self._end = 0
        """The offset that follows the last page."""
        self._furthest = 0
        """The highest number that has been found."""
        self._handed = self._refused = 0
        self._troubles = 0
        self._resting = 0
        """How many more files are to be asked for alone."""
        self._turning = asyncio.Lock()

    async def find(self, file_id: str, number: int) -> Secret | None:
        """A file's address, handed out once; None where this file must be asked for alone.

        `number` is the file's place in the plan, counted from 1. A plan keeps the list's order and
        leaves some files out, so a file's offset is not before its number. NotLoggedIn where the
        token is not accepted any more.
        """
        async with self._turning:
            if self._resting:
                self._resting -= 1
                return None
            try:
                leaf = self._leaf_of(file_id)
                if leaf is None and number > self._furthest:
                    leaf = await self._turn_to(file_id, number)
                return await self._hand_out(leaf, file_id, number) if leaf else None
            except NotLoggedIn:
                raise
            except TimeoutError:
                self._give_up("a page of addresses took too long")
                return None
            except BstuiError as error:
                self._give_up(f"a page of addresses was not to be had: {error.details or error}")
                return None

    async def _fetch(self, offset: int, limit: int) -> Page[FileAddress]:
        async with asyncio.timeout(self._page_seconds):
            return await self._ask(offset, limit)

    def _leaf_of(self, file_id: str) -> _Leaf | None:
        return next((leaf for leaf in self._leaves if file_id in leaf.addresses), None)

    async def _hand_out(self, leaf: _Leaf, file_id: str, number: int) -> Secret | None:
        if file_id in leaf.given:
            self._refuse(leaf, file_id)
            return None
        if leaf.is_stale:
            await self._renew(leaf)
        address = leaf.addresses.get(file_id)
        if address is not None:
            leaf.given[file_id] = leaf.generation
            self._handed += 1
        self._furthest = max(self._furthest, number)
        return address

    def _refuse(self, leaf: _Leaf, file_id: str) -> None:
        """Whoever asks again had an address that did not do."""
        if leaf.given[file_id] == leaf.generation:
            leaf.is_stale = True
        self._refused += 1
        if self._refused > _REFUSALS and self._refused * 2 > self._handed:
            self._handed = self._refused = 0
            self._give_up("the store refuses the addresses of the list")

    async def _renew(self, leaf: _Leaf) -> None:
        page = await self._fetch(leaf.offset, leaf.length)
        leaf.addresses = {item.id: item.url for item in page.items}
        leaf.generation += 1
        leaf.is_stale = False

    async def _turn_to(self, file_id: str, number: int) -> _Leaf | None:
        """Turn pages until one has the file."""
        offset = self._start_for(number)
        back = self._leaves[0].offset if self._leaves else offset
        while True:
            page = await self._fetch(offset, _PAGE)
            if not page.items:
                break
            leaf = _Leaf(offset, len(page.items), {item.id: item.url for item in page.items})
            if not any(leaf.addresses.values()):
                self._give_up("the list gives no addresses")
                return None
            self._leaves.append(leaf)
            self._end = offset = offset + leaf.length
            if file_id in leaf.addresses:
                return leaf
        self._leaves.clear()
        self._end = back  # the files beside the lost one are still to come
        self._give_up("a file is not where the list had it")
        return None

    def _start_for(self, number: int) -> int:
        """The end of what was read, or far behind it where others were fetched before."""
        least = number - 1 - _MARGIN
        return least if least > self._end + _PAGE else self._end

    def _give_up(self, reason: str) -> None:
        self._resting = _REST * 2**self._troubles
        self._troubles += 1
        _LOG.info("the next %d addresses are asked for one by one: %s", self._resting, reason)
