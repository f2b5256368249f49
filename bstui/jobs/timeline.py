"""What happened to a job, in its order: planned, started, asked, waited for, ended. Files that came
are not in it: of them there may be a million."""

from collections import deque
from collections.abc import Iterator

from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import (
    Control,
    Launch,
    Left,
    Noted,
    PlanHeader,
    Ran,
    Result,
    Started,
)

Happening = PlanHeader | Launch | Control | Started | Noted | Ran | Left | Result
_MOST = 1000
"""Happenings of a kind that are kept: the newest."""


def time_of(happening: Happening) -> float:
    """Seconds since 1970, by the clock of whoever wrote it."""
    return happening.created if isinstance(happening, PlanHeader) else happening.time


class Timeline:
    """Follows one job; each `refresh` reads only what is new."""

    def __init__(self, folder: JobFolder) -> None:
        self.folder = folder
        self._events: deque[Started | Noted | Ran | Left] = deque(maxlen=_MOST)
        self._offsets: dict[int, int] = {}
        self._small: dict[tuple[str, int], Launch | Control | Result] = {}
        """What the numbered files of one record hold; none of them changes."""

    def refresh(self) -> list[Happening]:
        """All that is known, oldest first. NotFound when the job's folder is gone; reads a disk."""
        numbers = self.folder.numbers()
        for attempt in numbers.events:
            self._events.extend(self._new_events(attempt))
        for number in numbers.launch[-_MOST:]:
            self._keep("launch", number)
        for number in numbers.control[-_MOST:]:
            self._keep("control", number)
        for number in numbers.result:
            self._keep("result", number)
        found: list[Happening] = [self.folder.header(), *self._small.values(), *self._events]
        return sorted(found, key=time_of)

    def _new_events(self, attempt: int) -> Iterator[Started | Noted | Ran | Left]:
        known = self._offsets.get(attempt, 0)
        for event, offset in read_events(self.folder.events(attempt), known):
            self._offsets[attempt] = offset
            if isinstance(event, Started | Noted | Ran | Left):
                yield event

    def _keep(self, kind: str, number: int) -> None:
        if (kind, number) in self._small:
            return
        read = {
            "launch": self.folder.launch,
            "control": self.folder.control,
            "result": self.folder.result,
        }
        record = read[kind](number)
        if record is not None:
            self._small[kind, number] = record
