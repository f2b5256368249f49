"""What the name of a FASTQ file says. Only a fallback: the dataset's attributes are trusted first.

`<sample>_S<n>_L00<lane>_<read>_<segment>.fastq.gz`, read from the right, for sample names hold
`_S1_` and `_L001` themselves. A name of another shape is no FASTQ name: such a file is imported
untouched.
"""

import re
from functools import lru_cache

import msgspec

_NAME = re.compile(
    r"(?P<sample>.+?)(?:_S(?P<number>\d+))?(?:_L(?P<lane>\d{3}))?_(?P<read>[RI][1-4])"
    r"(?:_(?P<segment>\d{3}))?(?P<suffix>\.f(?:ast)?q(?:\.gz|\.ora)?)",
    re.DOTALL,
)


class FastqName(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The parts of a FASTQ file's name, as they are written there."""

    sample: str
    number: str | None = None
    """The `S` number: the sample's place in the sheet; 0 holds the undetermined reads."""
    lane: str | None = None
    """Three digits."""
    read: str
    """`R1`, `R2`, `I1` …"""
    segment: str | None = None
    suffix: str = ".fastq.gz"

    @property
    def lane_number(self) -> int | None:
        return int(self.lane) if self.lane else None

    @property
    def is_undetermined(self) -> bool:
        return self.sample == "Undetermined" and self.number == "0"


@lru_cache(1024)  # a sample's names are asked for again and again
def parse_name(name: str) -> FastqName | None:
    """The parts of `name`, or None where it is not a FASTQ file's."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return FastqName(
        sample=match["sample"],
        number=match["number"],
        lane=match["lane"],
        read=match["read"],
        segment=match["segment"],
        suffix=match["suffix"],
    )


def build_name(parts: FastqName) -> str:
    """The name that `parse_name` took apart."""
    number = f"_S{parts.number}" if parts.number is not None else ""
    lane = f"_L{parts.lane}" if parts.lane is not None else ""
    segment = f"_{parts.segment}" if parts.segment is not None else ""
    return f"{parts.sample}{number}{lane}_{parts.read}{segment}{parts.suffix}"
