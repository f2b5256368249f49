"""The zip files of a zipped run, unpacked where `--unzip` asks for it: before the end markers."""

import asyncio
import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from bstui.errors import BstuiError, InUse
from bstui.jobs.folder import JobFolder
from bstui.jobs.permissions import wished_permissions
from bstui.jobs.side_work import SideWork
from bstui.runs.zips import folder_of, is_zip
from bstui.transfer.beneath import Destination
from bstui.transfer.joining import Stopped
from bstui.transfer.unpack import list_entries, unpack
from bstui.units import count_text


async def unpack_zips(
    folder: JobFolder,
    note: Callable[[str, str], None],
    fence: Callable[[], None],
    side: SideWork,
) -> int:
    """Unpack every zip file of the run, and tell it; how many could not be. InUse if fenced."""
    failed = 0
    paths = await asyncio.to_thread(_zips, folder)
    try:
        for place, path in enumerate(paths, 1):
            side.text = f"unpacking, {place:,} of {len(paths):,}"
            try:
                number = await side.carry_out(functools.partial(_unpack, folder, path, fence, side))
                note("info", f"unpacked {path}: {count_text(number, 'file')}")
            except InUse:
                raise
            except (BstuiError, OSError) as error:
                failed += 1
                note("error", str(error))
    except Stopped:
        pass  # the attempt ended
    finally:
        side.text = ""
    return failed


def unpacked_files(folder: JobFolder) -> Iterator[tuple[str, int]]:
    """What the zip files hold that are on the disk: paths relative to the run's folder, sizes."""
    destination = Path(folder.header().destination)
    for path in _zips(folder):
        try:
            with open(destination / path, "rb", opener=_opener) as file:
                entries = list_entries(file, path)
        except (BstuiError, OSError):  # that it could not be unpacked was said
            continue
        inside = path.partition("/")[2]
        to = folder_of(inside, [inner for _, inner in entries])
        for info, inner in entries:
            yield (f"{to}/{inner}" if to else inner), info.file_size


def _zips(folder: JobFolder) -> list[str]:
    """Paths of the run's zip files, relative to the destination."""
    return [file.path for file in folder.files() if is_zip(file.path.partition("/")[2])]


def _unpack(folder: JobFolder, path: str, fence: Callable[[], None], side: SideWork) -> int:
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
                moved=side.moved,
            )
    finally:
        destination.close()


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
