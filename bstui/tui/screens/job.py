"""The page of one job: how far it is, what is on its way, its log. It only looks: the worker's
files say everything, whether or not this program was there."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import ContentSwitcher

from bstui.errors import BstuiError
from bstui.jobs.records import AnyEvent
from bstui.jobs.verification import Verification
from bstui.jobs.watch import JobView
from bstui.tui.keys import bindings
from bstui.tui.screens import job_text
from bstui.tui.screens.job_keys import JobKeys
from bstui.tui.screens.job_timeline import timeline_lines
from bstui.tui.screens.job_verification import verification_lines
from bstui.tui.screens.tabs import Tabs
from bstui.tui.screens.work import begin
from bstui.tui.services import Services
from bstui.tui.widgets.canvas import Lines, Role, Span, line
from bstui.tui.widgets.detail import Reading
from bstui.tui.widgets.log_tail import LogTail
from bstui.tui.widgets.notice import Notice
from bstui.tui.widgets.progress_rows import ProgressRows

_PERIOD = 0.5
"""Seconds between two looks at a job that a worker holds."""
_SLOW = 4
"""A job that nobody holds is looked at every so many times."""
_TABS = {
    "log": "Log",
    "samples": "Samples",
    "failed": "Failed",
    "timeline": "Timeline",
    "verified": "Verified",
    "about": "About",
}
_RATES = 120
"""Rates that are kept for their line; one comes with each heartbeat, every 2 s."""


class JobScreen(JobKeys):
    """Whole, running files, log, and what else is known of it, a tab each."""

    BINDINGS = bindings("tabs", "copy", "reload", "beside", "list", "job-page")
    HINTS = ("pause", "cancel", "resume", "tab-after", "verify", "report", "bandwidth", "back")

    def __init__(self, services: Services, job_id: str, name: str) -> None:
        super().__init__(services)
        self._watch = services.watch(job_id)
        self._job_name = name
        self._view: JobView | None = None
        self._last_event: AnyEvent | None = None
        self._rates: deque[float] = deque(maxlen=_RATES)
        self._beat = 0.0
        """When the last heartbeat was written whose rate was kept."""
        self._tally = services.tally(job_id)
        self._timeline = services.timeline(job_id)
        self._tick = 0
        self._tab = "log"
        self._notice = Notice()
        self._head = Lines(id="job-head")
        self._whole = Lines(id="job-whole")
        self._facts = Lines(id="job-facts")
        self._moving = ProgressRows(8, id="job-running")
        self._tabs = Tabs(_TABS)
        self._log = LogTail(id="log")
        self._pages = {tab: Reading(id=tab) for tab in _TABS if tab != "log"}

    def compose_body(self) -> Iterable[Widget]:
        yield self._notice
        yield self._head
        yield self._whole
        yield self._facts
        yield self._moving
        yield self._tabs
        with ContentSwitcher(initial="log"):
            yield self._log
            yield from self._pages.values()

    @property
    def job(self) -> JobView | None:
        return self._view

    @property
    def crumbs(self) -> Sequence[str]:
        return ("jobs", self._job_name)

    def on_mount(self) -> None:
        self.set_focus(self._log)
        self._tabs.show(self._tab)
        self._notice.wait()
        self.set_interval(_PERIOD, self._look_in_turn)
        self.look_again()

    def on_resize(self) -> None:
        """What is on its way takes a third, and leaves the log its lines."""
        self._moving.styles.height = max(2, min(16, self.size.height - 16))
        if self._view is not None:  # its bars are as wide as the page
            self._show(self._view)

    # Looking

    def _look_in_turn(self) -> None:
        self._tick += 1
        reading = self._reading
        is_active = self._view is not None and self._view.status.is_active
        is_active = is_active or (reading is not None and not reading.is_over)
        if self.is_current and (is_active or self._tick % _SLOW == 0):
            self.look_again()

    def look_again(self) -> None:
        if not any(w.group == "look" and not w.is_finished for w in self.workers):
            begin(self, self._look, "look")

    async def _look(self) -> None:
        try:
            view = await asyncio.to_thread(self._watch.refresh)
        except BstuiError as error:
            self._notice.error(error, ("back",))
            return
        self._notice.hide()
        self.services.take_in(view)
        before, self._view = self._view, view
        if before is None or before.status != view.status:
            self.refresh_bindings()
            self.show_top()
            self.foot.status.unsay()
        self._keep_rate(view)
        self._show(view)
        if self._tab == "samples":
            samples = await asyncio.to_thread(self._tally.refresh)
            self._pages["samples"].show("", [], job_text.sample_lines(samples))
        elif self._tab == "timeline":
            happenings = await asyncio.to_thread(self._timeline.refresh)
            self._pages["timeline"].show("", [], timeline_lines(happenings))

    def _keep_rate(self, view: JobView) -> None:
        progress = view.progress
        if view.status.is_active and progress is not None and progress.time != self._beat:
            self._beat = progress.time
            self._rates.append(view.rate or 0.0)

    # What is shown

    def _show(self, view: JobView) -> None:
        now = self.services.clock()
        status, header = view.status, view.header
        role = job_text.STATE_ROLES[status.state]
        self._head.show_lines(
            [line(" ", Span(header.name, Role.STRONG), "  ", Span(job_text.state_text(view), role))]
        )
        self._whole.show_lines([job_text.whole_line(view, self._whole.glyphs, self.size.width)])
        draw = self._facts.glyphs.draw
        self._facts.show_lines(
            [
                job_text.spark_line(
                    draw(job_text.headline(view, now)),
                    self._rates if status.is_active else (),
                    self._facts.glyphs,
                    self.size.width,
                ),
                line(f"   to {header.destination}"),
                line("   ", Span(job_text.worker_text(view), Role.MUTED)),
            ]
        )
        self._moving.display = status.is_active
        self._moving.show(job_text.running_rows(view, now))
        self._log.append(job_text.event_line(event) for event in self._new_events(view))
        bad = len(self._reading.bad) if self._reading is not None else 0
        notes = {"failed": str(len(view.failures) or ""), "verified": f"{bad} bad" if bad else ""}
        self._tabs.show(self._tab, notes)
        self._pages["failed"].show("", [], _failure_lines(view))
        self._pages["verified"].show("", [], verification_lines(view, self._reading))
        self._pages["about"].show("", job_text.facts(view))
        self.foot.show(job_text.next_step(view), self._log.state_text)

    def _new_events(self, view: JobView) -> Sequence[AnyEvent]:
        """Those since the last look: the watch hands out the newest of all."""
        events, last = view.events, self._last_event
        if not events:
            return ()
        self._last_event = events[-1]
        at = next((i for i in range(len(events) - 1, -1, -1) if events[i] is last), -1)
        return events[at + 1 :]

    def on_log_tail_moved(self) -> None:
        if self._view is not None:
            self.foot.show(job_text.next_step(self._view), self._log.state_text)

    # Keys

    def action_tab(self, step: int) -> None:
        self._go_to_tab(self._tabs.after(self._tab, step))

    def _go_to_tab(self, tab: str) -> None:
        self._tab = tab
        self.query_one(ContentSwitcher).current = tab
        self.set_focus(self._log if tab == "log" else self._pages[tab])
        if self._view is not None:
            self._show(self._view)
            self.look_again()

    def refusal(self, action: str) -> str:
        if action == "sort":
            return "a log stands in the order of its events"
        if action == "filter" and self._tab != "log":
            return "only the log is searched: [ and ] go there"
        if action == "verify" and self._view is not None and self._view.status.is_active:
            return f"{self._job_name} is {self._view.status.state}: files are proven as they come"
        if action in ("verify", "report") and self._view is None:
            return "there is no job here"
        return super().refusal(action)

    def action_scroll_pane(self, step: int) -> None:
        if self._tab == "log":
            self._log.action_scroll_log(step)
        else:
            self._pages[self._tab].scroll_lines(step)

    def action_reload(self) -> None:
        self.look_again()

    def action_filter(self) -> None:
        """Look for words in the log; `n` and `N` go on."""
        self.foot.entry("/", "", self._log.search)

    @property
    def _reading(self) -> Verification | None:
        return self.services.verifications.of(self._watch.folder.id)

    def action_verify(self) -> None:
        """Read all files anew, or stop reading them; how it goes stands in a tab."""
        reading = self._reading
        if reading is not None and not reading.is_over:
            begin(self, lambda: asyncio.to_thread(reading.stop), "verify")
        else:
            start = self.services.verifications.begin
            begin(self, lambda: asyncio.to_thread(start, self._watch.folder), "verify")
        self._go_to_tab("verified")

    def action_report(self) -> None:
        async def write() -> None:
            path = await asyncio.to_thread(self.services.reports.write, self._watch.folder)
            self.app.copy_to_clipboard(str(path))
            self.say(f"written, and its path copied: {path}", Role.MUTED)

        begin(self, write, "report")

    def action_copy(self) -> None:
        if self._view is not None:
            self.app.copy_to_clipboard(self._view.header.destination)
            self.say(f"copied: {self._view.header.destination}", Role.MUTED)


def _failure_lines(view: JobView) -> list[str]:
    if not view.failures:
        return ["No file has failed."]
    lines = []
    for failure in view.failures:
        lines.append(failure.path)
        lines += [f"    {text}" for text in (failure.message, failure.why, failure.hint) if text]
    return lines
