"""A real Slurm of one node for tests: `cluster.sh` starts and stops it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import wait_for

_SCRIPT = Path(__file__).with_name("cluster.sh")
_DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")


class Cluster:
    """The running cluster; its SLURM_CONF is for whoever is to find it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.conf = str(folder / "etc" / "slurm.conf")
        self.node = os.uname().nodename.partition(".")[0]

    def call(self, *command: str) -> str:
        """One of Slurm's own commands; its stdout."""
        environ = {**os.environ, "SLURM_CONF": self.conf}
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def names(self) -> list[str]:
        """The names of all jobs that have not ended."""
        return self.call("squeue", "-h", "-o", "%j").split()

    def down(self, daemon: str) -> None:
        self._run("down", daemon)

    def up(self, daemon: str) -> None:
        self._run("up", daemon)

    def drain(self) -> None:
        """Let the node take no new job."""
        self.call("scontrol", "update", f"NodeName={self.node}", "State=DRAIN", "Reason=test")
        wait_for(lambda: self._node_state().startswith(("drain", "drng")), 60)

    def undrain(self) -> None:
        if self._node_state().startswith(("drain", "drng")):
            self.call("scontrol", "update", f"NodeName={self.node}", "State=RESUME")

    def fail_node(self) -> None:
        """The node is gone, for Slurm; it comes back by itself."""
        self.call("scontrol", "update", f"NodeName={self.node}", "State=DOWN", "Reason=test")

    def is_idle(self) -> bool:
        """Whether the node is back, and nothing runs on it."""
        return self._node_state() == "idle"

    def start_now(self, job: str) -> None:
        """Do not wait the two minutes after a requeue.

        But another second of the clock: slurmd takes what is started in the second in which it
        revoked the job's credential for the killed one, and Slurm then ends the job.
        """
        self.call("scontrol", "update", f"JobId={job}", "StartTime=now+2")

    def _node_state(self) -> str:
        return self.call("sinfo", "-h", "-p", "compute", "-o", "%t").strip()

    def _run(self, action: str, *arguments: str) -> None:
        subprocess.run([_SCRIPT, action, self._folder, *arguments], check=True, timeout=120)


@contextmanager
def running_cluster(*lines: str) -> Iterator[Cluster]:
    """A cluster whose slurm.conf has these lines too. Skips where it cannot be had."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [name for name in _DAEMONS if shutil.which(name, path=path) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"a Slurm cluster needs root and {', '.join(missing) or 'no more'}")
    folder = Path(tempfile.mkdtemp(prefix="bs", dir="/tmp"))  # short: unix sockets hold 107 bytes
    cluster = Cluster(folder)
    try:
        cluster._run("start", str(_free_ports()), *lines)
        yield cluster
    finally:
        cluster._run("stop")
        shutil.rmtree(folder)


def _free_ports() -> int:
    """The first of two ports, one after the other, that nobody listens on."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
