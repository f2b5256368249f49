"""Finds planted secrets (canaries) in what a test left behind."""

import contextlib
import importlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests import live

_BLOCK = 4 * 1024 * 1024


def known_secrets() -> set[str]:
    """The tokens and signing secrets of tests/lab.py: its constants that start with CANARY.

    With them the token of the real service, where the tests were lent one.
    """
    lab = importlib.import_module("tests.lab")  # not at import: pytest rewrites its asserts
    lent = {live.TOKEN} if live.TOKEN else set()
    return lent | {
        secret
        for name, value in vars(lab).items()
        if name.startswith("CANARY")
        for secret in ((value,) if isinstance(value, str) else tuple(value))
    }


def find_secrets(folder: Path, secrets: Iterable[str]) -> list[str]:
    """The files beneath `folder` that hold, or are named after, one of `secrets`.

    A profile's TOML and the official command's `.cfg` are where tokens belong, and are left out.
    """
    needles = [secret.encode() for secret in secrets if secret]
    return [str(path) for path in _files(folder) if needles and _holds(path, needles)]


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            keeps_tokens = path.suffix == ".toml" and path.parent.name == "profiles"
            if not keeps_tokens and path.suffix != ".cfg":
                yield path


def _holds(path: Path, needles: list[bytes]) -> bool:
    if any(needle in os.fsencode(path.name) for needle in needles):
        return True
    overlap = max(map(len, needles)) - 1
    tail = b""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                text = tail + block
                if any(needle in text for needle in needles):
                    return True
                tail = text[-overlap:] if overlap else b""
    return False
