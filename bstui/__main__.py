"""`python -m bstui`, and the `bstui` command."""

import io
import os
import signal
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    _open_closed_streams()
    _speak_utf8()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not know every name
    try:
        from bstui.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    sys.exit(code)


def _open_closed_streams() -> None:
    """Put /dev/null where the caller closed a stream, lest the next file takes its number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            lowest = os.open(os.devnull, os.O_RDWR)  # the closed one's own number
            os.set_inheritable(lowest, True)
            setattr(sys, name, os.fdopen(lowest, "r" if name == "stdin" else "w"))


def _speak_utf8() -> None:
    """Start over where Python takes file names for something else than UTF-8: in a Latin-1 locale
    it could not even ask for most names. The terminal keeps its own encoding."""
    if sys.getfilesystemencoding() == "utf-8":
        return
    os.environ["PYTHONIOENCODING"] = f"{sys.stdout.encoding}:backslashreplace"
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
