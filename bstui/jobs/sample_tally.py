"""How far each sample of a job is: its plan, held against the events so far."""

from collections.abc import Iterator
from dataclasses import dataclass

from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import FileDone, FileFailed


@dataclass(slots=True)
class SampleState:
    """One sample of a job. Sizes are bytes."""

    name: str
    files: int = 0
    bytes: int = 0
    files_done: int = 0
    bytes_done: int = 0
    files_failed: int = 0

    @property
    def text(self) -> str:
        """`done`, `failed`, `4 of 8`, or nothing where it has not begun."""
        if self.files_done == self.files:
            return "done"
        if self.files_failed:
            return f"{self.files_failed:,} failed"
        return f"{self.files_done:,} of {self.files:,}" if self.files_done else ""


class SampleTally:
    """Follows the samples of one job; each `refresh` reads only the events that are new."""

    def __init__(self, folder: JobFolder) -> None:
        self.folder = folder
        self._samples: dict[str, SampleState] = {}
        self._files: dict[str, tuple[SampleState, int]] = {}
        """By file id: its sample and its size. What is not of a sample, as of raw runs, is none."""
        self._news: dict[str, bool] = {}
        """By file id: whether the last that was heard of it is that it is done."""
        self._offsets: dict[int, int] = {}

    def refresh(self) -> list[SampleState]:
        """Every sample, in the order of the plan; none for a raw run. Reads a disk."""
        if not self._files:
            self._read_plan()
        for attempt in self.folder.numbers().events:
            for file, is_done in self._read_events(attempt):
                self._take(file, is_done)
        return list(self._samples.values())

    def _read_plan(self) -> None:
        if not self.folder.header().samples:
            return
        for file in self.folder.files():
            if file.sample:
                sample = self._samples.setdefault(file.sample, SampleState(file.sample))
                sample.files += 1
                sample.bytes += file.size
                self._files[file.id] = (sample, file.size)

    def _read_events(self, attempt: int) -> Iterator[tuple[str, bool]]:
        known = self._offsets.get(attempt, 0)
        for event, offset in read_events(self.folder.events(attempt), known):
            self._offsets[attempt] = offset
            if isinstance(event, FileDone | FileFailed):
                yield event.id, isinstance(event, FileDone)

    def _take(self, file: str, is_done: bool) -> None:
        if file not in self._files or self._news.get(file) is is_done:
            return
        sample, size = self._files[file]
        if file in self._news:  # the other way round until now
            sample.files_done -= not is_done
            sample.bytes_done -= 0 if is_done else size
            sample.files_failed -= is_done
        self._news[file] = is_done
        sample.files_done += is_done
        sample.bytes_done += size if is_done else 0
        sample.files_failed += not is_done
