"""What a job has brought, as its folder says it: the newest that any attempt said of each file."""

import mmap
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import RecordedFile, describe_file
from bstui.jobs.records import FileDone, FileFailed, Started

_decode_done = msgspec.json.Decoder(FileDone).decode

Place = tuple[int, int]
"""An attempt, and the offset after an event in its file."""


def files_brought(folder: JobFolder) -> Iterator[RecordedFile]:
    """The lines of a job's manifest, from its folder alone."""
    return recorded_files(folder, *find_done(folder))


def find_done(folder: JobFolder) -> tuple[dict[str, Place], dict[int, str]]:
    """By file id, where its newest event says that it is done; and each attempt's version."""
    places: dict[str, Place] = {}
    versions: dict[int, str] = {}
    for attempt in folder.numbers().events:
        for event, after in read_events(folder.events(attempt)):
            if isinstance(event, FileDone):
                places[event.id] = (attempt, after)
            elif isinstance(event, FileFailed):
                places.pop(event.id, None)
            elif isinstance(event, Started):
                versions[attempt] = event.version
    return places, versions


def recorded_files(
    folder: JobFolder, places: Mapping[str, Place], versions: Mapping[int, str]
) -> Iterator[RecordedFile]:
    """In the order of the plan. Events are read again by their places, so that none is held."""
    attempts = sorted({attempt for attempt, _ in places.values()})
    with ExitStack() as stack:
        events = {attempt: _map(folder.events(attempt), stack) for attempt in attempts}
        for file in folder.files():
            if file.id in places:
                attempt, after = places[file.id]
                done = _decode_done(_line_before(events[attempt], after))
                yield describe_file(file, done, versions.get(attempt, ""))


def _map(path: Path, stack: ExitStack) -> mmap.mmap:
    with open(path, "rb") as file:
        return stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _line_before(events: mmap.mmap, after: int) -> bytes:
    """The line whose newline is the last byte before `after`."""
    return events[events.rfind(b"\n", 0, after - 1) + 1 : after]
