"""Rows to stdout: a table for people, NDJSON or TSV for programs."""

import csv
import io
import json
import sys
import unicodedata
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TextIO

from bstui.packed import Packed
from bstui.text import safe_text
from bstui.units import size_text

Row = Mapping[str, Any]
"""Key → text, number, list of texts, or None; sizes are bytes, dates ISO 8601 in UTC."""

_SIZES = {"size", "bytes", "bytes_done"}


@dataclass(frozen=True)
class Output:
    """Where rows go, and in which form: `table`, `json`, `tsv` or `csv`."""

    form: str = "table"
    stream: TextIO = sys.stdout

    def write(self, keys: Sequence[str], rows: Iterable[Row]) -> None:
        """Print `rows`; `keys` are the columns of a table, in its order."""
        if self.form == "table":
            self._write_table(keys, rows)
            return
        heads = True
        for row in rows:
            self.write_one(keys, row, heads=heads)
            heads = False

    async def write_arriving(self, keys: Sequence[str], rows: AsyncGenerator[Row]) -> int:
        """Print rows as they come, and return their number; a table waits for the last, to know its
        widths."""
        async with aclosing(rows):
            if self.form == "table":
                whole = [row async for row in rows]
                self._write_table(keys, whole)
                return len(whole)
            number = 0
            async for row in rows:
                self.write_one(keys, row, heads=not number)
                number += 1
            return number

    def write_one(self, keys: Sequence[str], row: Row, *, heads: bool = True) -> None:
        if self.form == "json":
            line = json.dumps(row, ensure_ascii=False)
        elif self.form == "tsv":
            columns = list(row)
            line = "\t".join(_plain(row[key]) for key in columns)
            line = "\t".join(columns) + "\n" + line if heads else line
        elif self.form == "csv":
            line = _csv_lines([list(row)] * heads + [[_plain(value) for value in row.values()]])
        else:
            self._write_table(keys, [row])
            return
        print(line, file=self.stream, flush=True)

    def write_facts(self, row: Row) -> None:
        """Print one thing: a line a fact for people, one row for programs."""
        if self.form != "table":
            self.write_one(list(row), row)
            return
        width = max(len(key) for key in row)
        for key, value in row.items():
            name = key.replace("_", " ")
            for part in _parts(value):
                print(f"{name:{width}}  {_shown(key, part)}", file=self.stream)
                name = ""

    def _write_table(self, keys: Sequence[str], rows: Iterable[Row]) -> None:
        lines = Packed(list[str], [[key.replace("_", " ") for key in keys]])
        lines.extend([_shown(key, row.get(key)) for key in keys] for row in rows)
        widths = [0] * len(keys)
        for line in lines:
            widths = list(map(max, widths, map(_cells, line)))
        for line in lines:
            cells = (
                _pad(cell, width, right=key in _SIZES)
                for key, cell, width in zip(keys, line, widths, strict=True)
            )
            print("  ".join(cells).rstrip(), file=self.stream)


def _parts(value: Any) -> Sequence[Any]:
    """A line for each sentence of a list; anything else in one."""
    is_long = isinstance(value, list | tuple) and any(" " in str(part) for part in value)
    return value if is_long else [value]


def _csv_lines(rows: Sequence[Sequence[str]]) -> str:
    """RFC 4180's quoting, and a line feed between lines."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().removesuffix("\n")


def _shown(key: str, value: Any) -> str:
    if key in _SIZES and isinstance(value, int):
        return size_text(value)
    return safe_text(_plain(value))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return safe_text(str(value))


def _cells(text: str) -> int:
    """Columns that a terminal needs for `text`."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _pad(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - _cells(text))
    return blanks + text if right else text + blanks
