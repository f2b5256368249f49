"""Where the files in the zip files of a zipped run belong.

BaseSpace puts zip files in place of base calls and images after 90 days. Neither their names nor
the paths in them are documented (BaseSpace API §9.4): they are tried, and the one counts by which
most files are where an instrument puts them.
"""

import re
from collections.abc import Sequence

from bstui.runs.kinds import Kind, kind_of
from bstui.runs.places import place_of

_IMAGES = re.compile(r"(thumbnail_)?images/", re.IGNORECASE)
_TRIED = 2000
"""Files of a zip file that are looked at."""


def is_zip(path: str) -> bool:
    """Whether this file of a run folder holds others of it."""
    return path.lower().endswith(".zip") and kind_of(path) in (Kind.BASE_CALLS, Kind.IMAGES)


def folder_of(path: str, inner: Sequence[str]) -> str:
    """The folder, relative to the run's, that the files `inner` of the zip file `path` go to."""
    beside, _, name = path.rpartition("/")
    within = f"{beside}/{name[:-4]}" if beside else name[:-4]
    return max(("", beside, within), key=lambda folder: _fitting(folder, inner[:_TRIED]))


def _fitting(folder: str, inner: Sequence[str]) -> int:
    prefix = f"{folder}/" if folder else ""
    paths = (prefix + path for path in inner)
    return sum(place_of(path) is not None or _IMAGES.match(path) is not None for path in paths)
