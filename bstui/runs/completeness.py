"""What the proof of a raw run's completeness says: a record, kept beside the data.

Fields are only added. Lists of paths are cut at `MOST`; the counts never are.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from bstui.units import count_text

COMPLETE = "complete.json"
INCOMPLETE = "incomplete.json"
FORMAT = 1
MOST = 1000
"""Paths of a list that are kept."""


class Verdict(StrEnum):
    """From best to worst."""

    COMPLETE = "complete"
    AS_CHOSEN = "complete as chosen"
    """What was chosen is there; the choice leaves out what a demultiplexer needs."""
    NOT_PROVEN = "not proven"
    """Nothing is known to be missing; what there must be cannot be told."""
    MISSING_AT_SOURCE = "missing at BaseSpace"
    MISSING_HERE = "missing here"
    DAMAGED = "damaged"


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Finding(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """A file that is there and not as it must be."""

    path: str
    """Relative to the run folder."""
    kind: str
    """`truncated`, `too long`, `altered` or `damaged`."""
    reason: str
    where: str = ""
    """`here` where it is not as BaseSpace lists it, `at BaseSpace` where it is."""


class Count(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """Files of one part, or of one lane and cycle."""

    part: str = ""
    lane: int = 0
    cycle: int = 0
    expected: int = 0
    listed: int = 0
    """At BaseSpace, and chosen."""
    landed: int = 0


class Completeness(_Record, frozen=True, kw_only=True, omit_defaults=True):
    """`complete.json`."""

    format: int = FORMAT
    verdict: Verdict
    run: str = ""
    job: str = ""
    """The job's id."""
    checked: Annotated[float, msgspec.Meta(ge=0, le=1e11)] = 0.0
    """Seconds since 1970."""
    version: str = ""
    layout: str = ""
    lanes: int = 0
    cycles: int = 0
    files: int = 0
    """That the job was to bring."""
    files_landed: int = 0
    parts: tuple[Count, ...] = ()
    """What a demultiplexer reads, by part."""
    by_lane: tuple[Count, ...] = ()
    """Base calls by lane."""
    odd_cycles: tuple[Count, ...] = ()
    """Base calls by lane and cycle, where not all are there."""
    missing_at_basespace: int = 0
    missing_here: int = 0
    not_chosen: int = 0
    """Files that a demultiplexer needs and the choice leaves out."""
    damaged: int = 0
    missing_at_basespace_paths: tuple[str, ...] = ()
    missing_here_paths: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    end_markers: tuple[str, ...] = ()
    """Those that are there."""
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`missing at BaseSpace: 1 file; 2,233 of 2,234 needed files are there`."""
        troubles = [
            f"{count_text(number, 'file')} {what}"
            for number, what in (
                (self.missing_at_basespace, "missing at BaseSpace"),
                (self.missing_here, "missing here"),
                (self.damaged, "damaged"),
                (self.not_chosen, "not chosen"),
            )
            if number
        ]
        expected = sum(part.expected for part in self.parts)
        landed = sum(part.landed for part in self.parts)
        there = f"{landed:,} of {count_text(expected, 'needed file')} here" if expected else ""
        return "; ".join([str(self.verdict), *troubles, *([there] if there else []), *self.notes])

    @property
    def lines(self) -> list[str]:
        """Everything that is not as it should be, a line each."""
        lines = [f"missing at BaseSpace: {path}" for path in self.missing_at_basespace_paths]
        lines += [f"missing here: {path}" for path in self.missing_here_paths]
        lines += [
            f"{one.kind}{f' {one.where}' if one.where else ''}: {one.path}: {one.reason}"
            for one in self.findings
        ]
        return lines


def read_proof(folder: Path) -> Completeness | None:
    """What the last attempt proved, from a job's record; None where nothing can be read."""
    for name in (COMPLETE, INCOMPLETE):
        try:
            proof = msgspec.json.decode((folder / name).read_bytes(), type=Completeness)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            continue
        if proof.format <= FORMAT:
            return proof
    return None
