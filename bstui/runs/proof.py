"""Proves a raw run's folder complete: what there must be, what was listed, what is on the disk.

Every file's size is looked at, and of those that a demultiplexer reads the numbers in their
headers; what these count must agree with the other files of the same tile.
"""

import contextlib
import os
import re
import stat
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bstui.runs.choice import Choice
from bstui.runs.clusters import Clusters
from bstui.runs.completeness import MOST, Completeness, Count, Finding, Verdict
from bstui.runs.expected import Expected, Key, Listed
from bstui.runs.headers import LONGER, TRUNCATED, Broken, Header, read_header
from bstui.runs.kinds import is_end_marker
from bstui.runs.places import Layout, Part, Place, place_of, usual_path
from bstui.runs.run_info import BadRunInfo, RunInfo, parse_run_info
from bstui.runs.zips import is_zip

_RUN_INFO = "RunInfo.xml"
_CYCLE = re.compile(r"/C\d+\.1$")
_AT_ONCE, _AHEAD = 8, 16
"""Folders that are read at the same time, and at most before they are compared."""
_MOST_LANES = 8
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ORDER = list(Part)

T = TypeVar("T")
IsAltered = Callable[[str, os.stat_result], str]
"""Told a path and what stands there; why its bytes are not those published, or nothing."""


def _is_as_published(path: str, found: os.stat_result) -> str:
    return ""


class Stopped(Exception):
    """The proof was broken off."""


