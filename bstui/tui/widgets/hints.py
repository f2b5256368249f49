"""The last line of a screen: what a key will do, here and now."""

from dataclasses import dataclass

from textual.dom import DOMNode
from textual.screen import Screen

from bstui.tui.keys import KEY_BY_ID, shown_key
from bstui.tui.widgets.canvas import Line, Lines, Role, Span

_MOST = 7
_LAST = "help"
_BETWEEN = 2
"""Blanks between two hints."""


@dataclass(frozen=True)
class Hint:
    """A key that works in this place."""

    id: str
    key: str
    text: str
    is_live: bool
    """A dead key is shown dim; pressing it gives the reason."""


def hints_of(screen: Screen[object]) -> list[Hint]:
    """The keys that work now, those of the focused widget first, one entry for each action."""
    found: dict[str, Hint] = {}
    for active in screen.active_bindings.values():
        id_ = active.binding.id or ""
        key = KEY_BY_ID.get(id_)
        if key is not None and key.hint and id_ not in found:
            found[id_] = Hint(id_, shown_key(active.binding.key), key.hint, active.enabled)
    return list(found.values())


def hints_of_prompt(prompt: DOMNode) -> list[Hint]:
    """The keys of a prompt; its `Input` hides one of them from the screen's active bindings."""
    found: dict[str, Hint] = {}
    for name, binding in prompt._bindings:
        key = KEY_BY_ID.get(binding.id or "")
        if key is not None:
            found.setdefault(key.id, Hint(key.id, shown_key(name), key.hint, True))
    return list(found.values())


def dead_key(screen: Screen[object], key: str) -> str:
    """The id of the action that this key would be, where it cannot act now; else nothing.

    For a screen's `on_key`, which then says the reason.
    """
    active = screen.active_bindings.get(key)
    return (active.binding.id or "") if active is not None and not active.enabled else ""


def pick_hints(hints: list[Hint], wanted: tuple[str, ...]) -> list[Hint]:
    """At most seven, those that the screen wants in its order, `help` last."""
    by_id = {hint.id: hint for hint in hints}
    first = [by_id[id_] for id_ in wanted if id_ in by_id] if wanted else hints
    last = [by_id[_LAST]] if _LAST in by_id else []
    return [*[hint for hint in first if hint.id != _LAST][: _MOST - len(last)], *last]


def hint_line(hints: list[Hint], width: int) -> Line:
    """As many as find room; the last one, which is `help`, always does."""
    room = width - 1
    kept: list[Hint] = []
    for hint in (hints[-1:] + hints[:-1]) if hints else []:
        needed = len(hint.key) + 1 + len(hint.text) + _BETWEEN
        if needed <= room + _BETWEEN:
            kept.append(hint)
            room -= needed
    spans: list[Span] = [Span(" ")]
    for hint in kept[1:] + kept[:1]:
        spans.append(Span(hint.key, Role.ACCENT if hint.is_live else Role.MUTED))
        spans.append(Span(f" {hint.text}{' ' * _BETWEEN}", Role.MUTED if not hint.is_live
                          else Role.TEXT))  # fmt: skip
    return tuple(spans)


class HintLine(Lines):
    """At most seven keys, by what is focused; it repaints only what changed."""

    def __init__(self, *wanted: str, id: str | None = None, classes: str | None = None) -> None:
        """`wanted`: ids of the registry, the most useful first; none: all that have a hint."""
        super().__init__(id=id, classes=classes)
        self._wanted = wanted
        self._prompt: DOMNode | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def want(self, *wanted: str) -> None:
        """Show other keys."""
        self._wanted = wanted
        self._lay_out()

    def confine(self, prompt: DOMNode | None) -> None:
        """While a prompt is open no keys but its own work, and so no others are shown."""
        self._prompt = prompt
        self._lay_out()

    def _bindings_changed(self, screen: DOMNode) -> None:
        if screen is self.screen and self.is_attached:
            self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        if self.is_attached and self.size.width:
            if self._prompt is None:
                hints = pick_hints(hints_of(self.screen), self._wanted)
            else:
                hints = hints_of_prompt(self._prompt)
            self.show_lines([hint_line(hints, self.size.width)])
