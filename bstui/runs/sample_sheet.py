"""Sample sheets, read leniently: v1, v2, both in one, and those without sections of older software.

A sheet is edited by people and their programs: whatever can be told of its samples is told, and the
rest is a problem that stops nothing. Formats: Illumina's sample sheet v1 (`[Data]`) and v2
(`[BCLConvert_Data]`, `[Cloud_Data]`).
"""

import codecs
import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from bstui.basespace.run_facts import SheetLine
from bstui.text import safe_text

MOST_BYTES = 16 * 1024 * 1024
_SECTION = re.compile(r"\s*\[([^\]]*)\]\s*")
_COLUMNS = {
    "sampleid": "sample",
    "samplename": "name",
    "lane": "lane",
    "index": "index",
    "i7index": "index",
    "indexsequence": "index",
    "index2": "index2",
    "i5index": "index2",
    "sampleproject": "project",
    "projectname": "project",
    "project": "project",
}
"""What a column holds, by its name without case, blanks, `_` and `-`."""


@dataclass(frozen=True)
class SampleSheet:
    """What could be read of a sheet."""

    version: str = ""
    """`v1`, `v2`, `v1 and v2`, `without sections`; empty where no samples were found."""
    lines: tuple[SheetLine, ...] = ()
    problems: tuple[str, ...] = ()


def read_sheet(data: bytes) -> SampleSheet:
    """The samples of a sheet. Never raises: what cannot be read is among its problems."""
    if len(data) > MOST_BYTES:
        return SampleSheet(problems=("it is too large to be a sample sheet",))
    text = _decode(data)
    problems: list[str] = []
    rows = _rows(text, problems)
    tables = _tables(rows)
    data_v2 = _lines(tables.get("bclconvertdata", ()), problems)
    cloud = {line.sample: line for line in _lines(tables.get("clouddata", ()), [])}
    data_v1 = _lines(tables.get("data", ()), problems)
    lines = [_with_project(line, cloud) for line in data_v2] or list(cloud.values())
    known = {line.sample for line in lines}
    lines += [line for line in data_v1 if line.sample not in known]
    version = " and ".join(
        name for name, found in (("v1", data_v1), ("v2", data_v2 or cloud)) if found
    )
    if not tables and not lines:
        lines = _lines(rows, problems)
        version = "without sections" if lines else ""
    if not lines:
        problems.append("no samples were found in it")
    return SampleSheet(version, tuple(lines), tuple(dict.fromkeys(problems)))


def read_rows(rows: Iterable[Mapping[str, str]]) -> tuple[SheetLine, ...]:
    """The samples of rows that BaseSpace has taken apart."""
    found: list[SheetLine] = []
    for row in rows:
        named = {_COLUMNS.get(_plain(key), ""): value for key, value in row.items()}
        line = _line(named, [])
        if line is not None:
            found.append(line)
    return tuple(dict.fromkeys(found))


def compare(here: Sequence[SheetLine], there: Sequence[SheetLine]) -> list[str]:
    """How the sheet of the run folder and BaseSpace's differ, a sentence for each sample.

    Lanes count only where both sheets tell them.
    """
    by_lane = all(line.lane is not None for line in (*here, *there))
    ours, theirs = _by_sample(here, by_lane), _by_sample(there, by_lane)
    told = [f"{_named(key)} is only in the run folder's sheet" for key in ours if key not in theirs]
    told += [f"{_named(key)} is only in BaseSpace's sheet" for key in theirs if key not in ours]
    for key in ours:
        for column in ("index", "index2", "project"):
            mine, other = getattr(ours[key], column), getattr(theirs.get(key), column, "")
            if mine and other and mine.casefold() != other.casefold():
                told.append(
                    f"{_named(key)}: {column} {mine} in the run folder, {other} in BaseSpace"
                )
    return told


def _named(key: tuple[str, int | None]) -> str:
    sample, lane = key
    return sample if lane is None else f"{sample} of lane {lane}"


def _by_sample(
    lines: Iterable[SheetLine], by_lane: bool
) -> dict[tuple[str, int | None], SheetLine]:
    return {(line.sample, line.lane if by_lane else None): line for line in lines}


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:  # as spreadsheets of the West save it
        return data.decode("latin-1")


def _rows(text: str, problems: list[str]) -> list[list[str]]:
    lines = text.replace("\0", "").splitlines()
    commas, semicolons, tabs = (sum(map(mark.__eq__, text)) for mark in ",;\t")
    mark = "," if commas >= max(semicolons, tabs) else ";" if semicolons >= tabs else "\t"
    rows: list[list[str]] = []
    for number, line in enumerate(lines, 1):
        try:
            rows += [[cell.strip() for cell in row] for row in csv.reader([line], delimiter=mark)]
        except csv.Error as error:
            problems.append(f"line {number} cannot be read ({error})")
    return [row for row in rows if any(row)]


def _tables(rows: Iterable[list[str]]) -> dict[str, list[list[str]]]:
    """The rows of each section, by its name without case and `_`."""
    found: dict[str, list[list[str]]] = {}
    current: list[list[str]] | None = None
    for row in rows:
        if match := _SECTION.fullmatch(row[0]):
            current = found.setdefault(_plain(match[1]), [])
        elif current is not None:
            current.append(row)
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]", "", name).casefold()


def _lines(rows: Sequence[list[str]], problems: list[str]) -> list[SheetLine]:
    if not rows:
        return []
    columns = [_COLUMNS.get(_plain(cell), "") for cell in rows[0]]
    if "sample" not in columns:
        problems.append("it has no column Sample_ID")
        return []
    found = (_line(dict(zip(columns, row, strict=False)), problems) for row in rows[1:])
    return list(dict.fromkeys(line for line in found if line is not None))


def _line(cells: Mapping[str, str], problems: list[str]) -> SheetLine | None:
    told = {key: safe_text(value.strip(), 200) for key, value in cells.items() if key}
    lane = told.pop("lane", "")
    is_lane = lane.isascii() and lane.isdigit() and len(lane) < 4
    if lane and not is_lane:
        problems.append(f"a lane is called {safe_text(lane, 20)!r}")
    sample = told.pop("sample", "")
    if not sample:
        return None
    return SheetLine(sample=sample, lane=int(lane) if is_lane else None, **told)


def _with_project(line: SheetLine, cloud: Mapping[str, SheetLine]) -> SheetLine:
    """A line with what the cloud's section says of the same sample."""
    other = cloud.get(line.sample)
    if other is None or line.project:
        return line
    return msgspec.structs.replace(line, project=other.project)
