"""What a simulated region holds: people, projects, runs, datasets, files, and who sees them."""

import base64
import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from bstui.simulator.contents import Content
from bstui.simulator.reads import Flowcell, SheetLine

BROWSE = "BROWSE GLOBAL"
READ = "READ GLOBAL"
ALL_SCOPES = (READ, "CREATE GLOBAL", BROWSE, "MOVETOTRASH GLOBAL", "WRITE GLOBAL")


@dataclass(frozen=True)
class Tokens:
    """The access tokens of the laboratory: 32 hexadecimal characters each."""

    person: str
    """Of the person, in the first region."""
    workgroup: str
    """Of the workgroup, in the first region."""
    elsewhere: str
    """Of the same person, in the second region."""
    browse_only: str
    """Of the person in the first region, with the BROWSE scope alone: lists, but reads no file."""

    @classmethod
    def derive(cls, seed: int) -> "Tokens":
        """The tokens of a seed: the same on every machine."""
        names = ("person", "workgroup", "elsewhere", "browse only")
        return cls(*(hashlib.md5(f"token {seed} {name}".encode()).hexdigest() for name in names))


@dataclass(frozen=True)
class User:
    """A person, or a workgroup that `person` acts as."""

    id: str
    name: str
    email: str
    created: datetime
    is_workgroup: bool = False
    person: "User | None" = None


@dataclass(frozen=True)
class Grant:
    """What a token stands for."""

    user: User
    scopes: tuple[str, ...] = ALL_SCOPES

    @property
    def may_read(self) -> bool:
        return READ in self.scopes


class Tag(StrEnum):
    """What is told of an object's ETag."""

    STRONG = "strong"
    WEAK = "weak"
    MISSING = "missing"


class Storage(StrEnum):
    """Where the data of a run or dataset are."""

    READY = "ready"
    ARCHIVED = "archived"
    ZIPPING = "zipping"
    ZIPPED = "zipped"
    UNZIPPING = "unzipping"
    FILES_DELETED = "files-deleted"


@dataclass(eq=False)
class StoredFile:
    """A file of a dataset or a run."""

    id: str
    path: str
    content: Content
    created: datetime
    key: str
    """Of its object: 32 hexadecimal characters."""
    owner: "Dataset | Run"
    tag: Tag = Tag.STRONG
    modified: datetime = field(init=False)
    """When its object was last written."""

    def __post_init__(self) -> None:
        self.modified = self.created

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def is_archived(self) -> bool:
        """In cold storage: of an archived run what is under Data, of a dataset everything."""
        is_kept = isinstance(self.owner, Run) and not self.path.startswith("Data/")
        return self.owner.storage is Storage.ARCHIVED and not is_kept

    @property
    def etag(self) -> str:
        """As the API tells it; empty where it tells none."""
        if self.tag is Tag.MISSING:
            return ""
        etag = self.content.stored.etag
        return f'W/"{etag}"' if self.tag is Tag.WEAK else etag

    @property
    def content_type(self) -> str:
        kinds = {"gz": "application/x-gzip", "txt": "text/plain", "xml": "text/xml"}
        return kinds.get(self.path.rsplit(".", 1)[-1], "application/octet-stream")


@dataclass(eq=False)
class Project:
    id: str
    name: str
    owner: User
    created: datetime
    description: str = ""
    readers: frozenset[str] = frozenset()
    """Ids of the users it is shared with."""


@dataclass(eq=False, kw_only=True)
class Held:
    """What a run or a dataset holds, and what has befallen it."""

    storage: Storage = Storage.READY
    is_deleted: bool = False
    """By its owner: gone from lists, 410 by its id."""
    is_transfer_pending: bool = False
    files: list[StoredFile] = field(default_factory=list)
    upcoming: list[StoredFile] = field(default_factory=list)
    """Files that are yet to be uploaded."""
    unzipped: list[StoredFile] = field(default_factory=list)
    """Of a zipped run its files before."""

    @property
    def is_archived(self) -> bool:
        return self.storage is Storage.ARCHIVED

    @property
    def size(self) -> int:
        return sum(file.content.size for file in self.files)


@dataclass(eq=False)
class Run(Held):
    id: str
    experiment: str
    owner: User
    created: datetime
    cell: Flowcell
    platform: str
    instrument_type: str
    status: str = "Complete"
    upload_status: str = "Completed"
    readers: frozenset[str] = frozenset()
    biosamples: "list[Biosample]" = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.cell.run_name

    @property
    def token(self) -> str:
        """The id that it has where its storage is ICA's: `r.` and 22 characters."""
        digest = hashlib.sha256(f"run {self.id}".encode()).digest()
        return f"r.{base64.urlsafe_b64encode(digest).decode()[:22]}"


