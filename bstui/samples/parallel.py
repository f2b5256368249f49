"""Several calls to the service at once, but not many."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

AT_ONCE = 8

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


async def each(
    items: Iterable[_Item], work: Callable[[_Item], Awaitable[_Result]], at_once: int = AT_ONCE
) -> list[_Result]:
    """What `work` gives for each item, in their order; the first error ends the others."""
    results: dict[int, _Result] = {}
    waiting = iter(enumerate(items))

    async def take() -> None:
        for number, item in waiting:
            results[number] = await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(take())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [results[number] for number in sorted(results)]
