"""Which files of a raw run are imported, and in which order.

Everything except images, which no demultiplexer reads. The files by which an instrument says that
it is through come last, so that whatever watches the folder never starts on half a run.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from bstui.basespace.models import File, Run
from bstui.text import safe_name

_IMAGE = re.compile(r"(^|/)(thumbnail_images|images)/|\.jpe?g$", re.IGNORECASE)
_END_MARKER = re.compile(
    r"(rta(read\d+)?complete|basecalling_netcopy_complete(_read\d+)?|copycomplete"
    r"|sequenc(e|ing)complete)\.(txt|xml)"
    r"|(runcompletionstatus|completedjobinfo)\.xml",
    re.IGNORECASE,
)

_safe = lru_cache(maxsize=1 << 16)(safe_name)
"""Of 400 000 paths of a run nearly all parts are the same few thousand."""


def is_image(path: str) -> bool:
    """Whether this file of a run folder is a picture of the flow cell."""
    return _IMAGE.search(path) is not None


def is_end_marker(path: str) -> bool:
    """Whether this file, at the top of a run folder, says that the run is complete."""
    return _END_MARKER.fullmatch(path.removeprefix("/")) is not None


def choose_files(files: Iterable[File]) -> tuple[list[File], list[File]]:
    """The files to import, end markers last; and those left out, which are images."""
    data: list[File] = []
    markers: list[File] = []
    images: list[File] = []
    for file in files:
        if is_image(file.path):
            images.append(file)
        elif is_end_marker(file.path):
            markers.append(file)
        else:
            data.append(file)
    return data + markers, images


def place_file(run: Run, file: File) -> str:
    """The file's path beneath the destination, `<run folder>/…`, each component safe."""
    return "/".join(_safe(part) for part in (run.name, *file.path.split("/")))


def is_tame(file: File) -> bool:
    """Whether the server's path is one that a run folder can have as it is."""
    return all(_safe(part) == part for part in file.path.split("/"))
