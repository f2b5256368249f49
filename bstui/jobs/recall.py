"""What earlier imports left in the destination and recorded there: it is taken as it is, unread.

A file counts where the record is our own, tells of the very object that is planned, for this path,
with as good a proof, and size and time of change are still the recorded ones. Anything else is left
to the engine, which proves it by its bytes.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bstui.errors import BstuiError
from bstui.jobs.adoption import Adopted, stands_as
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import MANIFEST, RecordedFile, read_manifest, record_folders
from bstui.jobs.records import AnyEvent, FileDone, Options, PlanFile, PlanHeader
from bstui.jobs.worker_log import log
from bstui.units import count_text

_AT_ONCE = 50_000
"""Files of the plan that are held in memory while the records are read."""
_UNPROVEN = ("unverified", "adopted: unverified")


def adopt_recorded(
    folder: JobFolder, header: PlanHeader, adopted: Adopted, tell: Callable[[AnyEvent], None]
) -> Adopted:
    """`adopted` and what the destination's records prove besides; each of those is told."""
    destination, options = Path(header.destination), header.options
    records = [
        one for one in record_folders(destination) if one.name != folder.id and _is_ours(one)
    ]
    if not records or options.existing != "adopt" or _changes_permissions(options):
        return adopted
    found: dict[str, FileDone] = {}
    files = (file for file in folder.files() if not file.last and file.id not in adopted.ids)
    while chunk := {file.id: file for file in itertools.islice(files, _AT_ONCE)}:
        for file, recorded in _known(chunk, records):
            if _proves(recorded, file, options) and stands_as(destination, recorded):
                found[file.id] = _told(recorded)
    for event in found.values():
        tell(event)
    if found:
        log.info(
            "%s stand there by the record of an earlier import", count_text(len(found), "file")
        )
    return Adopted(
        adopted.ids | found.keys(),
        adopted.bytes + sum(event.size for event in found.values()),
        {
            **adopted.reads,
            **{key: event.reads for key, event in found.items() if event.reads is not None},
        },
    )


def _known(
    chunk: dict[str, PlanFile], records: list[Path]
) -> Iterator[tuple[PlanFile, RecordedFile]]:
    """The planned files that stand in a record; a record that is damaged proves nothing more."""
    for record in records:
        try:
            for recorded in read_manifest(record):
                if recorded.id in chunk:
                    yield chunk[recorded.id], recorded
        except (BstuiError, OSError) as error:
            log.warning("%s", error)


def _proves(recorded: RecordedFile, file: PlanFile, options: Options) -> bool:
    same = (recorded.path, recorded.size, recorded.etag) == (file.path, file.size, file.etag or "")
    if not same or recorded.mtime_ns is None:
        return False
    if options.digest and not getattr(recorded, options.digest):
        return False
    if options.verify == "full":
        return "+" in recorded.verified
    return options.verify == "none" or recorded.verified not in _UNPROVEN


def _changes_permissions(options: Options) -> bool:
    return bool(options.chmod or options.chgrp or options.read_only)


def _is_ours(record: Path) -> bool:
    """Whether nobody else has written the record: what it says is believed unread."""
    try:
        return os.stat(record / MANIFEST).st_uid == os.geteuid()
    except OSError:
        return False


def _told(recorded: RecordedFile) -> FileDone:
    how = recorded.verified.removeprefix("adopted: ").removesuffix(", on record")
    return FileDone(
        time=time.time(),
        id=recorded.id,
        path=recorded.path,
        size=recorded.size,
        verified=f"adopted: {how}, on record",
        md5=recorded.md5,
        sha256=recorded.sha256,
        reads=recorded.reads,
        mtime_ns=recorded.mtime_ns,
    )
