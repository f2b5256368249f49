"""Every address that a body of the simulator gives leads somewhere, or stands here with why not."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from bstui.simulator.service import Simulator
from tests.lab import TOKENS
from tests.simulator.asking import asking

_STARTS = (
    *("v1pre3/users/current", "v1pre3/users/current/runs", "v1pre3/users/current/projects"),
    *("v2/users/current", "v2/runs", "v2/biosamples", "v2/datasets", "v2/libraries"),
    *("v2/appsessions", "v2/users/current/workgroups", "v2/trash"),
)
_OF_A_KIND = 4
"""Addresses of each shape that are followed."""
_NOWHERE = {
    "v1pre3/runs/*/samples": "has answered 500 since 2019",
    **dict.fromkeys(
        (
            *("v1pre3/applications/*", "v1pre3/genomes/*", "v1pre3/genomes/*/annotations"),
            *("v1pre3/libraryprepkits/*", "v1pre3/libraries/*", "v1pre3/biologicalsamples/*"),
        ),
        "catalogues that no importer looks into; what they hold is not known",
    ),
    **dict.fromkeys(("v2/datasets/*/comments", "v2/appsessions/*/comments"), "for people alone"),
    **dict.fromkeys(
        ("v2/users/*/runs", "v2/users/*/projects", "v2/users/current/properties"),
        "not recorded; v2 has lists of its own",
    ),
}
_POSTED = "HrefPost"
_ID = re.compile(r"(?<=/)(?:r?\d+(?:_[0-9a-f]+)?|ds\.[0-9a-f]{32}|(?<=properties/)[\w.]+)(?=/|$)")


def _addresses(body: object) -> Iterator[str]:
    """All that is called Href… in a body, as a path; what is asked by POST, and web pages, not."""
    if isinstance(body, list):
        for item in body:
            yield from _addresses(item)
    if isinstance(body, dict):
        for name, value in body.items():
            if not isinstance(value, str):
                yield from _addresses(value)
            elif name.startswith("Href") and not name.startswith(_POSTED):
                place = urlsplit(value)
                if not place.hostname or place.hostname == "127.0.0.1":
                    yield place.path.lstrip("/") + (f"?{place.query}" if place.query else "")


def _shape(address: str) -> str:
    return _ID.sub("*", address.partition("?")[0])


@pytest.mark.parametrize("token", [TOKENS.person, TOKENS.workgroup])
def test_every_address_that_is_told_leads_somewhere(laboratory: Simulator, token: str) -> None:
    waiting, followed, dead = deque(_STARTS), Counter[str](), {}
    seen = set(_STARTS)
    with asking(laboratory.regions[0], token) as api:
        while waiting:
            address = waiting.popleft()
            answer = api.get(f"/{address}", follow_redirects=False)
            if answer.status_code not in (200, 302):
                dead[_shape(address)] = (answer.status_code, address)
            if answer.status_code != 200:
                continue
            for told in _addresses(answer.json()):
                if told not in seen and followed[_shape(told)] < _OF_A_KIND:
                    seen.add(told)
                    followed[_shape(told)] += 1
                    waiting.append(told)
    assert {shape: why for shape, why in dead.items() if shape not in _NOWHERE} == {}
    assert len(followed) > 30
