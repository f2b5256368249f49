"""The demo: again and again in one home, on the ports it had or on others."""

import contextlib
import os
import signal
import socket
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bstui.cli.demo_server import Served, is_serving, read_served, start_simulator
from bstui.paths import find_places
from bstui.simulator.service import Simulator
from tests.lab import wait_for
from tests.running import call_bstui


def served(simulator: Simulator) -> Served:
    ports = tuple(urlsplit(region.api_url).port or 0 for region in simulator.regions)
    return Served(os.getpid(), ports, simulator.object_port, ())


def answers(simulator: Simulator) -> bool:
    with urllib.request.urlopen(
        f"{simulator.regions[0].api_url}/v1pre3/meta", timeout=30
    ) as answer:
        return bool(answer.status == 200)


def test_it_comes_back_on_the_ports_it_had_and_on_others_where_one_is_taken() -> None:
    first = start_simulator(None)
    before = served(first)
    first.stop()
    again = start_simulator(before)
    with contextlib.ExitStack() as ending:
        ending.callback(again.stop)
        assert (served(again), answers(again)) == (before, True)
    with socket.create_server(("127.0.0.1", before.ports[0])):
        other = start_simulator(before)
        with contextlib.ExitStack() as ending:
            ending.callback(other.stop)
            assert served(other).ports[0] != before.ports[0]
            assert answers(other)


@pytest.mark.system
def test_the_tour_is_taken_twice_in_one_home(tmp_path: Path) -> None:
    places = find_places(os.environ).demo()
    for number in range(2):
        done = call_bstui("demo", "--headless", "--to", str(tmp_path / str(number)))
        assert done.returncode == 0, done.stderr
        assert len(list((tmp_path / str(number)).rglob("*.fastq.gz"))) > 100
        found = read_served(places)
        assert found is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGTERM)
        wait_for(lambda: not is_serving(places))
