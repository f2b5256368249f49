"""`worker.log`: an attempt in words, for people; never a secret, never for state."""

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from bstui.text import redact

log = logging.getLogger("bstui")


class _Redacting(logging.Formatter):
    """One line an entry, in UTC; a traceback follows on its own lines."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


@contextlib.contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Append what bstui logs to `path` (0600). A disk without room stops the log, not the work."""
    path.touch(mode=0o600)
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(
        _Redacting("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    )
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # see the docstring
    level, propagates = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagates
        with contextlib.suppress(OSError):
            handler.close()


def last_lines(path: Path, count: int = 12) -> str:
    """The end of a log, for an error message."""
    try:
        text = path.read_bytes()[-16 * 1024 :].decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return redact("\n".join(text.splitlines()[-count:]))