def prove_run(
    folder: Path,
    files: Iterable[tuple[str, int]],
    choice: Choice,
    *,
    is_proven: bool = True,
    is_altered: IsAltered | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Completeness:
    """Whether the run in `folder` is all there. Reads only.

    `files` are the listed and chosen ones: path relative to `folder`, size in bytes. `is_proven`:
    their bytes are known to be BaseSpace's. Stopped is raised between two folders where
    `is_stopped` says so.
    """
    survey = _Survey(
        folder, choice, is_altered or _is_as_published, "at BaseSpace" if is_proven else ""
    )
    survey.take_in(files)
    for _ in survey.look():
        if is_stopped():
            raise Stopped
    return survey.conclude()


@dataclass(frozen=True)
class _Seen:
    """What was read of a folder."""

    there: dict[str, os.stat_result]
    headers: dict[str, Header | Broken | OSError]
    """Of files of the right size, or why it cannot be had."""


class _Survey:
    """One proof, in its making."""

    def __init__(
        self, folder: Path, choice: Choice, is_altered: IsAltered, whose_fault: str
    ) -> None:
        self._folder = folder
        self._whose_fault = whose_fault
        self._choice = choice
        self._is_altered = is_altered
        self._by_folder: dict[str, dict[str, int]] = {}
        self._listed = Listed()
        self._landed: Counter[Key] = Counter()
        self._files = self._files_landed = 0
        self._missing_here: list[str] = []
        self._findings: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._markers: list[str] = []
        self._notes: list[str] = []
        self._info = RunInfo()
        self._clusters = Clusters({})
        self._expected: Expected | None = None

    def take_in(self, files: Iterable[tuple[str, int]]) -> None:
        """What the plan lists, by folder; the names of cycles are the same again and again."""
        for path, size in files:
            folder, _, name = path.rpartition("/")
            self._by_folder.setdefault(folder, {})[sys.intern(name)] = size
            self._files += 1
            place = place_of(path)
            if place is not None:
                self._listed.add(place, name)
        self._read_info()

    def _read_info(self) -> None:
        try:
            with open(self._folder / _RUN_INFO, "rb", opener=_opener) as file:
                self._info = parse_run_info(file.read())
        except (OSError, BadRunInfo) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            self._notes.append(f"{_RUN_INFO} cannot be used: {reason}")
            return
        layout = self._listed.layout
        if layout is not None:
            self._expected = Expected(self._info, layout, self._listed)
            self._clusters = Clusters(self._expected.tiles)

    # The disk

    def look(self) -> Iterator[None]:
        """Look at everything on the disk; what counts clusters first. Pauses after each folder.

        Several folders are read at once: a disk, and more so a file server, answers each late.
        """
        folders = sorted(self._by_folder, key=lambda path: (bool(_CYCLE.search(path)), path))
        with ThreadPoolExecutor(_AT_ONCE) as readers:
            reading: deque[Future[_Seen]] = deque()
            for number, folder in enumerate(folders):
                for ahead in folders[number + len(reading) : number + _AHEAD]:
                    reading.append(readers.submit(self._see, ahead))
                try:
                    self._look_into(folder, reading.popleft().result())
                    yield
                except BaseException:
                    readers.shutdown(wait=True, cancel_futures=True)
                    raise

    def _see(self, folder: str) -> _Seen:
        """All that has to be read of a folder; it may be called from several threads."""
        there = _scan(self._folder / folder)
        headers: dict[str, Header | Broken | OSError] = {}
        for name, size in self._by_folder[folder].items():
            path = f"{folder}/{name}"
            place = place_of(path)
            info = there.get(name)
            if place is None or info is None or info.st_size != size:
                continue
            try:
                with self._open(path) as descriptor:
                    headers[name] = read_header(descriptor, size, place.part, path)
            except (Broken, OSError) as error:
                headers[name] = error
        return _Seen(there, headers)

    @contextlib.contextmanager
    def _open(self, path: str) -> Iterator[int]:
        descriptor = os.open(self._folder / path, _OPEN)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _look_into(self, folder: str, seen: _Seen) -> None:
        prefix = f"{folder}/" if folder else ""
        names = self._by_folder[folder]
        found = [(place_of(prefix + name), name) for name in names]
        for place, name in sorted(found, key=_reading_order):
            path = prefix + name
            info = seen.there.get(name)
            if info is None or not stat.S_ISREG(info.st_mode):
                self._counts["missing here"] += 1
                _keep(self._missing_here, path)
                continue
            self._files_landed += 1
            if is_end_marker(path):
                self._markers.append(path)
            if place is not None:
                self._landed[place.key] += 1
            self._check(path, names[name], info, place, seen.headers.get(name))

    def _check(
        self,
        path: str,
        size: int,
        info: os.stat_result,
        place: Place | None,
        header: Header | Broken | OSError | None,
    ) -> None:
        altered = self._is_altered(path, info)
        if info.st_size != size:
            kind = TRUNCATED if info.st_size < size else LONGER
            self._find(path, kind, f"it has {info.st_size:,} of {size:,} bytes", "here")
        elif altered:
            self._find(path, "altered", altered, "here")
        elif place is not None and header is not None:
            try:
                self._compare(path, size, place, header)
            except Broken as error:
                self._find(path, error.kind, str(error), self._whose_fault)
            except OSError as error:
                self._find(path, "damaged", f"it cannot be read: {error.strerror}", "here")

    def _compare(
        self, path: str, size: int, place: Place, header: Header | Broken | OSError
    ) -> None:
        if isinstance(header, Broken):
            raise self._clusters.explain(header, place, size, path) from header
        if isinstance(header, OSError):
            raise header
        self._clusters.compare(place, header)
        if place.layout is Layout.LANES:
            with self._open(path) as descriptor:
                self._clusters.check_end(place, header, descriptor, size)

    def _find(self, path: str, kind: str, reason: str, where: str) -> None:
        self._counts["damaged"] += 1
        _keep(self._findings, Finding(path=path, kind=kind, reason=reason, where=where))

    # The end

    def conclude(self) -> Completeness:
        parts: dict[Part, Count] = {}
        by_lane: dict[int, Count] = {}
        odd: list[Count] = []
        missing: list[str] = []
        for key, numbers in self._expected.groups() if self._expected else ():
            count = self._count(key, numbers, missing)
            parts[key[0]] = _sum(parts.get(key[0]), count, part=key[0].value)
            if key[0] is Part.CALLS:
                by_lane[key[1]] = _sum(by_lane.get(key[1]), count, lane=key[1])
                if not count.expected == count.listed == count.landed:
                    _keep(odd, count)
        self._note_what_is_odd()
        return Completeness(
            verdict=self._verdict(),
            layout=self._expected.layout if self._expected else "",
            lanes=self._info.lanes,
            cycles=self._info.cycles,
            files=self._files,
            files_landed=self._files_landed,
            parts=tuple(parts.values()),
            by_lane=tuple(by_lane.values()),
            odd_cycles=tuple(odd),
            missing_at_basespace=self._counts["missing at BaseSpace"],
            missing_here=self._counts["missing here"],
            not_chosen=self._counts["not chosen"],
            damaged=self._counts["damaged"],
            missing_at_basespace_paths=tuple(missing),
            missing_here_paths=tuple(self._missing_here),
            findings=tuple(self._findings),
            end_markers=tuple(sorted(self._markers)),
            notes=tuple(self._notes),
        )

    def _count(self, key: Key, numbers: frozenset[int], missing: list[str]) -> Count:
        """How much of a group there is; what is not listed is sorted by whose doing that is."""
        listed = self._listed.numbers.get(key, set())
        for number in sorted(numbers - listed):
            assert self._expected is not None
            ending = self._listed.endings.get(key[0], "")
            path = usual_path(Place(*key, number), self._expected.layout, ending)
            is_chosen = self._choice.takes(path)
            self._counts["missing at BaseSpace" if is_chosen else "not chosen"] += 1
            if is_chosen:
                _keep(missing, path)
        return Count(
            lane=key[1],
            cycle=key[2],
            expected=len(numbers),
            listed=len(listed),
            landed=self._landed[key],
        )

    def _note_what_is_odd(self) -> None:
        if not self._needs_calls:
            return
        if self._expected is None and not self._notes:
            is_zipped = any(is_zip(f"{path}/{name}") for path in self._by_folder
                            for name in self._by_folder[path])  # fmt: skip
            self._notes.append(
                "its base calls are in zip files: import it with --unzip to have them unpacked"
                if is_zipped
                else "no base calls are listed"
            )
        if not self._markers:
            self._notes.append("no end marker is there")

    @property
    def _needs_calls(self) -> bool:
        return self._choice.needs_calls(self._info.lanes or _MOST_LANES)

    def _verdict(self) -> Verdict:
        counts = self._counts
        if counts["damaged"]:
            return Verdict.DAMAGED
        if counts["missing here"]:
            return Verdict.MISSING_HERE
        if counts["missing at BaseSpace"]:
            return Verdict.MISSING_AT_SOURCE
        if self._expected is None:
            return Verdict.NOT_PROVEN if self._needs_calls else Verdict.AS_CHOSEN
        return Verdict.AS_CHOSEN if counts["not chosen"] else Verdict.COMPLETE


def _reading_order(found: tuple[Place | None, str]) -> tuple[int, int, str]:
    """What counts clusters before the base calls that are held against it; indexes before calls."""
    place, name = found
    if place is None:
        return 0, 0, name
    return (2 if place.cycle else 1), -_ORDER.index(place.part), name


def _keep(kept: list[T], one: T) -> None:
    if len(kept) < MOST:
        kept.append(one)


def _sum(before: Count | None, more: Count, *, part: str = "", lane: int = 0) -> Count:
    first = before or Count()
    return Count(
        part=part,
        lane=lane,
        expected=first.expected + more.expected,
        listed=first.listed + more.listed,
        landed=first.landed + more.landed,
    )


def _scan(folder: Path) -> dict[str, os.stat_result]:
    """Everything in the folder, links not followed; nothing where it is none."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    except OSError:  # then its files are missing, which is said
        return {}


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
