"""The command palette: every key that works here by its words, and every place by its name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from bstui.tui import keys
from bstui.tui.keys import KEYS, Key, shown_key

_AREAS: Mapping[str, str] = {
    keys.GOING: "go",
    keys.CHOOSING: "choose",
    keys.LISTS: "list",
    keys.REVIEW: "review",
    keys.JOBS: "job",
    keys.PROGRAM: "bstui",
}
"""What a name begins with; keys of other groups are nothing to look for by name."""
_WITHOUT = frozenset(
    ("palette", "back", "open", "extend-down", "extend-up", "scroll-down", "scroll-up")
)
_MOST = 50
"""Places that are shown for one search."""


@dataclass(frozen=True)
class Destination:
    """A place, a thing or a look that can be gone to by its name."""

    name: str
    """`project: Cohort 12`; of the server's names as they are: never markup."""
    go: Callable[[], object]
    help: str = ""


class HasDestinations(Protocol):
    """The app: what can be gone to from where one is."""

    def destinations(self) -> Iterable[Destination]: ...


class KeyCommands(Provider):
    """The actions of the screen beneath, each with its key; choosing one presses it."""

    async def discover(self) -> Hits:
        for key, pressed, text in self._commands():
            press = partial(self.app.simulate_key, pressed)
            yield DiscoveryHit(Content(text), press, text, key.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for key, pressed, text in self._commands():
            score = max(matcher.match(text), 0.8 * matcher.match(key.help))
            if score > 0:
                press = partial(self.app.simulate_key, pressed)
                yield Hit(score, Content(text), press, text, key.help)

    def _commands(self) -> Iterator[tuple[Key, str, str]]:
        """Each action with a key that presses it, as it is mapped now, and its line."""
        here: dict[str, list[str]] = {}
        for name, one in self.screen.active_bindings.items():
            here.setdefault(one.binding.id or "", []).append(name)
        for key in KEYS:
            pressed = here.get(key.id)
            if pressed and key.group in _AREAS and key.id not in _WITHOUT:
                shown = " ".join(map(shown_key, pressed))
                yield key, pressed[0], f"{_AREAS[key.group]}: {key.id}  ({shown})"


class Destinations(Provider):
    """Projects and runs that are loaded, jobs and themes: found once something is typed."""

    async def search(self, query: str) -> Hits:
        """Those with every word of the query in their name; of thousands, the first of them."""
        words = query.casefold().split()
        found = 0
        for one in cast(HasDestinations, self.app).destinations():
            name = one.name.casefold()
            if all(word in name for word in words) and found < _MOST:
                found += 1
                starts = name.partition(": ")[2].startswith(words[0]) if words else False
                yield Hit(0.9 if starts else 0.6, Content(one.name), one.go, one.name, one.help)
