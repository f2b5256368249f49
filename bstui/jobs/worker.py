"""The process that carries a job out: one attempt, from its claim to its last word.

It joins the account (`access`) with the engine that brings files, obeys the screens' wishes, beats
its heart, and leaves a folder from which the next attempt goes on. It knows no terminal.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import cast

import msgspec

from bstui.errors import BstuiError, InUse, Policy
from bstui.jobs.access import Access
from bstui.jobs.adoption import Adopted, find_adopted, items_left, known_reads
from bstui.jobs.aftermath import Aftermath
from bstui.jobs.attempt import Attempt
from bstui.jobs.batch import continue_later, was_submitted
from bstui.jobs.claim import claim
from bstui.jobs.control import asker, bandwidth_now
from bstui.jobs.ending import (
    CANCELLED,
    FREED,
    TAKEN_OVER,
    UNEXPECTED,
    UNFINISHED,
    Ending,
    do_until,
    gave_up,
    make_result,
    signals_end,
    write_last_word,
)
from bstui.jobs.folder import Found, JobFolder
from bstui.jobs.joining import LaneJoining
from bstui.jobs.node import check_node
from bstui.jobs.permissions import wished_permissions
from bstui.jobs.pulse import Pulse, Rhythm
from bstui.jobs.recall import adopt_recorded
from bstui.jobs.recording import Recorder, keep_recorded, record_end
from bstui.jobs.records import Control, Outcome, PlanHeader, Progress, Want
from bstui.jobs.reporter import Reporter
from bstui.jobs.run_end import conclude_run
from bstui.jobs.side_work import SideWork
from bstui.jobs.unpacking import unpack_zips
from bstui.jobs.worker_log import log, logging_to
from bstui.paths import Places
from bstui.system import ca_file
from bstui.text import Secret
from bstui.transfer.concurrency import limits_of
from bstui.transfer.engine import Engine
from bstui.transfer.items import Digest, Existing, Holder, Limits, Snapshot, Verify, Wait

_BACKLOG = 4 * 1024 * 1024
"""Bytes of events without room, at which no more files are brought."""
_WAITED_FOR = {Policy.AUTH: "login", Policy.SPACE: "room"}
_PASSING = (Policy.TRANSIENT, Policy.RATE, Policy.AUTH)
"""Errors of the first questions to BaseSpace that a started job waits out."""


def run_worker(
    job_dir: Path,
    places: Places,
    environ: Mapping[str, str],
    token: Secret | None = None,
    rhythm: Rhythm | None = None,
) -> int:
    """Make an attempt at the job and return its exit code.

    Raises, before anything is claimed: InUse where another worker holds the job or has ended it,
    NotFound or BstuiError where the plan cannot be read.
    """
    folder = JobFolder(job_dir.absolute())
    header = folder.header()
    with logging_to(folder.log):
        try:
            attempt = claim(folder, environ)
        except InUse as error:
            log.error("%s", error)
            raise
        access = Access(header, places, environ, token)
        worker = Worker(attempt, header, access, environ, rhythm or Rhythm())
        code = asyncio.run(worker.run())
        continue_later(folder, attempt.number, environ)
        return code


class Worker:
    """One attempt's life on an asyncio loop."""

    def __init__(
        self,
        attempt: Attempt,
        header: PlanHeader,
        access: Access,
        environ: Mapping[str, str],
        rhythm: Rhythm,
    ) -> None:
        self._attempt = attempt
        self._folder = attempt.folder
        self._header = header
        self._access = access
        self._environ = environ
        self._is_batch = bool(environ.get("SLURM_JOB_ID")) or was_submitted(self._folder)
        self._rhythm = rhythm
        self._aftermath = Aftermath(self._folder, header, environ, attempt.tell)
        self._reporter = Reporter(attempt, Path(header.destination), self._aftermath.arrived)
        self._recorder = Recorder(self._folder, self._holder(), attempt.check_fence)
        before = self._folder.progress()
        last, note = before.record if before else None, self._reporter.note
        self._pulse = Pulse(attempt.number, header, rhythm, last, note)
        self._engine: Engine | None = None
        self._wish = Control()
        self._obeyed = 0
        self._wait: Wait | None = None
        """What is waited for outside the engine."""
        self._full: Wait | None = None
        """Where the job's own folder has no room."""
        self._ending: Ending | None = None
        self._has_ending = ending = asyncio.Event()
        self._side = SideWork(ending.is_set, self._wait_out, self._end_wait)
        self._joining = LaneJoining(
            self._folder, self._holder(), self._reporter, attempt.check_fence, self._side
        )
        self._has_looked = asyncio.Event()
        """Set once the wishes that stood at the start are known."""
        self._hurry = asyncio.Event()
        """Set when the next look at the folder is not to wait for its time."""
        self._began = time.monotonic()

    async def run(self) -> int:
        """Carry the job out as far as it can be; the exit code."""
        with signals_end(self._end):
            try:
                async with asyncio.TaskGroup() as group:
                    tending = group.create_task(self._tend())
                    recording = group.create_task(
                        keep_recorded(self._recorder, self._rhythm.record)
                    )
                    await self._work()
                    tending.cancel()
                    recording.cancel()
            except Exception:  # the top of the worker: whatever it is, the folder must tell
                log.exception("bstui met an error that it did not expect")
                self._end(UNEXPECTED)
            await self._access.close()
            return await self._conclude()

    # The work

    async def _work(self) -> None:
        try:
            await self._has_looked.wait()
            is_over = self._has_ending.is_set
            adopted = await asyncio.to_thread(self._adopt)
            self._pulse.adopted = adopted
            await self._aftermath.begin(adopted.ids)
            if self._is_batch and not adopted.ids:
                await self._unless_ended(check_node(self._access, self._folder, self._rhythm.node))
            is_left = len(adopted.ids) < self._header.files or self._header.options.unzip
            if is_left and await self._log_in():
                await self._bring(adopted)
            if self._ending is None:
                await self._joining.run()
            if self._header.options.bcl and self._ending is None:
                note, failed = self._reporter.note, self._compose().files_failed
                end = (self._folder, self._access, self._recorder, note, failed, is_over)
                await conclude_run(*end)
            await self._run_commands()
        except InUse:
            self._end(TAKEN_OVER)
        except BstuiError as error:
            self._reporter.note("error", str(error))
            self._end(Ending(error.message, error.exit_code))
        finally:
            await self._aftermath.stop()

    async def _run_commands(self) -> None:
        """What is to follow the samples that are whole, and the job; no longer than it lasts."""
        await self._unless_ended(self._aftermath.end_samples())
        if self._ending is None and self._header.options.on_done:
            await record_end(self._recorder, None, self._reporter.note)
            is_whole = not self._compose().files_failed
            outcome = Outcome.DONE if is_whole else Outcome.INCOMPLETE
            await self._unless_ended(self._aftermath.finish(outcome, self._reporter.exit_code))

    def _adopt(self) -> Adopted:
        """What need not be brought, by what earlier attempts, or earlier imports, told of it."""
        adopted = find_adopted(self._folder, self._header)
        return adopt_recorded(self._folder, self._header, adopted, self._attempt.tell)

    async def _log_in(self) -> bool:
        """Open the account; False where the attempt ended meanwhile. A started job waits."""
        tries = 0
        while self._ending is None:
            try:
                if await self._unless_ended(self._access.open()):
                    self._end_wait()
                    return True
            except BstuiError as error:
                if error.policy not in _PASSING:
                    raise
                await self._wait_out(error, tries)
                tries += 1
        return False

    async def _wait_out(self, error: BstuiError, tries: int) -> None:
        seconds, now = self._rhythm.pause(error, tries), time.time()
        reason = _WAITED_FOR.get(error.policy, "network")
        since = self._wait.since if self._wait and self._wait.reason == reason else now
        self._wait = Wait(reason, str(error), since, now + seconds)
        self._hurry.set()
        await self._unless_ended(asyncio.sleep(seconds))

    def _end_wait(self) -> None:
        self._wait = None
        self._hurry.set()

    async def _bring(self, adopted: Adopted) -> None:
        options = self._header.options
        self._engine = Engine(
            Path(self._header.destination),
            self._access.locate,
            self._reporter,
            self._holder(),
            limits=self._limits(),
            verify=cast("Verify", options.verify),
            existing=cast("Existing", options.existing),
            digest=cast("Digest", options.digest),
            permissions=wished_permissions(options),
            known_reads=await asyncio.to_thread(known_reads, self._folder, adopted),
            ca_file=ca_file(self._environ.get("BSTUI_CA_BUNDLE"), self._environ),
            fence=self._attempt.check_fence,
        )
        self._apply_wish(self._engine)
        if self._ending is None:
            full = options.verify == "full"
            await self._engine.run(items_left(self._folder, adopted, last=False, full=full))
        if self._ending is None:
            await self._bring_markers(self._engine, adopted)

    async def _bring_markers(self, engine: Engine, adopted: Adopted) -> None:
        """A raw run's end markers, by which programs know that it is complete: only if it is."""
        markers = list(items_left(self._folder, adopted, last=True))
        failed = engine.snapshot().files_failed
        if self._header.options.unzip and not failed:
            fence = self._attempt.check_fence
            failed = await unpack_zips(self._folder, self._reporter, fence, self._side)
        if self._ending is not None:
            return
        if markers and not failed:
            await engine.run(markers)
        elif markers:
            self._reporter.withhold(markers, failed)
            self._pulse.withheld = len(markers)

    def _holder(self) -> Holder:
        user, _, host = asker().rpartition("@")
        return Holder(job=self._header.id, attempt=self._attempt.number, host=host, user=user)

    # Tending: wishes, fence, heartbeat

    async def _tend(self) -> None:
        """Look at the folder until cancelled; end the engine where the attempt ends."""
        trouble = ""
        while True:
            try:
                await self._look()
                trouble = ""
            except InUse:
                self._end(TAKEN_OVER)
            except OSError as error:
                if str(error) != trouble:
                    trouble = str(error)
                    log.warning("The job's folder cannot be used just now: %s", trouble)
            self._has_looked.set()
            if self._ending is not None and self._engine is not None:
                await self._engine.stop()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rhythm.tend):
                    await self._hurry.wait()
            self._hurry.clear()

    async def _look(self) -> None:
        """Obey the newest wish and beat if it is time. InUse where a newer attempt has begun."""
        numbers = await asyncio.to_thread(self._folder.numbers)
        if numbers.control and numbers.control[-1] != self._obeyed:
            newest = await asyncio.to_thread(self._folder.newest_control, numbers)
            if newest is not None and newest.number != self._obeyed:
                self._obey(newest)
        if numbers.attempt > self._attempt.number:
            self._attempt.check_fence()
        if self._engine is not None:
            self._engine.set_limits(self._limits())
            self._heed_backlog(self._engine)
        progress = self._compose()
        longest = self._header.options.give_up_after
        if longest is not None and self._pulse.waited(progress) >= longest:
            self._end(gave_up(progress.reason, longest))
        if self._pulse.is_due(progress):
            await asyncio.to_thread(self._attempt.beat, progress)
            self._pulse.sent(progress)

    def _obey(self, wish: Found[Control]) -> None:
        self._wish, self._obeyed = wish.record, wish.number
        log.info("Asked by %s: %s", wish.record.by or "somebody", wish.record.want)
        if wish.record.want is Want.CANCEL:
            self._end(CANCELLED)
        elif wish.record.want is Want.PAUSE and wish.record.free:
            self._end(FREED)
        self._side.set_paused(wish.record.want is Want.PAUSE)
        if self._engine is not None:
            self._apply_wish(self._engine)

    def _apply_wish(self, engine: Engine) -> None:
        if self._wish.want is Want.PAUSE or self._full is not None:
            engine.pause()
        else:
            engine.go_on()

    def _limits(self) -> Limits:
        """The wish's, else the plan's, as they are at this time of the day."""
        wish, options = self._wish, self._header.options
        return limits_of(
            wish.concurrency or options.concurrency,
            wish.concurrent_files or options.concurrent_files,
            wish.concurrent_parts or options.concurrent_parts,
            bandwidth_now(options.bwlimit if wish.bwlimit is None else wish.bwlimit),
        )

    def _heed_backlog(self, engine: Engine) -> None:
        """Bring nothing more while the job's folder has no room for what is to be told."""
        if self._attempt.backlog > _BACKLOG and self._full is None:
            now = time.time()
            text = f"The job's own files in {self._folder.path} cannot be written."
            self._full = Wait("room", text, now, now + self._rhythm.idle)
            self._apply_wish(engine)
        elif self._attempt.backlog == 0 and self._full is not None:
            self._full = None
            self._apply_wish(engine)

    def _compose(self) -> Progress:
        snapshot = self._engine.snapshot() if self._engine else Snapshot()
        wait = self._wait or self._full
        return self._pulse.compose(snapshot, self._wish, self._obeyed, wait, self._side.text)

    # The end

    def _end(self, ending: Ending) -> None:
        """End the attempt; the first reason stands, but for being fenced."""
        if self._ending is None or (ending is TAKEN_OVER and self._ending is not TAKEN_OVER):
            log.info("Ending: %s", ending.reason)
            self._ending = ending
        self._has_ending.set()
        self._side.set_paused(False)
        self._hurry.set()

    async def _unless_ended(self, work: Awaitable[object]) -> bool:
        """Do `work`, but no longer than the attempt lasts; whether it came to its end."""
        return await do_until(self._has_ending, work)

    async def _conclude(self) -> int:
        """Say how it ended, in the events and, where the job is through, in a result."""
        progress = self._compose()
        is_through = progress.files_done + progress.files_failed >= self._header.files
        is_through &= not (self._joining.is_unfinished or self._aftermath.is_unfinished)
        if not is_through:
            progress = self._pulse.keep_reach(progress)
        with contextlib.suppress(InUse, OSError):
            await asyncio.to_thread(self._attempt.beat, progress)
        ending, outcome = self._ending, None
        if is_through and (ending is None or ending.is_asked):
            ending = Ending("done", self._reporter.exit_code)
            failed = progress.files_failed + self._joining.failed
            outcome = Outcome.INCOMPLETE if failed else Outcome.DONE
        elif ending is CANCELLED:
            outcome = Outcome.CANCELLED
        ending = ending or UNFINISHED
        await record_end(self._recorder, outcome, self._reporter.note)
        # Before the last word: whoever follows the log stops at that.
        log.info("Attempt %d ended: %s", self._attempt.number, outcome or ending.reason)
        if outcome is None:
            await self._settle(lambda: self._attempt.leave(ending.reason, ending.exit_code))
        else:
            worked = time.monotonic() - self._began
            result = msgspec.structs.replace(
                make_result(progress, outcome, ending.exit_code, worked),
                on_done=self._aftermath.done_code,
                on_sample_failed=self._aftermath.failed_samples,
            )
            await self._settle(lambda: self._attempt.finish(result, ending.reason))
        return ending.exit_code

    async def _settle(self, write: Callable[[], None]) -> None:
        self._hurry.clear()
        has_waited = self._ending is not None and self._ending.has_waited
        await write_last_word(write, self._hurry, 0.0 if has_waited else self._rhythm.room)