@dataclass(eq=False)
class Biosample:
    id: str
    name: str
    project: Project
    created: datetime
    library: "Library"
    status: str = "New"
    lab_status: str = "Sequencing"


@dataclass(eq=False)
class Library:
    id: str
    indexes: tuple[str, str]


@dataclass(eq=False)
class Session:
    """An analysis that wrote datasets: a FASTQ generation."""

    id: str
    created: datetime
    run: Run
    datasets: "list[Dataset]" = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"FASTQ Generation {self.created:%Y-%m-%d %H:%M:%S}Z"


@dataclass(eq=False)
class Sample:
    """The datasets of one biosample from one session, as the classic model (v1) joins them."""

    id: str
    datasets: "list[Dataset]" = field(default_factory=list)


@dataclass(eq=False)
class Dataset(Held):
    """The FASTQ files of one sample on one lane."""

    id: str
    name: str
    project: Project
    run: Run
    lane: int
    line: SheetLine
    session: Session
    biosample: Biosample | None
    """None for reads that no index claims."""
    sample: Sample
    qc_status: str = "Undefined"
    upload_status: str = "Completed"

    @property
    def created(self) -> datetime:
        return self.session.created

    @property
    def clusters(self) -> int:
        return self.run.cell.clusters_of(self.line, self.lane)


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
        self.datasets: dict[str, Dataset] = {}
        self.sessions: dict[str, Session] = {}
        self.samples: dict[str, Sample] = {}
        self.files: dict[str, StoredFile] = {}
        self.objects: dict[str, StoredFile] = {}
        """Files by the key of their object."""
        self._of_biosample: defaultdict[str, list[Dataset]] = defaultdict(list)
        self._of_project: defaultdict[str, list[Dataset]] = defaultdict(list)

    def next_id(self) -> str:
        """A number that no other thing in any region has."""
        return str(next(self._numbers))

    def key_of(self, text: str) -> str:
        """32 hexadecimal characters that stand for something of this region."""
        return hashlib.md5(f"{self.code} {text}".encode()).hexdigest()

    def add_sample(self) -> Sample:
        sample = Sample(str(next(self._samples)))
        self.samples[sample.id] = sample
        return sample

    def add_dataset(self, dataset: Dataset) -> None:
        self.datasets[dataset.id] = dataset
        dataset.session.datasets.append(dataset)
        dataset.sample.datasets.append(dataset)
        self._of_project[dataset.project.id].append(dataset)
        if dataset.biosample is not None:
            self._of_biosample[dataset.biosample.id].append(dataset)

    def add_file(self, file: StoredFile) -> None:
        self.files[file.id] = file
        self.objects[file.key] = file

    def hide_file(self, file: StoredFile) -> None:
        """The file is not there yet."""
        del self.files[file.id], self.objects[file.key]

    def datasets_of(self, biosample: Biosample) -> list[Dataset]:
        return self._of_biosample[biosample.id]

    def project_datasets(self, project: Project) -> list[Dataset]:
        return self._of_project[project.id]


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

    def sees_dataset(self, dataset: Dataset) -> bool:
        return dataset.id not in self._withdrawn and self.sees_project(dataset.project)

    def sees_biosample(self, biosample: Biosample) -> bool:
        return biosample.id not in self._withdrawn and self.sees_project(biosample.project)

    def sees_file(self, file: StoredFile) -> bool:
        if file.id in self._withdrawn:
            return False
        if isinstance(file.owner, Run):
            return self.sees_run(file.owner)
        return self.sees_dataset(file.owner)

    def projects(self) -> list[Project]:
        return [p for p in self.region.projects.values() if self.sees_project(p)]

    def runs(self) -> list[Run]:
        return [r for r in self.region.runs.values() if self.sees_run(r) and not r.is_deleted]

    def biosamples(self) -> Iterator[Biosample]:
        return (b for b in self.region.biosamples.values() if self.sees_biosample(b))

    def datasets(self) -> Iterator[Dataset]:
        return self._seen(self.region.datasets.values())

    def datasets_of(self, biosample: Biosample) -> Iterator[Dataset]:
        return self._seen(self.region.datasets_of(biosample))

    def project_datasets(self, project: Project) -> Iterator[Dataset]:
        return self._seen(self.region.project_datasets(project))

    def _seen(self, datasets: Iterable[Dataset]) -> Iterator[Dataset]:
        return (d for d in datasets if self.sees_dataset(d) and not d.is_deleted)

    def _may(self, owner: User, readers: frozenset[str], thing: str) -> bool:
        me = self.grant.user.id
        return thing not in self._withdrawn and (me == owner.id or me in readers)


def moment(text: str) -> datetime:
    """`2026-01-12 09:30` as a UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
