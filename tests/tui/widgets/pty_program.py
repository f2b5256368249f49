"""A program of ours on a real pseudo-terminal, and the bytes that it writes there."""

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType


class PtyProgram:
    """The sample program on a terminal of 24 lines and 80 columns; it ends with the block."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        """The arguments of the sample program, and variables of its environment."""
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TEXTUAL_ANIMATIONS": "none",
            "PYTHONPATH": str(Path(__file__).parents[3]),
            **variables,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.tui.widgets.sample_app", *arguments],
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

    def wait_for(self, text: str, seconds: float = 20.0) -> None:
        """Read until a text was written, and then until all is quiet."""
        seen = b""
        end = time.monotonic() + seconds
        while text.encode() not in seen:
            assert time.monotonic() < end, f"{text!r} was not written: {seen[-500:]!r}"
            seen += self._read(0.2)
        self.read_until_quiet()

    def press(self, keys: str) -> bytes:
        """Send keys that change the screen; all that is written until it is quiet."""
        os.write(self._master, keys.encode())
        return self._read(10.0) + self.read_until_quiet()

    def read_until_quiet(self, quiet: float = 0.2) -> bytes:
        seen = b""
        while part := self._read(quiet):
            seen += part
        return seen

    def read_for(self, seconds: float) -> bytes:
        seen = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            seen += self._read(left)
        return seen

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._master], [], [], seconds)
        return os.read(self._master, 65536) if ready else b""
