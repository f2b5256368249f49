"""What is done to the bytes of a socket, as a plain client meets it: of the API and the objects."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http.client import BadStatusLine, HTTPConnection, IncompleteRead
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pycurl
import pytest

from bstui.simulator.faults import ACTIONS
from bstui.simulator.object_faults import GARBAGE
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.lab import CANARY_TOKEN, SMALL
from tests.simulator.asking import address_of, asking, fetch, file_named
from tests.simulator.raw import answer, asked, received

NAME = "Tumour-07_S1_L001_R1_001.fastq.gz"
RANGE = {"Range": "bytes=0-99"}


@pytest.fixture
def simulator(laboratory: Simulator) -> Iterator[Simulator]:
    """One for all of these tests, which leave no fault behind."""
    yield laboratory
    laboratory.faults.clear()


@pytest.fixture
def file(simulator: Simulator) -> str:
    return file_named(simulator, NAME)


@pytest.fixture
def address(simulator: Simulator, file: str) -> str:
    return address_of(simulator, file)


@pytest.fixture
def runs(simulator: Simulator) -> str:
    """The address of a list of the API, with its token."""
    return f"{simulator.regions[0].api_url}/v2/runs?access_token={CANARY_TOKEN}"


def length_of(head: bytes) -> int:
    (line,) = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return int(line.split(b":")[1])


# The API.


def test_api_answers_end_early(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("/v2/runs", after=700)
    head, body = answer(runs)
    assert len(head) + 4 + len(body) == 700
    assert length_of(head) > len(body)
    assert httpx.get(runs).status_code == 200


def test_api_answers_are_reset(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("/v2/runs", after=100, then="reset")
    with asked(runs) as connection, pytest.raises(ConnectionResetError):
        received(connection)


def test_api_answers_stall_until_cleared(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("/v2/runs", after=50, then="stall")
    with asked(runs) as connection:
        got = b""
        while len(got) < 50:
            got += connection.recv(50 - len(got))
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        simulator.faults.clear()
        connection.settimeout(30)
        assert connection.recv(1) == b""


def test_api_never_answers(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("/v2/runs", after=0, then="stall", seconds=0.3)
    began = time.monotonic()
    with asked(runs) as connection:
        assert received(connection) == b""
    assert time.monotonic() - began >= 0.3


def test_api_heads_and_bodies_drip(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("/v2/runs", rate=2000, after=600)
    began = time.monotonic()
    head, body = answer(runs)
    assert len(head) + 4 + len(body) == 600
    assert time.monotonic() - began >= 0.25


def test_api_status_lines_are_garbage(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("/v2/runs", garbage=True)
    parts = urlsplit(runs)
    connection = HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    with pytest.raises(BadStatusLine):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize("off", [5, -5])
def test_api_lengths_are_wrong(simulator: Simulator, runs: str, off: int) -> None:
    simulator.faults.wire("/v2/runs", length=off)
    head, body = answer(runs)
    assert length_of(head) == len(body) + off


def test_api_half_closes(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("/v2/runs", after=20, then="half-close")
    with asked(runs) as connection:
        assert len(received(connection)) == 20
        connection.sendall(b"still here")  # only the server's side is shut


def test_api_connections_end_without_a_word(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("/v2/runs")
    head, body = answer(runs)
    assert b"connection: close" not in head.lower()
    assert length_of(head) == len(body)


def test_wire_faults_are_for_the_nth_request_of_a_route(simulator: Simulator, runs: str) -> None:
    simulator.faults.wire("^/v2/runs$", skip=1, times=1, garbage=True)
    assert httpx.get(runs.replace("/runs", "/biosamples")).status_code == 200
    assert httpx.get(runs).status_code == 200
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(runs)
    assert httpx.get(runs).status_code == 200


def test_a_client_that_leaves_a_stalled_answer_is_forgotten(
    simulator: Simulator, runs: str
) -> None:
    simulator.faults.wire("/v2/runs", after=0, then="stall")
    with asked(runs):
        pass
    assert httpx.get(runs).status_code == 200


# Both.


@pytest.mark.parametrize("where", ["api", "Virginia", "objects", ""])
def test_connections_are_refused(simulator: Simulator, runs: str, address: str, where: str) -> None:
    pages = {"api": runs, "objects": address}
    with httpx.Client() as kept:
        for page in pages.values():
            kept.get(page)
        simulator.faults.refuse(where)
        for name, page in pages.items():
            is_shut = where in ("", name) or (where, name) == ("Virginia", "api")
            for get in (kept.get, httpx.get):
                if is_shut:
                    with pytest.raises((httpx.ConnectError, httpx.ReadError)):
                        get(page)
                else:
                    assert get(page).status_code == 200
            port = urlsplit(page).port
            assert port is not None
            with contextlib.ExitStack() as stack:
                if is_shut:
                    stack.enter_context(pytest.raises(ConnectionRefusedError))
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    simulator.faults.admit(where)
    assert [httpx.get(page).status_code for page in pages.values()] == [200, 200]


def test_clearing_opens_the_doors(simulator: Simulator, runs: str) -> None:
    simulator.faults.refuse("api")
    simulator.faults.refuse("api")
    simulator.faults.clear()
    assert httpx.get(runs).status_code == 200
    with pytest.raises(ValueError, match="nothing called"):
        simulator.faults.refuse("elsewhere")


def test_clocks_are_wrong(simulator: Simulator, runs: str, address: str) -> None:
    simulator.faults.clock(86_400)
    for page in (runs, address, address.replace("Signature=", "Signature=x")):
        told = parsedate_to_datetime(httpx.get(page).headers["date"]).timestamp()
        assert 86_000 < told - time.time() < 87_000


# The object store.


def test_objects_send_no_byte_of_a_body(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.cut([file], after=0)
    head, body = answer(address, **RANGE)
    assert (length_of(head), body) == (100, b"")


def test_objects_half_close(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.cut([file], after=10, half=True)
    with asked(address, **RANGE) as connection:
        assert len(received(connection).partition(b"\r\n\r\n")[2]) == 10
        connection.sendall(b"still here")


def test_objects_are_garbage(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.garbage([file])
    with asked(address) as connection:
        assert received(connection) == GARBAGE.encode()


def test_objects_are_longer_than_told(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.long([file], by=7)
    head, body = answer(address, **RANGE)
    assert (length_of(head), len(body)) == (93, 100)


def test_objects_come_in_chunks(simulator: Simulator, file: str, address: str) -> None:
    whole = fetch(address).content
    simulator.faults.reframe([file], "chunked", times=2)
    told = fetch(address)
    assert told.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in told.headers
    assert told.content == whole
    simulator.faults.cut([file], after=1000)
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    with pytest.raises(IncompleteRead):
        connection.getresponse().read()
    connection.close()


def test_objects_end_with_the_connection(simulator: Simulator, file: str, address: str) -> None:
    whole = fetch(address).content
    simulator.faults.reframe([file], "close", times=2)
    assert answer(address)[1] == whole
    simulator.faults.cut([file], after=1000)
    head, body = answer(address)
    assert b"content-length" not in head.lower()
    assert body == whole[:1000]
    with pytest.raises(ValueError, match="one of: chunked, close"):
        simulator.faults.reframe([file], "sealed")


def test_objects_redirect(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.redirect([file])
    simulator.faults.redirect([file], location="http://169.254.169.254/latest", skip=1)
    places = [fetch(address).headers["location"] for _ in range(2)]
    parts = urlsplit(address)
    assert places[0] == f"{parts.path}?{parts.query}"
    assert places[1] == "http://169.254.169.254/latest"


def test_content_calls_redirect(simulator: Simulator, file: str) -> None:
    with asking(simulator.regions[0]) as api:
        call = f"/v2/files/{file}/content"
        for place in ("file:///etc/passwd", "http://other.invalid/x", ""):
            simulator.faults.spoil("/content$", location=place)
            moved = api.get(f"{call}?redirect=true")
            assert moved.status_code == 302
            assert moved.headers["location"] == (place or f"{call}?redirect=true")


def test_curl_sees_a_loop_and_a_short_body(simulator: Simulator, file: str, address: str) -> None:
    simulator.faults.redirect([file], times=9)
    assert curl(address, pycurl.MAXREDIRS, 5) == pycurl.E_TOO_MANY_REDIRECTS
    simulator.faults.clear()
    simulator.faults.short([file], by=3)
    assert curl(address) == pycurl.E_PARTIAL_FILE
    simulator.faults.cut([file], after=5, reset=True)
    assert curl(address) in (pycurl.E_RECV_ERROR, pycurl.E_PARTIAL_FILE)
    simulator.faults.garbage([file])
    assert curl(address) == pycurl.E_UNSUPPORTED_PROTOCOL
    simulator.faults.refuse("objects")
    assert curl(address) == pycurl.E_COULDNT_CONNECT


def curl(address: str, *option: int) -> int:
    """libcurl's own code for a GET; 0 where all went well."""
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, address)
    handle.setopt(pycurl.WRITEDATA, BytesIO())
    handle.setopt(pycurl.FOLLOWLOCATION, True)
    if option:
        handle.setopt(*option)
    try:
        handle.perform()
    except pycurl.error as error:
        return int(error.args[0])
    finally:
        handle.close()
    return 0


