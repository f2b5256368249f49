"""What a simulated account is made of: people, projects, runs, biosamples, datasets, files."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from bstui.simulator.cells import PlainCell
from bstui.simulator.contents import Content
from bstui.simulator.reads import Flowcell, SheetLine
from bstui.simulator.shelves import Shelf

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


@dataclass(eq=False, slots=True)
class StoredFile:
    """A file of a dataset or a run."""

    id: str
    path: str
    content: Content
    created: datetime
    key: str
    """Of its object: 32 hexadecimal characters."""
    owner: "Dataset | Run | Result"
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
        try:
            etag = self.content.stored.etag
        except OSError:  # a file on disk that is there no more
            return ""
        return f'W/"{etag}"' if self.tag is Tag.WEAK else etag

    @property
    def content_type(self) -> str:
        kinds = {"gz": "application/x-gzip", "txt": "text/plain", "xml": "text/xml"}
        return kinds.get(self.path.rsplit(".", 1)[-1], "application/octet-stream")


@dataclass(eq=False, slots=True)
class Project:
    id: str
    name: str
    owner: User
    created: datetime
    description: str = ""
    readers: frozenset[str] = frozenset()
    """Ids of the users it is shared with."""
    is_transfer_pending: bool = False


@dataclass(eq=False, kw_only=True, slots=True)
class Held:
    """What a run or a dataset holds, and what has befallen it."""

    storage: Storage = Storage.READY
    deleted: datetime | None = None
    """When its owner put it into the trash: gone from lists, 410 by its id."""
    is_transfer_pending: bool = False
    shelf: Shelf | None = None
    """What its files are on, where they are made when first asked for."""
    upcoming: list[StoredFile] = field(default_factory=list)
    """Files that are yet to be uploaded."""
    arriving: int = 0
    """So many of them arrive each time that somebody has listed its files."""
    unzipped: list[StoredFile] = field(default_factory=list)
    """Of a zipped run its files before."""
    _files: list[StoredFile] = field(default_factory=list, init=False)

    @property
    def files(self) -> list[StoredFile]:
        if self.shelf is not None:
            self.shelf.fill()
        return self._files

    @files.setter
    def files(self, files: list[StoredFile]) -> None:
        self._files = files

    @property
    def is_deleted(self) -> bool:
        return self.deleted is not None

    @property
    def is_archived(self) -> bool:
        return self.storage is Storage.ARCHIVED

    @property
    def size(self) -> int:
        if self.shelf is not None and not self.shelf.is_filled:
            return self.shelf.size
        return sum(file.content.size for file in self._files)


@dataclass(eq=False, slots=True)
class Run(Held):
    id: str
    experiment: str
    owner: User
    created: datetime
    cell: Flowcell | PlainCell
    platform: str
    instrument_type: str
    status: str = "Complete"
    upload_status: str = "Completed"
    readers: frozenset[str] = frozenset()
    biosamples: "list[Biosample]" = field(default_factory=list)
    edited_project: str = ""
    """The project of all lines of its sample sheet, since somebody edited it in BaseSpace."""

    @property
    def name(self) -> str:
        return self.cell.run_name

    @property
    def token(self) -> str:
        """The id that it has where its storage is ICA's: `r.` and 22 characters."""
        digest = hashlib.sha256(f"run {self.id}".encode()).digest()
        return f"r.{base64.urlsafe_b64encode(digest).decode()[:22]}"


@dataclass(eq=False, slots=True)
class Biosample:
    id: str
    name: str
    project: Project
    created: datetime
    library: "Library"
    status: str = "New"
    lab_status: str = "Sequencing"


@dataclass(eq=False, slots=True)
class Library:
    id: str
    indexes: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Application:
    """An app, whose sessions write datasets."""

    id: str
    name: str
    slug: str
    description: str
    page: str | None = None
    """On the web."""


FASTQ_GENERATION = Application(
    "2313311",
    "FASTQ Generation",
    "illumina.fastq-generation",
    "FASTQ Generation using the BCL2FASTQ 2.20 algorithm",
)


@dataclass(eq=False, slots=True)
class Session:
    """An analysis that wrote datasets: a FASTQ generation, or one of its samples."""

    id: str
    created: datetime
    run: Run
    shelf: Shelf | None = None
    """What its datasets are on, where they are made when first asked for."""
    app: Application = FASTQ_GENERATION
    results: "list[Result]" = field(default_factory=list)
    _datasets: "list[Dataset]" = field(default_factory=list, init=False)
    _size: int | None = field(default=None, init=False)

    @property
    def datasets(self) -> "list[Dataset]":
        if self.shelf is not None:
            self.shelf.fill()
        return self._datasets

    @property
    def size(self) -> int:
        """In bytes; kept, for every dataset tells it."""
        if self._size is None:
            self._size = sum(output.size for output in self.outputs)
        return self._size

    @property
    def outputs(self) -> "list[Dataset | Result]":
        return [*self.datasets, *self.results]

    def forget_size(self) -> None:
        self._size = None

    @property
    def name(self) -> str:
        return f"{self.app.name} {self.created:%Y-%m-%d %H:%M:%S}Z"


@dataclass(eq=False, slots=True)
class Sample:
    """The datasets of one biosample from one session, as the classic model (v1) joins them."""

    id: str
    datasets: "list[Dataset]" = field(default_factory=list)


@dataclass(eq=False, slots=True)
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
    told_clusters: int | None = None
    """Those that pass the filter, where they do not follow from the flow cell."""

    @property
    def created(self) -> datetime:
        return self.session.created

    @property
    def clusters(self) -> int:
        if self.told_clusters is not None:
            return self.told_clusters
        return self.run.cell.clusters_of(self.line, self.lane)


@dataclass(eq=False, slots=True)
class Result(Held):
    """What an analysis wrote about a sample: an app result of the classic model (v1)."""

    id: str
    name: str
    project: Project
    session: Session
    sample: Sample

    @property
    def created(self) -> datetime:
        return self.session.created


def moment(text: str) -> datetime:
    """`2026-01-12 09:30` as a UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
