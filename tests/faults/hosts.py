"""Hosts that share nothing but a file system: each has a name, a mount and a `/var/tmp` of its own.

A host is a UTS and a mount namespace; its mount is tests/faults/shared_mount.py.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.lab import wait_for

ROOT = Path(__file__).parents[2]
_BOOT = """
hostname "$1" && mount -t tmpfs tmpfs /var/tmp && shift && exec "$@"
"""
STALE = 1.0
"""Seconds that a host may see what another has changed since."""


class Answer(NamedTuple):
    """What a command printed, and what it said besides."""

    out: str
    said: str


class Host:
    """One of them, up."""

    def __init__(
        self, name: str, server: Path, share: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._environ = {"HOME": str(share / "home"), **(environ or {})}
        command = ("unshare", "--uts", "--mount", "sh", "-c", _BOOT, "sh", name)
        serve = (sys.executable, "-m", "tests.faults.shared_mount", server, share, str(STALE))
        self._mount = subprocess.Popen(
            [*command, *serve],
            cwd=ROOT,
            env={**os.environ, "FUSE_LIBRARY_NAME": "fuse3"},
        )
        wait_for(lambda: self._is_mounted(share))

    def _is_mounted(self, share: Path) -> bool:
        assert self._mount.poll() is None, "the file system could not be mounted"
        mounts = Path(f"/proc/{self._mount.pid}/mounts").read_text()
        return f" {share} fuse" in mounts

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """A command on this host, on its way."""
        enter = ("nsenter", "--target", str(self._mount.pid), "--uts", "--mount", "--")
        return subprocess.Popen(
            [*enter, *command],
            env={**os.environ, **self._environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def code_of(self, *command: str) -> int:
        """Run a command on this host to its end; its exit code."""
        process = self.start(*command)
        process.communicate()
        return process.returncode

    def start_bstui(self, *arguments: str) -> "subprocess.Popen[str]":
        return self.start(sys.executable, "-m", "bstui", *arguments)

    def bstui(self, *arguments: str, given: str = "", code: int = 0) -> Answer:
        """Run `bstui` to its end; AssertionError on another exit code."""
        process = self.start_bstui(*arguments)
        answer = Answer(*process.communicate(given))
        assert process.returncode == code, f"exit {process.returncode}\n{answer.said}"
        return answer

    def processes(self) -> list[int]:
        """What runs on it, its file system first."""
        space = os.readlink(f"/proc/{self._mount.pid}/ns/uts")
        found = []
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if entry.isdigit() and os.readlink(f"/proc/{entry}/ns/uts") == space:
                    found.append(int(entry))
        return sorted(found, key=lambda pid: pid != self._mount.pid)

    def fail(self) -> None:
        """Cut its power."""
        if self._mount.poll() is None:
            for pid in reversed(self.processes()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._mount.wait()


def require_hosts() -> None:
    """Skip, aloud, where no such host can be had."""
    missing = [name for name in ("unshare", "nsenter", "fusermount3") if shutil.which(name) is None]
    if missing or os.geteuid() != 0 or not os.access("/dev/fuse", os.W_OK):
        pytest.skip(f"two hosts need root, FUSE, util-linux and fuse3 ({', '.join(missing)})")


@contextlib.contextmanager
def hosts(server: Path, share: Path, *names: str) -> Iterator[list[Host]]:
    """Hosts that each have the folder `server` mounted at `share`."""
    require_hosts()
    server.mkdir()
    share.mkdir()
    up: list[Host] = []
    try:
        for name in names:
            up.append(Host(name, server, share))
        yield up
    finally:
        for host in up:
            host.fail()
