"""Keys one after the other: each is looked at when all is done that the one before it led to.

Textual hands a key to what has the focus when it arrives. Over a slow line several arrive at once,
and of `/tumour` the `u` would still reach the list behind the filter, and unmark.
"""

from collections import deque
from collections.abc import Callable, Sequence

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.timer import Timer

_PATIENCE = 5.0
"""Seconds that a key waits at most: what dealt with the one before may be gone."""


class KeyOrder(App[int]):
    """An app that may be typed ahead of."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead: deque[events.Key | events.Paste] = deque()
        """Keys that arrived while another was being dealt with."""
        self._turn = 0
        """Counts the keys that were dealt with."""
        self._is_busy = False
        self._guard: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._is_busy:
            self._ahead.append(event)
        else:
            await self._deal_with(event)

    async def _deal_with(self, event: events.Key | events.Paste) -> None:
        self._is_busy = True
        self._turn += 1
        turn = self._turn
        path = self._path
        self._guard = self.set_timer(_PATIENCE, lambda: self._go_on(turn))
        await super().on_event(event)
        _visit(path, lambda: self._settle(turn))

    @property
    def _path(self) -> list[DOMNode]:
        """From what has the focus to the app."""
        return list((self.focused or self.screen).ancestors_with_self)

    def _settle(self, turn: int) -> None:
        """Round by round, until nothing waits where the key went, and where the focus is now."""
        if turn == self._turn and self._is_busy:
            path = self._path
            is_quiet = not any(node.message_queue_size for node in path)
            _visit(path, lambda: self.call_later(self._go_on if is_quiet else self._settle, turn))

    async def _go_on(self, turn: int) -> None:
        """The next key, if that one is still what is waited for."""
        if turn != self._turn or not self._is_busy:
            return
        self._is_busy = False
        if self._guard is not None:
            self._guard.stop()
        if self._ahead:
            await self._deal_with(self._ahead.popleft())


def _visit(nodes: Sequence[MessagePump], then: Callable[[], object]) -> None:
    """Call `then` once each node, in this order, has dealt with what waited for it."""
    if not nodes:
        then()
        return
    node, rest = nodes[0], nodes[1:]
    if not node.call_later(_visit, rest, then):  # it is gone
        _visit(rest, then)
