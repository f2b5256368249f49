"""What is made of refusals: the server's words, what they can mean, what to do."""

import ssl

import httpx
import pytest

from bstui.basespace.failures import Asked, failure, misunderstood, said, unreachable
from bstui.basespace.models import Identity
from bstui.errors import (
    Archived,
    BstuiError,
    Gone,
    NotAllowed,
    NotLoggedIn,
    Policy,
    ServerFault,
    ServiceError,
    TooManyRequests,
    Unreachable,
)
from tests.basespace.recorded import recorded

USA = "https://api.basespace.illumina.com"
READER = Identity(id="1", name="Anna", scopes=("READ GLOBAL", "BROWSE GLOBAL"))
BROWSER = Identity(id="1", name="Anna", scopes=("BROWSE GLOBAL",))
GROUP = Identity(id="2", name="Lab", is_workgroup=True)
REQUEST = "2025.05.21.08.02.46.-FMWi8S1pUuYK0tDjclaXA"


def fail(
    status: int, body: bytes = b"", identity: Identity | None = None, **headers: str
) -> BstuiError:
    heads = {"X-Request-ID": REQUEST} | {k.replace("_", "-"): v for k, v in headers.items()}
    return failure(Asked(USA, "/v2/runs/7", identity), status, httpx.Headers(heads), body)


@pytest.mark.parametrize(
    ("name", "status", "kind", "policy", "words"),
    [
        ("v1_error_401_bad_token", 401, NotLoggedIn, Policy.AUTH, "valid credentials"),
        ("v1_error_403_2012_style", 403, NotAllowed, Policy.PERMISSION, "requires CREATE access"),
        ("v1_error_403_file_nonexistent", 403, NotAllowed, Policy.PERMISSION, "READ access to"),
        ("v1_error_403_project_browse", 403, NotAllowed, Policy.PERMISSION, "BROWSE access to"),
        ("v1_error_404_unknown_route", 404, Gone, Policy.GONE, "a recognized path"),
        ("v1_error_410_removed", 410, Gone, Policy.GONE, "removed by its owner"),
    ],
)
def test_recorded_refusals(
    name: str, status: int, kind: type[BstuiError], policy: Policy, words: str
) -> None:
    error = fail(status, recorded(name))
    assert type(error) is kind
    assert error.policy is policy
    assert words in f"{error.message} {error.why}"
    assert error.why
    assert error.hint
    assert "Virginia" in error.message
    assert REQUEST in error.details


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b'{"ResponseStatus":{"ErrorCode":"C","Message":"m"}}', "C", "m"),
        (b'{"ErrorCode":"C","ErrorMessage":"m","RequestId":"r"}', "C", "m"),
        (b'{"Message":"m"}', "", "m"),
        (b'{"ErrorCode":"C","MessageFormatted":"m"}', "C", "m"),
        (b'{"error":"access_denied","error_description":"m"}', "access_denied", "m"),
        (b'{"ResponseStatus":{}}', "", ""),
        (b"[1]", "", "[1]"),
        (b"", "", ""),
        (b"upstream\n connect   error", "", "upstream connect error"),
        (b'{"ResponseStatus":{"Message":"cut o', "", '{"ResponseStatus":{"Message":"cut o'),
        (b"<html><title>502 Bad\nGateway</title></html>", "", "a web page, '502 Bad\\nGateway'"),
        (b"<html><style>x{}</style><p>Log &amp; in</p></html>", "", "Log & in"),
        (b'{"Message":"\\u001b[31mred\\u202e"}', "", "\\x1b[31mred\\u202e"),
        (b"\xff\xfe", "", "\ufffd\ufffd"),
    ],
)
def test_every_shape_of_an_error_body(body: bytes, code: str, words: str) -> None:
    heard = said(body)
    assert (heard.code, heard.text) == (code, words)


def test_long_words_are_cut_and_secrets_removed() -> None:
    token = "0123456789abcdef" * 2
    heard = said(f'{{"Message":"{token} at https://s3/x?Signature=abc {"x" * 999}"}}'.encode())
    assert token not in heard.text
    assert "abc" not in heard.text
    assert len(heard.text) == 300


def test_a_refusal_says_both_that_it_can_mean() -> None:
    error = fail(403, recorded("v1_error_403_file_nonexistent"), READER)
    assert "not shared with Anna" in error.why
    assert "nothing with that id" in error.why
    assert "the workgroup Lab" in fail(403, b"", GROUP).why


def test_a_token_with_browse_only_is_recognised() -> None:
    error = fail(403, recorded("v1_error_403_file_nonexistent"), BROWSER)
    assert "only the scope BROWSE" in error.why
    assert "READ GLOBAL" in error.hint
    assert "shared" in fail(403, recorded("v1_error_403_project_browse"), BROWSER).why


def test_the_workgroup_owners_message_is_translated() -> None:
    body = b'{"ErrorMessage":"Owner does not have access to the Workgroup"}'
    assert "HasAccess" in fail(403, body).hint


@pytest.mark.parametrize("status", [403, 404, 409])
def test_cold_storage(status: int) -> None:
    error = fail(status, b'{"ErrorMessage":"This file is Archived."}')
    assert isinstance(error, Archived)
    assert "restored" in error.hint


@pytest.mark.parametrize("status", [408, 413, 500, 502, 503, 504, 302])
def test_faults_that_pass(status: int) -> None:
    error = fail(status, b"<html><title>Bad Gateway</title>")
    assert isinstance(error, ServerFault)
    assert error.policy is Policy.TRANSIENT
    assert str(status) in error.message


def test_a_bad_request_does_not_pass() -> None:
    error = fail(400, b'{"ErrorMessage":"Invalid parameter"}')
    assert type(error) is ServiceError
    assert error.policy is Policy.FATAL
    assert "Invalid parameter" in error.why


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("soon", None), ("-1", None), ("9" * 30, 86_400.0)]
)
def test_too_many_requests(header: str, seconds: float | None) -> None:
    error = fail(429, Retry_After=header)
    assert isinstance(error, TooManyRequests)
    assert error.retry_after == seconds


def test_a_web_page_instead_of_an_answer_is_named() -> None:
    error = misunderstood(Asked(USA, "/v2/runs"), b"<title>Log in</title>", {})
    assert "a web page, 'Log in'" in error.why
    assert "cut off" in misunderstood(Asked(USA, "/v2/runs"), b'{"Items":[', {}).why


def test_no_answer() -> None:
    asked = Asked("http://127.0.0.1:9", "/v2/runs")
    refused = unreachable(asked, httpx.ConnectError("Connection refused"))
    assert isinstance(refused, Unreachable)
    assert "Connection refused" in refused.why
    assert "127.0.0.1:9" in refused.message
    assert "in time" in unreachable(asked, httpx.ReadTimeout("")).why


def test_a_certificate_that_is_not_trusted_names_the_setting() -> None:
    error = httpx.ConnectError("handshake")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert "--ca-bundle" in unreachable(Asked(USA, "/"), error).hint
