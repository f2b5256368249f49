"""Whatever happens to an import, in whatever order: the laws of the engine (hypothesis).

Files are held at a byte, paused, stopped, killed, replaced on the server, refused, damaged on disk;
after every step no final name holds wrong bytes, and in the end all stand whole.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bstui.text import Secret
from bstui.transfer.engine import Engine
from bstui.transfer.items import Item, Limits
from tests.oracle import BAD, PARTIALS, recorded_ranges
from tests.transfer.bench import HOLDER, QUICK, Bench, until
from tests.transfer.store import Fault, Store, make_bytes, serving

RANGE = 16 << 10
SIZES = {"planned": 5 * RANGE + 100, "loose": 4 * RANGE, "small": 3000, "empty": 0}
"""Of `loose` the plan has no ETag: another version of it is as good, a mixture never is."""
PATIENCE = replace(QUICK, stall=60, first_wait=0.001, longest_wait=0.002)
LIMITS = Limits(files=2, parts=2, range_size=RANGE, request_size=RANGE)

names = st.sampled_from(sorted(SIZES))
large = st.sampled_from(["planned", "loose"])
places = st.integers(0, 5)
pieces = st.integers(0, RANGE)


class Importing(RuleBasedStateMachine):
    """One import over its attempts."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = ExitStack()
        self.root = Path(self.ends.enter_context(tempfile.TemporaryDirectory()))
        self.runner = self.ends.enter_context(asyncio.Runner())
        self.store = self.ends.enter_context(serving(Store()))
        self.bench = Bench(self.store, self.root / "destination")
        self.outside = self.root / "outside"
        self.outside.write_bytes(b"untouched")
        self.versions: defaultdict[str, list[bytes]] = defaultdict(list)
        for seed, (name, size) in enumerate(SIZES.items()):
            self.put(name, make_bytes(size, seed))
        self.items = [
            self.bench.item(name, etag=None if name == "loose" else "", number=number)
            for number, name in enumerate(SIZES)
        ]
        self.attempt = self.addresses = 0
        self.engine: Engine | None = None
        self.task: asyncio.Task[None] | None = None
        self.hold = Fault()
        self.recorded: dict[str, list[tuple[int, int]]] = {}
        """What may not be asked for again in this attempt."""
        self.published: dict[str, int] = {}
        """The inode of what has its final name."""

    def put(self, name: str, data: bytes) -> None:
        self.store.put(name, data)
        if data not in self.versions[name]:
            self.versions[name].append(data)

    async def locate(self, item: Item) -> Secret:
        self.addresses += 1
        return Secret(self.store.url(item.id, f"s{self.addresses - 1}"))

    def make_engine(self) -> Engine:
        self.attempt += 1
        self.bench.heard.failures.clear()
        holder = replace(HOLDER, attempt=self.attempt)
        return self.bench.engine(
            limits=LIMITS, patience=PATIENCE, holder=holder, locate=self.locate
        )

    @property
    def is_running(self) -> bool:
        return self.task is not None

    def left(self) -> list[Item]:
        """What no attempt has said is done."""
        return [item for item in self.items if item.path not in self.bench.heard.done_files]

    # Attempts

    @precondition(lambda self: not self.is_running)
    @rule(name=names, place=places, piece=pieces)
    def start(self, name: str, place: int, piece: int) -> None:
        """Begin an attempt, and let an answer stand still in it."""
        self.hold = Fault(hold_after=piece, from_byte=place * RANGE)
        self.store.faults[name].appendleft(self.hold)
        self.engine = self.make_engine()
        self.store.log.clear()
        self.runner.run(self.run_until_held(self.engine))

    async def run_until_held(self, engine: Engine) -> None:
        self.task = asyncio.create_task(engine.run(self.left()))
        await self.until_held_or_over()

    async def until_held_or_over(self) -> None:
        task = self.task
        assert task is not None
        await until(lambda: self.hold.held.is_set() or task.done(), 60)

    @precondition(lambda self: self.is_running)
    @rule()
    def let_go_on(self) -> None:
        """Let the attempt come to its end."""
        self.hold.release.set()
        self.runner.run(self.wait_for_the_end())

    @precondition(lambda self: self.is_running)
    @rule()
    def pause_and_go_on(self) -> None:
        self.runner.run(self.pause_then_go_on())

    async def pause_then_go_on(self) -> None:
        assert self.engine is not None
        self.engine.pause()
        self.hold.release.set()
        await until(lambda: self.store.open_now == 0, 60)
        assert self.engine.snapshot().paused
        self.engine.go_on()
        await self.until_held_or_over()

    @precondition(lambda self: self.is_running)
    @rule()
    def stop(self) -> None:
        assert self.engine is not None
        self.runner.run(self.engine.stop())
        self.hold.release.set()
        self.runner.run(self.wait_for_the_end())

    @precondition(lambda self: self.is_running)
    @rule()
    def kill(self) -> None:
        """What is on disk now is all that stays; and what was told until now was told."""
        told = dict(self.bench.heard.done_files)
        as_it_is = self.root / "killed"
        copy_while_it_changes(self.bench.destination, as_it_is)
        self.stop()
        self.bench.heard.done_files = told
        shutil.rmtree(self.bench.destination)
        as_it_is.rename(self.bench.destination)
        self.recorded = recorded_ranges(self.bench.destination)
        self.published.clear()

    async def wait_for_the_end(self) -> None:
        task, self.task, self.engine = self.task, None, None
        assert task is not None
        await asyncio.wait_for(task, 60)
        await until(lambda: self.store.open_now == 0, 60)
        for faults in self.store.faults.values():
            faults.clear()
        self.check_what_was_asked()
        self.recorded = recorded_ranges(self.bench.destination)

    def check_what_was_asked(self) -> None:
        """Nothing that was recorded before is asked for again: but one byte, where only the server
        can say that a whole partial is still its own."""
        for asked in self.store.log:
            if asked.stop - asked.start == 1:
                continue
            for start, stop in self.recorded.get(asked.name, ()):
                is_apart = asked.stop <= start or stop <= asked.start
                assert is_apart or asked.status not in (200, 206), (asked, start, stop)

    # The world around it

    @rule(name=large, seed=st.integers(100, 110))
    def replace_object(self, name: str, seed: int) -> None:
        self.put(name, make_bytes(SIZES[name], seed))
        self.recorded.pop(name, None)

    @rule()
    def put_the_planned_one_back(self) -> None:
        self.put("planned", self.versions["planned"][0])

    @rule()
    def expire_addresses(self) -> None:
        self.store.expired.update(f"s{number}" for number in range(self.addresses))

    @rule(name=names, fault=st.sampled_from(["503", "cut", "wrong byte", "page"]))
    def misbehave(self, name: str, fault: str) -> None:
        faults = {
            "503": Fault(status=503),
            "cut": Fault(cut_after=100),
            "wrong byte": Fault(flip=True),
            "page": Fault(status=200, headers={"Content-Type": "text/html"}, body=b"<html>"),
        }
        if SIZES[name]:
            self.store.fault(name, faults[fault])
            self.recorded.pop(name, None)

    @precondition(lambda self: not self.is_running)
    @rule(name=large, place=st.integers(0, 5 * RANGE), how=st.sampled_from(["flip", "cut", "torn"]))
    def damage_partial(self, name: str, place: int, how: str) -> None:
        partial = self.bench.destination / f"{name}.partial"
        sidecar = self.bench.destination / f"{name}.partial.json"
        if not partial.exists() or not sidecar.exists():
            return
        self.recorded.pop(name, None)
        if how == "torn":
            with sidecar.open("ab") as file:
                file.write(b'{"line":"got","start":0,"st')
        elif how == "cut":
            with partial.open("r+b") as file:
                file.truncate(min(place, partial.stat().st_size))
        elif place < partial.stat().st_size:
            with partial.open("r+b") as file:
                file.seek(place)
                byte = file.read(1)
                file.seek(place)
                file.write(bytes([byte[0] ^ 1]))

    # The laws

    @invariant()
    def nothing_under_a_final_name_is_wrong(self) -> None:
        for path, data in self.finals().items():
            good = self.versions[path] if path == "loose" else self.versions[path][:1]
            assert data in good, path

    @invariant()
    def what_is_said_to_be_done_stands(self) -> None:
        assert set(self.bench.heard.done_files) <= set(self.finals())
        assert not set(self.bench.heard.done_files) & set(self.bench.heard.failures)

    @invariant()
    def what_stands_stays(self) -> None:
        found = {path: (self.bench.destination / path).stat().st_ino for path in self.finals()}
        for path, inode in self.published.items():
            assert found[path] == inode
        self.published = found

    @invariant()
    def nothing_outside_changes(self) -> None:
        assert self.outside.read_bytes() == b"untouched"

    def finals(self) -> dict[str, bytes]:
        if not self.bench.destination.exists():
            return {}
        unfinished = (*PARTIALS, BAD)
        paths = sorted(self.bench.destination.iterdir())
        return {
            path.name: path.read_bytes() for path in paths if not path.name.endswith(unfinished)
        }

    def teardown(self) -> None:
        """When all is well again, one attempt more brings what is left."""
        try:
            if self.is_running:
                self.stop()
            self.put_the_planned_one_back()
            self.runner.run(self.make_engine().run(self.left()))
            assert not self.bench.heard.failures
            assert sorted(self.finals()) == sorted(SIZES)
            self.nothing_under_a_final_name_is_wrong()
            assert not [path for path in self.bench.tree() if path.endswith(PARTIALS)]
        finally:
            self.ends.close()


def copy_while_it_changes(folder: Path, to: Path) -> None:
    """Sidecars before what they tell of, and what has another name meanwhile under that too: so
    that the copy is what may have stood there at one moment."""
    to.mkdir()
    for _ in range(2):
        for path in sorted(folder.iterdir(), key=lambda path: path.suffix != ".json"):
            if not (to / path.name).exists():
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy(path, to)


TestImporting = Importing.TestCase
TestImporting.settings = settings(
    max_examples=25,
    stateful_step_count=14,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
