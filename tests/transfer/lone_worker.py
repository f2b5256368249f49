"""An engine in a process of its own, for tests that kill it: reads what to do as JSON on stdin."""

import asyncio
import json
import sys
from pathlib import Path

from bstui.text import Secret
from bstui.transfer.engine import Engine
from bstui.transfer.items import Holder, Item, Limits
from tests.transfer.bench import QUICK, Heard


def main() -> None:
    asked = json.load(sys.stdin)

    async def locate(item: Item) -> Secret:
        return Secret(f"http://127.0.0.1:{asked['port']}/{item.id}?Signature=s0")

    engine = Engine(
        Path(asked["destination"]),
        locate,
        Heard(),
        Holder(**asked["holder"]),
        limits=Limits(**asked["limits"]),
        patience=QUICK,
    )
    asyncio.run(engine.run(Item(**item) for item in asked["items"]))


if __name__ == "__main__":
    main()
