"""Replies, renames, the gate, the waits, the bandwidth: the small parts alone."""

import asyncio
import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bstui.errors import BstuiError, NoSpace, Policy, ServerFault, TooManyRequests, UnsafePath
from bstui.transfer.bandwidth import Bandwidth
from bstui.transfer.disk import disk_error
from bstui.transfer.gate import Gate
from bstui.transfer.items import Clock, Limits, Patience
from bstui.transfer.renames import link_new, look_and_rename, rename_new
from bstui.transfer.replies import (
    Changed,
    RangeIgnored,
    judge_failure,
    judge_range,
    judge_whole,
    parse_retry_after,
    read_source,
)
from bstui.transfer.waits import Tries, Waits
from tests.transfer.bench import until

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("42", 42.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 99 Nov 2026 11:00:00 GMT", None),
        ("9" * 400, 999999999999.0),
    ],
)
def test_retry_after_is_seconds_a_date_or_nothing(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text, NOW) == seconds


LENGTH = {"content-length": "100"}
ETAG = {"etag": '"abc"'}
PAGE = {"content-type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (206, {"content-range": "bytes 10-19/100"}, None),
        (206, {"content-range": "bytes 10-19/100", "content-length": "9"}, ServerFault),
        (206, {"content-range": "bytes 10-19/100", "content-encoding": "gzip"}, ServerFault),
        (206, {}, ServerFault),
        (206, {"content-range": "bytes 0-9/100"}, ServerFault),
        (206, {"content-range": "bytes 10-18/100"}, ServerFault),
        (206, {"content-range": "bytes 10-19/*"}, ServerFault),
        (206, {"content-range": "bytes 10-19/101"}, Changed),
        (200, LENGTH, RangeIgnored),
        (200, LENGTH | ETAG, RangeIgnored),
        (200, LENGTH | ETAG | PAGE, RangeIgnored),
        (200, LENGTH | {"etag": '"other"'}, ServerFault),
        (200, {"content-length": "99"}, ServerFault),
        (200, PAGE, ServerFault),
        (200, {}, ServerFault),
    ],
)
def test_a_range_is_taken_and_only_the_whole_object_says_that_there_are_none(
    status: int, headers: dict[str, str], kind: type[BstuiError] | None
) -> None:
    found = judge_range(status, headers, (10, 20), 100, "ABC")
    assert type(found) is (kind or type(None))


@pytest.mark.parametrize(
    ("status", "headers", "etag", "kind"),
    [
        (200, LENGTH, "abc", None),
        (200, LENGTH | ETAG, "abc", None),
        (200, LENGTH | PAGE, "abc", None),
        (200, {}, "abc", None),
        (200, PAGE, "abc", ServerFault),
        (200, PAGE | {"content-length": "5"}, "abc", ServerFault),
        (200, PAGE | {"content-length": "5", "etag": '"page"'}, "abc", ServerFault),
        (200, PAGE | {"content-length": "5", "etag": '"page"'}, "", ServerFault),
        (200, {"content-length": "5"}, "abc", ServerFault),
        (200, {"content-length": "101"} | ETAG, "", Changed),
        (200, LENGTH | {"etag": '"other"'}, "abc", Changed),
        (206, LENGTH, "abc", ServerFault),
    ],
)
def test_a_whole_file_is_taken_and_what_is_not_it_tells_nothing_of_it(
    status: int, headers: dict[str, str], etag: str, kind: type[BstuiError] | None
) -> None:
    assert type(judge_whole(status, headers, 100, etag)) is (kind or type(None))


@pytest.mark.parametrize("status", [401, 403, 404, 410, 412, 416])
def test_a_web_page_s_refusal_is_not_the_store_s(status: int) -> None:
    assert judge_failure(status, PAGE, b"<html>").policy is Policy.TRANSIENT
    assert judge_failure(status, {}, b"<Error/>").policy is not Policy.TRANSIENT


def test_a_long_retry_after_is_believed_for_an_hour_at_most() -> None:
    error = judge_failure(503, {"retry-after": "99999999"}, b"")
    assert isinstance(error, TooManyRequests)
    assert Waits(Patience(), Clock()).seconds(error, 0) == 3600


def test_details_hold_the_server_s_words_and_no_signature() -> None:
    body = (
        b"<Error><Code>AccessDenied</Code><Message>no https://h/x?Signature=abc</Message></Error>"
    )
    error = judge_failure(403, {"x-amz-request-id": "R1"}, body)
    assert error.policy is Policy.PERMISSION
    assert "AccessDenied" in error.details
    assert "R1" in error.details
    assert "abc" not in error.details


