"""What a sample sheet of a pipeline looks like: a TOML, in the package or a user's own.

name = "nf-core/rnaseq"     how it is chosen
file = "rnaseq.csv"         what it is called beside the data
rows = "lanes"              a row for each lane's files; "samples": for each sample; "runs": raw run
separator = ","             or a tab
blanks = false              whether paths may hold blanks
unique = [["sample"]]       columns whose values no two rows share
[[columns]]
name = "sample"
value = "{sample}"          a text with fields; README and `bstui help samples` list them
empty = "?"                 what stands there where the value is empty
pattern = "\\S+"            what the value must be, as a whole
replace = "\\s"             what becomes `_` in it
prefix = "s"                put before a value that does not fit the pattern yet
required = true             whether it must not be empty
"""

import re
import string
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from bstui.errors import UsageError

_PACKAGED = "sheets"
_OWN = ".toml"

READS = ("R1", "R2", "R3", "R4", "I1", "I2")
FASTQ_FIELDS = (
    *("sample", "biosample", "biosample_id", "project", "run", "library", "lane", "unit"),
    *READS,
)
RUN_FIELDS = ("run", "folder", "sample_sheet")


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column of a sheet."""

    name: str
    value: str = ""
    empty: str = ""
    """What stands there where the value is empty."""
    pattern: str = ""
    replace: str = ""
    prefix: str = ""
    required: bool = False

    @property
    def has_fields(self) -> bool:
        """Whether its value comes from the data."""
        return any(field is not None for _, field, _, _ in string.Formatter().parse(self.value))


class SheetFormat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of sheet."""

    name: str
    file: str
    title: str = ""
    rows: Literal["lanes", "samples", "runs"] = "lanes"
    separator: str = ","
    blanks: bool = True
    unique: tuple[tuple[str, ...], ...] = ()
    columns: tuple[Column, ...]

    @property
    def is_of_runs(self) -> bool:
        """Whether it is about a raw run, not FASTQ."""
        return self.rows == "runs"

    @property
    def open_columns(self) -> tuple[Column, ...]:
        """Those that say the same in every row: whoever knows better fills them in."""
        return tuple(column for column in self.columns if not column.has_fields)


def sheet_names() -> list[str]:
    """The sheets that the package knows, by name."""
    return sorted(_packaged())


def sheet_word(wanted: str) -> str:
    """What a job keeps of a name: of a user's own file the absolute path."""
    return str(Path(wanted).expanduser().absolute()) if wanted.endswith(_OWN) else wanted


def load_sheets(wanted: Sequence[str]) -> list[SheetFormat]:
    """The formats of these names, or paths of a user's own. UsageError says which is none."""
    formats = [load_sheet(name) for name in dict.fromkeys(wanted)]
    seen: dict[str, SheetFormat] = {}
    for form in formats:
        other = seen.setdefault(form.file, form)
        if other is not form:
            raise UsageError(f"The sheets {other.name} and {form.name} are both named {form.file}.")
    return formats


def load_sheet(wanted: str) -> SheetFormat:
    """The format of this name, or in this file."""
    if wanted.endswith(_OWN):
        return _load_own(Path(wanted).expanduser())
    packaged = _packaged()
    found = packaged.get(wanted) or packaged.get(f"nf-core/{wanted}")
    if found is None:
        raise UsageError(
            f"There is no sheet {wanted!r}.",
            hint=f"Give one of {', '.join(sorted(packaged))}, or the path of a .toml of your own.",
        )
    return found


def _packaged() -> dict[str, SheetFormat]:
    folder = files(__package__) / _PACKAGED
    texts = (entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(_OWN))
    formats = (parse_format(text, "the package") for text in texts)
    return {form.name: form for form in formats}


def _load_own(path: Path) -> SheetFormat:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The sheet {path} cannot be read: {error}.") from error
    return parse_format(text, str(path))


def parse_format(text: str, where: str) -> SheetFormat:
    """The format that a TOML says; UsageError names what is wrong, and where."""
    try:
        form = msgspec.convert(tomllib.loads(text), SheetFormat)
        problem = _problem_of(form)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, re.error, ValueError) as error:
        problem = str(error)
    if problem:
        raise UsageError(
            f"The sheet of {where} cannot be used: {problem}.", hint="See `bstui help samples`."
        )
    return form


def _problem_of(form: SheetFormat) -> str:
    if not form.file or "/" in form.file or form.file.startswith("."):
        return f"{form.file!r} is no file's name"
    if len(form.separator) != 1:
        return "the separator is one character"
    names = [column.name for column in form.columns]
    if len(set(names)) != len(names) or not names:
        return "each column has a name of its own, and there is at least one"
    unknown = {name for group in form.unique for name in group} - set(names)
    if unknown:
        return f"{unknown.pop()!r}, which is to be unique, is no column"
    known = RUN_FIELDS if form.is_of_runs else FASTQ_FIELDS
    for column in form.columns:
        re.compile(column.pattern), re.compile(column.replace)
        for _, field, spec, conversion in string.Formatter().parse(column.value):
            if field is not None and (field not in known or spec or conversion):
                listed = ", ".join(f"{{{name}}}" for name in known)
                return f"{{{field}}} of the column {column.name} is none of {listed}"
    return ""
