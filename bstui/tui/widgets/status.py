"""The first line of a screen, and the last but one: where we are, and how things stand."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.timer import Timer

from bstui.tui.widgets.canvas import Line, Lines, Role, Span, fit_middle, text_of

_SAID_FOR = 8.0
"""Seconds that a short message stands before the facts come back."""


def two_sides(left: Line, right: Line, width: int, ellipsis: str) -> Line:
    """Left and right text in one line with a blank at both ends; the left is cut when need be."""
    room = width - 2 - cell_len(text_of(right))
    if right:
        room -= 1
    spans: list[Span] = [Span(" ")]
    for span in left:
        text = fit_middle(span.text, max(0, room), ellipsis)
        room -= cell_len(text)
        spans.append(Span(text, span.role))
    if right:
        spans += [Span(" " * (max(0, room) + 1)), *right]
    return tuple(spans)


class TwoSided(Lines):
    """One line with a left and a right end."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left: Line = ()
        self._right: Line = ()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        left, right = self._sides()
        if self.size.width:
            self.show_lines([two_sides(left, right, self.size.width, self.glyphs.ellipsis)])

    def _sides(self) -> tuple[Line, Line]:
        return self._left, self._right


class TopLine(TwoSided):
    """Breadcrumbs on the left, who is logged in and how many jobs run on the right."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._crumbs: tuple[str, ...] = ()

    def show(self, crumbs: Sequence[str], right: str = "") -> None:
        """The path to this screen, this screen last; the middle gives way when room is short."""
        self._crumbs = tuple(crumbs)
        self._right = (Span(self.glyphs.draw(right), Role.MUTED),) if right else ()
        self._lay_out()

    def _sides(self) -> tuple[Line, Line]:
        room = self.size.width - 3 - cell_len(text_of(self._right))
        crumbs = elided(self._crumbs, room, self.glyphs.crumb, self.glyphs.ellipsis)
        between = f" {self.glyphs.crumb} "
        path = "".join(crumb + between for crumb in crumbs[:-1])
        return (Span(path, Role.MUTED), Span("".join(crumbs[-1:]), Role.STRONG)), self._right


def elided(crumbs: Sequence[str], room: int, between: str, ellipsis: str) -> list[str]:
    """The breadcrumbs, with as few of the middle ones left out as makes them fit."""
    kept = list(crumbs)
    step = cell_len(between) + 2

    def length() -> int:
        return sum(map(cell_len, kept)) + step * (len(kept) - 1)

    while length() > room and len(kept) > 2:
        middle = kept.index(ellipsis) if ellipsis in kept else 0
        if middle and len(kept) == 3:
            break
        kept[1 : 3 if middle else 2] = [ellipsis]
    return kept


class StatusLine(TwoSided):
    """How the list stands, and in its place for a moment the answer to a key."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._said: Line = ()
        self._timer: Timer | None = None

    def show(self, left: str, right: str = "") -> None:
        """The facts: `5/312  by name` and `marked 4 here, 61 in all, 2.4 TB`."""
        draw = self.glyphs.draw
        self._left = (Span(draw(left), Role.MUTED),) if left else ()
        self._right = (Span(draw(right)),) if right else ()
        self._lay_out()

    def say(self, text: str, role: Role = Role.WARNING, seconds: float = _SAID_FOR) -> None:
        """A sentence instead of the facts, until another, `unsay` or its time is over."""
        self.unsay()
        self._said = (Span(self.glyphs.draw(text), role),)

        def end() -> None:
            if self._timer is timer:  # it may have run out as another sentence came
                self.unsay()

        self._timer = timer = self.set_timer(seconds, end)
        self._lay_out()

    def unsay(self) -> None:
        """The facts again."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._said = ()
        self._lay_out()

    def _sides(self) -> tuple[Line, Line]:
        if not self._said:
            return self._left, self._right
        needed = sum(cell_len(span.text) for span in (*self._said, *self._right)) + 3
        return self._said, self._right if needed <= self.size.width else ()
