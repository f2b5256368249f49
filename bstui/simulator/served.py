"""Folders on disk as parts of an account: a run folder as a run, a folder of FASTQ as a project."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from bstui.errors import BstuiError, UsageError
from bstui.simulator.account import Run, StoredFile, User
from bstui.simulator.cells import PlainCell
from bstui.simulator.disk import DiskContent
from bstui.simulator.fastq_folder import add_fastq, is_fastq
from bstui.simulator.region import Region

_MACHINES = (
    ("MN", "MiniSeq", "MiniSeq"),
    ("M", "MiSeq", "MiSeq"),
    ("NS", "NextSeq", "NextSeq"),
    ("NB", "NextSeq", "NextSeq"),
    ("VH", "NextSeq2000", "NextSeq2000"),
    ("VL", "NextSeq1000", "NextSeq1000"),
    ("LH", "NovaSeqXPlus", "NovaSeqXPlus"),
    ("A", "NovaSeq", "NovaSeq6000"),
    ("FS", "iSeq", "iSeq100"),
    ("", "HiSeq", "HiSeq2500"),
)
"""How the serial number of an instrument begins, its platform and type."""


@dataclass(frozen=True)
class Found:
    """A file in a folder that is served."""

    path: Path
    name: str
    """Its path within the folder, with slashes."""
    size: int
    modified: datetime


def serve_folder(region: Region, owner: User, folder: Path) -> str:
    """Add what is in the folder to the account of `owner`; the answer is what it became.

    UsageError for a folder that is neither; BstuiError for what cannot be read in it.
    """
    where = folder.expanduser().absolute()
    hint = "--serve takes a run folder, or a folder of FASTQ."
    if not where.is_dir():
        what = "is no folder" if where.exists() else "does not exist"
        raise UsageError(f"{folder} {what}.", hint=hint)
    found = sorted(find_files(where), key=lambda file: file.name)
    if not found:
        raise UsageError(f"There is no file in {folder}.", hint=hint)
    if any(file.name == "RunInfo.xml" for file in found):
        run = _add_run(region, owner, where, found)
        return f"run {run.name}: {len(found):,} files of {folder}"
    fastq = [file for file in found if is_fastq(file.name)]
    if not fastq:
        raise _neither(folder, found)
    project, count = add_fastq(region, owner, where.resolve().name or "served", fastq)
    left = f"; {len(found) - len(fastq):,} other files are left out" * (len(found) > len(fastq))
    return f"project {project.name}: {len(fastq):,} FASTQ of {count:,} biosamples{left}"


def _neither(folder: Path, found: list[Found]) -> UsageError:
    runs = sorted({file.name.rpartition("/")[0] for file in found if _is_run_info(file)})
    hint = "A run folder has RunInfo.xml in it, a folder of FASTQ files that end in .fastq.gz."
    if runs:
        hint = f"Serve the run folders in it one by one, as --serve {folder / runs[0]}."
    return UsageError(f"{folder} is neither a run folder nor one of FASTQ.", hint=hint)


def _is_run_info(file: Found) -> bool:
    return file.name.endswith("/RunInfo.xml")


def find_files(folder: Path) -> Iterator[Found]:
    """All files beneath; links to files are followed, what cannot be read is a BstuiError."""
    beneath = os.path.join(folder, "")
    for place, folders, names in os.walk(folder, onerror=_refuse_folder):
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                raise _unservable(os.path.join(place, name), "is a link to a folder")
        for name in names:
            path = os.path.join(place, name)
            yield _look_at(path, path[len(beneath) :])


def _refuse_folder(error: OSError) -> None:
    raise _unservable(error.filename, f"cannot be read ({error.strerror})") from error


def _look_at(path: str, name: str) -> Found:
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise _unservable(path, "has a name that is no UTF-8") from error
    try:
        info = os.stat(path)
    except FileNotFoundError as error:
        raise _unservable(path, "is a link to nothing") from error
    except OSError as error:
        raise _unservable(path, f"cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(info.st_mode):
        raise _unservable(path, "is no regular file")
    if not os.access(path, os.R_OK):
        raise _unservable(path, "may not be read")
    modified = datetime.fromtimestamp(int(info.st_mtime), UTC)
    return Found(Path(path), name, info.st_size, modified)


def _unservable(path: str, why: str) -> BstuiError:
    shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return BstuiError(
        f"{shown} {why}.",
        why="Each file of a folder is served as it is, so all must be readable files.",
        hint="Remove it, or serve another folder.",
    )


def _add_run(region: Region, owner: User, folder: Path, found: list[Found]) -> Run:
    info = next(file for file in found if file.name == "RunInfo.xml")
    cell = read_run_info(info.path, folder.resolve().name)
    platform, kind = next(
        (platform, kind) for start, platform, kind in _MACHINES if cell.instrument.startswith(start)
    )
    experiment = _experiment(found) or cell.run_name
    run = Run(region.next_id(), experiment, owner, info.modified, cell, platform, kind)
    region.runs[run.id] = run
    for file in found:
        number = int(region.next_id())
        name, key = f"r{run.id}_{number}", region.numbered_key(number)
        content = DiskContent(file.path, file.size)
        region.hold(StoredFile(name, file.name, content, file.modified, key, run))
    return run


def read_run_info(path: Path, folder_name: str) -> PlainCell:
    """What RunInfo.xml says; BstuiError where it is none."""
    try:
        root = ElementTree.parse(path).getroot()  # noqa: S314  # the user's own file
        run = root.find("Run")
        if run is None:
            raise ValueError("it has no element Run")
        layout = run.find("FlowcellLayout")
        reads = tuple(
            (int(read.get("NumCycles", "0")), read.get("IsIndexedRead", "N").upper() == "Y")
            for read in run.iterfind("Reads/Read")
        )
        return PlainCell(
            run_name=run.get("Id") or folder_name,
            number=int(run.get("Number") or 0),
            instrument=(run.findtext("Instrument") or "").strip(),
            barcode=(run.findtext("Flowcell") or "").strip(),
            lanes=int(layout.get("LaneCount", "1")) if layout is not None else 1,
            reads=reads,
        )
    except (ElementTree.ParseError, ValueError) as error:
        raise BstuiError(
            f"{path} does not describe a run: {error}.",
            why="What a run is called and how it was read is taken from there.",
            hint="Serve a folder whose RunInfo.xml is whole.",
        ) from error


def _experiment(found: list[Found]) -> str:
    """The experiment's name, as the instrument's parameters tell it."""
    for file in found:
        if file.name.lower() == "runparameters.xml":
            try:
                root = ElementTree.parse(file.path).getroot()  # noqa: S314  # the user's own file
            except ElementTree.ParseError:
                return ""
            return (root.findtext(".//ExperimentName") or "").strip()
    return ""
