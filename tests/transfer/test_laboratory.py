"""The engine with the simulated laboratory's object store: signed addresses, its own faults."""

import asyncio
from pathlib import Path

import pytest

from bstui.simulator.service import Simulator
from tests.transfer.bench import until
from tests.transfer.simulated import Lab


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
