"""The job folder's protocol under every order of events that hypothesis can think of.

Workers on two hosts and screens on two hosts share one real folder. Workers are killed, frozen and
wake up late, between any two of their steps; starts race; time passes. What each step does to the
folder is bstui's own code; only the process table and the clock are imagined.
"""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bstui.errors import InUse
from bstui.jobs.attempt import Attempt
from bstui.jobs.control import add_wish, end_cancelled
from bstui.jobs.folder import create_job
from bstui.jobs.glance import glance
from bstui.jobs.liveness import Machine
from bstui.jobs.records import (
    FileDone,
    Launch,
    Launcher,
    Outcome,
    Phase,
    Progress,
    Result,
    Started,
    Want,
)
from bstui.jobs.state import (
    SILENCE,
    JobStatus,
    State,
    check_startable,
    next_attempt,
    state_of,
)
from tests.jobs.jobs import make_files, make_header

HOSTS = ("login1", "login2")
FILES = 3
SHM = Path("/dev/shm")


@dataclass
class Process:
    """A worker's process: what it knows, and whether it can act."""

    pid: int
    host: str
    step: str = "imports"
    """`imports` → `looked` → `works` → `gone`."""
    is_there: bool = True
    is_frozen: bool = False
    number: int = 0
    attempt: Attempt | None = None
    unsaid: list[int] = field(default_factory=list)
    """Files published whose event is not written yet."""
    is_paused: bool = False
    obeyed: int = 0
    last_beat: float = 0.0

    @property
    def can_act(self) -> bool:
        return self.is_there and not self.is_frozen and self.step != "gone"

    @property
    def works(self) -> bool:
        return self.is_there and self.step == "works"


class Imagined(Machine):
    """A host whose process table is the model's."""

    __slots__ = ("processes",)

    def __init__(self, host: str, processes: list[Process]) -> None:
        super().__init__(host=host, boot_id=f"boot of {host}")
        object.__setattr__(self, "processes", processes)

    processes: list[Process]

    def sees_process(self, started: Started) -> bool | None:
        if started.host != self.host:
            return None
        return any(p.is_there and p.pid == started.pid for p in self.processes)


