"""The screen program: three places - browse, jobs, history - and what belongs to all of them."""

import asyncio
import os
import select
import signal
import threading
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.command import CommandPalette
from textual.widget import AwaitMount

from bstui.errors import BstuiError
from bstui.tui.key_order import KeyOrder
from bstui.tui.keys import bindings, clashes, keymap
from bstui.tui.mistake import Mistake
from bstui.tui.palette import Destination, Destinations, KeyCommands
from bstui.tui.screens.memory import recall, remember
from bstui.tui.screens.place import Place
from bstui.tui.screens.profiles import ProfilesScreen
from bstui.tui.screens.work import WorkFailed, begin
from bstui.tui.services import Services
from bstui.tui.themes import SHORT_NAMES, choose_look
from bstui.tui.widgets.dress import dress

if TYPE_CHECKING:
    from bstui.tui.screens.review import JobStarted

LOST_TERMINAL = 128 + signal.SIGHUP
"""The exit code when the terminal went away."""
_LOOK_PERIOD = 5.0
"""Seconds between two looks at the jobs, for the first line and for what ends meanwhile."""
_FIRST_LOOK = 0.3
"""Seconds after the start, so that the first frame is not kept waiting."""
_TERMINAL_PERIOD = 5.0
_MODES = ("browse", "jobs", "history")
_GRACE = 5.0
"""Seconds to leave in after the terminal is gone; then the process ends, for its queue to a
terminal that reads no more may never empty (measured: it would stay for ever)."""


