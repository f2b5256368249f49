"""What lists do not say and a row wants: summed up from other answers, and kept for a while."""

import time
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from bstui.basespace.belongings import AskHeld, find_held
from bstui.basespace.cache import ListingCache
from bstui.basespace.models import BiosampleDetail, Dataset, ProjectCounts

FRESH_SECONDS = 600.0
"""How old a kept answer may be, unless the caller wants it newer."""

DetailT = TypeVar("DetailT", bound=BiosampleDetail | ProjectCounts)


class Shelf:
    """Answers of one account in a cache that may be absent; what cannot be read is not there."""

    def __init__(self, cache: ListingCache | None, account: str) -> None:
        self._cache = cache
        self._account = account

    def find(self, kind: type[DetailT], row: str, scope: str, max_age: float) -> DetailT | None:
        """The kept answer for a row, where it is at most `max_age` seconds old."""
        kept = self._cache.get(self._key(kind, row, scope)) if self._cache else None
        if kept is None or not 0 <= time.time() - kept[1] < max_age:
            return None
        try:
            return msgspec.json.decode(kept[0], type=kind)
        except (msgspec.MsgspecError, ValueError):
            return None

    def keep(self, answer: BiosampleDetail | ProjectCounts, scope: str) -> None:
        if self._cache is not None:
            key = self._key(type(answer), answer.id, scope)
            self._cache.put(key, msgspec.json.encode(answer))

    def _key(self, kind: type[object], row: str, scope: str) -> str:
        return f"{kind.__name__} {self._account} {row} {scope}"


async def find_details(
    ids: Sequence[str], ask: AskHeld, shelf: Shelf, scope: str, max_age: float
) -> dict[str, BiosampleDetail]:
    """The details of biosamples, from the shelf or else in few calls."""
    known = {i: shelf.find(BiosampleDetail, i, scope, max_age) for i in ids}
    found = {i: detail for i, detail in known.items() if detail is not None}
    missing = [i for i in known if i not in found]
    for i, held in (await find_held(missing, ask, doubts_nothing=False)).items():
        if held.refusal is not None:
            raise held.refusal
        found[i] = summarise(i, held.datasets)
        shelf.keep(found[i], scope)
    return found


def summarise(biosample: str, datasets: Iterable[Dataset]) -> BiosampleDetail:
    """The detail of the biosample with this id, of all its datasets that are not deleted."""
    held = [dataset for dataset in datasets if not dataset.is_deleted]
    runs = {run.id: run for dataset in held for run in dataset.runs}
    return BiosampleDetail(
        id=biosample,
        runs=tuple(runs.values()),
        lanes=tuple(sorted({d.lane for d in held if d.lane is not None})),
        size=sum(dataset.size or 0 for dataset in held),
        datasets=len(held),
        project_ids=tuple(sorted({d.project_id for d in held if d.project_id})),
    )
