"""A shell for the tests of the command line."""

import pytest

from bstui.simulator.service import Simulator
from tests.cli.running import Shell


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """Command lines without any credential."""
    return Shell(capsys)


@pytest.fixture
def robin(shell: Shell, laboratory: Simulator) -> Shell:
    """Command lines of the person at the first region."""
    shell.use(laboratory, laboratory.tokens.person)
    return shell
