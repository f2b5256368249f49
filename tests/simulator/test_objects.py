"""The object store answers as S3 does."""

import gzip
import hashlib
import http.client
from urllib.parse import urlsplit

import httpx
import pytest

from bstui.simulator.s3 import Refusal, asked_range
from bstui.simulator.service import Simulator
from tests.lab import CANARY_SIGNATURE
from tests.simulator.asking import address_of, fetch, file_named

NAME = "Kidney-2_S1_L001_R1_001.fastq.gz"


@pytest.fixture(scope="module")
def file(laboratory: Simulator) -> str:
    return file_named(laboratory, NAME)


@pytest.fixture
def address(laboratory: Simulator, file: str) -> str:
    return address_of(laboratory, file)


def test_whole_objects_are_what_the_truth_says(
    laboratory: Simulator, file: str, address: str
) -> None:
    answer = fetch(address)
    truth = laboratory.truth({file})[file]
    assert (answer.status_code, len(answer.content)) == (200, truth.size)
    assert hashlib.sha256(answer.content).hexdigest() == truth.sha256
    assert (
        answer.headers["etag"]
        == f'"{truth.etag}"'
        == f'"{hashlib.md5(answer.content).hexdigest()}"'
    )
    assert gzip.decompress(answer.content).startswith(b"@M00421:41:")
    assert answer.headers["server"] == "AmazonS3"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=5-", (5, 99)),
        ("bytes=-7", (93, 99)),
        ("bytes=-700", (0, 99)),
        ("bytes=90-200", (90, 99)),
        ("", None),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=0-1,4-5", None),
        ("lines=0-1", None),
    ],
)
def test_ranges_mean_what_s3_takes_them_for(asked: str, expected: tuple[int, int] | None) -> None:
    assert asked_range(asked, 100) == expected


@pytest.mark.parametrize(("asked", "size"), [("bytes=100-", 100), ("bytes=0-", 0), ("bytes=-0", 9)])
def test_ranges_beyond_the_end_are_refused(asked: str, size: int) -> None:
    with pytest.raises(Refusal) as caught:
        asked_range(asked, size)
    assert caught.value.status == 416
    assert caught.value.headers == (("Content-Range", f"bytes */{size}"),)


def test_ranges_come_with_their_place(laboratory: Simulator, file: str, address: str) -> None:
    whole = fetch(address).content
    part = fetch(address, Range="bytes=100-299")
    assert (part.status_code, part.content) == (206, whole[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(whole)}"
    assert fetch(address, Range=f"bytes={len(whole)}-").status_code == 416
    last = laboratory.requests()[-2]
    assert (last.file, last.first, last.last, last.status, last.sent) == (file, 100, 299, 206, 200)


def test_conditions_are_checked(laboratory: Simulator, file: str, address: str) -> None:
    etag = laboratory.truth({file})[file].etag
    assert fetch(address, If_Match=f'"{etag}"', Range="bytes=0-9").status_code == 206
    assert fetch(address, If_Match='"other"').status_code == 412
    assert fetch(address, If_Match=etag).status_code == 412
    known = fetch(address, If_None_Match=f'"{etag}"')
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", f'"{etag}"')
    assert fetch(address, If_None_Match='"other"').status_code == 200
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    assert fetch(address, If_Modified_Since=later).status_code == 304
    assert fetch(address, If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT").status_code == 200
    modified = fetch(address).headers["last-modified"]
    assert fetch(address, If_Unmodified_Since=modified).status_code == 200
    earlier = "Wed, 01 Jan 2020 00:00:00 GMT"
    assert fetch(address, If_Unmodified_Since=earlier).status_code == 412


def test_addresses_are_good_for_a_bare_get_only(address: str) -> None:
    refused = [
        httpx.head(address),
        fetch(address, Authorization="Bearer x"),
        fetch(address, x_access_token="x"),
        fetch(address, Content_Type="application/json"),
        fetch(address.replace("Expires=1", "Expires=2")),
        fetch(address.partition("?")[0]),
        fetch(address[:-9] + "AAAAAA%3D"),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert all(b"<Code>SignatureDoesNotMatch" in answer.content for answer in refused[1:])


def test_another_objects_signature_is_no_good(laboratory: Simulator, address: str) -> None:
    other = address_of(laboratory, file_named(laboratory, NAME.replace("R1", "R2")))
    mixed = f"{other.partition('?')[0]}?{address.partition('?')[2]}"
    assert fetch(mixed).status_code == 403


def test_signatures_can_be_searched_for(address: str) -> None:
    assert f"Signature={CANARY_SIGNATURE}" in address


def test_connections_are_kept(address: str) -> None:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc)
    for first in range(3):
        header = {"Range": f"bytes={first}-{first + 4}"}
        connection.request("GET", f"{parts.path}?{parts.query}", headers=header)
        if first == 0:
            socket = connection.sock
        assert connection.sock is socket
        assert len(connection.getresponse().read()) == 5
    connection.close()


def test_nonsense_closes_the_connection(laboratory: Simulator) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", laboratory.object_port)
    connection.connect()
    connection.send(b"nonsense\r\n\r\n")
    assert connection.sock.recv(10) == b""
    connection.close()
