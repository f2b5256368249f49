"""Work beside the engine: a pause holds it, a full disk lets it wait, the end ends it."""

import asyncio
import threading

import pytest

from bstui.errors import BstuiError, NameTaken, NoSpace
from bstui.jobs.side_work import SideWork
from bstui.transfer.joining import Stopped

LONG = 90.0


class Attempt:
    """What side work needs of a worker."""

    def __init__(self) -> None:
        self.has_ended = False
        self.waited: list[int] = []
        self.went_on = asyncio.Event()
        self.side = SideWork(lambda: self.has_ended, self._outlast, self.went_on.set)

    async def _outlast(self, error: BstuiError, tries: int) -> None:
        self.waited.append(tries)


def test_a_pause_holds_it_until_it_may_go_on() -> None:
    async def scenario() -> None:
        attempt, begun, stopped = Attempt(), threading.Event(), threading.Event()

        def work() -> str:
            if stopped.is_set():
                return "done"
            begun.set()
            while not attempt.side.must_stop():
                pass
            stopped.set()
            raise Stopped

        task = asyncio.create_task(attempt.side.carry_out(work))
        assert await asyncio.to_thread(begun.wait, LONG)
        attempt.side.set_paused(True)
        assert await asyncio.to_thread(stopped.wait, LONG)
        assert not task.done()
        attempt.side.set_paused(False)
        async with asyncio.timeout(LONG):
            assert await task == "done"

    asyncio.run(scenario())


def test_it_waits_for_room_and_tells_when_it_goes_on() -> None:
    async def scenario() -> None:
        attempt = Attempt()
        answers = [NoSpace("full"), NoSpace("full"), None]

        def work() -> int:
            answer = answers.pop(0)
            if answer is not None:
                raise answer
            attempt.side.moved()
            return 7

        async with asyncio.timeout(LONG):
            assert await attempt.side.carry_out(work) == 7
            assert attempt.waited == [0, 1]
            await attempt.went_on.wait()

    asyncio.run(scenario())


def test_what_does_not_pass_is_raised() -> None:
    def work() -> None:
        raise NameTaken("taken")

    async def scenario() -> None:
        await Attempt().side.carry_out(work)

    with pytest.raises(NameTaken):
        asyncio.run(scenario())


def test_the_end_ends_it() -> None:
    async def scenario() -> None:
        attempt = Attempt()
        attempt.has_ended = True

        def work() -> None:
            if attempt.side.must_stop():
                raise Stopped

        await attempt.side.carry_out(work)

    with pytest.raises(Stopped):
        asyncio.run(scenario())
