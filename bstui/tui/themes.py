"""How the screens look: colours by role, and the signs that a terminal can draw.

Nothing but the two glyph sets may print what is not ASCII, apart from names out of BaseSpace.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.dom import DOMNode
from textual.theme import BUILTIN_THEMES, Theme


@dataclass(frozen=True)
class Glyphs:
    """The signs that are drawn; each is one column wide, except the ellipsis."""

    name: str
    ellipsis: str
    crumb: str
    """Between the breadcrumbs."""
    rule: str
    divider: str
    """Between two panes."""
    bar_done: str
    bar_left: str
    ascending: str
    descending: str
    more: str
    """At the right end of a table's head: columns are hidden there."""
    dot: str
    """Between two facts of one line."""

    spark: str
    """Heights of a rate, the lowest first."""

    cursor: str = ">"

    def draw(self, text: str) -> str:
        """Our own words with the signs that this set can draw; not for names of others."""
        if self.name == "utf-8" or text.isascii():
            return text
        return text.translate(_TO_ASCII)


UTF8 = Glyphs("utf-8", "…", "›", "─", "│", "█", "░", "▲", "▼", "›", "·", "▁▂▃▄▅▆▇█")
ASCII = Glyphs("ascii", "...", ">", "-", "|", "#", "-", "^", "v", ">", "-", "_.-=+*#")

_TO_ASCII = str.maketrans({"…": "...", "›": ">", "·": "-", "–": "-", "→": "->", "×": "x"})

_PLAIN_ANSI = {"block-cursor-text-style": "none"}

THEMES: tuple[Theme, ...] = (
    Theme(
        name="bstui-dark",
        primary="#4FA3D9",
        secondary="#7FB7D9",
        accent="#E0A84B",
        warning="#E0A84B",
        error="#E06C75",
        success="#6FBF73",
        foreground="#D8DEE4",
        background="#14181C",
        surface="#14181C",
        panel="#242B32",
        variables={
            "block-cursor-background": "#4FA3D9",
            "block-cursor-foreground": "#0B0E11",
            "text-muted": "#95A1AC",
        },
    ),
    Theme(
        name="bstui-light",
        primary="#0B5C94",
        secondary="#35749E",
        accent="#8A5A00",
        warning="#8A5A00",
        error="#A8202D",
        success="#1B6E2E",
        foreground="#1C2126",
        background="#FBFBF9",
        surface="#FBFBF9",
        panel="#E6E8E6",
        dark=False,
        variables={
            "block-cursor-background": "#0B5C94",
            "block-cursor-foreground": "#FFFFFF",
            "text-muted": "#57616B",
        },
    ),
    Theme(
        name="bstui-contrast",
        primary="#FFFF00",
        secondary="#00FFFF",
        accent="#00FFFF",
        warning="#FFFF00",
        error="#FF8080",
        success="#00FF00",
        foreground="#FFFFFF",
        background="#000000",
        surface="#000000",
        panel="#000000",
        variables={
            "block-cursor-background": "#FFFF00",
            "block-cursor-foreground": "#000000",
            "text-muted": "#FFFFFF",
        },
    ),
    Theme(
        name="bstui-ansi-dark",
        ansi=True,
        primary="ansi_bright_cyan",
        secondary="ansi_cyan",
        accent="ansi_yellow",
        warning="ansi_yellow",
        error="ansi_bright_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables=dict(BUILTIN_THEMES["ansi-dark"].variables) | _PLAIN_ANSI,
    ),
    Theme(
        name="bstui-ansi-light",
        ansi=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_magenta",
        warning="ansi_magenta",
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        dark=False,
        variables=dict(BUILTIN_THEMES["ansi-light"].variables) | _PLAIN_ANSI,
    ),
)

SHORT_NAMES: Mapping[str, str] = {
    "dark": "bstui-dark",
    "light": "bstui-light",
    "high-contrast": "bstui-contrast",
    "ansi": "bstui-ansi-dark",
    "ansi-light": "bstui-ansi-light",
}
"""What people write in their settings, and Textual's name of it."""


@dataclass(frozen=True)
class Look:
    """What this terminal, and the person before it, want; the app carries it as `look`."""

    theme: str = "bstui-ansi-dark"
    glyphs: Glyphs = UTF8
    slow_link: bool = False
    """Over SSH: tables scroll a third of a page at once, which spares the line."""

    def scroll_jump(self, page: int) -> int:
        """Lines to scroll when the cursor leaves a page of so many lines by one step."""
        return max(1, page // 3) if self.slow_link else 1


def choose_look(environ: Mapping[str, str], *, theme: str = "auto", glyphs: str = "auto") -> Look:
    """The look for a terminal, by its environment; `theme` and `glyphs` as in the settings."""
    signs = {"ascii": ASCII, "utf-8": UTF8}.get(glyphs) or _glyphs_for(environ)
    name = SHORT_NAMES.get(theme, theme) if theme != "auto" else _theme_for(environ)
    if environ.get("NO_COLOR") and not name.startswith("bstui-ansi"):
        name = "bstui-ansi-dark"  # any other would send its greys in full colour
    return Look(name, signs, bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")))


def _glyphs_for(environ: Mapping[str, str]) -> Glyphs:
    locale = next(filter(None, (environ.get(v) for v in ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    is_utf8 = locale.lower().replace("-", "").endswith("utf8")
    return UTF8 if is_utf8 and environ.get("TERM") != "linux" else ASCII


def _theme_for(environ: Mapping[str, str]) -> str:
    """The terminal's own colours, half the bytes, unless it says that it can do better."""
    in_full = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    return SHORT_NAMES["dark" if in_full else "ansi"]


def look_of(node: DOMNode) -> Look:
    """The look that this node's app carries, or the plainest."""
    look = getattr(node.app, "look", None)
    return look if isinstance(look, Look) else Look()
