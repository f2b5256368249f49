"""Asks the simulator as any HTTP client would."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from bstui.simulator.service import RegionEndpoint, Simulator


@contextmanager
def asking(region: RegionEndpoint, token: str = "") -> Iterator[httpx.Client]:
    """A client of a region's API, as its first account or with another token."""
    headers = {"x-access-token": token or region.accounts[0].token}
    with httpx.Client(base_url=region.api_url, headers=headers, timeout=30) as client:
        yield client


def file_named(simulator: Simulator, name: str) -> str:
    """The id of the first file of that name."""
    return next(file for file, path in simulator.paths().items() if path == name)


def address_of(simulator: Simulator, file: str) -> str:
    """A signed address."""
    with asking(simulator.regions[0]) as client:
        answer = client.get(f"/v2/files/{file}/content", params={"redirect": "meta"})
        return str(answer.json()["HrefContent"])


def fetch(address: str, **headers: str) -> httpx.Response:
    """The object at an address; header names are written with `_` for `-`."""
    return httpx.get(address, headers={name.replace("_", "-"): v for name, v in headers.items()})
