"""The recorded reply bodies: not ours to keep, they lie beside the project."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "../shared/basespace/examples"


def recorded(name: str) -> bytes:
    """A recorded body by its name without `.json`; skips the test aloud where there are none."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the recorded bodies are not there ({FOLDER})")
    return path.read_bytes()
