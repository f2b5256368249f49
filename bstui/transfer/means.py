"""What every arrival works with."""

from collections.abc import Callable
from dataclasses import dataclass

from bstui.text import safe_text
from bstui.transfer.content import Contents
from bstui.transfer.fetch import Fetcher
from bstui.transfer.gate import Gate
from bstui.transfer.items import Item, Limits, Locate, Patience, Verify
from bstui.transfer.opener import Note, Opener
from bstui.transfer.shelf import Published
from bstui.transfer.threads import Threads
from bstui.transfer.verify import PartSizes
from bstui.transfer.waits import Waits


@dataclass(frozen=True, slots=True)
class Means:
    """Shared by all files of one import."""

    find: Callable[[Item], Published | None]
    """An item as it stands at the destination already."""
    opener: Opener
    fetcher: Fetcher
    waits: Waits
    threads: Threads
    locate: Locate
    limits: Callable[[], Limits]
    files: Gate
    connections: Gate
    trouble: Callable[[], None]
    """Told of a server that asked for fewer requests, and of a lost connection."""
    patience: Patience
    verify: Verify
    sizes: PartSizes
    contents: Contents
    note: Note

    def tell(self, item: Item, level: str, text: str) -> None:
        """Note something of one file."""
        self.note(level, f"{safe_text(item.path)}: {text}")
