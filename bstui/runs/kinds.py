"""What the files of a raw run are for, told by their paths. A run folder's paths are Illumina's."""

import re
from enum import StrEnum


class Kind(StrEnum):
    """The words are those that reviews and reports use."""

    DESCRIPTION = "RunInfo, RunParameters, sample sheet"
    BASE_CALLS = "base calls"
    FILTERS = "filters"
    POSITIONS = "cluster positions"
    METRICS = "InterOp metrics"
    IMAGES = "images of the flow cell"
    END_MARKERS = "end markers"
    OTHERS = "other files"


_DATA = r"data/(?:intensities/(?:basecalls/)?)?"
_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        Kind.IMAGES,
        r"(?:.*/)?(?:thumbnail_images|images)(?:/.*|[^/]*\.zip)|.*\.jpe?g",
    ),
    (
        Kind.END_MARKERS,
        r"(?:(?:rta(?:read\d+)?complete|basecalling_netcopy_complete(?:_read\d+)?|copycomplete"
        r"|sequenc(?:e|ing)complete)\.(?:txt|xml)"
        r"|(?:runcompletionstatus|completedjobinfo)\.xml)",
    ),
    (
        Kind.DESCRIPTION,
        rf"runinfo\.xml|runparameters\.xml|samplesheet[^/]*\.csv|{_DATA}config\.xml",
    ),
    (Kind.METRICS, r"interop/.*"),
    (
        Kind.BASE_CALLS,
        r"data/.*\.(?:bcl|bcl\.gz|cbcl|bgzf|bci|zip)",
    ),
    (Kind.FILTERS, r"data/.*\.filter"),
    (Kind.POSITIONS, r"data/.*(?:\.c?locs|_pos\.txt)"),
)
_PATTERN = re.compile("|".join(f"(?P<k{i}>{text})" for i, (_, text) in enumerate(_KINDS)), re.I)
_BY_GROUP = {f"k{i}": kind for i, (kind, _) in enumerate(_KINDS)}


def kind_of(path: str) -> Kind:
    """What the file of this path in a run folder is for."""
    match = _PATTERN.fullmatch(path.removeprefix("/"))
    return _BY_GROUP[match.lastgroup] if match and match.lastgroup else Kind.OTHERS


def is_image(path: str) -> bool:
    """Whether this file of a run folder is a picture of the flow cell."""
    return kind_of(path) is Kind.IMAGES


def is_end_marker(path: str) -> bool:
    """Whether this file, at the top of a run folder, says that the run is complete."""
    return kind_of(path) is Kind.END_MARKERS
