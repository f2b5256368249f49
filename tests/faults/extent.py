"""How much of the faults a run tries, and which: by the environment that `.ci/run` sets.

`FAULTS=all` tries every one; otherwise a part, another for each `FAULTS_SEED` (a commit's hash).
"""

import os
from collections.abc import Sequence
from typing import TypeVar

_EVERY = 7

T = TypeVar("T")


def is_full() -> bool:
    return os.environ.get("FAULTS") == "all"


def seed() -> int:
    """The same for the same commit."""
    return int(os.environ.get("FAULTS_SEED", "0")[:12], 16)


def chosen(points: Sequence[T]) -> list[T]:
    """All of them, or every seventh from a seeded one on."""
    return list(points) if is_full() else list(points[seed() % _EVERY :: _EVERY])
