"""Where a person was in the places that belong to no workspace: jobs and history."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bstui.paths import make_private, write_whole


class PlaceFile:
    """Values that screens keep, as a basket keeps those of its workspace."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = self._read()

    @property
    def place(self) -> dict[str, Any]:
        return dict(self._kept)

    def keep_place(self, place: Mapping[str, Any]) -> None:
        """Keep these JSON values; keys not named stay as they are. OSError where it cannot be."""
        changed = {**self._kept, **place}
        if changed != self._kept:
            self._kept = changed
            make_private(self._path.parent)
            write_whole(self._path, json.dumps(changed).encode())

    def _read(self) -> dict[str, Any]:
        """What is kept; what cannot be read or understood is not."""
        try:
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}
