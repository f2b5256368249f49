"""The proof that a raw run's import is complete: made by its worker, kept beside the data.

`DEST/.bstui/<job id>/complete.json` comes after the run's end markers, and only where all files of
the job stand; else the same is in `incomplete.json`.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from itertools import chain

import msgspec

from bstui import __version__
from bstui.errors import BstuiError, IntegrityError, InUse
from bstui.jobs.bcl_convert import bcl_convert_text
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.recording import Recorder
from bstui.jobs.records import FileDone
from bstui.jobs.run_files import run_folder
from bstui.jobs.unpacking import unpacked_files
from bstui.runs.choice import parse_choice
from bstui.runs.completeness import COMPLETE, INCOMPLETE, Completeness, Verdict
from bstui.runs.proof import IsAltered, Stopped, prove_run
from bstui.transfer.verify import PartSizes, prove_file


def prove_job(
    folder: JobFolder,
    *,
    is_altered: IsAltered | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Completeness:
    """Whether the job's raw run is all there, by what is on the disk now. Reads only.

    UsageError where the job is no raw run's; Stopped (runs.proof) where `is_stopped` says so.
    """
    header = folder.header()
    run = run_folder(folder)
    options = header.options
    files = ((file.path.partition("/")[2], file.size) for file in folder.files())
    proof = prove_run(
        run,
        chain(files, unpacked_files(folder) if options.unzip else ()),
        parse_choice(options.bcl_files, options.include, options.exclude),
        is_proven=options.verify != "none",
        is_altered=is_altered,
        is_stopped=is_stopped,
    )
    return msgspec.structs.replace(
        proof, run=run.name, job=header.id, checked=time.time(), version=__version__
    )


async def keep_proof(
    folder: JobFolder,
    recorder: Recorder,
    note: Callable[[str, str], None],
    failed: int,
    is_stopped: Callable[[], bool],
) -> None:
    """Prove, write it beside the data, and tell the verdict; `failed` files are not there.

    Raises InUse where a newer attempt holds the job.
    """
    try:
        proof = await asyncio.to_thread(prove_job, folder, is_stopped=is_stopped)
        is_here = not (failed or proof.missing_here)
        names = (COMPLETE, INCOMPLETE) if is_here else (INCOMPLETE, COMPLETE)
        data = msgspec.json.format(msgspec.json.encode(proof)) + b"\n"
        await asyncio.to_thread(recorder.keep, names[0], data, names[1])
    except Stopped:
        return
    except InUse:
        raise
    except (OSError, BstuiError) as error:
        note("warning", f"Whether the run is complete could not be told: {error}")
        return
    is_well = proof.verdict in (Verdict.COMPLETE, Verdict.AS_CHOSEN)
    note("info" if is_well else "warning", f"The run is {proof.text}.")
    if is_here and folder.header().options.bcl_convert:
        note("info", bcl_convert_text(folder, proof))


class Published:
    """What the job's files were when they got their names: tells those that are others now."""

    def __init__(self, folder: JobFolder) -> None:
        self._run = run_folder(folder)
        self._etags = {file.path: file.etag for file in folder.files() if file.etag}
        self._done = {
            event.path: event
            for attempt in folder.numbers().events
            for event, _ in read_events(folder.events(attempt))
            if isinstance(event, FileDone)
        }
        self._sizes = PartSizes()

    def is_altered(self, path: str, found: os.stat_result) -> str:
        """Why the bytes of a file of the run are not those published; empty where they are.

        Only what was touched since is read.
        """
        done = self._done.get(f"{self._run.name}/{path}")
        if done is None or done.mtime_ns in (None, found.st_mtime_ns):
            return ""
        try:
            with open(self._run / path, "rb", opener=_opener) as file:
                return self._compare(file.fileno(), done)
        except OSError as error:
            return f"it was touched since it was published, and cannot be read: {error.strerror}"

    def _compare(self, descriptor: int, done: FileDone) -> str:
        altered = "its bytes are not those that were published"
        for name, digest in (("md5", done.md5), ("sha256", done.sha256)):
            if digest:
                with open(descriptor, "rb", closefd=False) as file:
                    is_same = hashlib.file_digest(file, name).hexdigest() == digest
                return "" if is_same else altered
        try:
            proof = prove_file(descriptor, done.size, self._etags.get(done.path), self._sizes)
        except IntegrityError:
            return altered
        known = "it was touched since it was published, and nothing tells whether it is the same"
        return "" if proof is not None else known


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
