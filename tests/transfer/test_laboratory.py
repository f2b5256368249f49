"""The engine with the simulated laboratory's object store: signed addresses, its own faults."""

import asyncio
import hashlib
import json
import urllib.request
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from bstui.simulator.service import Simulator
from bstui.text import Secret
from bstui.transfer.engine import Engine
from bstui.transfer.items import Item, Limits
from tests.lab import CANARY_TOKEN
from tests.transfer.bench import HOLDER, QUICK, Heard, until

RANGES = Limits(files=2, parts=2, range_size=100_000)


class Lab:
    """Some files of the laboratory, and an engine that brings them."""

    def __init__(self, simulator: Simulator, destination: Path) -> None:
        self.simulator = simulator
        self.destination = destination
        self.heard = Heard()
        self.located = 0
        truth = simulator.truth(set(_first_region(simulator)))
        deep = sorted(truth, key=lambda file: -truth[file].size)[:3]
        self.truth = {file: truth[file] for file in (*deep, *list(truth)[:20])}

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

    def engine(self, attempt: int = 1) -> Engine:
        return Engine(
            self.destination,
            self.locate,
            self.heard,
            replace(HOLDER, attempt=attempt),
            limits=RANGES,
            patience=replace(QUICK, stall=20),
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


@pytest.fixture
def lab(simulator: Simulator, tmp_path: Path) -> Lab:
    return Lab(simulator, tmp_path / "destination")


async def test_the_laboratory_s_files_arrive(lab: Lab) -> None:
    await lab.engine().run(lab.items)
    lab.check()


async def test_the_laboratory_s_faults_are_outlasted(lab: Lab) -> None:
    faults, files = lab.simulator.faults, list(lab.truth)
    faults.flip(files[:1])
    faults.ignore_range(files[1:2])
    faults.wrong_etag(files[2:3])
    faults.cut(files[3:6], 1000)
    await lab.engine().run(lab.items)
    lab.check()


async def test_expired_addresses_and_a_held_body(lab: Lab) -> None:
    deep = next(iter(lab.truth))
    lab.simulator.faults.hold_at([deep], lab.truth[deep].size // 2)
    engine = lab.engine()
    task = asyncio.create_task(engine.run(lab.items))
    await until(lambda: deep in lab.simulator.faults.held)
    lab.simulator.faults.expire_urls()
    await engine.stop()
    await task
    lab.simulator.faults.release()
    lab.heard.done_files.clear()
    await lab.engine(attempt=2).run(lab.items)
    lab.check()
