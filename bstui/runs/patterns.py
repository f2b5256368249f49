"""Patterns of paths in a run folder, as those of `.gitignore` and rclone.

`*` and `?` stay within a name, `**` crosses folders, `[a-c]` is one of some characters, `[!a]` none
of them, `{a,b}` either. A pattern with a `/` in front or within begins at the top of the run
folder; any other is looked for in every folder. A pattern that matches a folder means all in it.
"""

import re
from collections.abc import Iterator
from functools import cached_property

from bstui.errors import UsageError
from bstui.text import safe_text

_LONGEST = 1000
_TOKEN = re.compile(
    r"(?P<deep>/\*\*/|^\*\*/|/\*\*$)|(?P<all>\*\*+)|(?P<some>\*)|(?P<one>\?)"
    r"|(?P<set>\[[!^]?\]?[^\]/]*\])|(?P<open>\{)|(?P<or>,)|(?P<close>\})|\\(?P<literal>.)|(?P<own>.)",
    re.DOTALL,
)


class Pattern:
    """One pattern. UsageError where it cannot be meant."""

    def __init__(self, text: str) -> None:
        self.text = text
        if not text.strip("/") or len(text) > _LONGEST:
            raise _unclear(text, "it is empty" if len(text) <= _LONGEST else "it is too long")
        self._matches = self._pattern.fullmatch

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        body = self.text.strip("/")
        is_anchored = "/" in self.text.rstrip("/")
        start = "" if is_anchored else "(?:.*/)?"
        end = "/.*" if self.text.endswith("/") else "(?:/.*)?"
        try:
            return re.compile(start + "".join(_translated(body, self.text)) + end, re.DOTALL)
        except re.error as error:
            raise _unclear(self.text, str(error)) from error

    def matches(self, path: str) -> bool:
        """Whether it means the file of this path, relative to the run folder."""
        return self._matches(path.removeprefix("/")) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def _translated(body: str, whole: str) -> Iterator[str]:
    """The parts of a regular expression that says the same."""
    depth = 0
    for token in _TOKEN.finditer(body):
        text = token[0]
        match token.lastgroup:
            case "deep":
                yield "/.*" if token.end() == len(body) and text == "/**" else _deep(text)
            case "all":
                yield ".*"
            case "some":
                yield "[^/]*"
            case "one":
                yield "[^/]"
            case "set":
                yield _set(text)
            case "open":
                depth += 1
                yield "(?:"
            case "close" if depth:
                depth -= 1
                yield ")"
            case "or" if depth:
                yield "|"
            case "literal":
                yield re.escape(token["literal"])
            case _:
                yield re.escape(text)
    if depth:
        raise _unclear(whole, "a { has no }")


def _deep(text: str) -> str:
    """`**/` is any number of folders, none too."""
    return "/(?:.*/)?" if text.startswith("/") else "(?:.*/)?"


def _set(text: str) -> str:
    """`[…]`, which never means the `/`."""
    inner = text[1:-1]
    negated = inner[:1] in ("!", "^")
    inner = (inner[1:] if negated else inner).replace("\\", "\\\\").replace("[", "\\[")
    inner = inner.replace("]", "\\]").replace("^", "\\^").replace("&&", "&\\&")
    inner = inner.replace("||", "|\\|").replace("~~", "~\\~").replace("--", "-\\-")
    return f"(?!/)[{'^' if negated else ''}{inner}]"


def _unclear(text: str, reason: str) -> UsageError:
    return UsageError(
        f"The pattern {safe_text(text, 80)!r} cannot be used: {reason}.",
        hint="Write it like 'InterOp/', '*.jpg' or 'Data/**/L00[12]/'; `bstui help raw-runs`.",
    )
