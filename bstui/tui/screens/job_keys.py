"""What can be asked of a job, wherever one is shown: pause, cancel, resume."""

from collections.abc import Awaitable, Callable

from bstui.jobs.records import Want
from bstui.jobs.state import State
from bstui.jobs.watch import JobView
from bstui.text import safe_text
from bstui.timetable import parse_timetable
from bstui.tui.keys import bindings
from bstui.tui.screens.place import Place
from bstui.tui.screens.work import begin
from bstui.tui.widgets.canvas import Role
from bstui.units import count_text


class JobKeys(Place):
    """A screen on which one job is meant by the keys: its `job`."""

    BINDINGS = bindings("job")

    @property
    def job(self) -> JobView | None:
        """The job that is meant."""
        raise NotImplementedError

    def look_again(self) -> None:
        """See at once what came of a wish."""
        raise NotImplementedError

    def refusal(self, action: str) -> str:
        if action not in ("pause", "cancel", "resume", "bandwidth"):
            return super().refusal(action)
        view = self.job
        if view is None:
            return "there is no job here"
        status, name = view.status, view.header.name
        if action in ("pause", "bandwidth") and not status.is_active:
            more = ": r resumes it" if status.resumable else ""
            return f"{name} is {status.state}, nobody works on it{more}"
        if action == "cancel" and status.state in (State.DONE, State.CANCELLED):
            return f"{name} is {status.state} already"
        if action == "resume" and not (status.resumable or view.wants_token):
            if status.state is State.DONE:
                return f"{name} is done: every file is there"
            return f"{name} is {status.state}: p pauses it and goes on"
        return ""

    def action_pause(self) -> None:
        view = self.job
        if view is not None:
            want = Want.RUN if view.wish.want is Want.PAUSE else Want.PAUSE
            done = "asked to go on" if want is Want.RUN else "asked to pause"
            self._do(lambda: self.services.ask(view.id, want), f"{view.header.name}: {done}")

    def action_bandwidth(self) -> None:
        view = self.job
        if view is not None:
            now = view.wish.bwlimit
            text = view.header.options.bwlimit if now is None else str(now)
            self.foot.entry(
                " limit (10M, off, 08:00,1M 19:00,off) ",
                safe_text(text),
                lambda wanted: self._limit(view, wanted.strip() or "off"),
            )

    def _limit(self, view: JobView, timetable: str) -> str:
        """Wish for it; or why it cannot be meant."""
        try:
            parse_timetable(timetable)
        except ValueError as error:
            return f"it {error}"
        wish = f"{view.header.name}: limit {timetable}"
        self._do(lambda: self.services.limit(view.id, timetable), wish)
        return ""

    def action_cancel(self) -> None:
        view = self.job
        if view is None:
            return
        left = view.counts.files - view.counts.files_done
        self.foot.question(
            f"Cancel {safe_text(view.header.name, 38)} ({count_text(left, 'file')} left)?",
            lambda yes: self._cancel(view, yes),
        )

    def _cancel(self, view: JobView, yes: bool) -> None:
        if yes:
            self._do(
                lambda: self.services.ask(view.id, Want.CANCEL),
                f"{view.header.name}: asked to cancel",
            )

    def action_resume(self) -> None:
        view = self.job
        if view is not None:
            self.say(f"{view.header.name}: starting …", Role.MUTED)
            self._do(
                lambda: self.services.resume(view.id, take_over=view.wants_token),
                f"{view.header.name}: resumed",
            )

    def _do(self, wish: Callable[[], Awaitable[None]], done: str) -> None:
        async def act() -> None:
            await wish()
            self.say(done, Role.MUTED)
            self.look_again()

        begin(self, act, "wish", exclusive=False)
