"""One attempt at a job, from the claim of its number to its last word."""

import errno
import os
import threading
import time

from bstui.errors import InUse
from bstui.jobs.events import EventLog
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import AnyEvent, Left, Progress, Result, Started


class Attempt:
    """What a worker writes into its job's folder, fenced by its number.

    Raises InUse when another has that number already.
    """

    def __init__(self, folder: JobFolder, started: Started) -> None:
        self.folder = folder
        self.number = started.attempt
        self.started = started
        self._log = EventLog(folder.claim(self.number))
        self._log.write(started)
        self._log.sync()
        self._beating = threading.Lock()
        self._is_leaving = self._has_left = False

    @property
    def backlog(self) -> int:
        """Bytes of events that found no room in the folder yet."""
        return self._log.backlog

    def check_fence(self) -> None:
        """Raise InUse when a newer attempt has begun: called before everything that shows."""
        if self.folder.is_followed(self.number):
            raise self._taken_over()

    def _taken_over(self) -> InUse:
        return InUse(
            f"Attempt {self.number} of the job {self.folder.id} has been taken over.",
            why="A newer attempt has begun while this one was silent, or was told to.",
        )

    def tell(self, event: AnyEvent) -> None:
        self._log.write(event)

    def sync(self) -> None:
        """Make what was told durable."""
        self._log.sync()

    def beat(self, progress: Progress) -> None:
        """Make the events durable, then say that we live and how far we are. InUse if fenced."""
        with self._beating:
            if self.folder.is_fenced(self.number):
                raise self._taken_over()
            self._log.sync()
            self.folder.write_progress(progress)

    def leave(self, reason: str, exit_code: int | None = None) -> None:
        """The last event: from here on this attempt touches nothing.

        OSError where there is no room for it; leaving again then goes on where that ended.
        """
        if self._has_left:
            return
        if not self._is_leaving:
            self._is_leaving = True
            self._log.write(Left(time=time.time(), reason=reason, exit_code=exit_code))
        self._log.sync()
        if self._log.backlog:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder.path))
        self._log.close()
        self._has_left = True

    def finish(self, result: Result, reason: str) -> None:
        """Leave, and then say how the job ended. OSError and again as with `leave`."""
        self.leave(reason)
        self.folder.write_result(result)