class BstuiApp(KeyOrder):
    """It browses, plans, launches and watches. It never transfers."""

    TITLE = "bstui"
    CSS_PATH = "app.tcss"
    BINDINGS = bindings("app")
    COMMANDS = {KeyCommands, Destinations}
    DEFAULT_MODE = _MODES[0]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-roomy")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]

    def __init__(self, services: Services, *, watches_terminal: bool = False) -> None:
        self.services = services
        screen = services.settings.screen
        glyphs = "utf-8" if screen.glyphs == "unicode" else screen.glyphs
        self.look = choose_look(services.environ, theme=screen.theme, glyphs=glyphs)
        super().__init__()
        services.on_wait = self._show_waiting
        self._watches_terminal = watches_terminal
        self.mistake: Mistake | None = None
        """What nobody had thought of, and what the program had to stop for."""
        self._active: dict[str, str] = {}
        """Jobs that were at work at the last look, by id, and their names."""
        self._mode_at_start = self._last_mode()
        self.animation_level = "none"
        dress(self, self.look)
        self.set_keymap(keymap(services.settings.keys))
        self.add_mode("browse", lambda: ProfilesScreen(services))
        self.add_mode("jobs", self._jobs_screen)
        self.add_mode("history", self._history_screen)

    # Screens beyond the first are imported when they are wanted: the first frame does not wait.

    def _jobs_screen(self) -> Place:
        from bstui.tui.screens.jobs import JobsScreen

        return JobsScreen(self.services)

    def _history_screen(self) -> Place:
        from bstui.tui.screens.history import HistoryScreen

        return HistoryScreen(self.services)

    def _last_mode(self) -> str:
        """The place that was left last; the first where a profile is named, which is to be seen."""
        kept = recall(self.services.place_file).mode
        return kept if kept in _MODES and not self.services.profile_name else _MODES[0]

    def switch_mode(self, mode: str) -> AwaitMount:
        remember(self.services.place_file, mode=mode)
        return super().switch_mode(mode)

    async def on_mount(self) -> None:
        if self._mode_at_start != self.current_mode:
            await self.switch_mode(self._mode_at_start)
        self.set_interval(_LOOK_PERIOD, self._look_at_jobs)
        self.set_timer(_FIRST_LOOK, self._look_at_jobs)
        clashing = clashes(self.services.settings.keys)
        if clashing:
            text = "\n".join(
                ["One key means several things, by [keys] in the settings:", *clashing]
            )
            self.notify(text, severity="warning", timeout=10, markup=False)
        if self._watches_terminal:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._lose_terminal)
            self.set_interval(_TERMINAL_PERIOD, self._check_terminal)

    async def on_unmount(self) -> None:
        await self.services.close()

    # Jobs

    def _look_at_jobs(self) -> None:
        begin(self, self._look, "jobs")

    async def _look(self) -> None:
        try:
            views = await self.services.look_at_jobs()
        except (BstuiError, OSError):  # the list of jobs says it, where it is looked for
            return
        ended = [view for view in views if view.id in self._active and not view.status.is_active]
        self._active = {view.id: view.header.name for view in views if view.status.is_active}
        screen = self.screen
        if isinstance(screen, Place):
            if screen.is_mounted:  # one that is still to come looks at them itself
                screen.jobs_changed()
            if ended and self.current_mode != "jobs":
                self.clear_notifications()
                first = ended[0]
                self.notify(f"{first.header.name}: {first.status.state}", timeout=5, markup=False)

    async def on_job_started(self, event: "JobStarted") -> None:
        """Go to the job's page, with the list of jobs behind it."""
        await self._open_job(event.job_id, event.name)

    async def _open_job(self, job_id: str, name: str) -> None:
        from bstui.tui.screens.job import JobScreen

        await self.switch_mode("jobs")
        await self.push_screen(JobScreen(self.services, job_id, name))

    def destinations(self) -> Iterator[Destination]:
        """What the palette finds by name: of the screens beneath it, jobs, themes."""
        for screen in self.screen_stack:
            if isinstance(screen, Place):
                yield from screen.destinations()
        for view in self.services.jobs:
            name = view.header.name
            go = partial(self._open_job, view.id, name)
            yield Destination(f"job: {name}", go, view.status.text)
        for short in SHORT_NAMES:
            yield Destination(f"theme: {short}", partial(self._put_on, short), "Until you leave")

    def _put_on(self, theme: str) -> None:
        self.theme = SHORT_NAMES[theme]

    def _show_waiting(self, text: str) -> None:
        """A server that lets us wait: in the status line of whatever screen is shown."""
        screen = self.screen
        if isinstance(screen, Place):
            screen.show_waiting(text)

    def on_work_failed(self, event: WorkFailed) -> None:
        if isinstance(self.screen, Place):
            self.screen.on_work_failed(event)

    # The program

    def action_help(self) -> None:
        from bstui.tui.screens.help import HelpScreen, keys_here

        screen = self.screen
        if isinstance(screen, HelpScreen):
            screen.show_more()
        elif isinstance(screen, Place):
            self.push_screen(HelpScreen(self.services, keys_here(screen, screen.crumbs[-1])))

    def action_command_palette(self) -> None:
        if isinstance(self.screen, Place):
            self.push_screen(CommandPalette(placeholder="Search for commands"))

    def action_stop_loading(self) -> None:
        screen = self.screen
        if isinstance(screen, Place) and not screen.stop_loading():
            screen.say("nothing is loading; q leaves bstui, jobs go on and marks are kept")

    def get_system_commands(self, screen: Any) -> Any:
        """None of Textual's own: the palette has ours."""
        return ()

    def _handle_exception(self, error: Exception) -> None:
        """Called by Textual, which would print a traceback with everybody's variables."""
        if self.mistake is None:
            self.mistake = Mistake(self.services.note_mistake(error))
            self.mistake.__cause__ = error
            remember(self.services.place_file, mode=_MODES[0])  # not to break again at the start
        super()._handle_exception(self.mistake)

    def _check_terminal(self) -> None:
        """Leave when the terminal is gone and nobody told: a missed SIGHUP would spin for ever."""
        poll = select.poll()
        poll.register(0, 0)
        if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0)):
            self._lose_terminal()

    def _lose_terminal(self) -> None:
        watchdog = threading.Timer(_GRACE, os._exit, (LOST_TERMINAL,))
        watchdog.daemon = True
        watchdog.start()
        self.exit(LOST_TERMINAL)
