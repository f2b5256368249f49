"""Where each file of each sample goes beneath the destination, so that no two names meet.

A layout is a template of paths, `{project}/{sample}/{file}`. Where names would clash, all files of
the samples concerned go under `<run>/`, and where they still clash under `<run>/<dataset id>/`.
Names are compared as the strictest file systems do, without case and Unicode form.
"""

import re
import string
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bstui.basespace.models import Dataset, File, Reference
from bstui.errors import UsageError
from bstui.samples.choice import Choice, run_name
from bstui.samples.fastq_name import parse_name
from bstui.samples.grouping import Grouping, Sample, id_of
from bstui.text import collision_key, safe_name

FIELDS = ("project", "sample", "biosample", "run", "library", "lane", "dataset", "read", "file")
DEFAULTS: Mapping[Grouping, str] = {
    Grouping.AUTOMATIC: "{project}/{sample}/{file}",
    Grouping.SINGLE: "{sample}/{file}",
    Grouping.NONE: "{project}/{biosample}/{file}",
}
CELL_RANGER = "cellranger"
PRESETS: Mapping[str, str] = {CELL_RANGER: "{sample}/{run}/{file}"}
"""Layouts by name. Cell Ranger takes a folder of one flow cell's files, named as Illumina does."""
_NO_RUN = "no-run"
_BLANK = re.compile(r"\s")
_DEEPEST = 3
"""`<run>/`, `<run>/<dataset id>/`, `<run>/<dataset id>/<file id>/`."""


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


def place_files(
    samples: Sequence[Sample],
    files: Mapping[str, Sequence[File]],
    template: str,
    *,
    blanks: bool = True,
) -> list[Placed]:
    """Every file with its path. `files` are by dataset id; without `blanks` those become `_`."""
    names = _Names(samples, "{project}" in template, blanks)
    levels = dict.fromkeys(range(len(samples)), 0)
    while True:
        placed = [
            (number, _place(sample, files, template, names, levels[number]))
            for number, sample in enumerate(samples)
        ]
        deeper = {number for number in _clashing(placed) if levels[number] < _DEEPEST}
        if not deeper:
            return [item for _, items in placed for item in items]
        levels.update((number, levels[number] + 1) for number in deeper)


class _Names:
    """The name of each sample and biosample as a folder; `name~<id>` where several have it."""

    def __init__(self, samples: Sequence[Sample], by_project: bool, blanks: bool) -> None:
        self._by_project = by_project
        self._blanks = blanks
        self._samples = _doubled(self._key(s.project, s.folder or s.name) for s in samples)
        self._biosamples = _doubled(
            self._key(s.project, name) for s in samples for name in s.biosamples
        )

    def of_sample(self, project: str, sample: Sample) -> str:
        name = sample.folder or sample.name
        is_alone = self._key(project, name) not in self._samples
        return name if is_alone else f"{name}~{id_of(sample.choices[0])}"

    def of_biosample(self, project: str, choice: Choice) -> str:
        name = choice.biosample.name
        is_alone = self._key(project, name) not in self._biosamples
        return name if is_alone else f"{name}~{id_of(choice)}"

    def join(self, parts: Iterable[str]) -> str:
        """A path of these names, each made safe."""
        spelt = parts if self._blanks else (_BLANK.sub("_", part) for part in parts)
        return "/".join(safe_name(part) for part in spelt if part)

    def _key(self, project: str, name: str) -> tuple[str, str]:
        return collision_key(project) if self._by_project else "", collision_key(name)


def _doubled(keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those that come more than once."""
    return {key for key, count in Counter(keys).items() if count > 1}


def _place(
    sample: Sample,
    files: Mapping[str, Sequence[File]],
    template: str,
    names: _Names,
    level: int,
) -> list[Placed]:
    *folders, last = template.split("/")
    has_read = "{read}" in template
    project = sample.project
    values = {"project": project, "sample": names.of_sample(project, sample)}
    placed = []
    for choice in sample.choices:
        values["biosample"] = names.of_biosample(project, choice)
        for dataset in choice.taken:
            values |= _values_of(dataset)
            for file in files.get(dataset.id, ()):
                values["file"] = file.name or file.id
                if has_read:
                    values["read"] = read_of(file)
                between = (run_name(dataset) or _NO_RUN, dataset.id, file.id)[:level]
                parts = [part.format_map(values) for part in folders]
                path = names.join((*parts, *between, last.format_map(values)))
                placed.append(Placed(sample, choice.biosample, dataset, file, path))
    return placed


def _values_of(dataset: Dataset) -> dict[str, str]:
    lane = dataset.lane
    return {
        "run": run_name(dataset),
        "library": "+".join(library.name or library.id for library in dataset.libraries),
        "lane": f"L{lane:03}" if lane is not None else "",
        "dataset": dataset.id,
    }


def read_of(file: File) -> str:
    """`R1`, `I2` …; empty where the name is not a FASTQ file's."""
    parts = parse_name(file.name)
    return sys.intern(parts.read) if parts else ""


def _clashing(placed: Sequence[tuple[int, Sequence[Placed]]]) -> set[int]:
    """The samples of which a file has another's name, or the name of a folder of another's."""
    inside: dict[str, list[tuple[int, Placed]]] = {}
    for number, items in placed:
        for item in items:
            inside.setdefault(_folder_key(item), []).append((number, item))
    folders: dict[str, int] = {}
    for folder, held in inside.items():
        above = folder
        while above and above not in folders:
            folders[above] = held[0][0]
            above = above.rpartition("/")[0]
    return {number for held in inside.values() for number in _clashing_in_folder(held, folders)}


def _folder_key(item: Placed) -> str:
    return collision_key(item.path).rpartition("/")[0]


def _clashing_in_folder(
    held: Sequence[tuple[int, Placed]], folders: Mapping[str, int]
) -> Iterator[int]:
    """The samples that clash by these files of one folder; `folders` are all, with their sample."""
    owner: dict[str, int] = {}
    for number, item in held:
        key = collision_key(item.path)
        for other in (owner.get(key), folders.get(key)):
            if other is not None:
                yield from (number, other)
        owner[key] = number
