"""A program of ours on a real pseudo-terminal, and the bytes that it writes there."""

import contextlib
import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

_HERE = Path(__file__).parents[3]
_TICKS = os.sysconf("SC_CLK_TCK")


class PtyProgram:
    """A program on a terminal of 24 lines and 80 columns; it ends with the block."""

    def __init__(self, command: Sequence[str], **variables: str) -> None:
        """Arguments for Python, and variables of its environment."""
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_HERE),
            **variables,
        }
        self._process = subprocess.Popen(
            [sys.executable, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> "PtyProgram":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._master)

    @property
    def cpu_seconds(self) -> float:
        """What the program has used of a processor so far (proc(5): /proc/pid/stat)."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS

    def wait(self, seconds: float = 60.0) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + seconds
        while self._process.poll() is None:
            assert time.monotonic() < end, "the program does not end"
            with contextlib.suppress(OSError):  # it has closed its side
                self.read(0.05)
        return self._process.returncode

    def wait_for(self, text: str, seconds: float = 20.0) -> bytes:
        """Read until a text was written, and then until all is quiet; what was read."""
        seen = b""
        end = time.monotonic() + seconds
        while text.encode() not in seen:
            assert time.monotonic() < end, f"{text!r} was not written: {seen[-500:]!r}"
            seen += self.read(0.2)
        return seen + self.read_until_quiet()

    def send(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def press(self, keys: str) -> bytes:
        """Send keys that change the screen; all that is written until it is quiet."""
        self.send(keys)
        return self.read(10.0) + self.read_until_quiet()

    def read_until_quiet(self, quiet: float = 0.2) -> bytes:
        seen = b""
        while part := self.read(quiet):
            seen += part
        return seen

    def read_for(self, seconds: float) -> bytes:
        seen = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            seen += self.read(left)
        return seen

    def read(self, seconds: float, most: int = 65536) -> bytes:
        """What is written within so many seconds, as soon as there is something."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        return os.read(self._master, most) if ready else b""


def sample_program(*arguments: str, **variables: str) -> PtyProgram:
    """The program of nothing but our widgets."""
    command = ("-m", "tests.tui.widgets.sample_app", *arguments)
    return PtyProgram(command, TEXTUAL_ANIMATIONS="none", **variables)
