"""Joins the lanes of a job's samples, once their files have arrived.

What was joined is told by an event, durable before the files of lanes are removed, if they are to
be: the next attempt goes on with what is still to be joined, or removed.
"""

import asyncio
import contextlib
import functools
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from bstui.errors import BstuiError, IntegrityError, InUse
from bstui.jobs.adoption import stands_as
from bstui.jobs.arrived import find_brought, recorded_files
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import RecordedFile
from bstui.jobs.permissions import wished_permissions
from bstui.jobs.records import Merged, PlanFile
from bstui.jobs.reporter import Reporter
from bstui.jobs.side_work import SideWork, to_its_end
from bstui.text import safe_text
from bstui.transfer.beneath import Destination, remove
from bstui.transfer.items import Digest, Existing, Holder
from bstui.transfer.joining import Join, Joined, Joiner, Stopped

_RENEWAL = 30.0
"""Seconds between two words that what is being joined is not given up."""


@dataclass(frozen=True)
class _Target:
    """A file that is to be joined."""

    files: Sequence[PlanFile]
    """Its parts, in order."""
    arrived: Sequence[RecordedFile]
    """Those of them that stand, as they were brought."""
    event: Merged | None
    """What was said when it was joined, where it still stands."""

    @property
    def path(self) -> str:
        return self.files[0].merged

    @property
    def is_left(self) -> bool:
        return self.event is None


@dataclass
class LaneJoining:
    """One attempt's joining. Belongs to the worker's loop."""

    folder: JobFolder
    holder: Holder
    reporter: Reporter
    fence: Callable[[], None]
    side: SideWork
    failed: int = 0
    """Files that could not be joined."""
    is_unfinished: bool = False
    """Whether the attempt ended before all was joined."""
    renewal: float = _RENEWAL
    _numbers: Mapping[str, int] = field(default_factory=dict)
    """By path, the place of each file that is to be joined."""

    async def run(self) -> None:
        """Join all that can be. InUse where a newer attempt has begun."""
        if self.folder.header().options.lanes != "merge":
            return
        self.is_unfinished = True
        joiner = await asyncio.to_thread(self._make_joiner)
        try:
            samples = await asyncio.to_thread(self._find_samples)
            left = [target for targets in samples.values() for target in targets if target.is_left]
            self._numbers = {target.path: number for number, target in enumerate(left, 1)}
            for name, targets in samples.items():
                await self._join_sample(name, targets, joiner)
            self.is_unfinished = False
        except Stopped:
            return
        finally:
            self.side.text = ""
            joiner.destination.close()

    def _make_joiner(self) -> Joiner:
        header = self.folder.header()
        options = header.options
        permissions = wished_permissions(options)
        return Joiner(
            Destination(Path(header.destination), permissions),
            self.holder,
            self.fence,
            self.side.must_stop,
            existing=cast("Existing", options.existing),
            digest=cast("Digest", options.digest),
            permissions=permissions,
            moved=self.side.moved,
        )

    def _find_samples(self) -> dict[str, list[_Target]]:
        """The files to be joined of each sample."""
        destination = Path(self.folder.header().destination)
        found = find_brought(self.folder)
        arrived = {file.id: file for file in recorded_files(self.folder, found) if file.merged}
        by_path: dict[str, list[PlanFile]] = {}
        for file in self.folder.files():
            if file.merged:
                by_path.setdefault(file.merged, []).append(file)
        samples: dict[str, list[_Target]] = {}
        for files in by_path.values():
            files.sort(key=lambda file: file.part)
            _, event = found.merged.get(files[0].id, (0, None))
            target = _Target(
                files=files,
                arrived=[arrived[file.id] for file in files if file.id in arrived],
                event=event if event and stands_as(destination, event) else None,
            )
            samples.setdefault(files[0].sample, []).append(target)
        return samples

    async def _join_sample(self, name: str, targets: Sequence[_Target], joiner: Joiner) -> None:
        """All reads of one sample, or none where one of its files is not as it should be."""
        left = [target for target in targets if target.is_left]
        reason = _why_not(left)
        if reason:
            self.failed += len(left)
            self.reporter.not_merged(
                IntegrityError(f"The lanes of {name} are not joined: {reason}")
            )
            return
        for target in left:
            if not await self._join(target, joiner):
                return
        if self.folder.header().options.remove_lanes:
            for target in targets:
                await asyncio.to_thread(_remove_parts, joiner.destination, target)

    async def _join(self, target: _Target, joiner: Joiner) -> bool:
        """One file; False where it cannot be, which is told."""
        parts = tuple((file.path, file.size) for file in target.arrived)
        number, all_of_them = self._numbers[target.path], len(self._numbers)
        self.side.text = f"joining lanes, {number:,} of {all_of_them:,}"
        try:
            async with self._held(joiner, target.path):
                joined = await self.side.carry_out(
                    functools.partial(joiner.join, Join(target.path, parts))
                )
        except InUse:
            raise
        except BstuiError as error:
            self.failed += 1
            self.reporter.not_merged(error)
            return False
        event = await asyncio.to_thread(self._describe, target, joined, joiner)
        await asyncio.to_thread(self.reporter.merged, event)
        return True

    @contextlib.asynccontextmanager
    async def _held(self, joiner: Joiner, path: str) -> AsyncIterator[None]:
        """Keep the partial ours while it is worked on, paused, or waits for room."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self.renewal)
                await to_its_end(functools.partial(joiner.renew, path))

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing

    def _describe(self, target: _Target, joined: Joined, joiner: Joiner) -> Merged:
        reads = [file.reads for file in target.arrived]
        return Merged(
            time=time.time(),
            path=joined.path,
            size=joined.size,
            parts=tuple(file.id for file in target.files),
            removes=self.folder.header().options.remove_lanes,
            md5=joined.digest if joiner.digest == "md5" else "",
            sha256=joined.digest if joiner.digest == "sha256" else "",
            crc32=joined.crc32,
            reads=None if None in reads else sum(number or 0 for number in reads),
            mtime_ns=os.lstat(joiner.destination.path / joined.path).st_mtime_ns,
        )


def _why_not(targets: Sequence[_Target]) -> str:
    """Why a sample's files are not to be joined, which would not be mates any more; or empty."""
    for target in targets:
        there = {file.id for file in target.arrived}
        missing = [file for file in target.files if file.id not in there]
        if missing:
            return f"{safe_text(missing[0].path)} has not arrived."
    counted = {tuple(f.reads for f in t.arrived) for t in targets if t.files[0].read[0] == "R"}
    counted = {reads for reads in counted if None not in reads}
    return "its mates hold different numbers of reads." if len(counted) > 1 else ""


def _remove_parts(destination: Destination, target: _Target) -> None:
    """Remove the files of lanes, but none that somebody has changed since."""
    paths = {file.id: file.path for file in target.arrived}
    for file in target.files:
        path = paths.get(file.id, file.path)
        with contextlib.suppress(BstuiError), destination.parent(path) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if found.st_size == file.size:
                remove(folder, name)
