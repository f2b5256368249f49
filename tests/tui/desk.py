"""A person at the screens: the real app on a simulated laboratory, driven by keys."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from textual import events
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.widgets import Input

from bstui.basespace.credentials import store_profile
from bstui.config import load_settings
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.text import Secret
from bstui.tui.app import BstuiApp
from bstui.tui.services import Services
from tests.tui.screen_text import screen_text

PATIENCE = 20.0


@dataclass
class Desk:
    """The running app, its keyboard and its screen."""

    app: BstuiApp
    pilot: Pilot[int]

    @property
    def text(self) -> str:
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.app.simulate_key(key)
            await self.settle()

    async def settle(self) -> None:
        """Wait until a key has gone its way: the program, what is focused, all that holds it.

        Pilot's own wait is for an idle process, which one with a simulator in it seldom is.
        """
        await _reach(self.app)
        for node in (self.app.focused or self.app.screen).ancestors_with_self:
            if isinstance(node, MessagePump):
                await _reach(node)
        await _reach(self.app)
        await _reach(self.app.screen)
        drawn = asyncio.Event()
        self.app.screen.call_after_refresh(drawn.set)
        await drawn.wait()

    async def type(self, text: str) -> None:
        """Put a whole text where the cursor of a prompt is."""
        assert isinstance(self.app.focused, Input)
        self.app.focused.post_message(events.Paste(text))
        await self.settle()

    async def leave(self) -> None:
        """Press `q`."""
        self.app.simulate_key("q")
        await self.until(lambda _: not self.app.is_running, "the end")

    async def see(self, *texts: str) -> str:
        """Wait until all of these stand on the screen."""
        return await self.until(lambda shown: all(text in shown for text in texts), texts)

    async def see_line(self, *texts: str) -> None:
        """Wait until one line of the screen has all of these."""
        await self.until(
            lambda shown: any(all(t in line for t in texts) for line in shown.splitlines()), texts
        )

    async def lose(self, *texts: str) -> str:
        """Wait until none of these stands on the screen any more."""
        return await self.until(lambda shown: not any(text in shown for text in texts), texts)

    async def until(self, holds: Callable[[str], bool], what: object = "") -> str:
        """Wait until this holds of the screen's text."""
        ending = time.monotonic() + PATIENCE
        while not holds(shown := self.text):
            if time.monotonic() > ending:
                raise AssertionError(f"never came true: {what}\n{shown}")
            await asyncio.sleep(0.02)
        return shown

    def line(self, *texts: str) -> str:
        """The one line of the screen that has all of these."""
        found = [line for line in self.text.splitlines() if all(text in line for text in texts)]
        assert len(found) == 1, f"{len(found)} lines have {texts}\n{self.text}"
        return found[0]

    @property
    def status(self) -> str:
        """The last line but one."""
        return self.text.splitlines()[-2]


async def _reach(node: MessagePump) -> None:
    """Wait until everything that waits for this node now has been dealt with."""
    done = asyncio.Event()
    if node.call_later(done.set):
        await done.wait()


def make_services(places: Places, **environ: str) -> Services:
    """The real services in this test's home; `environ` goes over the process's."""
    values = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", **environ}
    return Services(places, values, load_settings(places, values))


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
