"""Layouts: templates of the paths that files get beneath the destination."""

import string
import sys
from collections.abc import Mapping

import msgspec

from bstui.basespace.models import Dataset, File, Reference
from bstui.errors import UsageError
from bstui.samples.fastq_name import parse_name
from bstui.samples.grouping import Grouping, Sample

FIELDS = ("project", "sample", "biosample", "run", "library", "lane", "dataset", "read", "file")
DEFAULTS: Mapping[Grouping, str] = {
    Grouping.AUTOMATIC: "{project}/{sample}/{file}",
    Grouping.SINGLE: "{sample}/{file}",
    Grouping.NONE: "{project}/{biosample}/{file}",
}
CELL_RANGER = "cellranger"
PRESETS: Mapping[str, str] = {CELL_RANGER: "{sample}/{run}/{file}"}
"""Layouts by name. Cell Ranger takes a folder of one flow cell's files, named as Illumina does."""


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A file of a sample and its path: relative to the destination, each component safe."""

    sample: Sample
    biosample: Reference
    dataset: Dataset
    file: File
    path: str


def check_template(template: str) -> str:
    """The template itself, or that of a preset; a UsageError says what is wrong with it."""
    template = PRESETS.get(template, template)
    try:
        problem = _problem_of(template)
    except ValueError as error:
        problem = str(error)
    if problem:
        raise UsageError(
            f"The layout {template!r} cannot be used: {problem}.",
            hint="Write it like {project}/{sample}/{file}; the fields are "
            + ", ".join(f"{{{field}}}" for field in FIELDS)
            + f". Presets: {', '.join(PRESETS)}.",
        )
    return template


def _problem_of(template: str) -> str:
    parts = template.split("/")
    if any(part.strip() in ("", ".", "..") for part in parts):
        return "it must be relative, and no part of it empty, . or .."
    fields: list[str] = []
    for part in parts:
        parsed = [piece for piece in string.Formatter().parse(part) if piece[1] is not None]
        if any(spec or conversion for _, _, spec, conversion in parsed):
            return "a field is its name alone"
        fields = [field or "" for _, field, _, _ in parsed]
        unknown = [field for field in fields if field not in FIELDS]
        if unknown:
            return f"{{{unknown[0]}}} is no field"
    return "" if "file" in fields else "its last part must hold {file}"


def read_of(file: File) -> str:
    """`R1`, `I2` …; empty where the name is not a FASTQ file's."""
    parts = parse_name(file.name)
    return sys.intern(parts.read) if parts else ""