def test_a_weak_etag_is_no_name_of_a_version() -> None:
    assert read_source({"etag": 'W/"abc"'}).etag == ""
    assert read_source({"etag": '"abc"'}).etag == '"abc"'


@pytest.mark.parametrize("rename", [rename_new, link_new, look_and_rename])
def test_no_rename_takes_a_name_from_another(
    tmp_path: Path, rename: Callable[[int, str, str], None]
) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(FileExistsError):
            rename(folder, "a", "b")
        rename(folder, "a", "c")
        with pytest.raises(FileNotFoundError):
            rename(folder, "a", "d")
    finally:
        os.close(folder)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b": "b", "c": "a"}


@pytest.mark.parametrize(
    ("number", "policy"),
    [
        (errno.ENOSPC, Policy.SPACE),
        (errno.EDQUOT, Policy.SPACE),
        (errno.EROFS, Policy.SPACE),
        (errno.EIO, Policy.TRANSIENT),
        (errno.ESTALE, Policy.SPACE),
        (errno.EACCES, Policy.FATAL),
        (errno.EFBIG, Policy.FATAL),
    ],
)
def test_the_disk_s_refusals_have_policies(number: int, policy: Policy) -> None:
    assert disk_error(OSError(number, os.strerror(number)), "x").policy is policy


def test_a_link_is_an_unsafe_path_and_a_quota_is_named() -> None:
    assert isinstance(disk_error(OSError(errno.ELOOP, "loop"), "x"), UnsafePath)
    assert "quota" in str(disk_error(OSError(errno.EDQUOT, "quota"), "x"))


async def test_a_gate_follows_its_capacity() -> None:
    capacity = 1
    gate = Gate(lambda: capacity)
    inside: list[int] = []

    async def pass_(number: int, go: asyncio.Event) -> None:
        async with gate.through():
            inside.append(number)
            await go.wait()

    first, others = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(pass_(0, first))
        tasks = [group.create_task(pass_(i, others)) for i in range(1, 4)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert inside == [0]
        tasks[0].cancel()
        first.set()
        await until(lambda: len(inside) == 2)
        capacity = 3
        gate.changed()
        await until(lambda: len(inside) == 3)
        others.set()
    assert inside == [0, 2, 3]


async def test_waiting_longer_at_each_try_and_since_the_first() -> None:
    waits = Waits(Patience(first_wait=1, longest_wait=60), Clock(now=lambda: 1000.0))
    fault = ServerFault("500")
    assert 0.5 <= waits.seconds(fault, 0) <= 1
    assert 4 <= waits.seconds(fault, 3) <= 8
    assert 30 <= waits.seconds(fault, 1000) <= 60
    waits.hold(NoSpace("Full."))
    wait = waits.current(is_moving=False)
    assert wait is not None
    assert (wait.reason, wait.since, wait.next_try) == ("room", 1000.0, 1005.0)
    assert waits.current(is_moving=True) is None
    waits.pause()
    assert waits.current(is_moving=False) is None


def test_a_file_is_given_up_when_only_others_move() -> None:
    here, elsewhere = 0, 0
    tries = Tries(2, lambda: here, lambda: elsewhere)
    fault = ServerFault("500")
    assert [tries.failed(fault) for _ in range(3)] == [0, 1, 2]
    assert tries.are_spent
    assert not tries.are_over
    elsewhere += 1
    assert tries.are_over
    here += 1
    assert tries.failed(fault) == 3
    assert not tries.are_spent
    tries.renew()
    assert tries.failed(fault) == 0


def test_waiting_for_room_uses_up_no_patience() -> None:
    elsewhere = 0
    tries = Tries(2, lambda: 0, lambda: elsewhere)
    for error in (*[NoSpace("Full.")] * 9, ServerFault("500")):
        tries.failed(error)
        elsewhere += 1
    assert not tries.are_over


def test_bandwidth_lets_pass_what_time_has_brought() -> None:
    now = 0.0
    bandwidth = Bandwidth(1000, lambda: now)
    assert bandwidth.may_pass()
    bandwidth.pass_(3000)
    assert not bandwidth.may_pass()
    assert bandwidth.seconds_to_wait() == pytest.approx(3, abs=0.3)
    now = 3.5
    assert bandwidth.may_pass()
    bandwidth.set(None)
    bandwidth.pass_(10**9)
    assert bandwidth.may_pass()


@pytest.mark.parametrize("wrong", [{"files": 0}, {"range_size": 17 << 20}, {"bandwidth": -1}])
def test_limits_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"range|limits"):
        Limits(**wrong)
