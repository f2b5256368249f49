"""A sample map: a table, kept as TSV, that says which sample each biosample is of.

Its columns are named in the first line: `sample`, and `biosample` (an id or a name), `biosample_id`
or `dataset`; others are passed over, so that what `import --dry-run --tsv` prints is a map. Without
such a line there are two columns, biosample and sample. `-` for a sample leaves out; a biosample
that is not named stays as the grouping has it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from bstui.errors import UsageError
from bstui.samples.arrangement import DROPPED, Assignments, check_sample_name
from bstui.samples.choice import Choice
from bstui.text import safe_text
from bstui.units import count_text

_KEYS = ("dataset", "biosample_id", "biosample")
"""The columns that say what is meant; the first that is filled counts."""
_HINT = "Write a line for each biosample: its id or name, a tab, and the sample's name."


class MapRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says: this biosample, or this dataset of one, is of that sample."""

    biosample: str = ""
    """An id or a name; empty where the dataset tells."""
    dataset: str = ""
    """An id."""
    sample: str
    line: int = 0
    """Where it stands, from 1."""


class SampleMap(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of a map."""

    rows: tuple[MapRow, ...] = ()
    source: str = ""
    """The file, for messages and for the command line that does the same."""


NO_MAP = SampleMap()


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What a map says of the biosamples at hand."""

    assignments: Assignments = {}
    warnings: tuple[str, ...] = ()


def read_sample_map(path: Path) -> SampleMap:
    """The map in a file. UsageError names the line that cannot be meant."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"The sample map {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The sample map {path} is not UTF-8 text.",
            hint="Save it as UTF-8, with tabs between its columns.",
        ) from error
    return parse_sample_map(text, str(path))


def parse_sample_map(text: str, source: str) -> SampleMap:
    """The map that the text is."""
    lines = [
        (number, line.split("\t"))
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        raise UsageError(f"The sample map {source} is empty.", hint=_HINT)
    columns = {cell.strip().casefold(): i for i, cell in enumerate(lines[0][1])}
    if "sample" in columns and any(key in columns for key in _KEYS):
        lines = lines[1:]
    else:
        columns = {"biosample": 0, "sample": 1}
    rows = (_row(cells, columns, number, source) for number, cells in lines)
    return SampleMap(rows=tuple(dict.fromkeys(rows)), source=source)


def _row(cells: Sequence[str], columns: Mapping[str, int], line: int, source: str) -> MapRow:
    def cell(key: str) -> str:
        place = columns.get(key, len(cells))
        return cells[place].strip() if place < len(cells) else ""

    sample = cell("sample")
    key = next((key for key in _KEYS if cell(key)), "")
    if not key or not sample:
        raise UsageError(
            f"{source}, line {line}: {'a sample' if key else 'a biosample'} is missing.",
            hint=f"{_HINT} - for the sample leaves out.",
        )
    try:
        name = sample if sample == DROPPED else check_sample_name(sample)
    except UsageError as error:
        raise UsageError(f"{source}, line {line}: {error.message}", hint=error.hint) from None
    is_dataset = key == "dataset"
    return MapRow(
        biosample="" if is_dataset else cell(key),
        dataset=cell(key) if is_dataset else "",
        sample=name,
        line=line,
    )


def resolve_map(sample_map: SampleMap, choices: Iterable[Choice]) -> Resolved:
    """What the map says of these biosamples; a row of a dataset counts before its biosample's.

    UsageError where two rows contradict each other, or a name is that of several biosamples.
    """
    if not sample_map.rows:
        return Resolved()
    source, held = sample_map.source, [choice for choice in choices if choice.taken]
    datasets = {dataset.id for choice in held for dataset in choice.taken}
    by_id = {choice.biosample.id: choice for choice in held if choice.biosample.id}
    by_name: dict[str, list[Choice]] = {}
    for choice in held:
        by_name.setdefault(choice.biosample.name.strip(), []).append(choice)
    broad: dict[str, MapRow] = {}
    exact: dict[str, MapRow] = {}
    unknown: list[MapRow] = []
    for row in sample_map.rows:
        if row.dataset:
            found = [row.dataset] if row.dataset in datasets else []
        else:
            found = [d.id for c in _find(row, by_id, by_name, source) for d in c.taken]
        for dataset in found:
            _put(exact if row.dataset else broad, dataset, row, source)
        if not found:
            unknown.append(row)
    said = {dataset: row.sample for dataset, row in (broad | exact).items()}
    missing = [choice for choice in held if not any(d.id in said for d in choice.taken)]
    return Resolved(assignments=said, warnings=tuple(_warn(source, unknown, missing)))


def _find(
    row: MapRow, by_id: Mapping[str, Choice], by_name: Mapping[str, list[Choice]], source: str
) -> list[Choice]:
    if row.biosample in by_id:
        return [by_id[row.biosample]]
    found = by_name.get(row.biosample.removeprefix("="), [])
    ids = [choice.biosample.id for choice in found]
    if len(found) > 1:
        raise UsageError(
            f"{source}, line {row.line}: {len(found)} biosamples are named {row.biosample!r}.",
            hint=f"Give the id instead of the name: {', '.join(ids)}.",
        )
    return found


def _put(said: dict[str, MapRow], dataset: str, row: MapRow, source: str) -> None:
    other = said.setdefault(dataset, row)
    if other.sample != row.sample:
        what = row.dataset or row.biosample
        raise UsageError(
            f"{source}, lines {other.line} and {row.line}: {what} is of {other.sample!r}, and of "
            f"{row.sample!r}.",
            why="Each file of an import is in exactly one sample.",
        )


def _warn(source: str, unknown: Sequence[MapRow], missing: Sequence[Choice]) -> Iterator[str]:
    if unknown:
        first = unknown[0].dataset or unknown[0].biosample
        yield (
            f"{source}: {count_text(len(unknown), 'line')}, that of {safe_text(first)} first, "
            f"{'names' if len(unknown) == 1 else 'name'} nothing that is chosen."
        )
    if missing:
        yield (
            f"{source} does not name {count_text(len(missing), 'biosample')} that "
            f"{'is' if len(missing) == 1 else 'are'} chosen, {missing[0].biosample.name} first: "
            "each is a sample of its own."
        )


def map_of(choices: Iterable[Choice], assignments: Assignments, source: str = "") -> SampleMap:
    """The map that says the same as these assignments: a row for each biosample, or where its
    datasets are of several samples, for each of them."""
    rows: list[MapRow] = []
    for choice in choices:
        names = {d.id: assignments[d.id] for d in choice.taken if d.id in assignments}
        biosample = choice.biosample.id
        if biosample and len(names) == len(choice.taken) and len({*names.values()}) == 1:
            rows.append(MapRow(biosample=biosample, sample=next(iter(names.values()))))
        else:
            rows += [MapRow(dataset=dataset, sample=name) for dataset, name in names.items()]
    return SampleMap(rows=tuple(dict.fromkeys(rows)), source=source)


def sample_map_text(sample_map: SampleMap) -> str:
    """The map as a file holds it; `parse_sample_map` gives it back, but for the lines' numbers."""
    lines = ["biosample_id\tdataset\tsample"]
    lines += [f"{row.biosample}\t{row.dataset}\t{row.sample}" for row in sample_map.rows]
    return "".join(f"{line}\n" for line in lines)
