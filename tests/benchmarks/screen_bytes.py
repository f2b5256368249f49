"""What the screen program writes to its terminal of 80 × 24, and what it uses of a processor.

    idle                            no byte, under 0.5 % of a core
    cursor, mark                    at most 600 bytes
    job page with 8 moving files    at most 4 kB a second, under 5 % of a core
    `j` held for 2 s on 50 kB/s     settled within 0.5 s of its release

The real program on a real pseudo-terminal against the simulator; the slow line is a reader that
takes no more than that, so the program's writes wait as they would for SSH. Bytes are exact.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab import RemoteSimulator, simulator_process
from tests.tui.widgets.pty_program import PtyProgram

_KEY_ALLOWED, _JOB_ALLOWED = 600, 4_000
_IDLE_CPU_ALLOWED, _JOB_CPU_ALLOWED = 0.005, 0.05
_SETTLED_ALLOWED = 0.5
_LINE = 50_000
"""Bytes a second of the slow line."""
_REPEAT = 1 / 30
"""Seconds between two presses of a key that is held."""
_STORE = 4_000
"""Bytes a second and connection: the files move for as long as it takes to look at them."""


def main(*parts: str) -> None:
    """`keys`, `job`: these parts alone."""
    if not parts or "keys" in parts:
        _report_lists()
    if not parts or "job" in parts:
        with _simulator() as simulator:
            _report_job(simulator)


def _report_lists() -> None:
    with _simulator("--scale", "huge") as simulator:
        for name, variables in (("here", {}), ("over SSH", {"SSH_CONNECTION": "1 2 3 4"})):
            with _opened(simulator, **variables) as program:
                _open_biosamples(program)
                print(f"-- a list of biosamples, {name}")
                _report_keys(program)
                _report_idle(program)
        with _opened(simulator, SSH_CONNECTION="1 2 3 4") as program:
            _open_biosamples(program)
            print("-- a line of 50 kB/s")
            _report_held(program)


@contextlib.contextmanager
def _simulator(*arguments: str) -> Iterator[RemoteSimulator]:
    with simulator_process(*arguments) as simulator, tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        yield simulator


def _opened(simulator: RemoteSimulator, **variables: str) -> PtyProgram:
    environ = {**simulator.environment, "BSTUI_SITE_CONFIG": "", **variables}
    return PtyProgram(("-m", "bstui"), **environ)


def _open_biosamples(program: PtyProgram) -> None:
    program.wait_for("Robin Ferris")
    program.send("\r")
    program.wait_for("biosamples")
    program.read_until_quiet(2.0)
    program.send("\r")
    program.wait_for("/500")
    program.read_until_quiet(2.0)


def _report_keys(program: PtyProgram) -> None:
    program.press("j")  # the list is as it will stay
    program.read_until_quiet(3.0)
    for name, key in (("cursor down", "j"), ("cursor up", "k"), ("mark", " ")):
        _say(name, len(program.press(key)), _KEY_ALLOWED, "bytes")
        program.read_until_quiet(1.0)
    for name, key in (("page down", "\x1b[6~"), ("last row", "G")):
        print(f"{name:<28}{len(program.press(key)):>9,} bytes")
        program.read_until_quiet(1.0)


def _report_idle(program: PtyProgram, seconds: float = 20.0) -> None:
    program.read_until_quiet(2.0)
    used = program.cpu_seconds
    written = len(program.read_for(seconds))
    print(f"{'idle':<28}{written:>9,} bytes in {seconds:.0f} s")
    _say("idle", (program.cpu_seconds - used) / seconds, _IDLE_CPU_ALLOWED, "of a core")


def _report_held(program: PtyProgram, held: float = 2.0) -> None:
    """Hold `j`, and read no faster than the line is."""
    began = last = time.monotonic()
    total, pressed = 0, 0
    while (now := time.monotonic()) - last < 1.0 or now - began < held:
        if now - began < held and pressed * _REPEAT < now - began:
            program.send("j")
            pressed += 1
        room = int((now - began) * _LINE) - total
        part = program.read(0.005, min(room, 4096)) if room > 0 else b""
        if part:
            total, last = total + len(part), time.monotonic()
        elif room <= 0:
            time.sleep(0.005)
    print(f"{f'j, {pressed} times':<28}{total:>9,} bytes")
    _say("settled after its release", max(0.0, last - began - held), _SETTLED_ALLOWED, "s")


def _report_job(simulator: RemoteSimulator, seconds: float = 20.0) -> None:
    simulator.fault("bandwidth", bytes_per_second=_STORE)
    folder = Path(os.environ["HOME"]) / "in"
    where = {"BSTUI_IMPORT_DESTINATION": str(folder), "BSTUI_IMPORT_CONCURRENT_FILES": "8"}
    with _opened(simulator, **where) as program:
        program.wait_for("Robin Ferris")
        program.send("\r")
        program.wait_for("Tumour exomes")
        for keys, sign in (("/Tumour\r", "1/1 of"), ("\r", "Tumour-07"), ("ai", "fits")):
            program.send(keys)
            program.wait_for(sign)
        program.send("\r")
        program.wait_for("running", 60)
        program.read_for(5.0)
        used = program.cpu_seconds
        written = len(program.read_for(seconds))
        print("-- the page of a job with 8 files at once")
        _say("written a second", written / seconds, _JOB_ALLOWED, "bytes")
        _say("used", (program.cpu_seconds - used) / seconds, _JOB_CPU_ALLOWED, "of a core")
        program.send("x")
        program.read_until_quiet(1.0)
        program.send("y")
        program.wait_for("cancelled", 60)


def _say(name: str, value: float, allowed: float, unit: str) -> None:
    shown = f"{value:,.0f}" if value >= 10 else f"{value:.3f}"
    print(f"{name:<28}{shown:>9} {unit:<10} {value / allowed:5.2f} of what is allowed")


if __name__ == "__main__":
    main(*sys.argv[1:])
