"""The command line inside this process: fast, and the same code."""

import json
import os
from dataclasses import dataclass
from typing import Any

import pytest

from bstui.cli import run
from bstui.simulator.service import Simulator


@dataclass(frozen=True)
class Said:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Of `--json`."""
        return [json.loads(line) for line in self.out.splitlines()]


class Shell:
    """Runs command lines with this test's environment."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str) -> Said:
        self._capture.readouterr()
        code = run(arguments)
        said = self._capture.readouterr()
        return Said(code, said.out, said.err)

    def use(self, simulator: Simulator, token: str, region: int = 0) -> None:
        """Take this token at this simulated region from now on, by the environment."""
        os.environ["BSTUI_API_SERVER"] = simulator.regions[region].api_url
        os.environ["BSTUI_ACCESS_TOKEN"] = token
