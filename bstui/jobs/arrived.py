"""What a job has brought, as its folder says it: the newest that any attempt said of each file."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import msgspec

from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import RecordedFile, describe_file, describe_merged, describe_unpacked
from bstui.jobs.records import FileDone, FileFailed, Merged, PlanFile, Started, Unpacked

_decode_done = msgspec.json.Decoder(FileDone).decode
_decode_unpacked = msgspec.json.Decoder(Unpacked).decode

_OFFSET_BITS = 48
_LINE = 512
"""Bytes that hold most events."""


@dataclass
class Brought:
    """Where the events of a job say what it has brought."""

    places: dict[str, int] = field(default_factory=dict)
    """By file id, of what was fetched and stands: the attempt, and the offset after an event in its
    file, as one number, for there may be a million."""
    merged: dict[str, tuple[int, Merged]] = field(default_factory=dict)
    """By the id of a joined file's first part, the attempt and what it said."""
    unpacked: dict[str, int] = field(default_factory=dict)
    """By path, of what came in zip files, alike."""
    sources: set[str] = field(default_factory=set)
    """The ids of those zip files."""
    versions: dict[int, str] = field(default_factory=dict)
    """Of bstui, by attempt."""


def files_brought(folder: JobFolder) -> Iterator[RecordedFile]:
    """The lines of a job's manifest, from its folder alone."""
    return recorded_files(folder, find_brought(folder))


def find_brought(folder: JobFolder) -> Brought:
    """What the events say; a file that failed since it was done is not among it."""
    found = Brought()

    for attempt in folder.numbers().events:
        for event, after in read_events(folder.events(attempt)):
            if isinstance(event, FileDone):
                found.places[event.id] = attempt << _OFFSET_BITS | after
            elif isinstance(event, Unpacked):
                found.unpacked[event.path] = attempt << _OFFSET_BITS | after
                found.sources.add(event.source)
            elif isinstance(event, FileFailed):
                found.places.pop(event.id, None)
            elif isinstance(event, Started):
                found.versions[attempt] = event.version
            elif isinstance(event, Merged):
                found.merged[event.parts[0]] = (attempt, event)
                if event.removes:
                    for id in event.parts:
                        found.places.pop(id, None)

    return found


def recorded_files(folder: JobFolder, found: Brought) -> Iterator[RecordedFile]:
    """In the order of the plan, then what was unpacked, and joined. Events are read again by their
    places, so that none is held."""
    places = chain(found.places.values(), found.unpacked.values())
    attempts = sorted({place >> _OFFSET_BITS for place in places})
    sources: dict[str, PlanFile] = {}
    parts = {id: first for first, (_, event) in found.merged.items() for id in event.parts}
    joined: dict[str, dict[str, PlanFile]] = {first: {} for first in found.merged}
    with ExitStack() as stack:
        events = {attempt: _open(folder.events(attempt), stack) for attempt in attempts}
        for file in folder.files():
            if file.id in parts:
                joined[parts[file.id]][file.id] = file
            if file.id in found.sources:
                sources[file.id] = file
            if file.id in found.places:
                attempt, after = divmod(found.places[file.id], 1 << _OFFSET_BITS)
                done = _decode_done(_line_before(events[attempt], after))
                yield describe_file(file, done, found.versions.get(attempt, ""))
        for place in found.unpacked.values():
            attempt, after = divmod(place, 1 << _OFFSET_BITS)
            event = _decode_unpacked(_line_before(events[attempt], after))
            if event.source in sources:
                version = found.versions.get(attempt, "")
                yield describe_unpacked(sources[event.source], event, version)
    yield from _recorded_merged(found, joined)


def _recorded_merged(
    found: Brought, joined: Mapping[str, Mapping[str, PlanFile]]
) -> Iterator[RecordedFile]:
    for first, (attempt, event) in found.merged.items():
        files = [joined[first][id] for id in event.parts if id in joined[first]]
        if files:
            yield describe_merged(files, event, found.versions.get(attempt, ""))


def _open(path: Path, stack: ExitStack) -> int:
    descriptor = os.open(path, os.O_RDONLY)
    stack.callback(os.close, descriptor)
    return descriptor


def _line_before(events: int, after: int) -> bytes:
    """The line whose newline is the last byte before `after`."""
    length = 0
    while True:
        length = min(after, max(_LINE, 2 * length))
        text = os.pread(events, length, after - length)
        start = text.rfind(b"\n", 0, -1) + 1
        if start or length == after:
            return text[start:]
