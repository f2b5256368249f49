"""The region of an account that somebody describes: its names resolved, its data made."""

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bstui.simulator.account import (
    ALL_SCOPES,
    Biosample,
    Dataset,
    Grant,
    Library,
    Project,
    Run,
    Session,
    Tag,
    User,
)
from bstui.simulator.account_file import (
    AccountFile,
    BiosampleEntry,
    DatasetEntry,
    RunEntry,
    bad_entry,
    read_account,
)
from bstui.simulator.builder import HISEQ, MISEQ, NEXTSEQ, NEXTSEQ_500, NOVASEQ
from bstui.simulator.contents import DEFAULT_PART, Spool
from bstui.simulator.deep_fastq import LARGE_PART, BaseParts, DeepFastq
from bstui.simulator.reads import SheetLine, make_indexes
from bstui.simulator.region import Region
from bstui.simulator.site import Site
from bstui.simulator.states import States
from bstui.units import parse_size

_MACHINES = {
    "miseq": MISEQ,
    "hiseq": HISEQ,
    "nextseq500": NEXTSEQ_500,
    "nextseq2000": NEXTSEQ,
    "novaseq6000": NOVASEQ,
}
_MOST_LINES = 250
"""Samples of a flow cell that reads can be made of."""
_MOST_PARTS = 10_000
_BYTES_OF_READ = 250
"""About, of a deep FASTQ."""


def make_described(path: Path, seed: int, spool: Spool) -> Region:
    """The region of an account file; a UsageError for what does not fit together."""
    return _Account(path, read_account(path), seed, spool).region


@dataclass(frozen=True)
class _Placed:
    """A biosample on a run."""

    key: str
    """Where in the file this is said."""
    biosample: Biosample
    entry: DatasetEntry


