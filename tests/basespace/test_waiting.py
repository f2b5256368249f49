"""A person is told what a client waits for, and that it waits no longer."""

import asyncio
import gzip

import pytest

from bstui.basespace.pacing import Patience
from bstui.basespace.waiting import Waits
from bstui.errors import ServerFault, Unreachable
from tests.basespace.server import Question, Reply, asking

RUN = Reply({"Id": "1", "Name": "R"})


async def test_a_server_that_says_nothing_is_told_while_it_is_waited_for() -> None:
    heard = asyncio.Queue[str]()
    answer = asyncio.Event()

    async def late(_: Question) -> Reply:
        await answer.wait()
        return RUN

    async with asking(late, Patience(slow=0.01), on_wait=heard.put_nowait) as (client, _):
        task = asyncio.create_task(client.run("1"))
        assert await heard.get() == "waiting for the server, try 1 of 5: no answer for 0 s"
        answer.set()
        assert (await task).id == "1"
        while await heard.get():
            pass  # the last word is that nothing is waited for


async def test_no_answer_is_an_error_after_the_tries_each_with_its_limit() -> None:
    heard: list[str] = []

    async def never(_: Question) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    patience = Patience(head=0.05, slow=0.02, tries=2, first=1.0, longest=1.0)
    async with asking(never, patience, on_wait=heard.append) as (client, _):
        with pytest.raises(Unreachable, match="did not answer in time"):
            await client.run("1")
    assert any("try 2 of 2" in text for text in heard)
    assert heard[-1] == ""


async def test_what_is_over_in_a_moment_is_not_told() -> None:
    heard: list[str] = []
    replies = [Reply(b"", 503), RUN]
    patience = Patience(first=0.01, slow=60)
    async with asking(lambda _: replies.pop(0), patience, on_wait=heard.append) as (client, _):
        await client.run("1")
    assert heard == []


async def test_the_end_is_told_once_all_calls_are_through() -> None:
    heard: list[str] = []
    waits = Waits(heard.append, tries=5, slow=60)
    with waits.call() as first:
        with waits.call() as second:
            first.fail(ServerFault("It is busy."), 2, 3.0)
            second.fail(ServerFault("It is down."), 4, 3.0)
        assert "" not in heard
    assert heard == [
        "waiting for the server, try 2 of 5 in 3 s: It is busy.",
        "waiting for the server, try 4 of 5 in 3 s: It is down.",
        "",
    ]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_an_answer_without_an_end_is_no_answer(encoding: str) -> None:
    body = bytes(70 << 20)
    reply = Reply(
        gzip.compress(body, 1) if encoding == "gzip" else body,
        headers={"Content-Encoding": encoding},
    )
    async with asking(lambda _: reply, Patience(tries=1)) as (client, _):
        with pytest.raises(ServerFault, match="more than any answer is"):
            await client.run("1")
