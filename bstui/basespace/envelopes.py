"""The outside of every answer: v1's and v2's envelopes, and the small values of the wire.

Null fields are left out by the server, so nothing but an id is required (BaseSpace API §3); the
names are the server's own.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Generic, TypeVar

import msgspec

from bstui.text import safe_text

T = TypeVar("T")
Id = Annotated[str, msgspec.Meta(min_length=1)]
"""Without one two things could not be told apart."""
_MOST = 1 << 62
_NEVER = 1
"""The year of `0001-01-01`, which means that it did not happen."""


def text(value: str | int | None) -> str:
    """A server's text, fit to be drawn; empty where it said none."""
    return "" if value is None else safe_text(str(value))


def amount(value: int | None) -> int | None:
    """Bytes, or a number of things; None where the server says none, or one that cannot be."""
    return value if value is not None and 0 <= value <= _MOST else None


@lru_cache(1024)
def moment(value: str | None) -> datetime | None:
    """A date of the wire: seven fractional digits, in old bodies without `Z`; never is None."""
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    if parsed.year <= _NEVER:
        return None
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError:  # the last day of 9999, west of Greenwich
        return None


def etag(value: str | None) -> str | None:
    """An ETag without its quotes; a weak one keeps its `W/`; None where there is none."""
    tag = (value or "").strip()
    weak = "W/" if tag.startswith("W/") else ""
    bare = tag.removeprefix("W/").strip('"')
    return weak + bare if bare else None


class Wire(msgspec.Struct, rename="pascal"):
    """Something the server sends; fields that we do not name are skipped."""


class V1Answer(Wire, Generic[T]):
    """The envelope of v1 around one resource."""

    response: T


class _V1Items(Wire, Generic[T]):
    items: list[T]
    total_count: int | None = None
    limit: int = 0


class V1List(Wire, Generic[T]):
    """A page of v1: its counts stand beside the items, in the envelope."""

    response: _V1Items[T]

    @property
    def items(self) -> list[T]:
        return self.response.items

    @property
    def total(self) -> int | None:
        return amount(self.response.total_count)

    @property
    def limit(self) -> int:
        return self.response.limit


class _Paging(Wire):
    total_count: int | None = None
    limit: int = 0


class V2List(Wire, Generic[T]):
    """A page of v2: its counts stand under `Paging`."""

    items: list[T]
    paging: _Paging

    @property
    def total(self) -> int | None:
        """None from run files, unless `include=TotalCount` asks for it."""
        return amount(self.paging.total_count)

    @property
    def limit(self) -> int:
        return self.paging.limit


def read(body: bytes, kind: type[T]) -> T:
    """A body as `kind`; ValueError where it is not one."""
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), type=kind, strict=False)
    except (msgspec.MsgspecError, RecursionError) as error:  # nested deeper than anything is
        raise ValueError(str(error)) from error
