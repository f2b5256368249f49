"""The bench, as a fixture."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transfer.bench import Bench
from tests.transfer.store import Store, serving


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with serving(Store()) as store:
        yield Bench(store, tmp_path / "destination")
