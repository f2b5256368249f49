"""What a person may write to name a source: `project:X`, `run:X`, `biosample:X@run:R`, `dataset:X`.

A pasted BaseSpace web address does as well. All digits, `ds.…` and `r.…` are ids; anything else is
a name, and `project:=NAME` forces a name. Nothing here asks the service: `selection.py` does.
"""

import re
from collections.abc import Iterable

import msgspec

from bstui.basespace.addresses import Kind, is_id, recognise
from bstui.errors import UsageError

SourceKind = Kind
"""What a source is: any kind but a single file."""
_KINDS = (Kind.PROJECT, Kind.RUN, Kind.BIOSAMPLE, Kind.DATASET)
_SCOPED = re.compile(r"(?P<thing>.*)@(?P<kind>run|project):(?P<value>.+)", re.DOTALL)
_HINT = (
    "Write project:X, run:X, biosample:X, biosample:X@run:R, biosample:X@project:P or dataset:X, "
    "where X is an id or a name, or paste a BaseSpace web address."
)


class Source(msgspec.Struct, frozen=True):
    """One thing of the service, by id or by name."""

    kind: Kind
    value: str
    is_id: bool
    region: str = ""
    """The code of the region that a pasted address is of; empty where nothing says it."""

    def __str__(self) -> str:
        forced = not self.is_id and (is_id(self.value) or self.value.startswith("="))
        return f"{self.kind}:{'=' if forced else ''}{self.value}"


class Selector(msgspec.Struct, frozen=True):
    """A source and, for a biosample, the run or project whose part of it is meant."""

    source: Source
    scope: Source | None = None

    def __str__(self) -> str:
        return f"{self.source}@{self.scope}" if self.scope else str(self.source)


def parse_selector(text: str) -> Selector:
    """The selector that `text` is; a UsageError says what was not understood."""
    text = text.strip()
    kind, _, value = text.partition(":")
    if kind not in _KINDS:
        return _parse_address(text)
    scoped = _SCOPED.fullmatch(value) if kind == Kind.BIOSAMPLE else None
    if scoped is None:
        return Selector(_parse_source(Kind(kind), value))
    scope = _parse_source(Kind(scoped["kind"]), scoped["value"])
    return Selector(_parse_source(Kind.BIOSAMPLE, scoped["thing"]), scope)


def parse_selectors(texts: Iterable[str]) -> list[Selector]:
    """Each text's selector, in order, once each."""
    return list(dict.fromkeys(parse_selector(text) for text in texts))


def read_selectors(lines: Iterable[str], where: str) -> list[Selector]:
    """The selectors of a `--from` file, a line each; blank lines and `#` comments are nothing."""
    found: dict[Selector, None] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip().removeprefix("\ufeff")
        if not text or text.startswith("#"):
            continue
        try:
            found[parse_selector(text)] = None
        except UsageError as error:
            raise UsageError(f"{where}, line {number}: {error.message}", hint=error.hint) from None
    return list(found)


def _parse_address(text: str) -> Selector:
    address = recognise(text)
    if address is None and text.isdecimal():
        raise UsageError(
            f"{text} is the id of a project, a run, a biosample or a file: it does not say which.",
            hint=f"Write run:{text} for a run, and so on. {_HINT}",
        )
    if address is None:
        raise UsageError(f"{text!r} names no source.", hint=_HINT)
    if address.kind not in _KINDS:
        raise UsageError(
            f"{text!r} is a single file, which cannot be imported alone.",
            why="Files come with their dataset, or with their run.",
            hint=f"`bstui show file:{address.id}` tells of it. {_HINT}",
        )
    return Selector(Source(address.kind, address.id, True, address.region))


def _parse_source(kind: Kind, value: str) -> Source:
    value = value.strip()
    if value.startswith("="):
        value, has_id = value[1:].strip(), False
    else:
        has_id = is_id(value)
    if not value:
        raise UsageError(f"{kind}: names nothing.", hint=_HINT)
    return Source(kind, value, has_id)
