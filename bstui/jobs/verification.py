"""A job's files read against their record while a screen looks on: `bstui verify`, in a process of
its own, which no file that is half read keeps alive once nobody wants it any more."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from bstui.jobs.checking import Verdict
from bstui.jobs.folder import JobFolder
from bstui.jobs.launchers import child_environment
from bstui.paths import Places

_COMMAND = (sys.executable, "-P", "-m", "bstui", "verify", "--json")
_NICENESS = 10
_MOST_BAD = 200
"""Files whose problem is kept; the command lists all."""


class Verification:
    """One reading of all files of a job. Any thread may look at what it has found."""

    def __init__(self, folder: JobFolder, places: Places, environ: Mapping[str, str]) -> None:
        """Begin it."""
        header = folder.header()
        self.name, self.files, self.bytes = header.name, header.files, header.bytes
        self.counts: Counter[Verdict] = Counter()
        self.read = 0
        """Bytes of the files that have a verdict."""
        self.bad: list[tuple[str, str, str]] = []
        """Verdict, path and problem of the first files that are not as they were."""
        self.words = ""
        """What the command said for people: the sum, or why it could not begin."""
        self.is_over = self.is_stopped = False
        self._process = subprocess.Popen(
            [*_COMMAND, folder.id],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(places, environ),
            text=True,
        )
        with contextlib.suppress(ProcessLookupError):
            niceness = max(_NICENESS, os.getpriority(os.PRIO_PROCESS, self._process.pid))
            os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)
        self._following = threading.Thread(target=self._follow, name="verify", daemon=True)
        self._following.start()

    @property
    def done(self) -> int:
        """Files that have a verdict."""
        return sum(self.counts.values())

    def stop(self) -> None:
        """End it where it still reads; returns when its process is gone."""
        self.is_stopped = not self.is_over
        self._process.kill()
        self._following.join()

    def _follow(self) -> None:
        """Take in a row a file, and at the end what is said of all."""
        with self._process as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stdout:
                if line.endswith("\n"):
                    self._take(json.loads(line))
            self.words = process.stderr.read().strip()
        self.is_over = True

    def _take(self, row: Mapping[str, Any]) -> None:
        verdict = Verdict(row["state"])
        self.counts[verdict] += 1
        self.read += row["size"]
        if verdict.is_bad and len(self.bad) < _MOST_BAD:
            self.bad.append((str(verdict), row["path"], row["problem"]))
