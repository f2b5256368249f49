"""Joins with children that kill themselves: run as a program, in a folder whose parts are ready.

A child is killed at its n-th look at whether to stop or at the fence; the next goes on from what it
left, and what it left is looked at. Prints how many were killed.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bstui.transfer.beneath import Destination
from bstui.transfer.items import Holder
from bstui.transfer.joining import Join, Joiner

HOLDER = Holder(job="J", attempt=1, host="here", user="me")


def killer(after: int) -> Callable[[], bool]:
    """Lets `after` calls pass, and kills this process at the next."""
    calls = iter(range(after))

    def look() -> bool:
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return False

    return look


def join_once(folder: Path, wanted: Join, after: int) -> None:
    look = killer(after)
    Joiner(Destination(folder), HOLDER, lambda: (look(), None)[1], look).join(wanted)


def main() -> None:
    folder, keeps = Path(sys.argv[1]), sys.argv[2] == "keep"
    names = sorted(path.name for path in folder.glob("part*"))
    whole = b"".join((folder / name).read_bytes() for name in names)
    wanted = Join("whole", tuple((name, (folder / name).stat().st_size) for name in names))
    killed = 0
    while True:
        child = os.fork()
        if child == 0:
            join_once(folder, wanted, killed)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        final = folder / "whole"
        assert not final.exists() or final.read_bytes() == whole, f"wrong after {killed}"
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        killed += 1
        if not keeps:
            for path in folder.glob("whole*"):
                path.unlink()
    assert (folder / "whole").read_bytes() == whole
    assert sorted(path.name for path in folder.iterdir()) == [*names, "whole"]
    print(killed)  # noqa: T201


if __name__ == "__main__":
    main()
