"""The program on a terminal that is unfit, or goes away."""

import os
import pty
import signal
import sys
import time
from collections.abc import Mapping

import pytest

from bstui.errors import UsageError
from bstui.tui import check_terminal
from tests.lab import wait_for

_BSTUI = [sys.executable, "-P", "-m", "bstui"]
LOST_TERMINAL = 128 + signal.SIGHUP


class Terminal:
    """bstui as the leader of a pseudo-terminal's own session, as a login shell starts it."""

    def __init__(self, environ: Mapping[str, str], rows: int = 24, columns: int = 80) -> None:
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(_BSTUI[0], _BSTUI, dict(environ))
        # The size is set before bstui has had time to ask for it: it has to import first.
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.status: int | None = None

    def read_until(self, text: str) -> str:
        seen = b""
        while text.encode() not in seen:
            seen += os.read(self.master, 65536)
        return seen.decode(errors="replace")

    def read_to_the_end(self) -> str:
        seen = b""
        while True:
            try:
                part = os.read(self.master, 65536)
            except OSError:  # the last one who held it is gone
                return seen.decode(errors="replace")
            if not part:
                return seen.decode(errors="replace")
            seen += part

    def has_ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    @property
    def exit_code(self) -> int:
        wait_for(self.has_ended)
        assert self.status is not None
        return os.waitstatus_to_exitcode(self.status)


@pytest.fixture
def environ(home: object) -> dict[str, str]:
    """What a login gives."""
    return {
        "HOME": os.environ["HOME"],
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "BSTUI_SITE_CONFIG": "",
    }


def test_q_leaves_at_once(environ: dict[str, str]) -> None:
    terminal = Terminal(environ)
    terminal.read_until("Nobody is logged in")
    os.write(terminal.master, b"q")
    terminal.read_to_the_end()
    assert terminal.exit_code == 0


def test_a_lost_terminal_ends_the_program(environ: dict[str, str]) -> None:
    terminal = Terminal(environ)
    terminal.read_until("Nobody is logged in")
    os.close(terminal.master)
    assert terminal.exit_code == LOST_TERMINAL


def test_a_terminal_that_stopped_reading_and_is_lost_ends_the_program(
    environ: dict[str, str],
) -> None:
    terminal = Terminal(environ)
    terminal.read_until("Nobody is logged in")
    # Nobody reads any more: what is drawn fills the terminal's buffer and then the program's.
    ending = time.monotonic() + 10
    os.set_blocking(terminal.master, False)
    while time.monotonic() < ending:
        try:
            os.write(terminal.master, b"?\x1b" * 50)
        except BlockingIOError:
            break
    os.close(terminal.master)
    assert terminal.exit_code in (LOST_TERMINAL, -signal.SIGHUP)


@pytest.mark.parametrize(
    ("variables", "rows", "columns", "said"),
    [
        ({"TERM": "dumb"}, 24, 80, "cannot show"),
        ({}, 10, 80, "too small: 80 columns and 10 rows"),
        ({}, 24, 50, "too small: 50 columns"),
    ],
)
def test_an_unfit_terminal_is_told_in_a_sentence(
    environ: dict[str, str], variables: dict[str, str], rows: int, columns: int, said: str
) -> None:
    terminal = Terminal(environ | variables, rows, columns)
    text = terminal.read_to_the_end()
    assert said in " ".join(text.split())
    assert "bstui projects" in text
    assert terminal.exit_code == UsageError.exit_code


def test_without_a_terminal_there_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="needs a terminal"):
        check_terminal("xterm")
