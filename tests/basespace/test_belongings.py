"""What biosamples hold is the same whether a server answers for many at once, or does not."""

import math
from collections.abc import Callable, Sequence

import pytest

from bstui.basespace.belongings import Held, find_held
from bstui.basespace.models import Dataset, Reference
from bstui.errors import BstuiError, NotAllowed, ServerFault, ServiceError

IDS = tuple(str(number) for number in range(1, 61))
NONE_OF = "7"
DENIED = "9"


def held_by(biosample: str) -> list[Dataset]:
    if biosample == NONE_OF:
        return []
    named = (Reference(id=biosample),)
    return [Dataset(id=f"ds.{biosample}.{n}", name="S", biosamples=named) for n in range(4)]


def unnamed(dataset: Dataset) -> Dataset:
    return Dataset(id=dataset.id, name=dataset.name)


class Service:
    """Answers for lists of ids in its own way, and counts the calls."""

    def __init__(self, answer: Callable[[Sequence[str]], Held]) -> None:
        self._answer = answer
        self.asked: list[Sequence[str]] = []

    async def ask(self, ids: Sequence[str]) -> Held:
        self.asked.append(ids)
        return self._answer(ids)


def whole(ids: Sequence[str]) -> Held:
    return Held(tuple(dataset for i in ids for dataset in held_by(i)))


def first_alone(ids: Sequence[str]) -> Held:
    """A server that reads the first id of a list and forgets the rest."""
    return whole(ids[:1])


def nameless(ids: Sequence[str]) -> Held:
    return Held(tuple(map(unnamed, whole(ids).datasets)))


def no_lists(ids: Sequence[str]) -> Held:
    if len(ids) > 1:
        raise ServiceError("refused the request (HTTP 400)")
    return whole(ids)


def one_denied(ids: Sequence[str]) -> Held:
    if DENIED in ids:
        raise NotAllowed("not shared")
    return whole(ids)


def short_lists(ids: Sequence[str]) -> Held:
    return Held(whole(ids[:-1]).datasets, missing=4) if len(ids) > 1 else whole(ids)


@pytest.mark.parametrize(
    "answer", [whole, first_alone, nameless, no_lists, one_denied, short_lists]
)
async def test_every_biosample_has_its_own(answer: Callable[[Sequence[str]], Held]) -> None:
    done: list[int] = []
    found = await find_held(IDS, Service(answer).ask, on_done=done.append)
    assert list(found) == list(IDS)
    for biosample in IDS:
        wanted = [] if answer is one_denied and biosample == DENIED else held_by(biosample)
        assert [d.id for d in found[biosample].datasets] == [d.id for d in wanted]
    assert [i for i, held in found.items() if held.refusal] == [DENIED] * (answer is one_denied)
    assert sum(done) == len(IDS)


async def test_many_cost_few_calls() -> None:
    service = Service(whole)
    await find_held(IDS, service.ask)
    assert len(service.asked) == math.ceil(len(IDS) / 25)


async def test_that_there_is_nothing_is_asked_again_unless_the_caller_needs_it_not() -> None:
    service = Service(lambda ids: Held())
    assert not any(held.datasets for held in (await find_held(IDS[:3], service.ask)).values())
    assert service.asked == [list(IDS[:3]), ["1"], ["2"], ["3"]]
    service = Service(lambda ids: Held())
    await find_held(IDS[:3], service.ask, doubts_nothing=False)
    assert service.asked == [list(IDS[:3])]


@pytest.mark.parametrize("error", [ServerFault("busy"), NotAllowed("no")])
async def test_what_one_call_says_counts_for_one(error: BstuiError) -> None:
    def answer(ids: Sequence[str]) -> Held:
        raise error

    if isinstance(error, ServerFault):
        with pytest.raises(ServerFault):
            await find_held(IDS, Service(answer).ask)
    else:
        found = await find_held(IDS, Service(answer).ask)
        assert all(held.refusal is error for held in found.values())
