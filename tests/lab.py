"""The simulated laboratory for tests: in this process, or in one of its own.

`simulator` is a fresh one for a test, `laboratory` one for a test file that only reads. All use
the default seed, whose tokens and signatures are the canaries: found anywhere, they are a leak.
"""

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bstui.simulator.account import Tokens
from bstui.simulator.service import Simulator, SimulatorOptions, Truth
from bstui.simulator.signing import signature_mark

SEED = SimulatorOptions.seed
TOKENS = Tokens.derive(SEED)

CANARY_TOKEN = TOKENS.person
CANARY_TOKENS = (TOKENS.person, TOKENS.workgroup, TOKENS.elsewhere, TOKENS.browse_only)
CANARY_SIGNATURE = signature_mark(SEED)
"""What every signature begins with."""

SMALL = 0.02
"""A scale at which the deep FASTQ are half a megabyte."""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A laboratory that this test may break; its deep FASTQ are small."""
    with Simulator(SimulatorOptions(deep=SMALL)) as running:
        yield running


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Simulator]:
    """A laboratory that a file's tests share, so none may break it; its deep FASTQ are small."""
    with Simulator(SimulatorOptions(deep=SMALL)) as running:
        yield running


@dataclass(frozen=True)
class RemoteSimulator:
    """A simulator in another process."""

    api_url: str
    """Of the first region."""
    token: str
    """Of the person there."""
    others: tuple[tuple[str, str], ...]
    """Name and API of the other regions."""
    control_url: str
    """Of its control endpoint."""
    process: subprocess.Popen[str]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point bstui at it."""
        return {"BSTUI_API_SERVER": self.api_url, "BSTUI_ACCESS_TOKEN": self.token}

    def fault(self, name: str, **arguments: object) -> None:
        """Turn one of the switches of `Faults`, by its name and arguments."""
        self._call("/faults", {"fault": name, **arguments})

    def choose(self, **points: str) -> None:
        """Take variants of points that are unsure, their names written with `_` for `-`."""
        chosen = {name.replace("_", "-"): variant for name, variant in points.items()}
        self._call("/points", chosen)

    def truth(self, files: Collection[str] = ()) -> dict[str, Truth]:
        """What files really hold, by id; of none named, all."""
        query = f"?files={','.join(files)}" if files else ""
        answer = self._call(f"/truth{query}")
        assert isinstance(answer, dict)
        return {file: Truth(**body) for file, body in answer.items()}

    def requests(self) -> list[dict[str, object]]:
        """The object store's log: time, file, first, last, status, sent."""
        answer = self._call("/requests")
        assert isinstance(answer, list)
        return answer

    def wait_until_held(self, files: Collection[str], timeout: float = 90) -> None:
        """Return when an answer for each of these files stands at its hold."""
        wait_for(lambda: set(files) <= set(self.held()), timeout)

    def held(self) -> list[str]:
        answer = self._call("/held")
        assert isinstance(answer, list)
        return answer

    def _call(self, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control_url + path, data)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(error.read().decode()) from None


@contextlib.contextmanager
def simulator_process(*arguments: str) -> Iterator[RemoteSimulator]:
    """`bstui simulator` with these arguments, until the block ends."""
    command = [sys.executable, "-m", "bstui", "simulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _read_greeting(process)
        finally:
            process.terminate()


def _read_greeting(process: subprocess.Popen[str]) -> RemoteSimulator:
    """Two variables to export, then a line for each other region, and the control endpoint's."""
    assert process.stdout is not None
    found: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for line in process.stdout:
        if export := re.fullmatch(r"export (BSTUI_\w+)=(\S+)\n", line):
            found[export[1]] = export[2]
        elif region := re.fullmatch(r"# region (.+) (\S+)\n", line):
            others.append((region[1], region[2]))
        elif control := re.fullmatch(r"# control (\S+)\n", line):
            server, token = found["BSTUI_API_SERVER"], found["BSTUI_ACCESS_TOKEN"]
            return RemoteSimulator(server, token, tuple(others), control[1], process)
    raise AssertionError("the simulator did not say where it is")


def wait_for(done: Callable[[], bool], timeout: float = 90) -> None:
    """Return when `done()` is true; a TimeoutError after so many seconds."""
    ending = time.monotonic() + timeout
    while not done():
        if time.monotonic() > ending:
            raise TimeoutError(f"not so after {timeout} s")
        time.sleep(0.01)


def read_log(path: Path) -> list[dict[str, object]]:
    """The requests in a simulator's log file."""
    return [json.loads(line) for line in path.read_text().splitlines()]
