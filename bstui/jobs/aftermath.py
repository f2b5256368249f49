"""A person's own commands, run by the worker: after each sample that is whole, and after the job.

They are told what arrived by variables, write into the job's log, and run one at a time beside the
transfer. A sample's command that was seen to its end is not run again by a later attempt.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from bstui.jobs.arrived import find_brought
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import MANIFEST, record_folder
from bstui.jobs.records import AnyEvent, Outcome, PlanHeader, Ran
from bstui.jobs.worker_log import log
from bstui.text import safe_text
from bstui.transfer.items import Item
from bstui.units import duration_text

_SECRET = ("BSTUI_ACCESS_TOKEN", "BASESPACE_ACCESS_TOKEN")
_LONGEST = 100_000
"""Bytes of one variable; Linux takes 128 KiB (execve(2), MAX_ARG_STRLEN)."""
_GRACE = 5.0
"""Seconds that a command has to end in."""


class Aftermath:
    """The commands of one attempt. Belongs to the worker's loop."""

    def __init__(
        self,
        folder: JobFolder,
        header: PlanHeader,
        environ: Mapping[str, str],
        tell: Callable[[AnyEvent], None],
    ) -> None:
        self._folder = folder
        self._header = header
        self._environ = {name: value for name, value in environ.items() if name not in _SECRET}
        self._tell = tell
        self._sample_of: dict[str, str] = {}
        """Of files that have not arrived, by id."""
        self._parts: set[str] = set()
        """Of those, the ones that are to be joined: the joined file is told of in their place."""
        self._left: dict[str, int] = {}
        """Of samples that are not whole: how many files they lack."""
        self._paths: dict[str, list[str]] = {}
        self._joined: dict[str, str] = {}
        """By the path that a joined file was to have, the id of its first part."""
        self._named: dict[str, str] = {}
        """By the same, the path that it has: none where it could not be joined."""
        self._whole: asyncio.Queue[str | None] = asyncio.Queue()
        self._serving: asyncio.Task[None] | None = None
        self._has_served = False
        self.failed_samples = 0
        """Commands after samples that did not end with 0, of this attempt."""
        self.done_code: int | None = None
        """How the command after the job ended; None where it did not run to its end."""

    def _prepare(self, adopted: Collection[str]) -> list[str]:
        """Learn which files make which sample; the samples that are whole and had no command yet.

        Reads the plan: for a thread.
        """
        seen = self._seen()
        for file in self._folder.files():
            if not file.sample or file.sample in seen:
                continue
            self._paths.setdefault(file.sample, [])
            self._left.setdefault(file.sample, 0)
            if file.merged and file.merged not in self._paths[file.sample]:
                self._paths[file.sample].append(file.merged)
            if file.part == 1:
                self._joined[file.merged] = file.id
            if file.id not in adopted:
                self._sample_of[file.id] = file.sample
                self._left[file.sample] += 1
                if file.merged:
                    self._parts.add(file.id)
            elif not file.merged:
                self._paths[file.sample].append(file.path)
        return [sample for sample, left in self._left.items() if not left]

    async def begin(self, adopted: Collection[str]) -> None:
        """Run what is to follow samples, from those that are whole already on."""
        if self._header.options.on_sample:
            for sample in await asyncio.to_thread(self._prepare, adopted):
                self._whole.put_nowait(sample)
            if self._header.options.lanes == "keep":
                self._serving = asyncio.create_task(self._serve())

    def arrived(self, item: Item) -> None:
        """A file stands whole under `item.path`."""
        sample = self._sample_of.pop(item.id, None)
        if sample is None:
            return
        if item.id not in self._parts:
            self._paths[sample].append(item.path)
        self._left[sample] -= 1
        if not self._left[sample]:
            self._whole.put_nowait(sample)

    async def _serve(self) -> None:
        """Run the commands of samples as they become whole, until there are no more to come."""
        while (sample := await self._whole.get()) is not None:
            paths = [self._where(path) for path in self._paths.pop(sample)]
            if not all(paths):
                log.warning(
                    "The command after %s is not run: its lanes are not joined", safe_text(sample)
                )
                continue
            code = await self._run(
                self._header.options.on_sample,
                f"sample {sample}",
                self._about_sample(sample, paths),
            )
            self._tell(Ran(time=time.time(), after="sample", sample=sample, exit_code=code))
            self.failed_samples += code != 0

    def _where(self, path: str) -> str:
        """Where a file stands, a joined one under the name that it got; empty where it does not."""
        return self._named.get(path, "") if path in self._joined else path

    def _find_joined(self) -> dict[str, str]:
        merged = find_brought(self._folder).merged
        return {path: merged[id][1].path for path, id in self._joined.items() if id in merged}

    async def end_samples(self) -> None:
        """Wait until the command of every sample that is whole has run; of samples whose lanes are
        joined, which they are by now, that begins here."""
        if self._header.options.on_sample:
            if self._serving is None:
                self._named = await asyncio.to_thread(self._find_joined)
                self._serving = asyncio.create_task(self._serve())
            self._whole.put_nowait(None)
            await self._serving
        self._has_served = True

    @property
    def is_unfinished(self) -> bool:
        """Whether a command was asked for that has not run to its end."""
        options = self._header.options
        is_job_open = bool(options.on_done) and self.done_code is None
        return is_job_open or (bool(options.on_sample) and not self._has_served)

    async def stop(self) -> None:
        """End what runs, if anything does: from here on nothing is told."""
        if self._serving is not None:
            self._serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving

    async def finish(self, outcome: Outcome, exit_code: int) -> None:
        """Run the command after the job."""
        if not self._header.options.on_done:
            return
        about = {"BSTUI_OUTCOME": str(outcome), "BSTUI_EXIT_CODE": str(exit_code)}
        code = await self._run(self._header.options.on_done, "the job", about)
        self._tell(Ran(time=time.time(), after="job", exit_code=code))
        self.done_code = code

    def _seen(self) -> set[str]:
        """Samples whose command an earlier attempt saw to its end."""
        return {
            event.sample
            for attempt in self._folder.numbers().events
            for event, _ in read_events(self._folder.events(attempt))
            if isinstance(event, Ran) and event.after == "sample"
        }

    def _about_sample(self, sample: str, paths: list[str]) -> dict[str, str]:
        root = Path(self._header.destination)
        files = "\n".join(str(root / path) for path in sorted(paths))
        folder = os.path.commonpath([os.path.dirname(path) for path in paths])
        return {
            "BSTUI_SAMPLE": sample,
            "BSTUI_SAMPLE_DIR": str(root / folder),
            "BSTUI_FILES": files if len(files.encode()) < _LONGEST else "",
        }

    async def _run(self, command: str, after: str, about: Mapping[str, str]) -> int:
        """Its exit code; 126 where there is no way to start it."""
        header, began = self._header, time.monotonic()
        record = record_folder(Path(header.destination), header.id)
        variables = {
            "BSTUI_JOB": header.id,
            "BSTUI_JOB_NAME": header.name,
            "BSTUI_DESTINATION": header.destination,
            "BSTUI_MANIFEST": str(record / MANIFEST),
        }
        log.info("After %s: %s", safe_text(after), safe_text(command))
        output = os.open(self._folder.log, os.O_WRONLY | os.O_APPEND)
        try:
            process = await asyncio.create_subprocess_exec(
                *("/bin/sh", "-c", command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=header.destination,
                env={**self._environ, **variables, **about},
                start_new_session=True,
            )
        except OSError as error:
            log.error("The command after %s cannot be started: %s", safe_text(after), error)
            return 126
        finally:
            os.close(output)
        code = await _await_end(process)
        tell = log.info if code == 0 else log.warning
        lasted = duration_text(time.monotonic() - began)
        tell("The command after %s ended with exit code %d, %s", safe_text(after), code, lasted)
        return code


async def _await_end(process: asyncio.subprocess.Process) -> int:
    """Its exit code, 128 + N after signal N; a cancelled wait ends the command and its children."""
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()
        _signal(process, signal.SIGKILL)
        raise
    return code if code >= 0 else 128 - code


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
