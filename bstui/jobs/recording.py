"""Writes the record of an import beside its data, from what the job's folder says.

Always the whole of it, renamed in: after a kill, the next attempt's is right again. What it says of
a file is the newest that any attempt said, so a file that failed since it was done is not in it.
"""

import asyncio
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bstui import __version__
from bstui.errors import BstuiError, InUse
from bstui.jobs.arrived import Brought, find_brought, recorded_files
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import (
    JOB,
    MANIFEST,
    MD5SUMS,
    RECORDS,
    describe_job,
    md5_line,
)
from bstui.jobs.permissions import wished_permissions
from bstui.jobs.records import Outcome, PlanHeader
from bstui.jobs.sheets import sheet_of_jobs
from bstui.jobs.worker_log import log
from bstui.samples.sheet_format import load_sheets
from bstui.transfer.beneath import Destination, create, remove, sync
from bstui.transfer.items import Holder
from bstui.transfer.permissions import Permissions

_READABLE = 0o440
_ENTERABLE = 0o750
_BUFFER = 1 << 20
_encode = msgspec.json.Encoder().encode
_SHARE = 50
"""The record is written for a fiftieth of the time at most."""


class Recorder:
    """Keeps one job's record up to date. Its methods block; any thread may call them."""

    def __init__(self, folder: JobFolder, holder: Holder, fence: Callable[[], None]) -> None:
        self._folder = folder
        self._holder = holder
        self._fence = fence
        self._permissions = Permissions()
        self._writing = threading.Lock()
        self._written = 0
        """Bytes of events that the record has seen."""
        self.seconds = 0.0
        """How long the last writing took."""

    def write(self, outcome: Outcome | None = None) -> None:
        """Write the record, where there is anything new to say, or the job has ended.

        Raises OSError and DestinationError where it cannot be, InUse where a newer attempt holds
        the job.
        """
        with self._writing:
            self._fence()
            begun, seen = time.monotonic(), self._event_bytes()
            if outcome is not None or seen != self._written:
                self._write(outcome)
                self._written = seen
            self.seconds = time.monotonic() - begun

    def keep(self, name: str, data: bytes, instead: str = "") -> None:
        """Put a file beside the record, and take `instead` away. Raises as `write` does."""
        header = self._folder.header()
        with self._writing:
            self._fence()
            self._permissions = wished_permissions(header.options)
            destination = Destination(Path(header.destination), self._permissions)
            try:
                with destination.folder((RECORDS, header.id), make=True) as inner:
                    if instead:
                        remove(inner, instead)
                    with _Replacement(self, inner, name) as file:
                        file.add(data)
                    sync(inner)
            finally:
                destination.close()

    def _event_bytes(self) -> int:
        numbers = self._folder.numbers().events
        return sum(self._folder.events(number).stat().st_size for number in numbers)

    def _write(self, outcome: Outcome | None) -> None:
        header = self._folder.header()
        path = Path(header.destination)
        found = find_brought(self._folder)
        if not (found.places or found.merged) or not path.is_dir():  # nothing to be told of
            return
        self._permissions = wished_permissions(header.options)
        destination = Destination(path, self._permissions)
        try:
            with destination.folder((RECORDS, header.id), make=True) as inner:
                with destination.folder((RECORDS,)) as outer:
                    _open_to_group(outer)
                _open_to_group(inner)
                count, size = self._write_files(inner, found)
                self._write_job(inner, header, outcome, count, size)
                sync(inner)
                if outcome is not None:
                    self._write_sheets(inner, header)
                    sync(inner)
        finally:
            destination.close()

    def _write_files(self, inner: int, found: Brought) -> tuple[int, int]:
        """Manifest and MD5 sums; the number of files and their bytes."""
        count = size = 0
        with (
            _Replacement(self, inner, MANIFEST) as lines,
            _Replacement(self, inner, MD5SUMS) as md5,
        ):
            for file in recorded_files(self._folder, found):
                lines.add(_encode(file) + b"\n")
                if file.md5:
                    md5.add(os.fsencode(md5_line(file.md5, file.path)))
                count, size = count + 1, size + file.size
        return count, size

    def _write_job(
        self, inner: int, header: PlanHeader, outcome: Outcome | None, count: int, size: int
    ) -> None:
        job = describe_job(
            header,
            written=time.time(),
            outcome=outcome or "",
            host=self._holder.host,
            user=self._holder.user,
            files_done=count,
            bytes_done=size,
            version=__version__,
        )
        with _Replacement(self, inner, JOB) as file:
            file.add(msgspec.json.format(_encode(job)) + b"\n")

    def _write_sheets(self, inner: int, header: PlanHeader) -> None:
        """The sheets of what has arrived; UsageError where one cannot be made."""
        for form in load_sheets(header.options.sheets):
            sheet = sheet_of_jobs(form, [self._folder])
            for problem in sheet.problems:
                log.warning("%s", problem)
            with _Replacement(self, inner, form.file) as file:
                file.add(sheet.text.encode())

    def give_permissions(self, descriptor: int) -> None:
        """The import's own, and always the group's to read."""
        self._permissions.give_file(descriptor)
        os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) | _READABLE)


async def keep_recorded(recorder: Recorder, pause: float) -> None:
    """Bring the record up to date every `pause` seconds, or seldomer where it is long."""
    trouble = ""
    while True:
        await asyncio.sleep(max(pause, _SHARE * recorder.seconds))
        try:
            await asyncio.to_thread(recorder.write)
            trouble = ""
        except InUse:  # whoever looks at the job's folder ends the attempt
            return
        except (OSError, BstuiError) as error:
            if str(error) != trouble:
                trouble = str(error)
                log.warning("The record of the import cannot be written just now: %s", error)


async def record_end(
    recorder: Recorder, outcome: Outcome | None, note: Callable[[str, str], None]
) -> None:
    """Write the record as the attempt leaves it; where it cannot be, that is noted."""
    try:
        await asyncio.to_thread(recorder.write, outcome)
    except InUse:
        return
    except (OSError, BstuiError) as error:
        note("warning", f"The record of the import beside its data could not be written: {error}")


class _Replacement:
    """A file of the record that gets its name when it is whole; none where it stays empty."""

    def __init__(self, recorder: Recorder, folder: int, name: str) -> None:
        self._recorder = recorder
        self._folder = folder
        self._name = name
        self._partial = f".{name}.partial"

    def __enter__(self) -> "_Replacement":
        remove(self._folder, self._partial)
        self._file = open(create(self._folder, self._partial), "wb", buffering=_BUFFER)
        self._is_empty = True
        return self

    def add(self, line: bytes) -> None:
        self._is_empty = False
        self._file.write(line)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        with self._file:
            if error is None:
                self._file.flush()
                self._recorder.give_permissions(self._file.fileno())
                sync(self._file.fileno())
        if error is not None or self._is_empty:
            remove(self._folder, self._partial)
        if error is None and self._is_empty:
            remove(self._folder, self._name)
        elif error is None:
            os.replace(self._partial, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)


def _open_to_group(folder: int) -> None:
    """Let the group read a folder of records; another's is as its owner made it."""
    found = os.fstat(folder)
    if found.st_uid == os.geteuid() and found.st_mode & _ENTERABLE != _ENTERABLE:
        os.fchmod(folder, stat.S_IMODE(found.st_mode) | _ENTERABLE)
