"""What stands in a job's folder, line by line. Folders are read for ever: fields are only added.

Times are seconds since 1970 by the writer's clock. Nothing here is ever a token or a signed URL.
"""

from enum import StrEnum

import msgspec

FORMAT = 1
ENVIRONMENT_PROFILE = "env-"
"""How the names of profiles begin that exist in an environment only."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A line, or a small file, of a job's folder. It never holds itself: no garbage to collect."""


class Launcher(StrEnum):
    HERE = "here"
    DETACHED = "detached"
    SLURM = "slurm"
    SCHEDULER = "scheduler"
    """Another one, by the commands of the settings."""

    @property
    def is_queued(self) -> bool:
        """Whether somebody else decides when the worker starts."""
        return self in (Launcher.SLURM, Launcher.SCHEDULER)


class Options(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the person chose; the same names as the flags of `bstui import`."""

    bcl: bool = False
    bcl_files: str = "no-images"
    """What of a raw run: `everything`, `no-images`, `demultiplexing` or `metrics`."""
    include: tuple[str, ...] = ()
    """Patterns of a raw run's paths that are taken besides."""
    exclude: tuple[str, ...] = ()
    unzip: bool = False
    """Whether the zip files of a zipped run are unpacked."""
    bcl_convert: str = ""
    """`print`: tell the command line for what landed."""
    lanes: str = "keep"
    """`merge`: the lanes of each sample are joined, read by read, once they have arrived."""
    merge_unlike: bool = False
    """Whether those are joined too that differ in library, read length or index scheme."""
    remove_lanes: bool = False
    """Whether the files of lanes are removed, once the joined one stands."""
    sheets: tuple[str, ...] = ()
    """Names of sample sheets, or absolute paths of a user's own."""
    qc_failed: bool = False
    """Whether datasets that failed quality control are taken as well."""
    undetermined: bool = False
    """Whether reads that no index claimed are."""
    grouping: str = "automatic"
    sample: str = ""
    layout: str = ""
    existing: str = "adopt"
    verify: str = "server"
    digest: str = ""
    """Of whole files: `md5`, `sha256`; empty: none."""
    chmod: str = ""
    """Octal; empty: what the umask leaves."""
    chgrp: str = ""
    """A group's name or number; empty: the user's, or that of a setgid folder."""
    read_only: bool = False
    give_up_after: float | None = None
    """Seconds without progress after which a wait ends the attempt; None: never."""
    concurrency: str = "medium"
    """How many connections at most: `low`, `medium` or `high`."""
    concurrent_files: int | None = None
    concurrent_parts: int | None = None
    bwlimit: str = ""
    """A timetable as rclone writes it; empty: no limit."""
    on_sample: str = ""
    """A command for /bin/sh after each sample that is whole."""
    on_done: str = ""
    """One after the job."""


class Scheduler(Record, frozen=True, kw_only=True, omit_defaults=True):
    """How to speak to another scheduler than Slurm: the settings' table `[scheduler]` as it stood
    when the job was handed in, so that any screen finds the job there."""

    name: str
    submit: str
    status: str
    cancel: str
    id: str
    """The regular expression of the id in what `submit` prints."""
    job: str
    """The regular expression of a job in what `status` prints, with named groups."""
    pending: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    """Lines of the script."""


class Batch(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of Slurm for a job, in Slurm's own words; empty: what Slurm takes then. Or the
    other scheduler that is asked."""

    partition: str = ""
    account: str = ""
    qos: str = ""
    time: str = ""
    """The limit, as `12:00:00` or `2-00`."""
    options: tuple[str, ...] = ()
    """More of sbatch's options, as `--constraint=dtn`."""
    scheduler: Scheduler | None = None


class PlanHeader(
    Record, frozen=True, kw_only=True, tag="plan", tag_field="record", omit_defaults=True
):
    """Line 1 of `plan.jsonl`."""

    format: int
    id: str
    """A ULID."""
    name: str
    created: float
    profile: str
    region: str
    """The region's code, or `other` for a server that is not in the table."""
    identity_id: str
    identity: str
    """The person's or workgroup's name."""
    destination: str
    """Absolute."""
    launcher: Launcher = Launcher.DETACHED
    options: Options = Options()
    files: int
    bytes: int
    sources: tuple[str, ...] = ()
    """The selectors that say the same on a command line."""
    samples: int = 0
    warnings: tuple[str, ...] = ()
    umask: int = 0o022
    batch: Batch = Batch()
    group: str = ""
    """The name of the import that this job is a part of; empty: it is all of it."""
    part: int = 0
    """Which part, from 1."""
    parts: int = 0


class PlanFile(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A line of `plan.jsonl` after the first: one file, where it goes, what it must be."""

    id: str
    name: str
    path: str
    """Relative to the destination; safe: `safe_name` made each component."""
    size: int
    etag: str | None = None
    sample: str = ""
    biosample: str = ""
    """The biosample's id."""
    biosample_name: str = ""
    dataset: str = ""
    project: str = ""
    run: str = ""
    """The run's name."""
    run_id: str = ""
    library: str = ""
    lane: int | None = None
    read: str = ""
    merged: str = ""
    """The path of the file that it becomes a part of, where lanes are joined."""
    part: int = 0
    """Its place there, from 1."""
    action: str = "fetch"
    """`fetch`, or `adopt` where a file of that name and size is there already."""
    warning: str = ""
    last: bool = False
    """An end marker of a raw run: to be published when all other files stand."""


class Want(StrEnum):
    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


class Control(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`control-NNNN.json`: the full wish; the highest number wins."""

    want: Want = Want.RUN
    bwlimit: int | str | None = None
    """Bytes per second, or a timetable as rclone writes it; None: as planned."""
    concurrency: str | None = None
    concurrent_files: int | None = None
    concurrent_parts: int | None = None
    free: bool = False
    """Of a pause: whether the worker leaves, so that its node is free."""
    time: float = 0.0
    by: str = ""
    """Host and user, for people."""


class Event(Record, frozen=True, kw_only=True, tag_field="event", omit_defaults=True):
    """A line of `events-NNNN.jsonl`."""

    time: float


class Started(Event, frozen=True, kw_only=True, tag="started", omit_defaults=True):
    """The first line of an attempt: which process it is."""

    attempt: int
    host: str
    pid: int
    start_time: int
    """Clock ticks after boot, from /proc/PID/stat: with the boot id it tells a reused pid."""
    boot_id: str
    slurm_id: str = ""
    version: str = ""


class FileDone(Event, frozen=True, kw_only=True, tag="done", omit_defaults=True):
    """A file stands whole and durable under its final name."""

    id: str
    path: str
    size: int
    verified: str
    """By what: `etag`, `multipart etag`, `size only`, `unverified`; with `+gzip` or `+lines` where
    it was opened too; `adopted: …`."""
    md5: str = ""
    sha256: str = ""
    reads: int | None = None
    """Of FASTQ that was opened."""
    mtime_ns: int | None = None
    """Its time of change as it was published: with another one, it was touched since."""


class Merged(Event, frozen=True, kw_only=True, tag="merged", omit_defaults=True):
    """Lanes were joined: a file stands whole and durable, each byte compared with its parts."""

    path: str
    size: int
    parts: tuple[str, ...]
    """The ids of the files that it holds, in order."""
    removes: bool = False
    """Whether the parts are removed, from here on."""
    md5: str = ""
    sha256: str = ""
    crc32: str = ""
    """Made while joining; eight hexadecimal digits."""
    reads: int | None = None
    mtime_ns: int | None = None


class Unpacked(Event, frozen=True, kw_only=True, tag="unpacked", omit_defaults=True):
    """A file of a zip file stands whole and durable, proven by the checksum there."""

    path: str
    size: int
    crc32: str
    """Eight hexadecimal digits."""
    source: str
    """The zip file's id."""
    mtime_ns: int | None = None


class FileFailed(Event, frozen=True, kw_only=True, tag="failed", omit_defaults=True):
    """A file that this attempt gave up."""

    id: str
    path: str
    message: str
    why: str = ""
    hint: str = ""
    exit_code: int = 1

    @property
    def words(self) -> str:
        """What happened, why that can be and what to do, on one line; it names the file once."""
        parts = (self.message, self.why, self.hint)
        said = " ".join(part for part in parts if part)
        return said if self.path in said else f"{self.path}: {said}"


class Noted(Event, frozen=True, kw_only=True, tag="note", omit_defaults=True):
    """Something a person may want to know."""

    text: str
    level: str = "info"
    """`info`, `warning` or `error`."""


class Ran(Event, frozen=True, kw_only=True, tag="ran", omit_defaults=True):
    """A command of the person's came to its end."""

    after: str
    """`sample` or `job`."""
    sample: str = ""
    exit_code: int


class Left(Event, frozen=True, kw_only=True, tag="left", omit_defaults=True):
    """The last line of an attempt that went on purpose."""

    reason: str
    """`done`, `paused`, `time limit`, `signal`, `taken over`, `gave up`, `cancelled`, or an error's
    sentence."""
    exit_code: int | None = None
    """The worker's, where no result tells it."""


AnyEvent = Started | FileDone | Merged | Unpacked | FileFailed | Noted | Ran | Left


class Running(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A file on its way."""

    id: str
    path: str
    size: int
    done: int
    rate: float = 0.0
    """Bytes per second."""


class Phase(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"


class Progress(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`progress.json`: the heartbeat."""

    attempt: int
    time: float
    phase: Phase = Phase.RUNNING
    reason: str = ""
    """Of a wait, in a word or two: room, login, network, server, destination, no progress …
    Else what is done once the files are there: `joining lanes, 3 of 12`."""
    text: str = ""
    """Of a wait, in sentences: what happened, why, what to do."""
    since: float = 0.0
    next_try: float = 0.0
    files: int = 0
    files_done: int = 0
    files_failed: int = 0
    bytes: int = 0
    bytes_done: int = 0
    rate: float = 0.0
    running: tuple[Running, ...] = ()
    control: int = 0
    """The number of the control file that this worker obeys."""


class Outcome(StrEnum):
    DONE = "done"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


class Result(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`result-NNNN.json`: the worker's last word."""

    attempt: int
    time: float
    outcome: Outcome
    exit_code: int = 0
    files: int = 0
    files_done: int = 0
    files_failed: int = 0
    bytes: int = 0
    bytes_done: int = 0
    seconds: float = 0.0
    """Of this attempt."""
    on_done: int | None = None
    """How the command after the job ended; None where none was asked for, or it was broken off."""
    on_sample_failed: int = 0
    """Of this attempt: commands after samples that did not end with 0."""


class Launch(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`launch-NNNN.json`: linked by the launcher before it starts a worker: `queued`."""

    time: float
    launcher: Launcher
    host: str
    attempt: int
    """The number of the attempt that was asked for."""
    native_id: str = ""
    """The scheduler's own id."""
    take_over: bool = False
    """Whether the last attempt may be pushed aside."""
    batch: Batch | None = None
    """What is asked of Slurm from here on, in place of what the plan says."""
    problem: str = ""
    """Why this start came to nothing; a later number than the launch that it is about."""
