"""Selectors from a command line: arguments, and `--from FILE` or standard input."""

import sys
from collections.abc import Sequence

from bstui.errors import UsageError
from bstui.samples.selectors import Selector, parse_selectors, read_selectors


def given_selectors(texts: Sequence[str], source: str | None) -> list[Selector]:
    """What was given as arguments and by `--from`; UsageError where that is nothing."""
    selectors = parse_selectors(texts)
    if source == "-":
        selectors += read_selectors(sys.stdin, "standard input")
    elif source is not None:
        try:
            with open(source, encoding="utf-8") as lines:
                selectors += read_selectors(lines, source)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise UsageError(f"The file {source} cannot be read ({reason}).") from error
    if not selectors:
        raise UsageError(
            "Nothing was chosen.", hint="Give a selector, such as project:X, or --from FILE."
        )
    return list(dict.fromkeys(selectors))
