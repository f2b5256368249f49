"""The real command, as a process."""

import os
import subprocess
import sys
from collections.abc import Mapping


def run_bstui(
    *arguments: str, environ: Mapping[str, str] | None = None, code: int = 0, given: str = ""
) -> str:
    """Run `bstui` to its end; its stdout. AssertionError with its stderr on another exit code."""
    done = call_bstui(*arguments, environ=environ, given=given)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stderr}"
    return done.stdout


def call_bstui(
    *arguments: str, environ: Mapping[str, str] | None = None, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `bstui` to its end, whatever that is."""
    return subprocess.run(
        [sys.executable, "-m", "bstui", *arguments],
        env={**os.environ, **(environ or {})},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
