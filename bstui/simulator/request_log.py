"""The object store's own log: which bytes of which file were asked for, and how many went out."""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO


@dataclass
class ObjectRequest:
    """One request to the object store; `sent` and `status` grow true while it is answered."""

    time: float
    """Unix seconds."""
    file: str
    """Its id; empty where the address named no object."""
    first: int
    """The first byte asked for, and below the last: of the whole object where no range was."""
    last: int
    status: int = 0
    sent: int = 0
    """Bytes of the body handed to the network."""


class RequestLog:
    """All requests since the start, in the order in which they came; as JSON lines once over."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._requests: list[ObjectRequest] = []
        self._file: IO[str] | None = path.open("a", buffering=1) if path else None

    def begin(self, request: ObjectRequest) -> None:
        with self._lock:
            self._requests.append(request)

    def end(self, request: ObjectRequest) -> None:
        if self._file is not None:
            self._file.write(json.dumps(asdict(request)) + "\n")

    def all(self) -> list[ObjectRequest]:
        with self._lock:
            return list(self._requests)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
