"""Which jobs are being read against their record from here: readings outlast their page, not the
program."""

import threading
from collections.abc import Mapping

from bstui.jobs.folder import JobFolder
from bstui.jobs.verification import Verification
from bstui.paths import Places


class Verifications:
    """The newest reading of each job. Its `begin` and `close` wait for a process."""

    def __init__(self, places: Places, environ: Mapping[str, str]) -> None:
        self._places = places
        self._environ = environ
        self._by_job: dict[str, Verification] = {}
        self._lock = threading.Lock()

    def of(self, job_id: str) -> Verification | None:
        return self._by_job.get(job_id)

    def begin(self, folder: JobFolder) -> None:
        """Read the job's files anew, unless they are being read."""
        with self._lock:
            known = self.of(folder.id)
            if known is None or known.is_over:
                self._by_job[folder.id] = Verification(folder, self._places, self._environ)

    def close(self) -> None:
        """End those that still read."""
        for one in self._by_job.values():
            one.stop()