def test_changed_objects_may_be_longer_or_shorter(
    simulator: Simulator, file: str, address: str
) -> None:
    size = len(fetch(address).content)
    for by in (5, -9):
        simulator.faults.change([file], by)
        size += by
        assert len(fetch(address).content) == size == simulator.truth({file})[file].size
        with asking(simulator.regions[0]) as api:
            assert api.get(f"/v2/files/{file}").json()["Size"] == size


@pytest.mark.parametrize("status", [408, 425, 522, 524])
def test_odd_statuses_come_from_both(
    simulator: Simulator, runs: str, address: str, status: int
) -> None:
    for where, page in (("api", runs), ("objects", address)):
        simulator.faults.burst(where, status, retry_after="Wed, 21 Oct 2065 07:28:00 GMT")
        told = httpx.get(page)
        assert (told.status_code, told.headers["retry-after"][-8:]) == (status, "8:00 GMT")


def test_unknown_encodings_are_claimed_by_the_api(simulator: Simulator, runs: str) -> None:
    simulator.faults.spoil("/v2/runs", encoding="br")
    assert b"content-encoding: br" in answer(runs, Connection="close")[0]


# TLS.

_MAKE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days {days} "
    "-subj /CN=site -addext subjectAltName={name} -keyout key.pem -out chain.pem"
)


