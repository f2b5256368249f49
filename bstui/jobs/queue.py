"""What a scheduler says of jobs that no worker answers for: held back, starting, ended, forgotten.

One `squeue` serves all jobs of a process, and is asked again after half a minute at the earliest,
in a thread of its own: a controller that is down keeps no screen waiting.
"""

import os
import threading
import time
from collections.abc import Collection, Mapping
from enum import Enum
from typing import NamedTuple, Protocol

from bstui.errors import SchedulerProblem
from bstui.jobs.batch_script import command_environment
from bstui.jobs.records import Batch, Scheduler
from bstui.jobs.scheduler import OtherScheduler
from bstui.jobs.slurm import JOB_NAME, QueueEntry, Slurm

_STALE = 30.0
"""Seconds that an answer is used for."""
_PATIENCE = 12.0
"""Seconds that the first question may keep its asker; a controller that is down takes 9."""


class Standing(Enum):
    """How a job stands with the scheduler."""

    PENDING = "pending"
    RUNNING = "running"
    ENDED = "ended"
    FORGOTTEN = "forgotten"
    """The scheduler has answered, and does not know it: never submitted, or purged."""
    UNKNOWN = "unknown"
    """It does not answer, or says what nobody understands."""


class Word(NamedTuple):
    """What the scheduler says of one job, for people."""

    standing: Standing
    text: str = ""
    entry: QueueEntry | None = None


class Asked(Protocol):
    """What is asked of a scheduler about its jobs."""

    @property
    def title(self) -> str: ...

    def queue(self) -> list[QueueEntry]: ...

    def past(self, ids: Collection[str]) -> list[QueueEntry]: ...


class Queue:
    """A scheduler's queue as it was when it was last asked. May be used by several threads."""

    def __init__(self, scheduler: Asked, stale: float = _STALE) -> None:
        self._scheduler = scheduler
        self._stale = stale
        self._asking: threading.Thread | None = None
        self._lock = threading.Lock()
        self._asked: float | None = None
        self._entries: dict[str, QueueEntry] = {}
        self._past: dict[str, QueueEntry | None] = {}
        """What the accounting says of jobs that the queue has forgotten, by the scheduler's id."""
        self._problem = ""

    @property
    def title(self) -> str:
        return self._scheduler.title

    def find(self, job_id: str, native_id: str = "") -> Word:
        """What is said of bstui's job, by its name; `native_id` helps where the list has no names,
        and after a purge."""
        self._refresh()
        with self._lock:
            entry = self._entries.get(JOB_NAME.format(id=job_id)) or self._entries.get(native_id)
            problem, answered = self._problem, self._asked is not None
        if problem or not answered:
            return Word(Standing.UNKNOWN, problem or f"{self.title} has not answered yet")
        if entry is None and native_id:
            entry = self._recall(native_id)
        return word_of(entry, self.title)

    def forget(self) -> None:
        """Ask anew next time: something was just changed."""
        with self._lock:
            self._asked = None

    def _refresh(self) -> None:
        with self._lock:
            is_fresh = self._asked is not None and time.monotonic() - self._asked < self._stale
            is_first = self._asked is None
            if not is_fresh and (self._asking is None or not self._asking.is_alive()):
                self._asking = threading.Thread(target=self._ask, name="squeue", daemon=True)
                self._asking.start()
            asking = self._asking
        if is_first and asking is not None:
            asking.join(_PATIENCE)

    def _ask(self) -> None:
        try:
            entries, problem = self._scheduler.queue(), ""
        except SchedulerProblem as error:
            entries, problem = [], error.message
        # Of several with one name, as after a second submission, the last is the one that counts.
        by_name = {entry.name or entry.id: entry for entry in sorted(entries, key=_age)}
        with self._lock:
            if not problem:
                self._entries = by_name
            self._problem = problem
            self._asked = time.monotonic()

    def _recall(self, native_id: str) -> QueueEntry | None:
        if native_id not in self._past:
            try:
                found = self._scheduler.past([native_id])
            except SchedulerProblem:
                found = []  # a cluster without accounting says so by failing
            self._past[native_id] = found[-1] if found else None
        return self._past[native_id]


def _age(entry: QueueEntry) -> tuple[bool, int]:
    """Living ones last, and the higher number of them."""
    return not entry.has_ended, int(entry.id) if entry.id.isdigit() else 0


