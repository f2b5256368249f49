"""An engine at work on a real store: what the tests of this folder share."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bstui.errors import BstuiError
from bstui.text import Secret
from bstui.transfer.engine import Engine
from bstui.transfer.items import Holder, Item, Limits, Patience, Proof
from tests.transfer.store import MIB, Store

HOLDER = Holder(job="01JOB", attempt=1, host="node1", user="ada")
QUICK = Patience(
    first_wait=0.01, longest_wait=0.05, room=0.05, login=0.05, stall=0.3, connect=2.0, tries=3
)
SMALL_RANGES = Limits(files=2, parts=2, range_size=MIB, request_size=MIB)


@dataclass
class Heard:
    """A listener that remembers."""

    done_files: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Path → how it was verified, MD5."""
    proofs: dict[str, Proof] = field(default_factory=dict)
    failures: dict[str, BstuiError] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def done(self, item: Item, proof: Proof) -> None:
        assert item.path not in self.done_files
        self.done_files[item.path] = (proof.verified, proof.md5)
        self.proofs[item.path] = proof

    def failed(self, item: Item, error: BstuiError) -> None:
        self.failures[item.path] = error

    def note(self, level: str, text: str) -> None:
        self.notes.append(text)


@dataclass
class Bench:
    """A store, a destination, and engines between them."""

    store: Store
    destination: Path
    heard: Heard = field(default_factory=Heard)
    located: list[str] = field(default_factory=list)

    async def locate(self, item: Item) -> Secret:
        self.located.append(item.id)
        return Secret(self.store.url(item.id, f"s{self.located.count(item.id)}"))

    def item(self, name: str, path: str = "", *, etag: str | None = "", number: int = 0) -> Item:
        """The item of an object of the store; its ETag unless another is given."""
        found = self.store.objects[name]
        known = found.etag.strip('"') or None
        return Item(number, name, path or name, len(found.data), known if etag == "" else etag)

    def items(self) -> list[Item]:
        return [self.item(name, number=i) for i, name in enumerate(self.store.objects)]

    def engine(self, **options: Any) -> Engine:
        locate = options.pop("locate", self.locate)
        holder = options.pop("holder", HOLDER)
        options.setdefault("limits", SMALL_RANGES)
        options.setdefault("patience", QUICK)
        return Engine(self.destination, locate, self.heard, holder, **options)

    async def run(self, items: Iterable[Item] | None = None, **options: Any) -> Engine:
        engine = self.engine(**options)
        await engine.run(self.items() if items is None else items)
        return engine

    @asynccontextmanager
    async def running(self, engine: Engine, items: Iterable[Item]) -> AsyncIterator[None]:
        """The engine at work in the background; it is stopped in the end."""
        task = asyncio.create_task(engine.run(items))
        try:
            yield
        finally:
            await engine.stop()
            await task

    def tree(self) -> dict[str, bytes]:
        """Every file beneath the destination."""
        root = self.destination
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def check(self) -> None:
        """The oracle: every object stands whole under its name, and nothing else does."""
        tree = self.tree()
        assert sorted(tree) == sorted(self.store.objects)
        for name, found in self.store.objects.items():
            assert sha256(tree[name]) == sha256(found.data), name

    def check_nothing_wrong(self) -> None:
        """The oracle for what may be unfinished: no final name holds wrong bytes."""
        for name, data in self.tree().items():
            if not name.endswith((".partial", ".partial.json", ".bad")):
                assert sha256(data) == sha256(self.store.objects[name].data), name


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def until(is_so: Callable[[], bool], timeout: float = 90) -> None:
    """Wait for a thing, not for a time."""
    async with asyncio.timeout(timeout):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)
