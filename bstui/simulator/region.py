"""What a simulated region holds, and what of it a token sees."""

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from bstui.simulator.account import (
    Biosample,
    Dataset,
    Grant,
    Project,
    Result,
    Run,
    Sample,
    Session,
    StoredFile,
    User,
)
from bstui.simulator.bgzf import NAMES, named
from bstui.simulator.disk import DiskContent
from bstui.simulator.shelves import Maker, Register, Shelf, Shelves, numbered


class Region:
    """One BaseSpace instance's data."""

    def __init__(self, name: str, code: str, number: int) -> None:
        self.name = name
        self.code = code
        self._numbers = itertools.count(number * 100_000_000 + 1_200_345)
        self._samples = itertools.count(number * 100_000_000 + 90_200_345)
        self.users: dict[str, User] = {}
        self.grants: dict[str, Grant] = {}
        """By token."""
        self.projects: dict[str, Project] = {}
        self.runs: dict[str, Run] = {}
        self.biosamples: dict[str, Biosample] = {}
        self.sessions: dict[str, Session] = {}
        self.results: dict[str, Result] = {}
        shelves = Shelves()
        self.datasets = Register[Dataset](shelves)
        self.samples = Register[Sample](shelves)
        self.files = Register[StoredFile](shelves)
        self.objects = Register[StoredFile](shelves)
        """Files by the key of their object."""
        self.version = 0
        """Goes up when something may be on other lists, or at another place in them."""
        self._bgzf_names = next(iter(NAMES))
        self._shelves = shelves
        self._shelves_of: defaultdict[str, list[Shelf]] = defaultdict(list)
        """By the ids of what their datasets belong to."""
        self._of_biosample: defaultdict[str, list[Dataset]] = defaultdict(list)
        self._of_project: defaultdict[str, list[Dataset]] = defaultdict(list)
        self._of_run: defaultdict[str, list[Dataset]] = defaultdict(list)
        self._members: defaultdict[str, list[Biosample]] = defaultdict(list)

    def next_id(self) -> str:
        """A number that no other thing in any region has."""
        return str(next(self._numbers))

    def numbers(self) -> Iterator[int]:
        return self._numbers

    def key_of(self, text: str) -> str:
        """32 hexadecimal characters that stand for something of this region."""
        return hashlib.md5(f"{self.code} {text}".encode()).hexdigest()

    def postpone(
        self, count: int, measure: Callable[[], int], owners: Iterable[str], make: Maker
    ) -> Shelf:
        """Let `make` run when something of these runs and projects is first asked for.

        It has `count` numbers for ids; `measure` foretells the bytes of all its files.
        """
        first = next(self._numbers)
        self._numbers = itertools.count(first + count)
        shelf = self._shelves.add(range(first, first + count), measure, make)
        for owner in owners:
            self._shelves_of[owner].append(shelf)
        return shelf

    def numbered_key(self, number: int) -> str:
        """The key of what has this number; it leads to its shelf."""
        return numbered(self.key_of(str(number)), number)

    def add_biosample(self, biosample: Biosample) -> None:
        self.biosamples[biosample.id] = biosample
        self._members[biosample.project.id].append(biosample)

    def add_sample(self, number: int | None = None) -> Sample:
        sample = Sample(str(next(self._samples) if number is None else number))
        self.samples[sample.id] = sample
        return sample

    def add_dataset(self, dataset: Dataset) -> None:
        self.datasets[dataset.id] = dataset
        dataset.session.datasets.append(dataset)
        dataset.session.forget_size()
        dataset.sample.datasets.append(dataset)
        self._of_project[dataset.project.id].append(dataset)
        self._of_run[dataset.run.id].append(dataset)
        if dataset.biosample is not None:
            self._of_biosample[dataset.biosample.id].append(dataset)

    def hold(self, file: StoredFile) -> None:
        """A new file of its owner."""
        file.owner.files.append(file)
        self.add_file(file)

    def name_bgzf(self, way: str) -> None:
        """The files of NextSeq runs are called so; those of folders on disk keep their names."""
        self._bgzf_names = way
        for file in self.files.made():
            self._name(file)

    def _name(self, file: StoredFile) -> None:
        if isinstance(file.owner, Run) and not isinstance(file.content, DiskContent):
            file.path = named(file.path, self._bgzf_names)

    def add_file(self, file: StoredFile) -> None:
        self._name(file)
        self.files[file.id] = file
        self.objects[file.key] = file

    def hide_file(self, file: StoredFile) -> None:
        """The file is not there yet."""
        del self.files[file.id], self.objects[file.key]

    def datasets_of(self, biosample: Biosample) -> list[Dataset]:
        self._fill(biosample.project.id)
        return self._of_biosample[biosample.id]

    def project_datasets(self, project: Project) -> list[Dataset]:
        self._fill(project.id)
        return self._of_project[project.id]

    def run_datasets(self, run: Run) -> list[Dataset]:
        self._fill(run.id)
        return self._of_run[run.id]

    def project_biosamples(self, project: Project) -> list[Biosample]:
        """Those whose default project it is, and those with datasets in it.

        Nothing has to be made for that: what is on shelves is of biosamples of its own project.
        """
        others = (d.biosample for d in self._of_project[project.id] if d.biosample)
        return list(dict.fromkeys((*self._members[project.id], *others)))

    def project_size(self, project: Project) -> int:
        """Bytes of its datasets, those included that are still to be made."""
        shelves = self._shelves_of.get(project.id, ())
        for shelf in shelves:
            shelf.finish()
        made = sum(dataset.size for dataset in self._of_project[project.id])
        return made + sum(shelf.size for shelf in shelves if not shelf.is_filled)

    def _fill(self, owner: str) -> None:
        for shelf in self._shelves_of.get(owner, ()):
            shelf.fill()


