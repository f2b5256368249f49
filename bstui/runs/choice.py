"""Which files of a raw run are imported, and in which order.

The files by which an instrument says that it is through come last, so that whatever watches the
folder never starts on half a run.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bstui.basespace.models import File, Run
from bstui.packed import Packed
from bstui.runs.kinds import Kind, kind_of
from bstui.runs.patterns import Pattern
from bstui.text import safe_name, safe_text
from bstui.units import count_text, size_text

_safe = lru_cache(maxsize=1 << 16)(safe_name)
"""Of 400 000 paths of a run nearly all parts are the same few thousand."""


class BclFiles(StrEnum):
    """What of a run folder is taken."""

    EVERYTHING = "everything"
    NO_IMAGES = "no-images"
    DEMULTIPLEXING = "demultiplexing"
    """What BCL Convert reads, and the end markers that say that it may."""
    METRICS = "metrics"
    """What tells of the run: its description and InterOp."""


_KINDS: dict[BclFiles, frozenset[Kind]] = {
    BclFiles.EVERYTHING: frozenset(Kind),
    BclFiles.NO_IMAGES: frozenset(Kind) - {Kind.IMAGES},
    BclFiles.DEMULTIPLEXING: frozenset(
        {Kind.DESCRIPTION, Kind.BASE_CALLS, Kind.FILTERS, Kind.POSITIONS, Kind.END_MARKERS}
    ),
    BclFiles.METRICS: frozenset({Kind.DESCRIPTION, Kind.METRICS}),
}


_CALLS = "Data/Intensities/BaseCalls"
_CALL_NAMES = (
    "L{lane:03}/C1.1/s_{lane}_1101.bcl",
    "L{lane:03}/C1.1/s_{lane}_1101.bcl.gz",
    "L{lane:03}/0001.bcl.bgzf",
    "L{lane:03}/C1.1/L{lane:03}_1.cbcl",
)
"""A file of base calls, as each layout has it."""


@dataclass(frozen=True)
class Choice:
    """A kind of choice, less what `exclude` matches, and then with what `include` matches."""

    files: BclFiles = BclFiles.NO_IMAGES
    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()

    def needs_calls(self, lanes: int) -> bool:
        """Whether it is about base calls at all, of a run of so many lanes: whatever the instrument
        calls their files, some would be taken."""
        return all(
            any(self.takes(f"{_CALLS}/{name.format(lane=lane)}") for lane in range(1, lanes + 1))
            for name in _CALL_NAMES
        )

    def takes(self, path: str) -> bool:
        """Whether a file of this path would be taken, if the run had it."""
        return not _reason(path, kind_of(path), _KINDS[self.files], self, set())


def parse_choice(files: str, include: Sequence[str], exclude: Sequence[str]) -> Choice:
    """The choice that options say. UsageError where a pattern cannot be meant."""
    return Choice(
        BclFiles(files), tuple(map(Pattern, include)), tuple(Pattern(text) for text in exclude)
    )


@dataclass(frozen=True)
class Share:
    """Some files of a run, counted: of one kind, or of one reason to be left out."""

    what: str
    files: int
    bytes: int

    @property
    def text(self) -> str:
        """`base calls: 318 files, 2.1 GB`."""
        return f"{self.what}: {count_text(self.files, 'file')}, {size_text(self.bytes)}"


@dataclass(frozen=True)
class Chosen:
    """What a choice makes of a run's files."""

    files: Sequence[File]
    """To be imported, end markers last."""
    left_out: Sequence[tuple[File, str]] = ()
    """Each with the reason."""
    taken: tuple[Share, ...] = ()
    """By kind."""
    warnings: tuple[str, ...] = ()


def choose_files(files: Iterable[File], choice: Choice | None = None) -> Chosen:
    """What is taken of these files, and what is not, and why."""
    choice = choice or Choice()
    kinds = _KINDS[choice.files]
    data = Packed(File)
    markers: list[File] = []
    left_out = Packed(tuple[File, str])
    number: Counter[Kind] = Counter()
    size: Counter[Kind] = Counter()
    met: set[Pattern] = set()
    for file in files:
        kind = kind_of(file.path)
        reason = _reason(file.path, kind, kinds, choice, met)
        if reason:
            left_out.append((file, reason))
            continue
        (markers if kind is Kind.END_MARKERS else data).append(file)
        number[kind] += 1
        size[kind] += file.size
    data.extend(markers)
    return Chosen(
        data,
        left_out,
        tuple(Share(kind, number[kind], size[kind]) for kind in Kind if number[kind]),
        tuple(_unmet(choice, met)),
    )


def _reason(
    path: str, kind: Kind, kinds: frozenset[Kind], choice: Choice, met: set[Pattern]
) -> str:
    """Why a file is left out; empty where it is taken. `met` collects the patterns that matched."""
    reason = "" if kind in kinds else _left_out_by(choice.files, kind)
    for pattern in choice.exclude:
        if pattern.matches(path):
            met.add(pattern)
            reason = reason or f"left out by --exclude {safe_text(pattern.text)}"
    for pattern in choice.include:
        if pattern.matches(path):
            met.add(pattern)
            reason = ""
    return reason


def _left_out_by(files: BclFiles, kind: Kind) -> str:
    what = "an image of the flow cell" if kind is Kind.IMAGES else kind.value
    return what if files is BclFiles.NO_IMAGES else f"{what}: not part of {files.value}"


def _unmet(choice: Choice, met: set[Pattern]) -> Iterable[str]:
    for flag, patterns in (("--include", choice.include), ("--exclude", choice.exclude)):
        for pattern in patterns:
            if pattern not in met:
                yield f"{flag} {safe_text(pattern.text)} matches none of the run's files."


def count_left_out(left_out: Iterable[tuple[str, int]]) -> list[Share]:
    """Shares of pairs of a reason and a size in bytes, in the order in which they come first."""
    number: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for reason, length in left_out:
        number[reason] += 1
        size[reason] += length
    return [Share(reason, number[reason], size[reason]) for reason in number]


def place_file(run: Run, file: File) -> str:
    """The file's path beneath the destination, `<run folder>/…`, each component safe."""
    return "/".join(_safe(part) for part in (run.name, *file.path.split("/")))


def is_tame(file: File) -> bool:
    """Whether the server's path is one that a run folder can have as it is."""
    return all(_safe(part) == part for part in file.path.split("/"))
