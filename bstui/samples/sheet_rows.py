"""The rows of a sample sheet, from the files of an import.

What nobody can know is left as the format has it, a neutral value or a visible gap. A row that
would be wrong is left out and said; two samples that a sheet would make one are refused.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bstui.errors import UsageError
from bstui.samples.fastq_name import parse_name
from bstui.samples.sheet_format import READS, Column, SheetFormat
from bstui.text import safe_text

_BLANK = re.compile(r"\s")


class SheetFile(msgspec.Struct, frozen=True, kw_only=True):
    """A FASTQ file, as far as sheets go."""

    path: str
    """Absolute."""
    name: str
    """BaseSpace's."""
    sample: str
    biosample: str = ""
    biosample_id: str = ""
    dataset: str = ""
    project: str = ""
    run: str = ""
    library: str = ""
    lane: int | None = None
    read: str = ""
    is_there: bool = True
    """Whether it has arrived, or will, where nothing has yet."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet, ready to be written."""

    form: SheetFormat
    rows: tuple[tuple[str, ...], ...]
    problems: tuple[str, ...] = ()
    """What a person should know of it; sentences."""

    @property
    def text(self) -> str:
        """The whole file."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.form.separator, lineterminator="\n")
        writer.writerow(column.name for column in self.form.columns)
        writer.writerows(self.rows)
        return out.getvalue()


def make_sheet(form: SheetFormat, files: Iterable[SheetFile]) -> Sheet:
    """The sheet of these files, in their order.

    UsageError where it is about raw runs, or would make one sample of two, or needs one row for a
    sample that has files of several lanes.
    """
    if form.is_of_runs:
        raise UsageError(
            f"The sheet {form.name} is about a raw run, and this is FASTQ.",
            hint="Import the run with --bcl, or choose another sheet.",
        )
    problems: list[str] = []
    units = list(_pair_up(files, problems))
    if form.rows == "samples":
        _require_one_each(form, units)
    rows = [_fill(form, fields) for fields in _describe(units)]
    _require_distinct(form, units, rows)
    return Sheet(form=form, rows=tuple(rows), problems=(*problems, *_check(form, rows)))


def make_run_sheet(form: SheetFormat, run: str, folder: str, sample_sheet: str) -> Sheet:
    """The sheet of a raw run that stands in `folder`; paths are absolute.

    `sample_sheet` is empty where the run has none. UsageError where the sheet is about FASTQ.
    """
    if not form.is_of_runs:
        raise UsageError(
            f"The sheet {form.name} is about FASTQ, and this is a raw run.",
            hint="Choose nf-core/demultiplex, or import the run's FASTQ.",
        )
    fields = {"run": run, "folder": folder, "sample_sheet": sample_sheet}
    rows = (_fill(form, fields),)
    return Sheet(form=form, rows=rows, problems=tuple(_check(form, rows)))


Unit = Mapping[str, SheetFile]
"""The files of one run, lane, library and segment, by their reads."""


def _pair_up(files: Iterable[SheetFile], problems: list[str]) -> Iterator[Unit]:
    """The files that belong in a row; those that belong in none are told."""
    units: dict[tuple[str, ...], dict[str, SheetFile]] = {}
    odd: list[SheetFile] = []
    for file in files:
        parts = parse_name(file.name)
        read = file.read or (parts.read if parts else "")
        if parts is None or read not in READS or not file.sample:
            odd.append(file)
            continue
        place = (file.sample, file.dataset, parts.lane or "", parts.segment or "", parts.sample)
        unit = units.setdefault(place, {})
        if read in unit:
            odd.append(file)
        else:
            unit[read] = file
    for unit in units.values():
        if "R1" not in unit:
            odd += unit.values()
        elif not all(file.is_there for file in unit.values()):
            missing = next(file for file in unit.values() if not file.is_there)
            problems.append(f"{safe_text(missing.path)} is not there, so its row is left out.")
        else:
            yield unit
    if odd:
        more = f" and {len(odd) - 1:,} more" if len(odd) > 1 else ""
        problems.append(f"{safe_text(odd[0].path)}{more} belong in no row: no R1 with its mates.")


def _require_one_each(form: SheetFormat, units: Sequence[Unit]) -> None:
    count: dict[str, int] = {}
    for unit in units:
        sample = unit["R1"].sample
        count[sample] = count.get(sample, 0) + 1
    several = [sample for sample, number in count.items() if number > 1]
    if several:
        more = f" and {len(several) - 1:,} more" if len(several) > 1 else ""
        raise UsageError(
            f"The sheet {form.name} has one row for a sample, and {several[0]}{more} "
            f"{'has' if len(several) == 1 else 'have'} files of several lanes or runs.",
            hint="Join them with --lanes merge, or make a sample of each with --sample-map.",
        )


def _describe(units: Sequence[Unit]) -> Iterator[dict[str, str]]:
    """The fields of each row."""
    taken: dict[str, set[str]] = {}
    for unit in units:
        first = unit["R1"]
        parts = parse_name(first.name)
        lane = first.lane if first.lane is not None else parts and parts.lane_number
        segment = parts.segment or "" if parts else ""
        names = taken.setdefault(first.sample, set())
        yield {
            "sample": first.sample,
            "biosample": first.biosample,
            "biosample_id": first.biosample_id,
            "project": first.project,
            "run": first.run,
            "library": first.library,
            "lane": str(lane or ""),
            "unit": _name_unit(first, f"L{lane:03}" if lane else "", segment, names),
            **{read: unit[read].path if read in unit else "" for read in READS},
        }


def _name_unit(file: SheetFile, lane: str, segment: str, taken: set[str]) -> str:
    """Run and lane, with as much more as tells it from the sample's others; no blanks."""
    parts = [file.run or "run", lane]
    for more in ("", file.library, segment, file.dataset, str(len(taken))):
        parts.append(more)
        name = _BLANK.sub("_", "_".join(part for part in parts if part))
        if name not in taken:
            break
    taken.add(name)
    return name


