"""The engine and the simulated laboratory's object store: what the tests of its faults share."""

import asyncio
import hashlib
import json
import urllib.request
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bstui.simulator.service import Simulator
from bstui.text import Secret
from bstui.transfer.engine import Engine
from bstui.transfer.items import Item, Limits
from tests.lab import CANARY_TOKEN
from tests.transfer.bench import HOLDER, QUICK, Heard

RANGES = Limits(files=2, parts=2, range_size=100_000, request_size=100_000)


class Lab:
    """Some files of the laboratory, and an engine that brings them."""

    def __init__(
        self, simulator: Simulator, destination: Path, deep: int = 3, small: int = 20
    ) -> None:
        self.simulator = simulator
        self.destination = destination
        self.heard = Heard()
        self.located = 0
        truth = simulator.truth(set(_first_region(simulator)))
        by_size = sorted(truth, key=lambda file: -truth[file].size)
        self.truth = {file: truth[file] for file in (*by_size[:deep], *list(truth)[:small])}

    @property
    def items(self) -> Iterable[Item]:
        for number, (file, true) in enumerate(self.truth.items()):
            yield Item(number, file, f"{file}/{true.path}", true.size, true.etag or None)

    async def locate(self, item: Item) -> Secret:
        self.located += 1
        api = self.simulator.regions[0].api_url
        request = urllib.request.Request(
            f"{api}/v1pre3/files/{item.id}/content?redirect=meta",
            headers={"x-access-token": CANARY_TOKEN},
        )
        body = await asyncio.to_thread(_read, request)
        return Secret(json.loads(body)["Response"]["HrefContent"])

    def engine(self, attempt: int = 1, stall: float = 20, tries: int = QUICK.tries) -> Engine:
        return Engine(
            self.destination,
            self.locate,
            self.heard,
            replace(HOLDER, attempt=attempt),
            limits=RANGES,
            patience=replace(QUICK, stall=stall, tries=tries),
        )

    def check(self) -> None:
        assert not self.heard.failures
        for file, true in self.truth.items():
            data = (self.destination / file / true.path).read_bytes()
            assert hashlib.sha256(data).hexdigest() == true.sha256
        assert not list(self.destination.rglob("*.partial*"))


def _first_region(simulator: Simulator) -> list[str]:
    """FASTQ that the person of the first region may read."""
    return [file for file, path in simulator.paths().items() if path.endswith(".fastq.gz")][:40]


def _read(request: urllib.request.Request) -> bytes:
    with urllib.request.urlopen(request) as answer:
        body: bytes = answer.read()
        return body
