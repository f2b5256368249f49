"""Which servers answer, and where a token may be shown."""

import pytest

from bstui.basespace.reach import other_servers, ping, ping_all, try_servers
from bstui.basespace.regions import REGIONS
from bstui.text import Secret
from tests.basespace.server import TOKEN, Reply, serving

USER = Reply({"Id": "1", "Name": "Anna"})
REFUSED = Reply({"ResponseStatus": {"ErrorCode": "X.AUTHENTICATION_FAILURE"}}, 401)


@pytest.mark.parametrize("reply", [Reply({"Response": {}}), REFUSED])
async def test_an_api_that_answers(reply: Reply) -> None:
    async with serving(lambda _: reply) as server:
        answered = await ping(server.url)
    assert answered.problem == ""
    assert answered.seconds is not None
    assert 0 < answered.seconds < 5
    assert all("Authorization" not in question.headers for question in server.asked)


async def test_another_web_server_is_no_api() -> None:
    page = Reply(b"<html>welcome", headers={"Content-Type": "text/html"})
    async with serving(lambda _: page) as server:
        assert "not as BaseSpace does (HTTP 200)" in (await ping(server.url)).problem


async def test_one_that_does_not_answer_does_not_hide_the_others() -> None:
    async with serving(lambda _: REFUSED) as server:
        there, gone = await ping_all([server.url, "http://127.0.0.1:1"])
    assert there.problem == ""
    assert gone.seconds is None
    assert "cannot be reached" in gone.problem


async def test_the_token_is_shown_up_to_the_first_that_knows_it() -> None:
    async with (
        serving(lambda _: REFUSED) as first,
        serving(lambda _: USER) as second,
        serving(lambda _: USER) as third,
    ):
        servers = [first.url, "http://127.0.0.1:1", second.url, third.url]
        tried = [one async for one in try_servers(Secret(TOKEN), servers)]
    assert [one.server for one in tried] == servers[:3]
    assert [one.is_refused for one in tried] == [True, False, False]
    assert tried[2].identity is not None
    assert tried[2].identity.name == "Anna"
    assert third.asked == [], "nobody is shown a token without need"


def test_a_token_stays_in_its_house() -> None:
    here = ("http://127.0.0.1:5001", "http://127.0.0.1:5002")
    known = (*here, REGIONS[1].api, "https://basespace.example")
    assert other_servers(REGIONS[1].api, known) == tuple(
        region.api for region in REGIONS if region is not REGIONS[1]
    )
    assert other_servers(here[0], known) == here[1:]
    assert other_servers("https://basespace.example", known) == ()