def word_of(entry: QueueEntry | None, title: str = "Slurm") -> Word:
    """One row of squeue, sacct or another scheduler's list, in words."""
    if entry is None:
        return Word(Standing.FORGOTTEN, f"{title} does not know it any more")
    job = f"{title} job {entry.id}"
    if entry.state == "UNKNOWN":
        said = f"is {entry.reason!r}, which the settings do not explain"
        return Word(Standing.UNKNOWN, f"{job}: {said}", entry)
    if entry.has_ended:
        return Word(Standing.ENDED, f"{job}: {_end_text(entry)}", entry)
    if entry.state == "PENDING":
        return Word(Standing.PENDING, f"{job}: {_pending_text(entry)}", entry)
    return Word(Standing.RUNNING, f"starting on {entry.node or 'a node'}", entry)


_WAITS = {
    "None": "Slurm has not looked at it yet",
    "Resources": "waits for a free node",
    "Priority": "other jobs come first",
    "Dependency": "waits for another job",
    "BeginTime": "not before its time",
    "Licenses": "waits for a licence",
    "Reservation": "waits for its reservation",
    "JobHeldUser": "held; `bstui resume` releases it",
    "JobHeldAdmin": "held by an administrator",
    "PartitionDown": "its partition is down",
    "PartitionInactive": "its partition takes no jobs now",
    "ReqNodeNotAvail": "the nodes that it asks for are not available",
    "NodeDown": "its node is down",
    "BadConstraints": "will never start: no node is as it asks for",
    "PartitionTimeLimit": "will never start: its time is over the partition's limit",
    "PartitionNodeLimit": "will never start: it asks for more than the partition has",
    "PartitionConfig": "will never start: it asks for more than the partition has",
    "DependencyNeverSatisfied": "will never start: the job that it waits for failed",
    "InvalidAccount": "will never start: the account may not be used",
    "InvalidQOS": "will never start: the QOS may not be used",
}
"""Slurm's reasons (squeue(1), JOB REASON CODES) in words."""
_LIMITS = ("Assoc", "QOS", "MaxCpuPerAccount", "JobArrayTaskLimit")
_ENDS = {
    "CANCELLED": "cancelled in Slurm",
    "TIMEOUT": "its time limit came",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not start",
    "PREEMPTED": "pushed aside by another job",
    "OUT_OF_MEMORY": "its memory was not enough",
    "DEADLINE": "its deadline came",
}


def _pending_text(entry: QueueEntry) -> str:
    code, _, rest = entry.reason.partition(",")
    text = _WAITS.get(code)
    if text is None and code.startswith(_LIMITS):
        text = f"a limit of your account or QOS is reached ({code})"
    elif text is None and entry.reason.startswith("Nodes required for job are DOWN"):
        text = "its nodes are down, drained or reserved"
    elif text is None and "launch failed" in entry.reason:
        text = "held, because its node could not start it; `bstui resume` releases it"
    elif text is None and "held state" in entry.reason:
        text = _WAITS["JobHeldUser"]
    text = text or entry.reason or "waits its turn"
    if rest and code in _WAITS:
        text += f" ({rest.strip()})"
    if entry.start not in ("", "N/A"):
        text += f", starts at {entry.start[11:16]}"
        text += f" on {entry.start[:10]}" * (entry.start[:10] != time.strftime("%Y-%m-%d"))
    return text


def _end_text(entry: QueueEntry) -> str:
    text = _ENDS.get(entry.state)
    if text is None and entry.reason == "JobLaunchFailure":
        text = "it could not be started, or was killed; its node may not see the job's folder"
    if text is None:
        text = "it ended" if entry.state.startswith("COMPLET") else "it failed"
    return text


class Queues:
    """The queues of all schedulers that this process's jobs are in."""

    def __init__(self, environ: Mapping[str, str], stale: float = _STALE) -> None:
        self._environ = environ
        self._stale = stale
        self._lock = threading.Lock()
        self._known: dict[Scheduler | None, Queue] = {}

    def of(self, batch: Batch) -> Queue:
        """The queue that a job is in of which this was asked."""
        form = batch.scheduler
        with self._lock:
            if form not in self._known:
                asked = OtherScheduler(form, command_environment(self._environ)) if form else None
                self._known[form] = Queue(asked or Slurm(self._environ), self._stale)
            return self._known[form]

    def forget(self) -> None:
        """Ask anew next time: something was just changed."""
        with self._lock:
            for queue in self._known.values():
                queue.forget()


_shared: list[Queues] = []


def shared_queues(environ: Mapping[str, str] = os.environ) -> Queues:
    """The queues that all watchers of this process ask."""
    if not _shared:
        _shared.append(Queues(environ))
    return _shared[0]
