"""What a simulator holds when it starts: a scale or a described account, and folders on disk."""

from collections.abc import Sequence
from pathlib import Path

from bstui.simulator.account import Tokens
from bstui.simulator.contents import Spool
from bstui.simulator.described import make_described
from bstui.simulator.region import Region
from bstui.simulator.scales import Scale, make_regions
from bstui.simulator.served import serve_folder


def make_worlds(
    what: Scale | Path,
    folders: Sequence[Path],
    seed: int,
    deep: float,
    tokens: Tokens,
    spool: Spool,
) -> tuple[tuple[Region, ...], list[str]]:
    """Its regions: of a scale, or of the account that a file describes; and what each folder
    became, for people. The folders are the first user's.

    A BstuiError for what cannot be described or served so; the spool is closed then.
    """
    try:
        if isinstance(what, Path):
            worlds: tuple[Region, ...] = (make_described(what, seed, spool),)
        else:
            worlds = make_regions(what, seed, deep, tokens, spool)
        person = next(iter(worlds[0].grants.values())).user
        each = dict.fromkeys(folder.absolute() for folder in folders)
        return worlds, [serve_folder(worlds[0], person, folder) for folder in each]
    except BaseException:
        spool.close()
        raise
