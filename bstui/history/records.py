"""Rows of the history. Sizes are bytes, times seconds since 1970, None means not (yet) known."""

import os

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What the history says of something."""


class HistoryJob(Row, frozen=True, kw_only=True):
    """One import."""

    id: str
    name: str
    created: float
    profile: str
    region: str
    identity_id: str
    identity: str
    destination: str
    launcher: str
    bcl: bool
    grouping: str
    verify: str
    sources: tuple[str, ...]
    """The selectors that say the same on a command line."""
    samples: int
    files: int
    bytes: int
    files_done: int
    files_failed: int
    bytes_done: int
    attempts: int
    outcome: str
    """`done`, `incomplete`, `cancelled`; empty for a job that has not ended."""
    exit_code: int | None
    left: str
    """Why the last attempt went: `done`, `paused`, `signal` …; empty where it did not say."""
    started: float | None
    ended: float | None
    seconds: float
    """Of all attempts that said when they went."""
    problem: str
    """What of its folder cannot be read."""


class Narrowing(Row, frozen=True, kw_only=True):
    """Which imports are meant; what is None does not narrow."""

    since: float | None = None
    until: float | None = None
    """Made before that moment."""
    outcome: str | None = None
    """`done`, `incomplete`, `cancelled`; empty: not ended."""
    sample: str | None = None
    """A sample's name or a biosample's id. In it, and in run, project and path, `*` is anything."""
    run: str | None = None
    project: str | None = None
    path: str | None = None
    """Of a file, or of the destination, absolute."""


class Statistic(Row, frozen=True, kw_only=True):
    """All imports of one group."""

    group: str
    jobs: int
    files: int
    bytes: int
    failed: int
    seconds: float
    """That workers took; 0 where the group is no property of whole imports."""


class HistorySample(Row, frozen=True, kw_only=True):
    """A sample of an import, within one project."""

    name: str
    project: str
    biosamples: tuple[str, ...]
    """Ids."""
    runs: tuple[str, ...]
    """Names."""
    files: int
    files_done: int
    bytes: int


class HistoryFile(Row, frozen=True, kw_only=True):
    """A file of an import."""

    id: str
    path: str
    """Relative to the job's destination."""
    size: int
    sample: str
    biosample: str
    state: str
    """`planned`, `done` or `failed`."""
    verified: str
    """By what."""
    md5: str
    sha256: str
    message: str
    """Why it failed."""
    time: float | None
    joined: str
    """Relative to the destination, the file into which it was joined; empty: into none."""
    is_removed: bool
    """Whether it was to be removed once it was joined."""

    @property
    def place(self) -> str:
        """Relative to the destination, the path of what holds its bytes."""
        return self.joined if self.is_removed else self.path


class Imported(Row, frozen=True, kw_only=True):
    """Where something that is on BaseSpace has been imported to."""

    job: str
    """Its id."""
    job_name: str
    destination: str
    path: str
    """Relative to the destination, what holds its bytes; of a biosample: of its first file."""
    size: int
    """Of that file."""
    verified: str
    time: float

    @property
    def place(self) -> str:
        """The absolute path."""
        return os.path.join(self.destination, self.path)

    def is_there(self) -> bool:
        """Whether a file of that size stands there now: one call of the file system."""
        try:
            found = os.lstat(self.place)
        except OSError:
            return False
        return found.st_size == self.size


class ImportedRun(Imported, frozen=True, kw_only=True):
    """All that one import took of a biosample's reads of one run within one project."""

    project: str
    """Its name."""
    run: str
    """Its name; of reads of several runs all of them, joined by `+`; empty where none is known."""


class Totals(Row, frozen=True, kw_only=True):
    """All imports together."""

    jobs: int
    samples: int
    files_done: int
    bytes_done: int
    since: float | None
