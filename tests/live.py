"""The real service, where somebody lends the tests a token: `BSTUI_LIVE_TOKEN`.

`BSTUI_LIVE_SERVER` is a region's code or an address, otherwise the default region. Read before the
tests clear the environment; only the tests of conformance use it, and they only read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

TOKEN = os.environ.get("BSTUI_LIVE_TOKEN", "")
SERVER = os.environ.get("BSTUI_LIVE_SERVER", "")
_open = 0


@contextmanager
def network() -> Iterator[None]:
    """While this is open, tests may reach the network."""
    global _open
    _open += 1
    try:
        yield
    finally:
        _open -= 1


def may_reach_network() -> bool:
    return _open > 0