def _fill(form: SheetFormat, fields: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_value(column, fields) for column in form.columns)


def _value(column: Column, fields: Mapping[str, str]) -> str:
    value = column.value.format_map(fields) or column.empty
    if column.replace:
        value = re.sub(column.replace, "_", value)
    fits = not column.pattern or re.fullmatch(column.pattern, value) is not None
    return value if fits or not value else f"{column.prefix}{value}"


def _require_distinct(
    form: SheetFormat, units: Sequence[Unit], rows: Sequence[tuple[str, ...]]
) -> None:
    """Refuse two samples that have one name in the sheet: the pipeline would join them."""
    places = [i for i, column in enumerate(form.columns) if column.value == "{sample}"]
    for place in places:
        names: dict[str, str] = {}
        for unit, row in zip(units, rows, strict=True):
            sample = unit["R1"].sample
            other = names.setdefault(row[place], sample)
            if other != sample:
                raise UsageError(
                    f"The samples {other} and {sample} are both {row[place]} in the sheet "
                    f"{form.name}.",
                    why="It does not allow the characters that tell them apart.",
                    hint="Rename one with --sample-map.",
                )


def _check(form: SheetFormat, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """A sentence for each rule of the format that some rows break."""
    for i, column in enumerate(form.columns):
        bad = [row[i] for row in rows if not _fits(column, row[i])]
        if bad:
            more = f" and {len(bad) - 1:,} more" if len(bad) > 1 else ""
            yield (
                f"The sheet {form.name} does not allow {bad[0]!r}{more} as {column.name}: "
                f"it must be like {column.pattern or 'anything, but not empty'}."
            )
    for group in form.unique:
        places = [i for i, column in enumerate(form.columns) if column.name in group]
        keys = [tuple(row[i] for i in places) for row in rows]
        if len(set(keys)) < len(keys):
            yield f"The sheet {form.name} has rows of equal {' and '.join(group)}."


def _fits(column: Column, value: str) -> bool:
    if not value:
        return not column.required
    return not column.pattern or re.fullmatch(column.pattern, value) is not None