def certificate(folder: Path, name: str = "IP:127.0.0.1", days: int = 2) -> Path:
    """A PEM file with a certificate of its own authority, and its key."""
    folder.mkdir()
    command = _MAKE.format(days=days, name=name).split()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    chain = folder / "chain.pem"
    chain.write_text(chain.read_text() + (folder / "key.pem").read_text())
    return chain


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Simulator, Path]]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    chain = certificate(tmp_path / "good")
    with Simulator(SimulatorOptions(deep=SMALL, certificate=chain)) as running:
        yield running, chain


def test_everything_comes_over_tls(site: tuple[Simulator, Path]) -> None:
    running, chain = site
    api = running.regions[0].api_url
    assert api.startswith("https://")
    trusted = ssl.create_default_context(cafile=str(chain))
    headers = {"x-access-token": CANARY_TOKEN}
    with httpx.Client(verify=trusted) as client:
        file = file_named(running, NAME)
        content = client.get(f"{api}/v2/files/{file}/content?redirect=meta", headers=headers)
        address = content.json()["HrefContent"]
        assert address.startswith("https://")
        whole = client.get(address).content
        assert len(whole) == running.truth({file})[file].size
        running.faults.cut([file], after=10, half=True)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(address)
    with pytest.raises(httpx.ConnectError, match="verify failed"):
        httpx.get(api)


def test_certificates_change_for_worse(site: tuple[Simulator, Path], tmp_path: Path) -> None:
    running, chain = site
    api = f"{running.regions[0].api_url}/v1pre3/meta"
    other = certificate(tmp_path / "other", "DNS:elsewhere.invalid")
    running.faults.certificate(str(other))
    trusted = ssl.create_default_context(cafile=str(other))
    with pytest.raises(httpx.ConnectError, match="IP address mismatch"):
        httpx.get(api, verify=trusted)
    running.faults.certificate(str(chain))
    trusted = ssl.create_default_context(cafile=str(chain))
    assert httpx.get(api, verify=trusted).status_code == 200
    with pytest.raises(ValueError, match=r"nowhere\.pem"):
        running.faults.certificate("nowhere.pem")


def test_tls_is_spoken_to_a_plain_port(simulator: Simulator) -> None:
    address = simulator.regions[0].api_url.replace("http:", "https:")
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
    with pytest.raises(ValueError, match="without TLS"):
        simulator.faults.certificate("x.pem")


# The control endpoint.


def test_the_control_endpoint_tells_what_there_is(simulator: Simulator) -> None:
    told = httpx.get(simulator.control_url).json()
    assert set(told["faults"]) == set(ACTIONS)
    assert all(fault["does"] for fault in told["faults"].values())
    assert "after" in told["faults"]["cut"]["arguments"]
    assert {"archived", "zipped", "uploaded"} <= set(told["states"])
    assert told["points"][0]["name"] == "meta-token"


def test_the_control_endpoint_refuses_and_admits(simulator: Simulator, runs: str) -> None:
    def post(**fault: object) -> int:
        return httpx.post(f"{simulator.control_url}/faults", json=fault).status_code

    assert post(fault="refuse", where="api") == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(runs).port or 0))
    assert post(fault="clear") == 200
    assert httpx.get(runs).status_code == 200
    assert post(fault="wire", then="melt") == 400
    assert post(fault="refuse", where="moon") == 400


def test_the_api_has_no_control(simulator: Simulator) -> None:
    api = simulator.regions[0].api_url
    assert httpx.get(f"{api}/faults").status_code == 404
    assert httpx.post(f"{api}/_simulator/faults", json={}).status_code == 404


def test_stalled_answers_end_with_the_simulator() -> None:
    with Simulator(SimulatorOptions(deep=SMALL)) as running, contextlib.ExitStack() as stack:
        running.faults.wire("/v2/runs", times=3, after=5, then="stall")
        address = f"{running.regions[0].api_url}/v2/runs?access_token={CANARY_TOKEN}"
        stalled = [stack.enter_context(asked(address)) for _ in range(3)]
        assert all(len(connection.recv(5)) == 5 for connection in stalled)
        running.stop()
        assert [connection.recv(1) for connection in stalled] == [b"", b"", b""]
