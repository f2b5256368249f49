"""The language of the filter line.

Words are ANDed; `|` within a word, or between two, means or; a leading `!` inverts; `run:2508`
looks in the columns whose name begins so; `marked` is a state; what stands in quotes is taken as
it is. A word in lower case matches either case.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bstui.tui.widgets.row_texts import Block

MARKED_WORD = "marked"
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_FIELD = re.compile(r"(?P<field>[A-Za-z]+):(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """One word of a filter: any of its needles is found, or for an inverted one none."""

    needles: tuple[str, ...]
    inverted: bool = False
    columns: tuple[int, ...] = ()
    """Where to look; empty: everywhere."""
    is_marked: bool = False
    """`marked`: not a text but a state."""

    def among(
        self, lines: Sequence[int], block: Block, is_marked: Callable[[int], bool]
    ) -> list[int]:
        """Which of a block's lines it lets through."""
        if self.is_marked:
            return [line for line in lines if is_marked(line) is not self.inverted]
        if self.inverted:
            for needle in self.needles:
                lines = block.lines_with(needle, lines, self.columns, inverted=True)
            return list(lines)
        found = [block.lines_with(needle, lines, self.columns) for needle in self.needles]
        return found[0] if len(found) == 1 else sorted(set().union(*found))


@dataclass(frozen=True)
class Filter:
    """What rows have to match."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.terms

    def among(
        self, lines: Sequence[int], block: Block, is_marked: Callable[[int], bool]
    ) -> Sequence[int]:
        """Which of a block's lines match, in their order."""
        for term in self.terms:
            if not lines:
                break
            lines = term.among(lines, block, is_marked)
        return lines


def parse_filter(text: str, columns: Sequence[str]) -> Filter:
    """What a person typed; a ValueError says what it cannot mean."""
    joined = re.sub(r"\s*\|\s*", "|", text.strip())
    terms = [_term(word, columns) for word in _WORD.findall(joined)]
    return Filter(text, tuple(term for term in terms if term is not None))


def _term(word: str, columns: Sequence[str]) -> Term | None:
    inverted = word.startswith("!")
    body = word[1:] if inverted else word
    if not body:
        raise ValueError("! stands before a word that must not be there")
    if body == MARKED_WORD:
        return Term((), inverted, is_marked=True)
    if body.startswith('"'):
        phrase = body.strip('"')
        return Term((phrase,), inverted) if phrase else None
    where: tuple[int, ...] = ()
    if field := _FIELD.fullmatch(body):
        where = _columns_named(field["field"], columns)
        body = field["rest"]
    needles = tuple(part for part in body.replace('"', "").split("|") if part)
    return Term(needles, inverted, where) if needles else None


def _columns_named(field: str, columns: Sequence[str]) -> tuple[int, ...]:
    found = tuple(at for at, key in enumerate(columns) if key.startswith(field.lower()))
    if not found:
        raise ValueError(f"no column is called {field}; there are {', '.join(columns)}")
    return found
