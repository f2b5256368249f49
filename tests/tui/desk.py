"""A person at the screens: the real app on a simulated laboratory, driven by keys."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable

from textual import events
from textual.widgets import Input

from bstui.basespace.credentials import store_profile
from bstui.cli.screen import report_page
from bstui.config import load_settings
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.text import Secret
from bstui.tui.app import BstuiApp
from bstui.tui.reports import Reports
from bstui.tui.services import Services
from tests.tui.keyboard import Keyboard
from tests.tui.screen_text import screen_text


class Desk(Keyboard):
    """The keyboard of bstui itself, and what a person reads on its screen."""

    app: BstuiApp

    @property
    def text(self) -> str:
        return screen_text(self.app)

    async def type(self, text: str) -> None:
        """Put a whole text where the cursor of a prompt is."""
        assert isinstance(self.app.focused, Input)
        self.app.focused.post_message(events.Paste(text))
        await self.settle()

    def send_at_once(self, *keys: str) -> None:
        """Keys as they come in one packet: none waits for what the one before leads to."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))

    async def leave(self) -> None:
        """Press `q`."""
        self.app.simulate_key("q")
        await self.until(lambda: not self.app.is_running, "the end")

    async def see(self, *texts: str) -> str:
        """Wait until all of these stand on the screen."""
        return await self.read(lambda shown: all(text in shown for text in texts), texts)

    async def see_line(self, *texts: str) -> None:
        """Wait until one line of the screen has all of these."""
        await self.read(
            lambda shown: any(all(t in line for t in texts) for line in shown.splitlines()), texts
        )

    async def lose(self, *texts: str) -> str:
        """Wait until none of these stands on the screen any more."""
        return await self.read(lambda shown: not any(text in shown for text in texts), texts)

    async def read(self, holds: Callable[[str], bool], what: object = "") -> str:
        """Wait until this holds of the screen's text, and return that text."""
        shown = ""

        def is_so() -> bool:
            nonlocal shown
            shown = self.text
            return holds(shown)

        await self.until(is_so, what)
        return shown

    def line(self, *texts: str) -> str:
        """The one line of the screen that has all of these, a preview under a list left out."""
        lines = self.text.splitlines()
        for pane in self.app.screen.query(".beside"):
            if pane.region.width == self.app.size.width:
                lines[pane.region.y : pane.region.bottom] = []
        found = [line for line in lines if all(text in line for text in texts)]
        assert len(found) == 1, f"{len(found)} lines have {texts}\n{self.text}"
        return found[0]

    @property
    def status(self) -> str:
        """The last line but one."""
        return self.text.splitlines()[-2]


def make_services(places: Places, **environ: str) -> Services:
    """The real services in this test's home; `environ` goes over the process's."""
    values = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", **environ}
    reports = Reports(places, report_page)
    return Services(places, values, load_settings(places, values), reports=reports)


def log_in(places: Places, simulator: Simulator) -> None:
    """A profile for each of the laboratory's accounts: person, group, lists-only, elsewhere."""
    names = iter(("robin", "group", "lists", "elsewhere"))
    for region in simulator.regions:
        for account in region.accounts:
            store_profile(places, next(names), region.api_url, Secret(account.token), None)


@contextlib.asynccontextmanager
async def sit_down(services: Services, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Desk]:
    """Run the app for a while; afterwards, nothing that bstui did itself may have gone wrong."""
    app = BstuiApp(services)
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Desk(app, pilot)
    log = services.places.state / "screen.log"
    assert not log.exists(), log.read_text()
