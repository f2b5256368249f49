"""How long the first words and the first frame take, against the least that they could.

    bstui --version, --help    at most 2.5 × `python -c pass` + 60 ms
    the first frame            at most 2.5 × that of a Textual app with one label

Medians of several starts, one warm-up before. Each screen runs in a terminal of 80×24 of its own
and is timed until what it must show has been written.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

ROUNDS = 9
ALLOWED = 2.5
ALLOWED_MORE = 0.060
_LIMIT = 30.0
_ONE_LABEL = """
from textual.app import App
from textual.widgets import Label
class OneLabel(App):
    def compose(self):
        yield Label("one label")
OneLabel().run()
"""
_BSTUI = [sys.executable, "-m", "bstui"]


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        environ = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": home,
            "TERM": "xterm-256color",
            "BSTUI_SITE_CONFIG": "",
        }
        _report_commands(environ)
        _report_screens(environ)


def _report_commands(environ: dict[str, str]) -> None:
    least = _median(partial(_run, [sys.executable, "-c", "pass"], environ))
    print(f"python -c pass      {least * 1000:6.0f} ms")
    for flag in ("--version", "--help"):
        taken = _median(partial(_run, [*_BSTUI, flag], environ))
        limit = ALLOWED * least + ALLOWED_MORE
        print(
            f"bstui {flag:<13} {taken * 1000:6.0f} ms  {taken / least:4.2f} ×  "
            f"{taken / limit:4.2f} of what is allowed"
        )


def _report_screens(environ: dict[str, str]) -> None:
    one_label = [sys.executable, "-c", _ONE_LABEL]
    least = _median(partial(_first_sight, one_label, "one label", environ))
    taken = _median(partial(_first_sight, _BSTUI, "(?i)profile", environ))
    print(f"one label, shown    {least * 1000:6.0f} ms")
    print(
        f"bstui, first frame  {taken * 1000:6.0f} ms  {taken / least:4.2f} ×  "
        f"{taken / least / ALLOWED:4.2f} of what is allowed"
    )


def _median(once: Callable[[], float]) -> float:
    once()
    return statistics.median(once() for _ in range(ROUNDS))


def _run(command: Sequence[str], environ: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _first_sight(command: Sequence[str], pattern: str, environ: dict[str, str]) -> float:
    """Seconds until `pattern` stands on the screen of `command`, which is then ended."""
    began = time.perf_counter()
    with _terminal(command, environ) as screen:
        seen = b""
        while not re.search(pattern, seen.decode(errors="replace")):
            ready, _, _ = select.select([screen], [], [], _LIMIT)
            if not ready:
                raise SystemExit(f"{command[-1]} showed no {pattern!r} in {_LIMIT:.0f} s")
            seen += os.read(screen, 65_536)
        return time.perf_counter() - began


@contextlib.contextmanager
def _terminal(command: Sequence[str], environ: dict[str, str]) -> Iterator[int]:
    """Run `command` in a terminal; the descriptor that reads what it draws."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        command, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        yield ours
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(ours)


if __name__ == "__main__":
    main()
