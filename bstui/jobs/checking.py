"""Whether what was imported still stands as it was, months later: every file against its record."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bstui.errors import BstuiError, IntegrityError, NotFound, UnsafePath
from bstui.jobs.manifest import RecordedFile, read_manifest, record_folder, record_folders
from bstui.transfer.beneath import Destination, open_plain
from bstui.transfer.inflate import Broken, inflate
from bstui.transfer.verify import PartSizes, checksum, parse_etag, prove_file

_THREADS = 2
"""A guest on the login node hashes with two at most."""
_AHEAD = 16
"""Files whose verdicts are awaited at once."""
_CHUNK = 1 << 20
_GZIP = (".gz", ".bgz")


class Verdict(StrEnum):
    """What became of a file."""

    SOUND = "sound"
    """The bytes are those that were proven."""
    UNPROVEN = "unproven"
    """Its size is right; nothing is known that could prove more."""
    MISSING = "missing"
    CHANGED = "changed"
    """Other bytes than those that were proven, or no plain file."""
    UNREADABLE = "unreadable"
    """The disk or the permissions do not let us say."""

    @property
    def is_bad(self) -> bool:
        return self not in (Verdict.SOUND, Verdict.UNPROVEN)


@dataclass(frozen=True, slots=True)
class Checked:
    """One file and what was found."""

    file: RecordedFile
    verdict: Verdict
    proof: str = ""
    """By what it is sound: `md5`, `sha256`, `crc32`, `etag`, `multipart etag`, `gzip`."""
    problem: str = ""


def files_on_record(destination: Path) -> list[RecordedFile]:
    """What all imports into `destination` left there, by path; of two the newer one.

    NotFound where nothing is on record there.
    """
    folders = record_folders(destination)
    if not folders:
        raise NotFound(
            f"There is no record of an import in {destination}.",
            why="Imports keep it in the folder .bstui beneath their destination.",
            hint="Name the folder that was given with --to, or the job.",
        )
    found: dict[str, RecordedFile] = {}
    for folder in folders:
        for file in read_manifest(folder):
            known = found.get(file.path)
            if known is None or known.time <= file.time:
                found[file.path] = file
    return list(found.values())


def files_of_job(destination: Path, job_id: str) -> Iterator[RecordedFile]:
    """What one import left, by the record beside its data."""
    return read_manifest(record_folder(destination, job_id))


def check_files(
    files: Iterable[RecordedFile],
    destination: Path,
    keep_going: Callable[[], bool] = lambda: True,
) -> Iterator[Checked]:
    """Read every file whole and hold it against its record, in their order.

    NotFound where the destination is not there: nothing is made, and nothing is changed.
    """
    if not destination.is_dir():
        raise NotFound(
            f"The folder {destination} is not there.",
            hint="If it was moved, give --moved-to DIR; if it is a mount, mount it.",
        )
    sizes, beneath = PartSizes(), Destination(destination)
    waiting: deque[Future[Checked]] = deque()
    try:
        with ThreadPoolExecutor(_THREADS) as pool:
            for file in files:
                waiting.append(pool.submit(_check, beneath, file, sizes))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
                if not keep_going():
                    break
            while waiting:
                yield waiting.popleft().result()
    finally:
        beneath.close()


def _check(beneath: Destination, file: RecordedFile, sizes: PartSizes) -> Checked:
    try:
        with beneath.parent(file.path) as (folder, name):
            descriptor = open_plain(folder, name)
            if descriptor is None:
                return Checked(file, Verdict.MISSING, problem="it is not there")
            try:
                return _read(descriptor, file, sizes)
            finally:
                os.close(descriptor)
    except IntegrityError as error:
        return Checked(file, Verdict.CHANGED, problem=f"{error.message} {error.why}".strip())
    except BstuiError as error:
        return _explain(file, error)


def _explain(file: RecordedFile, error: BstuiError) -> Checked:
    """A path that could not be opened to its end."""
    cause = error.__cause__
    if isinstance(cause, FileNotFoundError | NotADirectoryError):
        return Checked(file, Verdict.MISSING, problem="it is not there")
    if isinstance(error, UnsafePath):
        return Checked(file, Verdict.CHANGED, problem="a link, or no plain file, stands there")
    reason = cause.strerror if isinstance(cause, OSError) else error.message
    return Checked(file, Verdict.UNREADABLE, problem=f"it cannot be read: {reason}")


def _read(descriptor: int, file: RecordedFile, sizes: PartSizes) -> Checked:
    size = os.fstat(descriptor).st_size
    if size != file.size:
        problem = f"it holds {size:,} bytes, not {file.size:,}"
        return Checked(file, Verdict.CHANGED, problem=problem)
    if file.sha256:
        return _compare(file, "sha256", _digest(descriptor, "sha256"), file.sha256)
    if file.md5:
        return _compare(file, "md5", _digest(descriptor, "md5"), file.md5)
    if file.crc32:
        found = checksum(descriptor, 0, size)
        return _compare(file, "crc32", "" if found is None else f"{found:08x}", file.crc32)
    if parse_etag(file.etag) is not None:
        proof = prove_file(descriptor, file.size, file.etag, sizes)
        return Checked(file, Verdict.SOUND, proof.verified if proof else "etag")
    if file.path.lower().endswith(_GZIP):
        try:
            inflate(descriptor, file.size, sizes.check)
        except Broken as error:
            return Checked(file, Verdict.CHANGED, problem=f"it does not open: {error}")
        return Checked(file, Verdict.SOUND, "gzip")
    return Checked(file, Verdict.UNPROVEN, "size")


def _digest(descriptor: int, algorithm: str) -> str:
    digest, position = hashlib.new(algorithm, usedforsecurity=False), 0
    while data := os.pread(descriptor, _CHUNK, position):
        digest.update(data)
        position += len(data)
    return digest.hexdigest()


def _compare(file: RecordedFile, name: str, found: str, known: str) -> Checked:
    if found == known:
        return Checked(file, Verdict.SOUND, name)
    shown = name.upper().replace("SHA256", "SHA-256").replace("CRC32", "CRC-32")
    return Checked(file, Verdict.CHANGED, problem=f"its {shown} is {found}, not {known}")
