"""The zip files of a zipped run, unpacked where `--unzip` asks for it: before the end markers."""

import asyncio
import functools
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bstui.errors import BstuiError, InUse
from bstui.jobs.arrived import find_brought
from bstui.jobs.folder import JobFolder
from bstui.jobs.permissions import wished_permissions
from bstui.jobs.records import PlanFile, Unpacked
from bstui.jobs.reporter import Reporter
from bstui.jobs.side_work import SideWork
from bstui.runs.zips import folder_of, is_zip
from bstui.transfer.beneath import Destination
from bstui.transfer.joining import Stopped
from bstui.transfer.unpack import list_entries, unpack
from bstui.units import count_text


async def unpack_zips(
    folder: JobFolder,
    reporter: Reporter,
    fence: Callable[[], None],
    side: SideWork,
) -> int:
    """Unpack every zip file of the run, and tell it; how many could not be. InUse if fenced."""
    failed = 0
    zips = await asyncio.to_thread(_zips, folder)
    known = set((await asyncio.to_thread(find_brought, folder)).unpacked)
    try:
        for place, file in enumerate(zips, 1):
            side.text = f"unpacking, {place:,} of {len(zips):,}"
            told = functools.partial(_tell, folder, file, reporter, side, known)
            try:
                work = functools.partial(_unpack, folder, file.path, fence, side, told)
                number = await side.carry_out(work)
                reporter.note("info", f"unpacked {file.path}: {count_text(number, 'file')}")
            except InUse:
                raise
            except (BstuiError, OSError) as error:
                failed += 1
                reporter.note("error", str(error))
    except Stopped:
        pass  # the attempt ended
    finally:
        side.text = ""
    return failed


def unpacked_files(folder: JobFolder) -> Iterator[tuple[str, int]]:
    """What the zip files hold that are on the disk: paths relative to the run's folder, sizes."""
    destination = Path(folder.header().destination)
    for path in (file.path for file in _zips(folder)):
        try:
            with open(destination / path, "rb", opener=_opener) as file:
                entries = list_entries(file, path)
        except (BstuiError, OSError):  # that it could not be unpacked was said
            continue
        inside = path.partition("/")[2]
        to = folder_of(inside, [inner for _, inner in entries])
        for info, inner in entries:
            yield (f"{to}/{inner}" if to else inner), info.file_size


def _zips(folder: JobFolder) -> list[PlanFile]:
    """The run's zip files."""
    return [file for file in folder.files() if is_zip(file.path.partition("/")[2])]


def _tell(
    folder: JobFolder,
    source: PlanFile,
    reporter: Reporter,
    side: SideWork,
    known: set[str],
    path: str,
    info: zipfile.ZipInfo,
) -> None:
    """A file of the zip file `source` stands; what was told before is not told again."""
    side.moved()
    if path in known:
        return
    known.add(path)
    place = Path(folder.header().destination) / path
    reporter.unpacked(
        Unpacked(
            time=time.time(),
            path=path,
            size=info.file_size,
            crc32=f"{info.CRC:08x}",
            source=source.id,
            mtime_ns=os.lstat(place).st_mtime_ns,
        )
    )


def _unpack(
    folder: JobFolder,
    path: str,
    fence: Callable[[], None],
    side: SideWork,
    told: Callable[[str, zipfile.ZipInfo], None],
) -> int:
    header = folder.header()
    permissions = wished_permissions(header.options)
    destination = Destination(Path(header.destination), permissions)
    try:
        with open(destination.path / path, "rb", opener=_opener) as file:
            run, _, inside = path.partition("/")
            inner = [inner for _, inner in list_entries(file, path)]
            to = folder_of(inside, inner)
            return unpack(
                file,
                path,
                destination,
                f"{run}/{to}" if to else run,
                permissions,
                fence=fence,
                is_stopped=side.must_stop,
                told=told,
            )
    finally:
        destination.close()


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