class _Account(Site):
    def __init__(self, path: Path, file: AccountFile, seed: int, spool: Spool) -> None:
        super().__init__(Region("Described", "USE1", 1), seed, spool)
        self._path = path
        self._spool = spool
        self._random = random.Random(f"account {seed}")
        self._states = States(self.region, spool, lambda: "lane")
        self._parts: dict[tuple[int, int], BaseParts] = {}
        self._people: dict[str, User] = {}
        self._add_people(file, seed)
        self._projects: dict[str, list[Project]] = {}
        for number, entry in enumerate(file.projects):
            key = f"projects[{number}]"
            owner, shown = self._owner(key, entry.owner), self._users(key, entry.shared_with)
            project = self.builder.project(
                entry.name, owner, entry.created, entry.description, shown
            )
            self._projects.setdefault(entry.name, []).append(project)
        self._runs = {name: number for number, e in enumerate(file.runs) for name in _names(e)}
        placed: list[list[_Placed]] = [[] for _ in file.runs]
        self._place_biosamples(file, placed)
        for number, run in enumerate(file.runs):
            self._sequence(f"runs[{number}]", run, placed[number])

    def _add_people(self, file: AccountFile, seed: int) -> None:
        for number, entry in enumerate(file.users):
            user = self._add_user(f"users[{number}].name", entry.name, entry.email)
            scopes = tuple(scope.upper() for scope in entry.scopes) or ALL_SCOPES
            self._grant(f"users[{number}].token", entry.token, seed, Grant(user, scopes))
        for number, group in enumerate(file.workgroups):
            key = f"workgroups[{number}]"
            person = self._user(f"{key}.person", group.person)
            user = self._add_user(f"{key}.name", group.name, "", person)
            self._grant(f"{key}.token", group.token, seed, Grant(user))

    def _add_user(self, key: str, name: str, email: str, person: User | None = None) -> User:
        if name in self._people:
            raise bad_entry(self._path, key, f"there are two called {name!r}.")
        self._people[name] = self.user(name, email, person)
        return self._people[name]

    def _grant(self, key: str, token: str, seed: int, grant: Grant) -> None:
        token = token or hashlib.md5(f"token {seed} {grant.user.name}".encode()).hexdigest()
        if token in self.region.grants:
            raise bad_entry(self._path, key, "another has this token.")
        self.region.grants[token] = grant

    def _user(self, key: str, name: str) -> User:
        if name not in self._people:
            raise self._unknown(key, "user or workgroup", name, self._people)
        return self._people[name]

    def _users(self, key: str, names: Iterable[str]) -> list[User]:
        return [self._user(f"{key}.shared_with[{i}]", name) for i, name in enumerate(names)]

    def _owner(self, key: str, name: str) -> User:
        return self._user(f"{key}.owner", name) if name else next(iter(self._people.values()))

    def _project(self, key: str, name: str) -> Project:
        found = self._projects.get(name, [])
        if not found:
            raise self._unknown(key, "project", name, self._projects)
        if len(found) > 1:
            raise bad_entry(self._path, key, f"{len(found)} projects are called {name!r}.")
        return found[0]

    def _unknown(self, key: str, kind: str, name: str, known: Iterable[str]) -> Exception:
        there = ", ".join(map(repr, known)) or "none"
        what = f"there is no {kind} called {name!r}; there are: {there}."
        return bad_entry(self._path, key, what)

    def _place_biosamples(self, file: AccountFile, placed: list[list[_Placed]]) -> None:
        count = sum(entry.count for entry in file.biosamples)
        indexes = iter(make_indexes(self._seed, min(count, _MOST_LINES)))
        for number, entry in enumerate(file.biosamples):
            key = f"biosamples[{number}]"
            project = self._project(f"{key}.project", entry.project)
            datasets = [
                (f"{key}.datasets[{i}]", self._run_number(f"{key}.datasets[{i}]", dataset), dataset)
                for i, dataset in enumerate(entry.datasets)
            ]
            for name in _names_of(entry):
                pair = next(indexes, None) or (self._code(), self._code())
                biosample = self._biosample(name, project, entry, pair)
                for place, run, dataset in datasets:
                    placed[run].append(_Placed(place, biosample, dataset))

    def _run_number(self, key: str, dataset: DatasetEntry) -> int:
        if dataset.run not in self._runs:
            raise self._unknown(f"{key}.run", "run", dataset.run, self._runs)
        return self._runs[dataset.run]

    def _code(self) -> str:
        return "".join(self._random.choices("ACGT", k=8))

    def _biosample(
        self, name: str, project: Project, entry: BiosampleEntry, pair: tuple[str, str]
    ) -> Biosample:
        library = Library(self.region.next_id(), pair)
        created = entry.created or project.created
        biosample = Biosample(
            self.region.next_id(), name, project, created, library, entry.status, entry.lab_status
        )
        self.region.add_biosample(biosample)
        return biosample

    def _sequence(self, key: str, entry: RunEntry, placed: Sequence[_Placed]) -> None:
        """The run, its folder, and the datasets of what is on it."""
        made = [place for place in placed if place.entry.size is None]
        if len(made) > _MOST_LINES:
            what = f"{len(made)} biosamples are on it; more than {_MOST_LINES} need a size."
            raise bad_entry(self._path, key, what)
        on_sheet = placed if len(placed) <= _MOST_LINES else made
        members = list(dict.fromkeys(place.biosample for place in on_sheet))
        machine = _MACHINES[entry.instrument]
        second = entry.reads[1] if len(entry.reads) > 1 else 0
        cell = self.cell(
            machine,
            entry.created,
            members,
            lanes=entry.lanes,
            read_length=entry.reads[0],
            second_length=second,
            is_paired=bool(second),
            clusters=entry.clusters,
            name=entry.folder,
        )
        run = self.builder.run(
            cell,
            machine,
            entry.experiment,
            self._owner(key, entry.owner),
            entry.created,
            shared_with=self._users(key, entry.shared_with),
            is_uploading=entry.state == "uploading",
        )
        run.biosamples = list(dict.fromkeys(place.biosample for place in placed))
        self._add_datasets(run, placed)
        if entry.state not in ("ready", "uploading"):
            self._states.change(run.id, entry.state)

    def _add_datasets(self, run: Run, placed: Sequence[_Placed]) -> None:
        """Each on its lanes; of several of a biosample the later are of a later session."""
        lines = {(line.name, line.project): line for line in run.cell.lines}
        sessions: dict[int, Session] = {}
        times: Counter[Biosample] = Counter()
        made: list[tuple[_Placed, Dataset]] = []
        for number, place in enumerate(placed, 1):
            owner, project = place.biosample.project, self._project_of(place)
            line = lines.get((place.biosample.name, owner.name)) or SheetLine(
                place.biosample.name, number, owner.name, place.biosample.library.indexes
            )
            time = times[place.biosample]
            times[place.biosample] += 1
            if time not in sessions:
                sessions[time] = self.builder.session(run, timedelta(days=1 + time))
            sample = self.region.add_sample()
            for lane in self._lanes(place, run):
                dataset = self.builder.dataset(
                    run, sessions[time], project, lane, line, place.biosample, sample
                )
                made.append((place, dataset))
        self._add_files(run, made)
        for place, dataset in made:
            self._settle(place.entry, dataset)

    def _add_files(self, run: Run, made: Sequence[tuple[_Placed, Dataset]]) -> None:
        """Of a size that is asked for, or of the reads of the flow cell, a lane at a time."""
        reads = (1, 2) if run.cell.is_paired else (1,)
        for place, dataset in made:
            if place.entry.size is not None:
                for read in reads:
                    content = self._deep(place, read, f"{dataset.id} {read}")
                    self.builder.file(dataset, read, content)
                    dataset.told_clusters = content.size // _BYTES_OF_READ
        for lane in range(1, run.cell.lanes + 1):
            here = [d for place, d in made if place.entry.size is None and d.lane == lane]
            if here:
                self.builder.fastq(here)

    def _settle(self, entry: DatasetEntry, dataset: Dataset) -> None:
        dataset.qc_status = entry.qc
        for file in dataset.files:
            file.tag = Tag(entry.etag)
        if entry.state != "ready":
            self._states.change(dataset.id, entry.state)

    def _project_of(self, place: _Placed) -> Project:
        """What the dataset belongs to."""
        name = place.entry.project
        return self._project(f"{place.key}.project", name) if name else place.biosample.project

    def _lanes(self, place: _Placed, run: Run) -> Sequence[int]:
        there = range(1, run.cell.lanes + 1)
        for number, lane in enumerate(place.entry.lanes):
            if lane not in there:
                what = f"run {run.experiment!r} has no lane {lane}, but {run.cell.lanes} in all."
                raise bad_entry(self._path, f"{place.key}.lanes[{number}]", what)
        return sorted(set(place.entry.lanes)) or there

    def _deep(self, place: _Placed, read: int, name: str) -> DeepFastq:
        """A file of the size that is asked for."""
        asked = place.entry.size
        try:
            size = parse_size(asked) if isinstance(asked, str) else int(asked or 0)
            part_size = DEFAULT_PART if size <= DEFAULT_PART * _MOST_PARTS else LARGE_PART
            if not 0 <= size <= part_size * _MOST_PARTS:
                raise ValueError(
                    f"{asked} is more than an object in {_MOST_PARTS:,} parts can have"
                )
            slot = (part_size, read)
            if slot not in self._parts:
                self._parts[slot] = BaseParts(self._spool, *slot)
            return DeepFastq(self._parts[slot], size, name)
        except ValueError as error:
            raise bad_entry(self._path, f"{place.key}.size", f"{error}.") from error


def _names(run: RunEntry) -> tuple[str, ...]:
    return (run.experiment, run.folder) if run.folder else (run.experiment,)


def _names_of(entry: BiosampleEntry) -> Iterable[str]:
    if entry.count == 1:
        return (entry.name,)
    width = len(str(entry.count))
    return (f"{entry.name}-{number:0{width}}" for number in range(1, entry.count + 1))
