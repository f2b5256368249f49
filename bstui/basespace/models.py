"""BaseSpace's own nouns, as the rest of bstui sees them.

Built by `wire.py` from what the server sends. Every text has been through `safe_text`, except
`File.path` and `File.name`, which are the server's own and stay hostile until they are opened
beneath a destination. Sizes are bytes, dates are UTC. None means that the server did not say.
"""

from datetime import datetime

import msgspec

UNINDEXED = "Unindexed Reads"
"""The project, one for each owner, that BaseSpace keeps undetermined reads in."""


class Model(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact of the service. It never holds itself, so that the garbage collector may pass it."""


class Identity(Model, frozen=True, kw_only=True):
    """Whom a token acts for: a person, or one workgroup."""

    id: str
    name: str
    email: str = ""
    is_workgroup: bool = False
    person: str = ""
    """Who is logged in, where a workgroup acts."""
    scopes: tuple[str, ...] = ()
    """`READ GLOBAL`, `BROWSE GLOBAL` …; empty where the server would not tell."""

    @property
    def may_read(self) -> bool:
        """Whether the scopes allow file content; True where they are unknown."""
        return not self.scopes or any(s.upper().startswith("READ") for s in self.scopes)


class Workgroup(Model, frozen=True, kw_only=True):
    """An account of its own that several persons act as."""

    id: str
    name: str


class Project(Model, frozen=True, kw_only=True):
    id: str
    name: str
    owner: str = ""
    owner_id: str = ""
    size: int | None = None
    created: datetime | None = None
    modified: datetime | None = None
    is_shared: bool = False
    is_deleted: bool = False
    is_in_transfer: bool = False
    """Whether its owner is about to change."""


class Run(Model, frozen=True, kw_only=True):
    id: str
    """As listed: a number, or `r.…` on accounts that are kept in ICA."""
    v1_id: str = ""
    """The number that v1 calls and `inputruns=` need; equals `id` where that is a number."""
    name: str
    """The run folder's name from the instrument."""
    experiment: str = ""
    status: str = ""
    upload_status: str = ""
    size: int | None = None
    created: datetime | None = None
    owner: str = ""
    owner_id: str = ""
    instrument: str = ""
    platform: str = ""
    flowcell: str = ""
    is_archived: bool = False
    is_zipped: bool = False
    is_zipping: bool = False
    is_unzipping: bool = False
    is_deleted: bool = False
    """Whether it, or its files alone, were deleted."""
    is_in_trash: bool = False
    """Whether the whole of it was deleted, so that its owner may take it back."""
    is_in_transfer: bool = False
    """Whether its owner is about to change."""
    is_shared: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the instrument and the upload are through with it, as far as the server says."""
        return self.status in (
            "Complete",
            "PendingAnalysis",
            "Analyzing",
            "NeedsAttention",
            "Stopped",
            "Failed",
        ) and self.upload_status in ("", "Completed")


class Biosample(Model, frozen=True, kw_only=True):
    id: str
    name: str
    project_id: str = ""
    """Its default project, which need not own its datasets."""
    project: str = ""
    project_owner: str = ""
    owner: str = ""
    status: str = ""
    lab_status: str = ""
    created: datetime | None = None


class Reference(Model, frozen=True, kw_only=True):
    """Another thing by id and name, as datasets name their runs, libraries and biosamples."""

    id: str
    name: str = ""


class Dataset(Model, frozen=True, kw_only=True):
    """One FASTQ dataset: the files of one biosample's library on one lane (or all lanes)."""

    id: str
    name: str
    project_id: str = ""
    project: str = ""
    owner: str = ""
    size: int | None = None
    created: datetime | None = None
    type_id: str = ""
    is_fastq: bool = True
    """Whether its type is, or conforms to, FASTQ; True where the server does not say."""
    qc_status: str = ""
    qc_summary: str = ""
    upload_status: str = ""
    is_archived: bool = False
    is_deleted: bool = False
    is_in_transfer: bool = False
    """Whether its project's owner is about to change."""
    lane: int | None = None
    runs: tuple[Reference, ...] = ()
    libraries: tuple[Reference, ...] = ()
    biosamples: tuple[Reference, ...] = ()
    origin: str = ""
    """The id of the dataset that it is a copy of; empty where it is none."""
    is_paired: bool | None = None
    reads: int | None = None
    """Clusters passing filter."""
    read_lengths: tuple[int, ...] = ()
    """The longest read of each, in bases."""
    index_lengths: tuple[int, ...] = ()

    @property
    def is_uploaded(self) -> bool:
        """Whether its upload is complete, as far as the server says."""
        return self.upload_status.casefold() in ("", "complete", "completed")

    @property
    def is_unindexed(self) -> bool:
        """Whether it holds what no index claimed: reads of nobody's biosample."""
        return self.project.strip() == UNINDEXED

    @property
    def read_layout(self) -> str:
        """`2 x 151`, `151 + 76`, `1 x 36`; of index reads after a `;`. Empty where unknown."""
        return "; index ".join(filter(None, map(_lengths_text, self._all_lengths)))

    @property
    def _all_lengths(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return self.read_lengths, self.index_lengths if self.read_lengths else ()


def _lengths_text(lengths: tuple[int, ...]) -> str:
    if len(set(lengths)) == 1:
        return f"{len(lengths)} x {lengths[0]}"
    return " + ".join(map(str, lengths))


class File(Model, frozen=True, kw_only=True):
    id: str
    name: str
    """The server's own; hostile."""
    path: str
    """Relative, `/`-separated, the server's own; hostile."""
    size: int
    etag: str | None = None
    """The object's ETag without quotes; a weak one keeps its `W/`."""
    created: datetime | None = None
    is_archived: bool = False


class ContentAddress(Model, frozen=True, kw_only=True):
    """Where a file's bytes are now. The address is a secret: it is signed."""

    url: str
    expires: datetime | None = None

    def __repr__(self) -> str:
        return f"ContentAddress(***, expires={self.expires})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """A crash screen prints locals by this, where it is there."""
        return [("expires", self.expires)]


class BiosampleDetail(Model, frozen=True, kw_only=True):
    """What a list does not say of a biosample: its FASTQ datasets, summed up."""

    id: str
    runs: tuple[Reference, ...] = ()
    lanes: tuple[int, ...] = ()
    """The lane numbers that occur, sorted; empty where datasets hold all lanes."""
    size: int = 0
    datasets: int = 0
    project_ids: tuple[str, ...] = ()
    """The projects that own the datasets: not always the biosample's default project."""


class ProjectCounts(Model, frozen=True, kw_only=True):
    """How much a project holds, where the server counts it."""

    id: str
    biosamples: int | None = None
    datasets: int | None = None
    """FASTQ datasets."""
