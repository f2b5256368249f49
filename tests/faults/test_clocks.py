"""Clocks that are a day off: the worker's, the looker's, or the service's (C13, S22)."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.jobs.folder import job_folders
from bstui.simulator.service import Simulator
from tests.faults.hosts import Host, require_hosts
from tests.jobs.imports import SMALL
from tests.lab import wait_for
from tests.oracle import assert_imported

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
DAY = 24 * 3600
_SHIFTED = Path(__file__).with_name("shifted_clock.c")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shifted clock, for LD_PRELOAD."""
    require_hosts()
    if shutil.which("cc") is None:
        pytest.skip("a shifted clock needs a C compiler")
    built = tmp_path_factory.mktemp("clock") / "shifted_clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", built, _SHIFTED], check=True)
    return built


@pytest.fixture(params=[1, -1], ids=["ahead", "behind"])
def pair(
    request: pytest.FixtureRequest, library: Path, tmp_path: Path, laboratory: Simulator
) -> Iterator[tuple[Host, Host]]:
    """A host whose clock is a day off, and one whose clock is a day off the other way; the
    service's is right."""
    server, share = tmp_path / "server", tmp_path / "share"
    server.mkdir()
    share.mkdir()
    up: list[Host] = []
    try:
        for name, days in (("node-a", request.param), ("node-b", -request.param)):
            environ = {"LD_PRELOAD": str(library), "SHIFT": str(days * DAY)}
            up.append(Host(name, server, share, environ))
        yield up[0], up[1]
    finally:
        for host in up:
            host.fail()
        laboratory.faults.release()
        laboratory.faults.clear()


def test_a_job_is_told_and_resumed_as_it_is_whatever_the_clocks_say(
    pair: tuple[Host, Host], tmp_path: Path, laboratory: Simulator
) -> None:
    worker, looker = pair

    def row(host: Host) -> dict[str, object]:
        """Of the job that was made last."""
        found: dict[str, object] = json.loads(host.bstui("jobs", "--json").out.splitlines()[0])
        return found

    def await_state(host: Host, state: str) -> None:
        wait_for(lambda: row(host)["state"] == state)

    url, token = laboratory.regions[0].api_url, laboratory.tokens.person
    worker.bstui("login", "lab", "--server", url, given=f"{token}\n")
    command = ("import", SMALL, "--to", str(tmp_path / "share/data"))
    planned = worker.bstui(*command, "--dry-run", "--json").out.splitlines()
    held = json.loads(planned[-1])["id"]
    laboratory.faults.hold_at([held], at=1)
    worker.bstui(*command, "--yes")
    laboratory.faults.wait_until_held([held], 90)
    await_state(looker, "running")
    assert row(worker)["state"] == "running"
    looker.bstui("pause", "last", "--free")
    for host in pair:
        await_state(host, "stopped")
        assert row(host)["reason"] == "paused"
    laboratory.faults.expire_urls()
    laboratory.faults.release()
    looker.bstui("resume", "last")
    for host in pair:
        await_state(host, "done")
        (past,) = map(json.loads, host.bstui("history", "--json").out.splitlines())
        assert (past["outcome"], past["files_done"]) == ("done", past["files"])
    (job,) = job_folders(tmp_path / "server/home/.local/state/bstui/jobs")
    assert_imported(job, tmp_path / "server/data", laboratory.truth())

    looker.bstui(*command, "--name", "second", "--yes", "--launch", "here")
    wait_for(lambda: row(worker)["name"] == "second")