class Protocol(RuleBasedStateMachine):
    """See the module."""

    @initialize(steps=st.integers(0, 5))
    def plan(self, steps: int) -> None:
        self.temporary = tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None)
        self.now = 1_000_000.0
        self.stamps: dict[str, tuple[int, int, int]] = {}
        self.processes: list[Process] = []
        self.machines = [Imagined(host, self.processes) for host in HOSTS]
        self.looks: dict[str, tuple[int, bool]] = {}
        self.published: dict[int, int] = {}
        self.asked_for = 0
        self.wish: tuple[Want, int | None] = (Want.RUN, None)
        header = make_header(files=FILES)
        self.folder = create_job(Path(self.temporary.name), header, make_files(FILES))
        self.ended: JobStatus | None = None
        self.stamp()
        self.screen_looks(HOSTS[0], False)
        self.step(self.start(HOSTS[0]), steps)

    def teardown(self) -> None:
        if hasattr(self, "temporary"):
            self.check_that_it_can_be_completed()
            for process in self.processes:
                if process.step == "works" and process.attempt is not None:
                    process.attempt.leave("closes its file")
            self.temporary.cleanup()

    # The clock of the file server

    def stamp(self) -> None:
        """Give every file that has changed the model's time."""
        with os.scandir(self.folder.path) as listed:
            entries = list(listed)
        for entry in entries:
            info = entry.stat()
            if self.stamps.get(entry.name) != (info.st_ino, info.st_size, info.st_mtime_ns):
                os.utime(entry.path, (self.now, self.now))
                info = os.stat(entry.path)
                self.stamps[entry.name] = (info.st_ino, info.st_size, info.st_mtime_ns)

    @rule(seconds=st.sampled_from((1, 25, 61, 95)))
    def pass_time(self, seconds: int) -> None:
        """Time passes; those who work keep beating, as often as they should."""
        for _ in range(0, seconds, 20):
            self.now += min(20, seconds)
            for process in self.processes:
                if process.works and process.can_act:
                    self.beat(process)

    # Screens

    @rule(host=st.sampled_from(HOSTS), take_over=st.booleans())
    def screen_looks(self, host: str, take_over: bool) -> None:
        """A person presses the key that starts the job; nothing is written yet."""
        seen = glance(self.folder, self.machine(host))
        try:
            self.looks[host] = check_startable(seen, self.now, take_over=take_over), take_over
        except InUse:
            self.looks.pop(host, None)
            holder = self.holder()
            assert holder is None or holder.is_there or holder.host != host

    @precondition(lambda self: self.looks)
    @rule(data=st.data())
    def screen_starts(self, data: st.DataObject) -> None:
        """The launch that follows such a look, perhaps much later."""
        self.start(data.draw(st.sampled_from(sorted(self.looks))))

    @rule(
        host=st.sampled_from(HOSTS),
        node=st.sampled_from(HOSTS),
        take_over=st.booleans(),
        steps=st.integers(0, 5),
    )
    def screen_looks_and_starts(self, host: str, node: str, take_over: bool, steps: int) -> None:
        self.screen_looks(host, take_over)
        if host in self.looks:
            self.step(self.start(host, node), steps)

    @rule(steps=st.integers(1, 4))
    def starts_race(self, steps: int) -> None:
        """Two screens start at once; their workers step by turns."""
        for host in HOSTS:
            self.screen_looks(host, False)
        workers = [self.start(host) for host in sorted(self.looks)]
        for _ in range(steps):
            for worker in workers:
                self.step(worker)

    @precondition(lambda self: any(p.is_frozen and p.is_there for p in self.processes))
    @rule(host=st.sampled_from(HOSTS), steps=st.integers(1, 6), late=st.integers(1, 3))
    def a_sleeper_is_replaced_and_wakes(self, host: str, steps: int, late: int) -> None:
        self.pass_time(95)
        self.screen_looks(host, True)
        if host in self.looks:
            self.step(self.start(host), steps)
        for process in self.processes:
            process.is_frozen = False
        for process in self.processes[:-1]:
            self.step(process, late)

    def start(self, host: str, node: str = "") -> Process:
        """Ask for an attempt from `host`, whose worker begins there or on another node."""
        number, take_over = self.looks.pop(host)
        if self.newest_wish() is not Want.RUN:
            self.ask(Want.RUN)
        self.folder.add_launch(
            Launch(
                time=self.now,
                launcher=Launcher.DETACHED,
                host=host,
                attempt=number,
                take_over=take_over,
            )
        )
        self.asked_for = max(self.asked_for, number)
        worker = Process(pid=100 + len(self.processes), host=node or host)
        self.processes.append(worker)
        self.stamp()
        return worker

    @precondition(lambda self: self.processes)
    @rule(data=st.data())
    def scheduler_requeues(self, data: st.DataObject) -> None:
        """A scheduler starts a worker that nobody asked for, on any host."""
        host = data.draw(st.sampled_from(HOSTS))
        self.processes.append(Process(pid=100 + len(self.processes), host=host))

    @rule(want=st.sampled_from(Want))
    def screen_asks(self, want: Want) -> None:
        self.ask(want)

    @rule(bwlimit=st.sampled_from((None, 10**6, 10**7)))
    def screen_limits(self, bwlimit: int | None) -> None:
        """Another speed must leave the wish to pause or cancel as it is."""
        add_wish(self.folder, None, {"bwlimit": bwlimit}, "screen")
        self.wish = (self.wish[0], bwlimit)
        self.stamp()

    @rule(host=st.sampled_from(HOSTS))
    def screen_cancels(self, host: str) -> None:
        """As `control.ask`: a wish, and without a worker the end of the job."""
        seen = glance(self.folder, self.machine(host))
        status = state_of(seen, self.now)
        if status.state is State.DONE:
            return
        self.ask(Want.CANCEL)
        if not status.is_alive and status.state is not State.CANCELLED:
            end_cancelled(self.folder, seen.attempt + 1)
            self.stamp()

    def ask(self, want: Want) -> None:
        add_wish(self.folder, want, {}, "screen")
        self.wish = (want, self.wish[1])
        self.stamp()

    # Workers

    @precondition(lambda self: any(p.can_act for p in self.processes))
    @rule(data=st.data(), steps=st.integers(1, 6))
    def worker_steps(self, data: st.DataObject, steps: int) -> None:
        process = data.draw(st.sampled_from([p for p in self.processes if p.can_act]))
        self.step(process, steps)

    def step(self, process: Process, times: int = 1) -> None:
        """The next things that this worker does to the folder, if it can."""
        for _ in range(times):
            if not process.can_act:
                return
            if process.step == "imports":
                self.look(process)
            elif process.step == "looked":
                self.claim(process)
            elif self.beat(process) and not process.is_paused:
                self.work(process)
            self.stamp()

    def look(self, process: Process) -> None:
        seen = glance(self.folder, self.machine(process.host))
        try:
            process.number = next_attempt(seen, self.now)
        except InUse:
            process.step = "gone"
            return
        process.step = "looked"
        holder = self.holder()
        if holder is not None and holder.works and holder.host != process.host:
            assert self.now - holder.last_beat >= SILENCE, "a beating worker was taken over"

    def claim(self, process: Process) -> None:
        started = Started(
            time=self.now,
            attempt=process.number,
            host=process.host,
            pid=process.pid,
            start_time=1,
            boot_id=f"boot of {process.host}",
        )
        try:
            process.attempt = Attempt(self.folder, started)
        except InUse:
            process.step = "gone"
            return
        others = [p for p in self.processes if p is not process and p.attempt is not None]
        assert process.number not in [p.number for p in others], "two workers have one number"
        if self.folder.result(process.number - 1) is not None:
            assert process.number <= self.asked_for, "a job that had ended began by itself"
        process.step, process.last_beat = "works", self.now

    def beat(self, process: Process) -> bool:
        """Heartbeat and control, as the worker's tending does; whether it still works."""
        assert process.attempt is not None
        wish = self.folder.newest_control(self.folder.numbers())
        process.is_paused = wish is not None and wish.record.want is Want.PAUSE
        process.obeyed = wish.number if wish else 0
        try:
            process.attempt.beat(self.progress(process))
        except InUse:
            process.attempt.leave("taken over")
            process.step = "gone"
            return False
        finally:
            process.last_beat = self.now
            self.stamp()
        assert process.number == self.folder.numbers().attempt, "a fenced worker went on"
        if wish is not None and wish.record.want is Want.CANCEL:
            self.finish(process, Outcome.CANCELLED, "cancelled")
            return False
        return True

    def work(self, process: Process) -> None:
        """Publish a file, or say so, or end: one of them."""
        assert process.attempt is not None
        missing = [n for n in range(FILES) if n not in self.published]
        if process.unsaid:
            number = process.unsaid.pop()
            process.attempt.tell(
                FileDone(time=self.now, id=f"r{number}", path="p", size=1, verified="etag")
            )
        elif missing:
            process.attempt.check_fence()
            assert process.attempt.number == self.folder.numbers().attempt
            self.published[missing[0]] = process.attempt.number
            process.unsaid.append(missing[0])
        else:
            self.finish(process, Outcome.DONE, "done")

    def finish(self, process: Process, outcome: Outcome, reason: str) -> None:
        assert process.attempt is not None
        done = len(self.published)
        result = Result(
            attempt=process.attempt.number, time=self.now, outcome=outcome, files_done=done
        )
        process.attempt.finish(result, reason)
        process.step = "gone"

    @precondition(lambda self: any(p.is_there for p in self.processes))
    @rule(data=st.data())
    def worker_is_killed(self, data: st.DataObject) -> None:
        process = data.draw(st.sampled_from([p for p in self.processes if p.is_there]))
        process.is_there = False

    @precondition(lambda self: any(p.works and p.can_act for p in self.processes))
    @rule(data=st.data())
    def worker_is_told_to_go(self, data: st.DataObject) -> None:
        """SIGTERM."""
        workers = [p for p in self.processes if p.works and p.can_act]
        process = data.draw(st.sampled_from(workers))
        assert process.attempt is not None
        process.attempt.leave("signal")
        process.step = "gone"
        self.stamp()

    @precondition(lambda self: any(p.is_there for p in self.processes))
    @rule(data=st.data())
    def worker_sleeps_or_wakes(self, data: st.DataObject) -> None:
        process = data.draw(st.sampled_from([p for p in self.processes if p.is_there]))
        process.is_frozen = not process.is_frozen

    # What must always hold

    @invariant()
    def a_living_worker_is_seen(self) -> None:
        holder = self.holder()
        if holder is None or not holder.works:
            return
        for machine in self.machines:
            status = self.status(machine)
            if machine.host == holder.host or self.now - holder.last_beat < SILENCE:
                assert status.is_alive, status
                assert (status.host, status.pid) == (holder.host, holder.pid)
            if holder.last_beat == self.now:
                assert (status.state is State.PAUSED) == holder.is_paused

    @invariant()
    def a_dead_worker_is_not_taken_for_alive(self) -> None:
        holder = self.holder()
        if holder is None or holder.works:
            return
        for machine in self.machines:
            status = self.status(machine)
            if machine.host == holder.host or self.now - holder.last_beat >= SILENCE:
                assert not status.is_alive, status

    @invariant()
    def a_reader_that_cannot_write_never_says_lost(self) -> None:
        holder = self.holder()
        for machine in self.machines:
            status = state_of(glance(self.folder, machine), None)
            if holder is not None and machine.host != holder.host:
                assert status.state is not State.LOST

    @invariant()
    def success_is_never_inferred(self) -> None:
        for machine in self.machines:
            if self.status(machine).state is State.DONE:
                assert set(self.published) == set(range(FILES))
                assert self.folder.result(self.folder.numbers().attempt) is not None

    @invariant()
    def an_end_stays_until_a_start(self) -> None:
        statuses = [self.status(machine) for machine in self.machines]
        if self.ended is not None and not statuses[0].is_active:
            assert statuses[0] == self.ended or statuses[0].attempt > self.ended.attempt
        ends = (State.DONE, State.INCOMPLETE, State.CANCELLED)
        self.ended = statuses[0] if statuses[0].state in ends else None
        if self.ended is not None:
            assert statuses[1] == self.ended

    @invariant()
    def the_last_wish_stands_whole(self) -> None:
        newest = self.folder.newest_control(self.folder.numbers())
        if newest is not None:
            assert (newest.record.want, newest.record.bwlimit) == self.wish

    @invariant()
    def something_can_be_done(self) -> None:
        for machine in self.machines:
            status = self.status(machine)
            assert status.resumable + status.is_active + (status.state is State.DONE) == 1
            assert status.text

    def check_that_it_can_be_completed(self) -> None:
        """From wherever the story ended, one more start completes the job."""
        for process in self.processes:
            process.is_there = False
        self.now += SILENCE
        if self.status(self.machines[0]).state is State.DONE:
            return
        self.screen_looks(HOSTS[0], False)
        self.ask(Want.RUN)
        self.step(self.start(HOSTS[0]), 3 + 2 * FILES)
        assert [self.status(machine).state for machine in self.machines] == [State.DONE] * 2
        assert sorted(self.published) == list(range(FILES))

    # What the model knows

    def machine(self, host: str) -> Machine:
        return self.machines[HOSTS.index(host)]

    def status(self, machine: Machine) -> JobStatus:
        return state_of(glance(self.folder, machine), self.now)

    def holder(self) -> Process | None:
        """The process that has claimed the highest attempt; None where a screen has."""
        highest = self.folder.numbers().attempt
        for process in self.processes:
            if process.attempt is not None and process.attempt.number == highest:
                return process
        return None

    def newest_wish(self) -> Want:
        newest = self.folder.newest_control(self.folder.numbers())
        return newest.record.want if newest else Want.RUN

    def progress(self, process: Process) -> Progress:
        return Progress(
            attempt=process.number,
            time=self.now,
            phase=Phase.PAUSED if process.is_paused else Phase.RUNNING,
            files_done=len(self.published),
            control=process.obeyed,
        )


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
