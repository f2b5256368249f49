"""An engine in a process of its own, for tests that disturb it.

Reads what to do as JSON on stdin, and says in the end which files failed, and how.
"""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

from bstui.text import Secret
from bstui.transfer.engine import Engine
from bstui.transfer.items import Holder, Item, Limits
from tests.transfer.bench import QUICK, Heard


def main() -> None:
    asked = json.load(sys.stdin)

    async def locate(item: Item) -> Secret:
        return Secret(f"http://127.0.0.1:{asked['port']}/{item.id}?Signature=s0")

    heard = Heard()
    engine = Engine(
        Path(asked["destination"]),
        locate,
        heard,
        Holder(**asked["holder"]),
        limits=Limits(**asked["limits"]),
        patience=replace(QUICK, stall=20),
    )
    asyncio.run(engine.run(Item(**item) for item in asked["items"]))
    failures = {path: type(error).__name__ for path, error in heard.failures.items()}
    json.dump(failures, sys.stdout)


if __name__ == "__main__":
    main()
