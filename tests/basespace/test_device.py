"""Login by browser: BaseSpace's own names, patience while nobody accepts, and every way it ends."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import pytest

from bstui.basespace.device import DeviceCode, DeviceLogin
from bstui.errors import BstuiError, NotLoggedIn, ServerFault, UsageError
from bstui.text import Secret
from tests.basespace.recorded import recorded
from tests.basespace.server import TOKEN, Answer, Question, Reply, Server, serving

SECRET = "c11e27" + "5ec2e7" * 4
GIVEN = {
    "device_code": "d" * 32,
    "user_code": "b9bac",
    "verification_uri": "https://basespace.illumina.com/oauth/device",
    "verification_with_code_uri": "https://basespace.illumina.com/oauth/device?code=b9bac",
    "expires_in": 1800,
    "interval": 0,
}
PENDING = Reply({"error": "authorization_pending", "error_description": "wait"}, 400)
DONE = Reply({"access_token": TOKEN})


def flow(answers: Sequence[Reply], given: Any = GIVEN, status: int = 200) -> Answer:
    """Gives a code, and then these answers, the last again and again."""
    left = list(answers)

    def answer(question: Question) -> Reply:
        if question.path.endswith("deviceauthorization"):
            return Reply(given, status)
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


async def log_in(answer: Answer) -> tuple[Secret, DeviceCode, Server]:
    async with (
        serving(answer) as server,
        DeviceLogin(server.url, "our-app", Secret(SECRET), least_interval=0.001) as login,
    ):
        code = await login.begin()
        return await login.wait(code), code, server


async def test_the_token_comes_once_it_was_accepted() -> None:
    token, code, server = await log_in(flow([PENDING, PENDING, DONE]))
    assert token.reveal() == TOKEN
    assert (code.user_code, code.address) == ("b9bac", GIVEN["verification_with_code_uri"])
    assert [question.path for question in server.asked] == [
        "/v1pre3/oauthv2/deviceauthorization",
        *["/v1pre3/oauthv2/token"] * 3,
    ]
    first, second = (parse_qs(question.body.decode()) for question in server.asked[:2])
    assert first == {
        "response_type": ["device_code"],
        "client_id": ["our-app"],
        "scope": ["BROWSE GLOBAL,READ GLOBAL"],
    }
    assert second == {
        "client_id": ["our-app"],
        "client_secret": [SECRET],
        "code": ["d" * 32],
        "grant_type": ["device"],
    }
    for question in server.asked:
        assert question.query == {}
        assert "Authorization" not in question.headers


async def test_the_recorded_bodies() -> None:
    given, pending = recorded("oauth_deviceauthorization"), recorded("oauth_token_pending")
    given = given.replace(b'"interval": 1', b'"interval": 0')
    token, code, _ = await log_in(flow([Reply(pending, 400), DONE], given))
    assert token.reveal() == TOKEN
    assert code.seconds == 1800
    assert code.address.startswith("https://basespace.illumina.com/oauth/device")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply({"error": "access_denied"}, 400), "refused in the browser"),
        (Reply({"error": "expired_token"}, 400), "in time"),
        (Reply({"error": "invalid_client"}, 400), "does not accept this application"),
        (Reply({"error": "invalid_client"}, 401), "login.client_id"),
    ],
)
async def test_the_ways_it_is_refused(answer: Reply, words: str) -> None:
    with pytest.raises(NotLoggedIn) as caught:
        await log_in(flow([PENDING, answer]))
    assert words in str(caught.value)
    assert SECRET not in str(caught.value) + caught.value.details


async def test_a_code_that_nobody_accepts_grows_too_old() -> None:
    with pytest.raises(NotLoggedIn, match="in time"):
        await log_in(flow([PENDING], GIVEN | {"expires_in": 0.05}))


@pytest.mark.parametrize(
    ("given", "status", "error"),
    [
        ({"error": "invalid_client"}, 400, NotLoggedIn),
        (b"<html><title>Bad gateway</title>", 502, ServerFault),
        (b"<html>", 200, ServerFault),
        ({}, 200, ServerFault),
        (GIVEN | {"verification_with_code_uri": "javascript:alert(1)"}, 200, ServerFault),
        (GIVEN | {"interval": "soon"}, 200, ServerFault),
        (b"", 302, ServerFault),
    ],
)
async def test_no_code_is_an_error(given: Any, status: int, error: type[BstuiError]) -> None:
    with pytest.raises(error):
        await log_in(flow([DONE], given, status))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Reply({}, 404), BstuiError),
        (Reply({"access_token": "not a token"}), UsageError),
        (Reply({"ResponseStatus": {"Message": "no"}}, 401), NotLoggedIn),
    ],
)
async def test_an_answer_that_is_none_ends_it(answer: Reply, error: type[BstuiError]) -> None:
    with pytest.raises(error):
        await log_in(flow([answer]))


def test_its_secret_does_not_print() -> None:
    login = DeviceLogin("http://127.0.0.1:1", "our-app", Secret(SECRET))
    assert SECRET not in repr(vars(login))
