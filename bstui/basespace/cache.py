"""Where the client may keep answers that cost a call per row."""

from typing import Protocol


class ListingCache(Protocol):
    """Answers by key, with the time they were stored. Forgetting any of them loses nothing."""

    def get(self, key: str) -> tuple[bytes, float] | None:
        """The body and the unix time it was stored, or None."""

    def put(self, key: str, body: bytes) -> None:
        """Keep `body`, in place of an older one."""
