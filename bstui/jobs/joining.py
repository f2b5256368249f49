"""Joins the lanes of a job's samples, once their files have arrived.

What was joined is told by an event, durable before the files of lanes are removed, if they are to
be: the next attempt goes on with what is still to be joined, or removed.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from bstui.errors import BstuiError, IntegrityError, InUse, Policy
from bstui.jobs.adoption import stands_as
from bstui.jobs.arrived import find_brought, recorded_files
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import RecordedFile
from bstui.jobs.permissions import wished_permissions
from bstui.jobs.records import Merged, PlanFile
from bstui.jobs.reporter import Reporter
from bstui.text import safe_text
from bstui.transfer.beneath import Destination, remove
from bstui.transfer.items import Digest, Existing, Holder
from bstui.transfer.joining import Join, Joined, Joiner, Stopped

Outlast = Callable[[BstuiError, int], Awaitable[None]]
"""Waits for what may pass, such as room; told the error, and how often it was met in a row."""


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
    has_ended: Callable[[], bool]
    failed: int = 0
    """Files that could not be joined."""
    is_unfinished: bool = False
    """Whether the attempt ended before all was joined."""
    text: str = ""
    """What is being done: `joining lanes, 3 of 12`; empty before and after."""
    _may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Mapping[str, int] = field(default_factory=dict)
    """By path, the place of each file that is to be joined."""

    def __post_init__(self) -> None:
        self._may_go_on.set()

    def set_paused(self, is_paused: bool) -> None:
        """Stop within some megabytes, or go on from there; at the attempt's end nothing waits."""
        if is_paused and not self.has_ended():
            self._may_go_on.clear()
        else:
            self._may_go_on.set()

    async def run(self, outlast: Outlast) -> None:
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
                await self._join_sample(name, targets, joiner, outlast)
            self.is_unfinished = False
        except Stopped:
            return
        finally:
            self.text = ""
            joiner.destination.close()

    def _must_stop(self) -> bool:
        return self.has_ended() or not self._may_go_on.is_set()

    def _make_joiner(self) -> Joiner:
        header = self.folder.header()
        options = header.options
        permissions = wished_permissions(options)
        return Joiner(
            Destination(Path(header.destination), permissions),
            self.holder,
            self.fence,
            self._must_stop,
            existing=cast("Existing", options.existing),
            digest=cast("Digest", options.digest),
            permissions=permissions,
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

    async def _join_sample(
        self, name: str, targets: Sequence[_Target], joiner: Joiner, outlast: Outlast
    ) -> None:
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
            if not await self._join(target, joiner, outlast):
                return
        if self.folder.header().options.remove_lanes:
            for target in targets:
                await asyncio.to_thread(_remove_parts, joiner.destination, target)

    async def _join(self, target: _Target, joiner: Joiner, outlast: Outlast) -> bool:
        """One file; False where it cannot be, which is told."""
        parts = tuple((file.path, file.size) for file in target.arrived)
        self.text = f"joining lanes, {self._numbers[target.path]:,} of {len(self._numbers):,}"
        tries = 0
        while True:
            try:
                await self._may_go_on.wait()
                joined = await _carry_out(joiner, Join(target.path, parts))
            except Stopped:
                if self.has_ended():
                    raise
            except InUse:
                raise
            except BstuiError as error:
                if error.policy is not Policy.SPACE:
                    self.failed += 1
                    self.reporter.not_merged(error)
                    return False
                await outlast(error, tries)
                tries += 1
                if self.has_ended():
                    raise Stopped from error
            else:
                event = await asyncio.to_thread(self._describe, target, joined, joiner)
                await asyncio.to_thread(self.reporter.merged, event)
                return True

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
            reads=None if None in reads else sum(number or 0 for number in reads),
            mtime_ns=os.lstat(joiner.destination.path / joined.path).st_mtime_ns,
        )


async def _carry_out(joiner: Joiner, wanted: Join) -> Joined:
    """The join, waited for also by a task that is cancelled: it holds descriptors."""
    work = asyncio.ensure_future(asyncio.to_thread(joiner.join, wanted))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


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
