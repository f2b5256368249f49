"""Regions and the addresses of servers."""

import pytest

from bstui.basespace.regions import REGIONS, Region, find_region, parse_server, region_code
from bstui.errors import UsageError

USA = "https://api.basespace.illumina.com"
FRANKFURT = "https://api.euc1.sh.basespace.illumina.com"


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.code)
def test_every_region_is_found_by_each_of_its_names(region: Region) -> None:
    for text in (region.code, region.code.upper(), region.api, region.api + "/", region.web):
        assert parse_server(text) == region.api
    assert find_region(region.api) == region
    assert region_code(region.api) == region.code


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("api.basespace.illumina.com", USA),
        (" https://API.BaseSpace.illumina.com/v1pre3 ", USA),
        ("https://mylab.basespace.illumina.com", USA),
        ("https://mylab.euc1.sh.basespace.illumina.com/home/dashboard", FRANKFURT),
        ("https://api.euc1.sh.basespace.illumina.com:443/", FRANKFURT),
        ("cnn1.sh.basespace.illumina.com.cn", "https://api.cnn1.sh.basespace.illumina.com.cn"),
        ("api.apn1.sh.basespace.illumina.com", "https://api.apn1.sh.basespace.illumina.com"),
        ("api.cloud-hoth.illumina.com", "https://api.cloud-hoth.illumina.com"),
        ("basespace.illumina.com.evil.example", "https://basespace.illumina.com.evil.example"),
        ("notbasespace.illumina.com", "https://notbasespace.illumina.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://proxy.example:8443", "https://proxy.example:8443"),
    ],
)
def test_a_server_is_written_one_way(text: str, server: str) -> None:
    assert parse_server(text) == server


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://api.basespace.illumina.com",
        "http://10.0.0.1",
        "ftp://api.basespace.illumina.com",
        "https://name:word@api.basespace.illumina.com",
        "https://api.basespace.illumina.com/?access_token=abc",
        "https://a b",
        "https://[::1",
        "https://host:99999",
        "https://exämple.org",
        "use1 euc1",
    ],
)
def test_what_is_no_server_is_refused_with_the_regions(text: str) -> None:
    with pytest.raises(UsageError, match="use1"):
        parse_server(text)


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse_server("https://name:pass-word@api.example")
    assert "pass-word" not in str(caught.value)


def test_another_server_is_of_no_region() -> None:
    assert find_region("https://api.example") is None
    assert region_code("https://api.example") == "other"
