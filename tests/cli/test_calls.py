"""An interrupt is obeyed at once, whatever a thread still waits for."""

import signal
import subprocess
import sys

_PROGRAM = """
import asyncio, time
from bstui.cli.calls import run_calls

async def wait():
    print("ready", flush=True)
    await asyncio.to_thread(time.sleep, 300)

run_calls(wait())
"""


def test_an_interrupt_does_not_wait_for_a_thread() -> None:
    command = [sys.executable, "-c", _PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=60) == 128 + signal.SIGINT
