"""How often we ask, and how long we go on."""

import asyncio
from datetime import UTC, datetime

import pytest

from bstui.basespace.pacing import Pace, Patience, persist, retry_after, shared_pace
from bstui.errors import NotAllowed, ServerFault, TooManyRequests, Unreachable

NOW = datetime(2025, 5, 21, 8, 0, 0, tzinfo=UTC)
QUICK = Patience(tries=4, first=0.001, longest=0.002, longest_asked=0.02)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        (" 12 ", 12),
        ("1.5", None),
        ("Wed, 21 May 2025 08:00:30 GMT", 30),
        ("Wed, 21 May 2025 07:00:00 GMT", 0),
        ("Wed, 21 May 2125 07:00:00 GMT", 86_400),
        ("Wed, 99 May 2025 07:00:00 GMT", None),
        ("٣", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_waits_double_with_jitter_and_end() -> None:
    patience = Patience(tries=6, first=1, longest=5)
    for tries, ceiling in enumerate((1, 2, 4, 5, 5), start=1):
        wait = patience.wait_before(Unreachable("x"), tries)
        assert wait is not None
        assert ceiling / 2 <= wait <= ceiling
    assert patience.wait_before(Unreachable("x"), 6) is None


def test_what_the_server_asks_for_is_kept_unless_it_is_long() -> None:
    patience = Patience(longest_asked=60)
    assert patience.wait_before(TooManyRequests("x", retry_after=42), 1) == 42
    assert patience.wait_before(TooManyRequests("x", retry_after=61), 1) is None
    assert patience.wait_before(TooManyRequests("x"), 1) is not None
    assert patience.wait_before(NotAllowed("x"), 1) is None


async def test_a_call_that_recovers() -> None:
    errors = [ServerFault("a"), Unreachable("b"), TooManyRequests("c", retry_after=0.01)]

    async def call() -> str:
        if errors:
            raise errors.pop(0)
        return "answer"

    assert await persist(call, Pace(), QUICK) == "answer"


async def test_the_last_error_is_raised() -> None:
    calls = 0

    async def call() -> str:
        nonlocal calls
        calls += 1
        raise ServerFault(f"{calls}")

    with pytest.raises(ServerFault, match="4"):
        await persist(call, Pace(), QUICK)
    assert calls == 4


async def test_no_more_than_the_rate_after_the_burst() -> None:
    pace, starts = Pace(rate=200, burst=5, together=50), list[float]()
    loop = asyncio.get_running_loop()

    async def call() -> None:
        async with pace.turn():
            starts.append(loop.time())

    begin = loop.time()
    await asyncio.gather(*(call() for _ in range(15)))
    offsets = sorted(start - begin for start in starts)
    for number, offset in enumerate(offsets):
        assert offset >= max(0, number - 4) / 200 - 0.001


async def test_no_more_than_so_many_together() -> None:
    pace, at_once, most = Pace(rate=0, together=3), 0, 0

    async def call() -> None:
        nonlocal at_once, most
        async with pace.turn():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(call() for _ in range(20)))
    assert most == 3


async def test_one_too_many_holds_all_callers() -> None:
    pace, loop = Pace(), asyncio.get_running_loop()
    begin = loop.time()
    pace.hold(0.03)
    async with pace.turn():
        assert loop.time() - begin >= 0.029


async def test_all_clients_of_a_host_have_one_pace() -> None:
    one = "https://api.euc1.sh.basespace.illumina.com"
    assert shared_pace(one) is shared_pace(one)
    assert shared_pace(one) is not shared_pace("https://api.basespace.illumina.com")


def test_a_pace_belongs_to_its_loop() -> None:
    async def pace() -> Pace:
        return shared_pace("https://api.basespace.illumina.com")

    with asyncio.Runner() as first, asyncio.Runner() as second:
        assert first.run(pace()) is first.run(pace())
        assert first.run(pace()) is not second.run(pace())
