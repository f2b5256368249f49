"""Where each file of each sample goes beneath the destination, so that no two names meet.

A layout is a template of paths, `{project}/{sample}/{file}`. Where names would clash, all files of
the samples concerned go under `<run>/`, and where they still clash under `<run>/<dataset id>/`.
Names are compared as the strictest file systems do, without case and Unicode form.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set

from bstui.basespace.models import Dataset, File
from bstui.samples.choice import Choice, run_name
from bstui.samples.grouping import Sample, id_of
from bstui.samples.layout import Placed, read_of
from bstui.text import collision_key, safe_name

_NO_RUN = "no-run"
_BLANK = re.compile(r"\s")
_DEEPEST = 3
"""`<run>/`, `<run>/<dataset id>/`, `<run>/<dataset id>/<file id>/`."""

_OF_DATASET = ("{run}", "{library}", "{lane}", "{dataset}")

_Place = tuple[Choice, Dataset, File, str, str]
"""A file, its folder and its name there."""


class Places:
    """The paths of all files. Those of a sample are made when they are asked for: all of them at
    once are as large as a plan.

    `files` are by dataset id; without `blanks` these become `_`.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        files: Mapping[str, Sequence[File]],
        template: str,
        *,
        blanks: bool = True,
    ) -> None:
        self._samples = samples
        self._files = files
        *self._above, self._last = template.split("/")
        self._has_read = "{read}" in template
        self._is_by_file = any("{file}" in part or "{read}" in part for part in self._above)
        self._is_of_dataset = any(field in template for field in _OF_DATASET)
        self._names = _Names(samples, "{project}" in template, blanks)
        self._levels = [0] * len(samples)
        self._folders = _Folders()
        while deeper := {n for n in self._find_clashing() if self._levels[n] < _DEEPEST}:
            for number in deeper:
                self._levels[number] += 1

    def of(self, number: int) -> list[Placed]:
        """The files of a sample, given by its place among the samples."""
        sample = self._samples[number]
        return [
            Placed(sample, choice.biosample, dataset, file, _join(folder, name))
            for choice, dataset, file, folder, name in self._place(number)
        ]

    def __iter__(self) -> Iterator[Placed]:
        for number in range(len(self._samples)):
            yield from self.of(number)

    def find_clashes(self, numbers: Sequence[int], added: Sequence[str]) -> list[str]:
        """Those of these paths that would meet: each other, or what another sample has.

        Each is of a sample, given by its place, whose own files it does not meet.
        """
        folders = self._folders
        for number, path in zip(numbers, added, strict=True):
            folders.add(number, _folder_of(collision_key(path)))
        parents = folders.with_parents()
        owner = {_join(*place): number for *place, number in self._names_in(folders.shared)}
        clashing = []
        for number, path in zip(numbers, added, strict=True):
            key = collision_key(path)
            if key in parents or owner.get(key, number) != number:
                clashing.append(path)
            if _folder_of(key) in folders.shared:
                owner[key] = number
        return clashing

    def _find_clashing(self) -> set[int]:
        """The samples of which a file has another's name, or the name of a folder of another's."""
        clashing: set[int] = set()
        self._folders = _Folders()
        for number in range(len(self._samples)):
            for folder, names in self._keys(number).items():
                self._folders.add(number, folder)
                if len(set(names)) < len(names):
                    clashing.add(number)
        parents = self._folders.with_parents()
        watched = self._folders.shared | (self._folders.known & set(map(_folder_of, parents)))
        owner: dict[str, int] = {}
        for folder, name, number in self._names_in(watched):
            key = _join(folder, name)
            for other in (owner.get(key), parents.get(key)):
                if other is not None:
                    clashing |= {number, other}
            owner[key] = number
        return clashing

    def _names_in(self, folders: Collection[str]) -> Iterator[tuple[str, str, int]]:
        """The keys of every file in these folders: folder, name; and the sample's number."""
        for number in self._folders.holders_of(folders):
            for folder, names in self._keys(number).items():
                if folder in folders:
                    for name in names:
                        yield folder, name, number

    def _keys(self, number: int) -> dict[str, list[str]]:
        """By the key of each folder of a sample, those of the names of its files there."""
        keys: dict[str, list[str]] = {}
        last, names = None, []
        for _, _, _, folder, name in self._place(number):
            if folder != last:
                last, names = folder, keys.setdefault(collision_key(folder), [])
            names.append(collision_key(name))
        return keys

    def _place(self, number: int) -> Iterator[_Place]:
        sample, level, names = self._samples[number], self._levels[number], self._names
        project = names.projects[number]
        values = {"project": project, "sample": names.of_sample(project, sample)}
        is_by_file = self._is_by_file or level == _DEEPEST
        is_by_dataset = self._is_of_dataset or level > 0
        is_plain = self._last == "{file}"
        for choice in sample.choices:
            values["biosample"] = names.of_biosample(project, choice)
            folder = None
            for dataset in choice.taken:
                if is_by_dataset:
                    values |= _values_of(dataset)
                    folder = None
                for file in self._files.get(dataset.id, ()):
                    values["file"] = file.name or file.id
                    if self._has_read:
                        values["read"] = read_of(file)
                    if folder is None or is_by_file:
                        parts = [part.format_map(values) for part in self._above]
                        if level:
                            run = values["run"] or _NO_RUN
                            parts += (run, dataset.id, file.id)[:level]
                        folder = names.join(parts)
                    last = values["file"] if is_plain else self._last.format_map(values)
                    yield choice, dataset, file, folder, names.spell(last)


