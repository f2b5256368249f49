"""What the engine says of each file, written where it lasts: the job's events, and the log."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bstui.errors import BstuiError, SomeFilesFailed
from bstui.jobs.attempt import Attempt
from bstui.jobs.records import FileDone, FileFailed, Merged, Noted, Unpacked
from bstui.jobs.worker_log import log
from bstui.text import safe_text
from bstui.transfer.items import Item, Proof
from bstui.units import count_text

_LEVELS = {"info": log.info, "warning": log.warning, "error": log.error}


class Reporter:
    """The engine's listener. Belongs to the worker's loop."""

    def __init__(
        self,
        attempt: Attempt,
        destination: Path,
        on_done: Callable[[Item], None] = lambda item: None,
    ) -> None:
        self._attempt = attempt
        self._on_done = on_done
        self._destination = destination
        self._codes: set[int] = set()

    @property
    def exit_code(self) -> int:
        """0 where no file failed, the one cause's own where all failed for one, else 3."""
        if len(self._codes) == 1:
            return next(iter(self._codes))
        return SomeFilesFailed.exit_code if self._codes else 0

    def done(self, item: Item, proof: Proof) -> None:
        self._attempt.tell(
            FileDone(
                time=time.time(),
                id=item.id,
                path=item.path,
                size=item.size,
                verified=proof.verified,
                md5=proof.md5,
                sha256=proof.sha256,
                reads=proof.reads,
                mtime_ns=self._find_mtime(item),
            )
        )
        self._on_done(item)

    def _find_mtime(self, item: Item) -> int | None:
        try:
            return os.lstat(self._destination / item.path).st_mtime_ns
        except OSError:
            return None

    def failed(self, item: Item, error: BstuiError) -> None:
        self._codes.add(error.exit_code)
        self._tell_failed(item, error)

    def merged(self, event: Merged) -> None:
        """Lanes were joined; durable when this returns."""
        self._attempt.tell(event)
        self._attempt.sync()
        log.info("joined %s of %d files", safe_text(event.path), len(event.parts))

    def unpacked(self, event: Unpacked) -> None:
        """A file came in a zip file; any thread may tell."""
        self._attempt.tell(event)

    def not_merged(self, error: BstuiError) -> None:
        """Lanes were not joined, for this reason."""
        self._codes.add(error.exit_code)
        self.note("error", f"{error} {error.details}".strip())

    def withhold(self, markers: Sequence[Item], failed: int) -> None:
        """A run's end markers are not brought; the cause is that of the files that failed."""
        if not self._codes:  # what failed is no file of the plan: it could not be unpacked
            self._codes.add(SomeFilesFailed.exit_code)
        for item in markers:
            error = SomeFilesFailed(
                f"{safe_text(item.path)} is held back.",
                why=f"It says that the run is complete, and {count_text(failed, 'file')} failed.",
                hint="It comes with them: bstui resume JOB",
            )
            self._tell_failed(item, error)

    def _tell_failed(self, item: Item, error: BstuiError) -> None:
        self._attempt.tell(
            FileFailed(
                time=time.time(),
                id=item.id,
                path=item.path,
                message=error.message,
                why=error.why,
                hint=error.hint,
                exit_code=error.exit_code,
            )
        )
        log.error("%s failed: %s %s", safe_text(item.path), error, error.details)

    def note(self, level: str, text: str) -> None:
        self._attempt.tell(Noted(time=time.time(), text=text, level=level))
        _LEVELS[level]("%s", text)
