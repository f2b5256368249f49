"""Joining lanes beside cat(1): four files of 256 MiB to one, durable in both cases.

    python -m tests.benchmarks.joining

cat compares nothing; joining reads the file back beside its parts.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bstui.transfer.beneath import Destination
from bstui.transfer.items import MIB, Holder
from bstui.transfer.joining import Join, Joiner

PARTS, SIZE, ROUNDS = 4, 256 * MIB, 5


def best(work: Callable[[], object], made: Path) -> float:
    """The fewest seconds of some rounds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
        made.unlink()
    return min(times)


def main() -> None:
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        names = [f"part{number}" for number in range(PARTS)]
        for part in names:
            (folder / part).write_bytes(os.urandom(16 * MIB) * (SIZE // (16 * MIB)))
        made = folder / "whole"
        concatenate = f"cat {' '.join(names)} > whole && sync whole"
        wanted = Join("whole", tuple((part, SIZE) for part in names))
        holder = Holder(job="J", attempt=1, host="here", user="me")
        joiner = Joiner(Destination(folder), holder, lambda: None, lambda: False)
        cat = best(lambda: subprocess.run(concatenate, shell=True, cwd=folder, check=True), made)
        join = best(lambda: joiner.join(wanted), made)
    rate = PARTS * SIZE / 2**30
    print(f"cat {rate / cat:.2f} GiB/s, joining {rate / join:.2f} GiB/s: {cat / join:.2f} of cat")


if __name__ == "__main__":
    main()