class View:
    """What one token may see of a region."""

    def __init__(self, region: Region, grant: Grant, withdrawn: Iterable[str] = ()) -> None:
        self.region = region
        self.grant = grant
        self._withdrawn = frozenset(withdrawn)

    def sees_project(self, project: Project) -> bool:
        return self._may(project.owner, project.readers, project.id)

    def sees_run(self, run: Run) -> bool:
        return self._may(run.owner, run.readers, run.id)

    def sees_dataset(self, dataset: Dataset | Result) -> bool:
        return dataset.id not in self._withdrawn and self.sees_project(dataset.project)

    def sees_biosample(self, biosample: Biosample) -> bool:
        return biosample.id not in self._withdrawn and self.sees_project(biosample.project)

    def sees_file(self, file: StoredFile) -> bool:
        if file.id in self._withdrawn:
            return False
        if isinstance(file.owner, Run):
            return self.sees_run(file.owner)
        return self.sees_dataset(file.owner)

    def sees_user(self, user: User) -> bool:
        """Those with whom the token's own has something in common."""
        me = self.grant.user
        if user in (me, me.person) or user.person is me:
            return True
        things: Iterable[Project | Run] = (*self.projects(), *self.runs())
        return any(user is thing.owner or user.id in thing.readers for thing in things)

    def projects(self) -> list[Project]:
        return [p for p in self.region.projects.values() if self.sees_project(p)]

    def runs(self) -> list[Run]:
        return [r for r in self.region.runs.values() if self.sees_run(r) and not r.is_deleted]

    def biosamples(self) -> Iterator[Biosample]:
        return (b for b in self.region.biosamples.values() if self.sees_biosample(b))

    def datasets(self) -> Iterator[Dataset]:
        return self.seen(self.region.datasets.values())

    def datasets_of(self, biosample: Biosample) -> Iterator[Dataset]:
        return self.seen(self.region.datasets_of(biosample))

    def project_datasets(self, project: Project) -> Iterator[Dataset]:
        return self.seen(self.region.project_datasets(project))

    def seen(self, datasets: Iterable[Dataset]) -> Iterator[Dataset]:
        """Those of some datasets that are not hidden from the token."""
        return (d for d in datasets if self.sees_dataset(d) and not d.is_deleted)

    def _may(self, owner: User, readers: frozenset[str], thing: str) -> bool:
        me = self.grant.user.id
        return thing not in self._withdrawn and (me == owner.id or me in readers)
