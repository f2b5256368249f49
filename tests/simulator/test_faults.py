"""Every fault does what its name says, as often as it was asked for."""

import contextlib
import threading
import time

import httpx
import pytest

from bstui.simulator.faults import Faults
from bstui.simulator.service import Simulator
from tests.lab import CANARY_TOKEN, wait_for
from tests.simulator.asking import address_of, asking, fetch, file_named

NAME = "Tumour-07_S1_L001_R1_001.fastq.gz"


@pytest.fixture
def file(simulator: Simulator) -> str:
    return file_named(simulator, NAME)


@pytest.fixture
def address(simulator: Simulator, file: str) -> str:
    return address_of(simulator, file)


def received(address: str, **headers: str) -> bytes:
    """What arrives before the body ends or breaks."""
    got = bytearray()
    with contextlib.suppress(httpx.HTTPError), httpx.stream("GET", address, headers=headers) as s:
        for block in s.iter_raw():
            got += block
    return bytes(got)


def test_bodies_are_cut_as_often_as_asked(simulator: Simulator, file: str, address: str) -> None:
    whole = fetch(address).content
    simulator.faults.cut([file], after=1000, times=2)
    assert received(address) == whole[:1000]
    assert received(address, Range="bytes=50-") == whole[50:1050]
    assert received(address) == whole
    assert [r.sent for r in simulator.requests()[-3:]] == [1000, 1000, len(whole)]


