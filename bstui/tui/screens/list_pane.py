"""A list that arrives page by page: its table, and in its place why there is nothing in it."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.worker import Worker

from bstui.basespace.listings import Listing
from bstui.errors import BstuiError
from bstui.tui.screens.rows import ItemRows
from bstui.tui.screens.work import begin
from bstui.tui.widgets.messages import Said
from bstui.tui.widgets.notice import Notice
from bstui.tui.widgets.pick_table import PickTable
from bstui.units import duration_text

T = TypeVar("T")


@dataclass(frozen=True)
class Emptiness:
    """What to say of an empty list."""

    what: str
    why: str = ""
    hint: str = ""


class Feed(Generic[T]):
    """Listings one after the other, as the items of one list."""

    def __init__(self, parts: Sequence[tuple[Listing[Any], Callable[[Any], T]]]) -> None:
        """Each listing with what makes an item of what it lists."""
        self._parts = tuple(parts)
        self._through = 0
        """Listings that are read to their end."""

    @property
    def total(self) -> int | None:
        """How many the server says there are; None while any listing has not said."""
        totals = [listing.total for listing, _ in self._parts]
        return None if None in totals else sum(total or 0 for total in totals)

    @property
    def missing(self) -> int:
        """How many the server counted and did not list."""
        return sum(listing.missing for listing, _ in self._parts)

    @property
    def notes(self) -> list[str]:
        """Where the lists may not be whole; sentences."""
        return [note for listing, _ in self._parts for note in listing.notes]

    async def pages(self) -> AsyncGenerator[list[T]]:
        """Called again after it was broken off, it goes on from there."""
        while self._through < len(self._parts):
            listing, make = self._parts[self._through]
            async with aclosing(listing.pages()) as pages:
                async for page in pages:
                    yield [make(item) for item in page]
            self._through += 1


class ListPane(Vertical, Generic[T]):
    """The three states of a list - loading, empty, broken - beside its rows.

    Rows of before stay until the first of the new ones are there.
    """

    class Changed(Message):
        """Pages came, or it is through, or has failed."""

        def __init__(self, pane: "ListPane[Any]") -> None:
            super().__init__()
            self.pane = pane

    def __init__(
        self,
        rows: ItemRows[T],
        empty: Emptiness,
        *,
        markable: bool = True,
        error_keys: Sequence[str] = ("reload", "back"),
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.rows = rows
        self.table = PickTable(rows.columns, rows, markable=markable)
        self.notice = Notice()
        self.loading_total: int | None = None
        """While it loads: how many there will be, where that is known."""
        self.error: BstuiError | None = None
        self.missing = 0
        self._empty = empty
        self._error_keys = tuple(error_keys)
        self._worker: Worker[None] | None = None
        self._broken_off: Feed[T] | None = None
        """What can be gone on with: it was stopped, or failed, after a part of it had come."""
        self.as_of: float | None = None
        """When the rows were all there (unix time); they stay when loading again fails."""

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.notice

    @property
    def is_loading(self) -> bool:
        return self._worker is not None and not self._worker.is_finished

    @property
    def cursor_item(self) -> T | None:
        """What the cursor is on."""
        row = self.table.cursor_row
        return None if row is None else self.rows.items[row]

    def items_of(self, rows: Sequence[int]) -> list[T]:
        return [self.rows.items[row] for row in rows]

    def load(self, feed: Feed[T]) -> None:
        """Fill the list from the server."""
        self.error, self.missing, self.loading_total = None, 0, None
        if not len(self.rows):
            self.notice.wait()
            self.add_class("-empty")
        self._begin(feed, is_first=True)

    @property
    def is_broken_off(self) -> bool:
        """Whether a part of the list is here, and the rest can be had with `go_on`."""
        return self._broken_off is not None and not self.is_loading

    def go_on(self) -> bool:
        """Load what was not yet there when loading was stopped; whether there is such."""
        feed = self._broken_off
        if feed is None or self.is_loading:
            return False
        self.error = None
        self.notice.hide()
        self._begin(feed, is_first=False)
        return True

    def _begin(self, feed: Feed[T], *, is_first: bool) -> None:
        self._broken_off = None
        self._worker = begin(self, lambda: self._load(feed, is_first), "load")
        self.post_message(self.Changed(self))

    def stop(self) -> bool:
        """Stop loading; whether it was."""
        if self._worker is None or not self.is_loading:
            return False
        self._worker.cancel()
        self._worker = None
        if not len(self.rows):
            self.notice.empty("Stopped before anything came.", hint="R loads again.")
        self.post_message(self.Changed(self))
        return True

    def show(self, items: Sequence[T], empty: Emptiness | None = None) -> None:
        """Fill the list with what is known at once; `empty` is what to say of no items."""
        self.error = None
        self._empty = empty or self._empty
        self.rows = self.rows.renewed(items)
        self.table.set_rows(self.rows)
        self._show_state()

    def fail(self, error: BstuiError) -> None:
        """Say what went wrong; rows of before stay beneath it."""
        self.error = error
        self.notice.error(error, self._error_keys)
        self.post_message(self.Changed(self))

    async def _load(self, feed: Feed[T], is_first: bool) -> None:
        try:
            async with aclosing(feed.pages()) as pages:
                async for page in pages:
                    self.loading_total = feed.total
                    self._take(page, is_first)
                    is_first = False
                    self._broken_off = feed
        except BstuiError as error:
            self.fail(error)
            return
        if is_first:
            self._take([], is_first)
        self.missing = feed.missing
        self._worker = self._broken_off = None
        self.as_of = time.time()
        self._show_state()
        if feed.notes:
            self.post_message(Said(self.table, " ".join(feed.notes)))

    def _take(self, page: list[T], is_first: bool) -> None:
        if is_first:
            self.rows = self.rows.renewed(page)
            self.table.set_rows(self.rows)
            self.notice.hide()
            self.remove_class("-empty")
        else:
            self.rows.extend(page)
            self.table.rows_grew()
        self.post_message(self.Changed(self))

    def _show_state(self) -> None:
        if len(self.rows):
            self.notice.hide()
        else:
            self.notice.empty(self._empty.what, self._empty.why, self._empty.hint)
        self.set_class(not len(self.rows), "-empty")
        self.post_message(self.Changed(self))


def list_status(pane: ListPane[Any]) -> str:
    """The left of the status line: `5/312  by name  /filter`; or how far loading is."""
    table = pane.table
    shown = len(table.shown_rows)
    at = table.cursor + 1 if shown else 0
    parts = [f"{at}/{shown}" if shown == table.total else f"{at}/{shown} of {table.total}"]
    if pane.is_loading:
        known = f" of {pane.loading_total:,}" if pane.loading_total else ""
        parts = [f"{at}/{shown}  loaded {len(pane.rows):,}{known}, ctrl+c stops"]
    elif pane.is_broken_off:
        known = f" of {pane.loading_total:,}" if pane.loading_total else ""
        parts.append(f"stopped at {len(pane.rows):,}{known}, R goes on")
    elif pane.error is not None and pane.as_of is not None and len(pane.rows):
        when = time.strftime("%H:%M", time.localtime(pane.as_of))
        parts.append(f"as of {when}, {duration_text(time.time() - pane.as_of)} ago")
    elif pane.missing:
        parts.append(f"incomplete: {pane.missing:,} were counted but not listed, R tries again")
    if table.sorting.column:
        label = next(c.label for c in table.columns if c.key == table.sorting.column)
        parts.append(f"by {label}" + (", reversed" if table.sorting.reverse else ""))
    if table.filter_text:
        parts.append(f"/{table.filter_text}")
    if table.shows_only_marked:
        parts.append("marked only")
    return "  ".join(parts)