class _Folders:
    """Which samples have files in which folders; these by their keys, samples by their numbers."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self._more: dict[str, set[int]] = {}

    @property
    def known(self) -> Set[str]:
        return self._first.keys()

    @property
    def shared(self) -> Set[str]:
        """Those of several samples."""
        return self._more.keys()

    def add(self, number: int, folder: str) -> None:
        first = self._first.setdefault(folder, number)
        if first != number:
            self._more.setdefault(folder, set()).add(number)

    def holders_of(self, folders: Iterable[str]) -> list[int]:
        """The samples that have files in any of these, in order."""
        found: set[int] = set()
        for folder in folders:
            if folder in self._first:
                found |= {self._first[folder], *self._more.get(folder, ())}
        return sorted(found)

    def with_parents(self) -> dict[str, int]:
        """These folders and all above them, each with a sample that is beneath."""
        found: dict[str, int] = {}
        for folder, number in self._first.items():
            above = folder
            while above and above not in found:
                found[above] = number
                above = _folder_of(above)
        return found


class _Names:
    """The name of each sample and biosample as a folder; `name~<id>` where several have it."""

    def __init__(self, samples: Sequence[Sample], by_project: bool, blanks: bool) -> None:
        self._by_project = by_project
        self._blanks = blanks
        self.projects = [sample.project for sample in samples]
        """Of each sample."""
        pairs = list(zip(self.projects, samples, strict=True))
        self._samples = _doubled(self._key(project, s.folder or s.name) for project, s in pairs)
        self._biosamples = _doubled(
            self._key(project, name) for project, sample in pairs for name in sample.biosamples
        )

    def of_sample(self, project: str, sample: Sample) -> str:
        name = sample.folder or sample.name
        is_alone = not self._samples or self._key(project, name) not in self._samples
        return name if is_alone else f"{name}~{id_of(sample.choices[0])}"

    def of_biosample(self, project: str, choice: Choice) -> str:
        name = choice.biosample.name
        is_alone = not self._biosamples or self._key(project, name) not in self._biosamples
        return name if is_alone else f"{name}~{id_of(choice)}"

    def join(self, parts: Iterable[str]) -> str:
        """A path of these names, each made safe."""
        return "/".join([self.spell(part) for part in parts if part])

    def spell(self, name: str) -> str:
        """A name, made safe."""
        return safe_name(name if self._blanks else _BLANK.sub("_", name))

    def _key(self, project: str, name: str) -> tuple[str, str]:
        return collision_key(project) if self._by_project else "", collision_key(name)


def _doubled(keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those that come more than once."""
    return {key for key, count in Counter(keys).items() if count > 1}


def _values_of(dataset: Dataset) -> dict[str, str]:
    lane = dataset.lane
    return {
        "run": run_name(dataset),
        "library": "+".join(library.name or library.id for library in dataset.libraries),
        "lane": f"L{lane:03}" if lane is not None else "",
        "dataset": dataset.id,
    }


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
