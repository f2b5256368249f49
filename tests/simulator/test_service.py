"""The simulator starts where it is told, in this process or another, and ends without a trace."""

import dataclasses
import threading
import time
from pathlib import Path

import httpx
import pytest

from bstui.simulator.account import Tokens
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.lab import CANARY_TOKEN, SMALL, read_log, simulator_process
from tests.simulator.asking import address_of, asking, fetch, file_named

NAME = "FP-1_S1_L001_R1_001.fastq.gz"


def test_regions_say_where_they_are(laboratory: Simulator) -> None:
    virginia, frankfurt = laboratory.regions
    assert (virginia.code, frankfurt.code) == ("USE1", "EUC1")
    assert [account.is_workgroup for account in virginia.accounts] == [False, True, False]
    assert virginia.accounts[0].token == CANARY_TOKEN
    for region in laboratory.regions:
        with asking(region) as client:
            assert client.get("/v2/users/current").json()["Id"] == region.accounts[0].id


def test_ports_and_addresses_can_be_taken_up_again() -> None:
    with Simulator(SimulatorOptions(deep=SMALL)) as first:
        ports = tuple(int(region.api_url.rsplit(":", 1)[1]) for region in first.regions)
        file = file_named(first, "Kidney-2_S1_L001_R1_001.fastq.gz")
        address, truth = address_of(first, file), first.truth({file})
        body, objects = fetch(address).content, first.object_port
    options = SimulatorOptions(deep=SMALL, ports=ports, object_port=objects)
    with Simulator(options) as second:
        assert [region.api_url for region in first.regions] == [
            region.api_url for region in second.regions
        ]
        assert second.truth({file}) == truth
        assert fetch(address).content == body


def test_port_is_the_first_regions() -> None:
    with Simulator(SimulatorOptions(deep=SMALL)) as first:
        port = int(first.regions[0].api_url.rsplit(":", 1)[1])
    with Simulator(SimulatorOptions(deep=SMALL, port=port)) as second:
        assert second.regions[0].api_url.endswith(f":{port}")


def test_a_taken_port_is_an_error() -> None:
    with Simulator(SimulatorOptions(deep=SMALL)) as first:
        second = Simulator(SimulatorOptions(deep=SMALL, object_port=first.object_port))
        with pytest.raises(OSError, match="in use"):
            second.start()
        second.stop()


def test_tokens_can_be_chosen() -> None:
    tokens = dataclasses.replace(Tokens.derive(1), person="0" * 32)
    with (
        Simulator(SimulatorOptions(deep=SMALL, tokens=tokens)) as running,
        asking(running.regions[0], "0" * 32) as client,
    ):
        assert client.get("/v2/runs").status_code == 200


def test_addresses_live_as_long_as_told() -> None:
    with Simulator(SimulatorOptions(deep=SMALL, url_lifetime=-5)) as running:
        file = file_named(running, "Kidney-2_S1_L001_R1_001.fastq.gz")
        answer = fetch(address_of(running, file))
        assert answer.status_code == 403
        assert b"expired" in answer.content


def test_stopping_ends_held_answers(tmp_path: Path) -> None:
    log = tmp_path / "objects.jsonl"
    with Simulator(SimulatorOptions(deep=SMALL, log=log)) as running:
        file = file_named(running, "Kidney-2_S1_L001_R1_001.fastq.gz")
        address = address_of(running, file)
        running.faults.hold_at([file], 77)
        failures: list[Exception] = []
        reader = threading.Thread(target=lambda: failures.append(_failure_of(address)))
        reader.start()
        running.faults.wait_until_held([file])
        began = time.monotonic()
    assert time.monotonic() - began < 5
    reader.join()
    assert failures
    (entry,) = read_log(log)
    assert (entry["file"], entry["first"], entry["status"], entry["sent"]) == (file, 0, 200, 77)


def _failure_of(address: str) -> Exception:
    try:
        fetch(address)
    except httpx.HTTPError as error:
        return error
    raise AssertionError("the answer should have broken off")


@pytest.mark.shows_secret("the simulator prints its token, as it must")
def test_a_simulator_of_its_own_process(tmp_path: Path) -> None:
    log = tmp_path / "objects.jsonl"
    with simulator_process("--deep", str(SMALL), "--log", str(log)) as remote:
        assert remote.token == CANARY_TOKEN
        headers = {"x-access-token": remote.token}
        with httpx.Client(base_url=remote.api_url, headers=headers) as client:
            run = client.get("/v2/runs").json()["Items"][0]["Id"]
            file = client.get(f"/v2/runs/{run}/files").json()["Items"][0]
            content = f"/v2/files/{file['Id']}/content?redirect=meta"
            remote.fault("cut", files=[file["Id"]], after=3)
            with pytest.raises(httpx.RemoteProtocolError):
                fetch(client.get(content).json()["HrefContent"])
            body = fetch(client.get(content).json()["HrefContent"]).content
        truth = remote.truth([file["Id"]])[file["Id"]]
        assert (truth.size, truth.path) == (len(body), "RunInfo.xml")
        assert [entry["sent"] for entry in remote.requests()] == [3, len(body)]
        with pytest.raises(AssertionError, match="one of"):
            remote.fault("nonsense")
    assert remote.process.returncode == 0
    assert [entry["sent"] for entry in read_log(log)] == [3, len(body)]