def test_resets_are_resets(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.cut([file], after=500_000, reset=True)
    with pytest.raises(httpx.ReadError):
        fetch(address)


def test_cuts_of_any_file_count_for_each(simulator: Simulator, address: str) -> None:
    other = address_of(simulator, file_named(simulator, NAME.replace("R1", "R2")))
    simulator.faults.cut(after=10)
    assert [len(received(a)) for a in (address, other)] == [10, 10]
    assert len(received(address)) > 10


def test_one_bit_is_flipped_where_asked(simulator: Simulator, file: str, address: str) -> None:
    whole = fetch(address).content
    simulator.faults.flip([file], at=70_000)
    assert received(address, Range="bytes=0-69999") == whole[:70_000]
    broken = received(address)
    assert len(broken) == len(whole)
    assert [i for i in range(len(whole)) if broken[i] != whole[i]] == [70_000]
    assert received(address) == whole


def test_stalls_end_when_cleared(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.stall([file], after=100)
    with httpx.stream("GET", address, timeout=30) as answer:
        blocks = answer.iter_raw()
        assert len(next(blocks)) == 100
        simulator.faults.clear()
        assert sum(map(len, blocks)) == int(answer.headers["content-length"]) - 100


def test_stalls_end_by_themselves(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.stall([file], after=100, seconds=0.2)
    began = time.monotonic()
    assert len(received(address)) > 100
    assert time.monotonic() - began >= 0.2


def test_held_objects_wait_until_released(simulator: Simulator, file: str, address: str) -> None:
    whole = fetch(address).content
    simulator.faults.hold_at([file], 300_000)
    got: list[bytes] = []
    ranges = ("bytes=0-399999", "bytes=350000-450000")
    readers = [
        threading.Thread(target=lambda r=r: got.append(received(address, Range=r))) for r in ranges
    ]
    for reader in readers:
        reader.start()
    simulator.faults.wait_until_held([file])
    wait_for(lambda: sorted(r.sent for r in simulator.requests()[-2:]) == [0, 300_000])
    assert received(address, Range="bytes=0-299999") == whole[:300_000]
    simulator.faults.release()
    for reader in readers:
        reader.join()
    assert sorted(got, key=len) == [whole[350_000:450_001], whole[:400_000]]
    assert not simulator.faults.held


def test_waiting_for_a_hold_ends(simulator: Simulator) -> None:
    with pytest.raises(TimeoutError):
        simulator.faults.wait_until_held(["1"], timeout=0.01)


def test_bandwidth_is_limited(simulator: Simulator, address: str) -> None:
    simulator.faults.bandwidth(1_000_000)
    began = time.monotonic()
    size = len(received(address, Range="bytes=0-299999"))
    assert size == 300_000
    assert time.monotonic() - began >= 0.25


def test_api_bursts_end(simulator: Simulator) -> None:
    simulator.faults.burst("api", 429, retry_after="3")
    simulator.faults.burst("api", 503, times=2)
    simulator.faults.burst("api", 502, html=True)
    with asking(simulator.regions[0]) as client:
        answers = [client.get("/v2/runs") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [429, 503, 503, 502, 200]
    assert answers[0].headers["retry-after"] == "3"
    assert "retry-after" not in answers[1].headers
    assert answers[3].headers["content-type"].startswith("text/html")


def test_object_bursts_end(simulator: Simulator, address: str) -> None:
    simulator.faults.burst("objects", 503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    simulator.faults.burst("objects", 500, html=True)
    answers = [fetch(address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 500, 200]
    assert b"<Code>SlowDown" in answers[0].content
    assert answers[0].headers["retry-after"].endswith("GMT")
    assert answers[1].text.startswith("<html>")


def test_latency_is_waited(simulator: Simulator, address: str) -> None:
    simulator.faults.latency(api=0.1, objects=0.2)
    began = time.monotonic()
    fetch(address, Range="bytes=0-0")
    assert time.monotonic() - began >= 0.2
    with asking(simulator.regions[0]) as client:
        began = time.monotonic()
        client.get("/v2/runs")
    assert time.monotonic() - began >= 0.1


def test_addresses_expire_at_once(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.expire_urls()
    answer = fetch(address)
    assert answer.status_code == 403
    assert b"Request has expired" in answer.content
    assert fetch(address_of(simulator, file), Range="bytes=0-0").status_code == 206


def test_tokens_are_revoked_and_taken_back(simulator: Simulator) -> None:
    with asking(simulator.regions[0]) as client:
        simulator.faults.revoke(CANARY_TOKEN)
        assert client.get("/v2/runs").status_code == 401
        simulator.faults.accept(CANARY_TOKEN)
        assert client.get("/v2/runs").status_code == 200
        assert client.delete("/v2/oauthv2tokens/current").status_code == 200
        assert client.get("/v2/runs").status_code == 401


def test_shares_are_withdrawn_and_given_back(simulator: Simulator, file: str) -> None:
    with asking(simulator.regions[0]) as client:
        projects = client.get("/v1pre3/users/current/projects").json()["Response"]["Items"]
        project = next(p["Id"] for p in projects if p["Name"].startswith("Tumour"))
        simulator.faults.withdraw(project)
        assert client.get(f"/v2/files/{file}/content?redirect=meta").status_code == 403
        assert client.get(f"/v2/projects/{project}").status_code == 403
        left = client.get("/v1pre3/users/current/projects").json()["Response"]["TotalCount"]
        assert left == len(projects) - 1
        simulator.faults.share(project)
        assert client.get(f"/v2/projects/{project}").status_code == 200


def test_ranges_are_ignored(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.ignore_range([file])
    answers = [fetch(address, Range="bytes=5-9") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 206]


def test_etags_are_wrong_or_weak(simulator: Simulator, file: str, address: str) -> None:
    right = fetch(address, Range="bytes=0-0").headers["etag"]
    simulator.faults.wrong_etag([file])
    simulator.faults.wrong_etag([file], etag='W/"weak"')
    assert fetch(address, Range="bytes=0-0").headers["etag"] == 'W/"weak"'
    assert fetch(address, Range="bytes=0-0").headers["etag"] == right
    simulator.faults.wrong_etag([file])
    assert fetch(address, If_Match=right).status_code == 412


def test_changed_objects_are_others(simulator: Simulator, file: str, address: str) -> None:
    before, truth = fetch(address), simulator.truth({file})[file]
    simulator.faults.change([file])
    after, now = fetch(address), simulator.truth({file})[file]
    assert (now.size, now.etag != truth.etag) == (truth.size, True)
    assert after.content == before.content[::-1]
    assert fetch(address, If_Match=before.headers["etag"]).status_code == 412
    since = before.headers["last-modified"]
    assert fetch(address, If_Unmodified_Since=since).status_code == 412


def test_http_asks_for_the_same(simulator: Simulator, file: str, address: str) -> None:
    faults = f"{simulator.control_url}/faults"
    wanted = [{"fault": "cut", "files": [file], "after": 9}, {"fault": "latency", "api": 0.0}]
    assert httpx.post(faults, json=wanted).status_code == 200
    assert len(received(address)) == 9
    for wrong in ({"fault": "body"}, {"fault": "cut", "more": 1}, "cut", {"fault": "burst"}):
        answer = httpx.post(faults, json=wrong)
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_names_over_http_are_methods() -> None:
    faults = Faults()
    with pytest.raises(ValueError, match="one of: latency"):
        faults.apply({"fault": "_add"})
    faults.apply({"fault": "withdraw", "thing": "12"})
    assert faults.withdrawn == {"12"}
