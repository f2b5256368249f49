"""The FASTQ datasets of many biosamples, in few calls: `inputbiosamples` takes a list of ids.

Where an answer for many leaves a doubt whose is whose, or whether it is whole, each biosample is
asked for alone.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from bstui.basespace.models import Dataset
from bstui.basespace.together import together
from bstui.errors import BstuiError, Gone, NotAllowed, NotFound, Policy, ServiceError

_TOGETHER = 24
"""Biosamples that one call asks for: of four lanes each, they nearly fill a page of datasets."""
REFUSALS = (NotAllowed, NotFound, Gone)


@dataclass(frozen=True)
class Held:
    """What one biosample, or several, hold."""

    datasets: tuple[Dataset, ...] = ()
    missing: int = 0
    """How many more the server counts than it lists."""
    refusal: BstuiError | None = None
    """Why it was not told."""


AskHeld = Callable[[Sequence[str]], Awaitable[Held]]
"""The FASTQ datasets of the biosamples with these ids."""
OnDone = Callable[[int], None]
"""Told how many more biosamples are through."""


async def find_held(
    ids: Collection[str],
    ask: AskHeld,
    *,
    on_done: OnDone = lambda number: None,
    doubts_nothing: bool = True,
) -> dict[str, Held]:
    """What each biosample holds, by its id.

    `doubts_nothing`: whether to ask again for one of which a list gave nothing, unless some list
    has given the datasets of several.
    """
    every = list(dict.fromkeys(ids))
    batches = [every[i : i + _TOGETHER] for i in range(0, len(every), _TOGETHER)]
    found: dict[str, Held] = {}
    for answer in await together(_ask_many(batch, ask, on_done) for batch in batches):
        found |= answer
    takes_lists = len(every) < 2 or _shows_several(batches, found)
    if doubts_nothing and not takes_lists:
        empty = [i for i, held in found.items() if not held.datasets and held.refusal is None]
        for i, held in zip(empty, await together(_ask_one(i, ask) for i in empty), strict=True):
            found[i] = held
    return found


def _shows_several(batches: Sequence[Sequence[str]], found: dict[str, Held]) -> bool:
    return any(sum(bool(found[i].datasets) for i in batch) > 1 for batch in batches)


async def _ask_many(ids: Sequence[str], ask: AskHeld, on_done: OnDone) -> dict[str, Held]:
    if len(ids) > 1:
        found = _sort(ids, await _ask_list(ids, ask))
        if found:
            on_done(len(ids))
            return found

    async def one(biosample: str) -> Held:
        held = await _ask_one(biosample, ask)
        on_done(1)
        return held

    return dict(zip(ids, await together(one(i) for i in ids), strict=True))


async def _ask_list(ids: Sequence[str], ask: AskHeld) -> Held:
    try:
        return await ask(ids)
    except (*REFUSALS, ServiceError) as error:
        if error.policy in (Policy.TRANSIENT, Policy.RATE):
            raise
        return Held(refusal=error)  # one of them may be to blame, or that it is a list


async def _ask_one(biosample: str, ask: AskHeld) -> Held:
    try:
        return await ask([biosample])
    except REFUSALS as error:
        return Held(refusal=error)


def _sort(ids: Sequence[str], held: Held) -> dict[str, Held]:
    """Each biosample's own; nothing where that cannot be told."""
    if held.refusal or held.missing or not all(d.biosamples for d in held.datasets):
        return {}
    own: dict[str, list[Dataset]] = {i: [] for i in ids}
    for dataset in held.datasets:
        for biosample in dataset.biosamples:
            if biosample.id in own:
                own[biosample.id].append(dataset)
    return {i: Held(tuple(datasets)) for i, datasets in own.items()}
