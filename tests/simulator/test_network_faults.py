"""The faults that live on the wire: slow heads, drips, wrong ranges, lists that do not add up."""

import http.client
import json
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from bstui.simulator.service import Simulator
from tests.simulator.asking import address_of, asking, fetch, file_named

NAME = "Tumour-07_S1_L001_R1_001.fastq.gz"


@pytest.fixture
def file(simulator: Simulator) -> str:
    return file_named(simulator, NAME)


@pytest.fixture
def address(simulator: Simulator, file: str) -> str:
    return address_of(simulator, file)


@pytest.fixture
def api(simulator: Simulator) -> Iterator[httpx.Client]:
    with asking(simulator.regions[0]) as client:
        yield client


def test_heads_come_slowly(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.slow_header([file], seconds=0.3)
    began = time.monotonic()
    assert fetch(address, Range="bytes=0-9").status_code == 206
    assert time.monotonic() - began >= 0.3


def test_bodies_drip(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.drip([file], bytes_per_second=100)
    began = time.monotonic()
    assert len(fetch(address, Range="bytes=0-29").content) == 30
    assert time.monotonic() - began >= 0.25


@pytest.mark.parametrize(
    ("how", "told"),
    [("start", "bytes 6-10/{}"), ("total", "bytes 5-9/{}"), ("missing", None), ("multipart", None)],
)
def test_ranges_are_told_wrong(
    simulator: Simulator, file: str, address: str, how: str, told: str | None
) -> None:
    size = simulator.truth({file})[file].size
    simulator.faults.wrong_range([file], how)
    answer = fetch(address, Range="bytes=5-9")
    assert answer.status_code == 206
    assert answer.headers.get("content-range") == (told and told.format(size + 1))
    assert (how == "multipart") is answer.headers["content-type"].startswith("multipart/byteranges")
    again = fetch(address, Range="bytes=5-9")
    assert again.headers["content-range"] == f"bytes 5-9/{size}"
    with pytest.raises(ValueError, match="one of"):
        simulator.faults.wrong_range([file], "nonsense")


def test_more_is_told_than_comes(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.short([file], by=7)
    with pytest.raises(httpx.RemoteProtocolError, match="received 10 bytes, expected 17"):
        fetch(address, Range="bytes=0-9")
    assert fetch(address, Range="bytes=0-9").status_code == 206


def test_encodings_are_claimed(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.encode([file], "br")
    with httpx.stream("GET", address) as answer:
        assert answer.headers["content-encoding"] == "br"


def test_a_gateway_answers_with_its_own_page(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.portal([file])
    answer = fetch(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    assert answer.text.startswith("<html>")


def test_connections_close_without_a_word(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.close_idle([file])
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"Range": "bytes=0-9"})
    answer = connection.getresponse()
    assert answer.getheader("connection") is None
    assert len(answer.read()) == 10
    assert connection.sock.recv(1) == b""
    connection.close()


def test_faults_can_wait_for_the_nth_answer(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.cut([file], after=3, skip=2)
    sizes = []
    for _ in range(4):
        try:
            sizes.append(len(fetch(address, Range="bytes=0-9").content))
        except httpx.RemoteProtocolError:
            sizes.append(-1)
    assert sizes == [10, 10, -1, 10]


def test_ranges_depend_on_the_etag(simulator: Simulator, file: str, address: str) -> None:
    etag = f'"{simulator.truth({file})[file].etag}"'
    assert fetch(address, Range="bytes=0-9", If_Range=etag).status_code == 206
    assert fetch(address, Range="bytes=0-9", If_Range='"other"').status_code == 200


def test_bursts_are_for_a_route(simulator: Simulator, api: httpx.Client) -> None:
    simulator.faults.burst("api", 503, route="^/v2/runs$", skip=1)
    assert api.get("/v2/biosamples").status_code == 200
    assert [api.get("/v2/runs").status_code for _ in range(3)] == [200, 503, 200]


def test_json_is_cut_or_another(simulator: Simulator, api: httpx.Client) -> None:
    simulator.faults.spoil("/v2/runs", keep=40)
    with pytest.raises(json.JSONDecodeError):
        api.get("/v2/runs").json()
    simulator.faults.spoil(body="<html>Log in</html>", kind="text/html")
    answer = api.get("/v2/runs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    simulator.faults.spoil(body='{"Items": null}')
    assert api.get("/v2/runs").json() == {"Items": None}
    simulator.faults.spoil(body='"\ud800"')
    assert b"\xed\xa0\x80" in api.get("/v2/runs").content
    assert api.get("/v2/runs").json()["Items"]


def test_answers_are_late(simulator: Simulator, api: httpx.Client) -> None:
    simulator.faults.spoil("/v2/runs", seconds=0.2)
    began = time.monotonic()
    api.get("/v2/runs")
    assert time.monotonic() - began >= 0.2


def test_totals_lie_or_are_missing(simulator: Simulator, api: httpx.Client) -> None:
    simulator.faults.spoil("/v2/biosamples", total_by=-3)
    simulator.faults.spoil("/v2/biosamples", no_total=True)
    counts = [api.get("/v2/biosamples").json()["Paging"].get("TotalCount") for _ in range(3)]
    assert counts == [37, None, 40]


def test_lists_shrink_between_pages(simulator: Simulator, api: httpx.Client) -> None:
    simulator.faults.spoil("/v2/biosamples", times=4, shrink=2)
    pages = [api.get(f"/v2/biosamples?offset={offset}").json() for offset in (0, 10, 20, 30)]
    ids = [item["Id"] for page in pages for item in page["Items"]]
    assert [page["Paging"]["TotalCount"] for page in pages] == [40, 38, 38, 38]
    assert len(ids) == len(set(ids)) == 38


def test_pages_are_short_or_come_again(simulator: Simulator, api: httpx.Client) -> None:
    simulator.faults.spoil("/v2/biosamples", cap=4)
    assert len(api.get("/v2/biosamples").json()["Items"]) == 4
    simulator.faults.spoil("/v2/biosamples", repeat=True)
    again = api.get("/v2/biosamples?offset=10").json()
    assert again["Items"] == api.get("/v2/biosamples").json()["Items"]


def test_http_spoils_too(simulator: Simulator, api: httpx.Client) -> None:
    wanted = {"fault": "spoil", "route": "/v2/runs", "keep": 5}
    assert api.post(f"{simulator.control_url}/faults", json=wanted).status_code == 200
    assert len(api.get("/v2/runs").content) == 5
    for wrong in ({"fault": "spoil", "colour": 1}, {"fault": "spoil", "route": "("}):
        assert api.post(f"{simulator.control_url}/faults", json=wrong).status_code == 400
    tag = {"fault": "tag", "files": ["0"], "tag": "weak"}
    assert "no file 0" in api.post(f"{simulator.control_url}/faults", json=tag).json()["error"]
