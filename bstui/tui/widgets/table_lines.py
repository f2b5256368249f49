"""How a table's head and rows are written out: a sign, a badge, the cells."""

from collections.abc import Sequence

from bstui.tui.themes import Glyphs
from bstui.tui.widgets.canvas import Line, Role, Span, fit
from bstui.tui.widgets.columns import Fitted
from bstui.tui.widgets.rows import LOOK_AT, MARKED, ON_DISK, PARTLY, Sorting

Facts = tuple[str, Role, tuple[str, ...]]
"""What a row says: its badge, its tone, its cells."""

_BADGE_WIDTH = 3
_UNKNOWN = "…"
"""What `bstui.units` writes for a value that is not known yet."""
_BADGE_ROLES = {
    MARKED: Role.SUCCESS,
    PARTLY: Role.SUCCESS,
    LOOK_AT: Role.WARNING,
    ON_DISK: Role.MUTED,
}


def gutter_width(badges: bool) -> int:
    """Columns before the first cell: the cursor's sign, the badge, a blank."""
    return 2 + (_BADGE_WIDTH if badges else 0)


def header_line(
    fitted: Sequence[Fitted],
    sorting: Sorting,
    width: int,
    glyphs: Glyphs,
    *,
    badges: bool,
    has_more: bool,
    has_focus: bool,
) -> Line:
    """The head: labels, the sign of the order, and at the right end that columns are hidden."""
    labels = []
    for one in fitted:
        label = one.column.label
        if one.column.key == sorting.column:
            sign = glyphs.descending if sorting.reverse else glyphs.ascending
            label = f"{fit(label, one.width - 1, '').rstrip()}{sign}"
        labels.append(fit(label, one.width, "", right=one.column.right))
    text = fit(" " * gutter_width(badges) + " ".join(labels), width, "")
    if has_more:
        text = fit(text, width - 1, "") + glyphs.more
    return (Span(text, Role.HEADER if has_focus else Role.MUTED),)


def row_line(
    facts: Facts,
    fitted: Sequence[Fitted],
    state: Role,
    glyphs: Glyphs,
    *,
    badges: bool,
    has_focus: bool,
) -> Line:
    """A row. Under the cursor of the focused table everything is in one role: it costs least."""
    badge, tone, texts = facts
    is_cursor = state is Role.CURSOR
    sign = glyphs.cursor if is_cursor else " "
    cells = " ".join(
        fit(
            glyphs.ellipsis if text == _UNKNOWN else text,
            one.width,
            glyphs.ellipsis,
            right=one.column.right,
        )
        for text, one in zip(texts, fitted, strict=True)
    )
    role = tone
    if is_cursor:
        role = Role.CURSOR if has_focus else Role.STRONG
    elif state is Role.RANGE:
        role = Role.RANGE
    if not badges:
        return (Span(f"{sign} {cells}", role),)
    stands_out = role in (Role.CURSOR, Role.RANGE)
    badge_role = role if stands_out else _BADGE_ROLES.get(badge, role)
    badge = fit(badge, _BADGE_WIDTH, "")
    return (Span(sign, role), Span(badge, badge_role), Span(f" {cells}", role))
