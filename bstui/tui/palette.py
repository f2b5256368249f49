"""The command palette: every key that works here, by its words."""

from collections.abc import Iterator, Mapping
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from bstui.tui import keys
from bstui.tui.keys import KEYS, Key, shown_keys

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


class KeyCommands(Provider):
    """The actions of the screen beneath, each with its key; choosing one presses it."""

    async def discover(self) -> Hits:
        for key, text in self._commands():
            yield DiscoveryHit(text, partial(self.app.simulate_key, key.keys[0]), help=key.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for key, text in self._commands():
            score = max(matcher.match(text), 0.8 * matcher.match(key.help))
            if score > 0:
                press = partial(self.app.simulate_key, key.keys[0])
                yield Hit(score, matcher.highlight(text), press, help=key.help)

    def _commands(self) -> Iterator[tuple[Key, str]]:
        active = self.screen.active_bindings.values()
        here = {one.binding.id for one in active} - _WITHOUT
        for key in KEYS:
            if key.id in here and key.group in _AREAS:
                yield key, f"{_AREAS[key.group]}: {key.id}  ({shown_keys(key)})"
