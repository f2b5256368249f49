"""What goes to stderr: errors as sentences with their exit code, and notices."""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable

from bstui.errors import BstuiError, NoSpace
from bstui.text import redact, safe_text

_INTERRUPTED = 128 + signal.SIGINT


def say(text: str) -> None:
    """One line of message, for a person."""
    sys.stderr.write(safe_text(redact(text, keep_digests=True)) + "\n")
    sys.stderr.flush()


class WaitingLine:
    """What is waited for, for a person: one line that is replaced, or in a log a line a try."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K" + safe_text(redact(text)))
            sys.stderr.flush()
            return
        begin = text.partition(":")[0]
        if begin and begin != self._last:
            say(text)
        self._last = begin or self._last


def report(error: BstuiError) -> int:
    """Say what happened, why that can be and what to do; the error's exit code."""
    say(f"bstui: {error.message}")
    for part in (error.why, error.hint):
        if part:
            say(f"  {part}")
    # Whoever asks Illumina for help needs the number that it knows a refusal by.
    if error.details and ("X-Request-ID" in error.details or os.environ.get("BSTUI_DEBUG")):
        say(f"  details: {error.details}")
    return error.exit_code


def report_errors(invoke: Callable[[], int]) -> int:
    """The exit code of `invoke`, with every error that a person can cause or meet put in words."""
    import click

    try:
        return invoke()
    except BstuiError as error:
        return report(error)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        say(f"bstui: {error.format_message()}")
        if context is not None:
            say(f"  See: {context.command_path} --help")
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("bstui: interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        return 0
    except OSError as error:
        return report(_explain(error))


def _explain(error: OSError) -> BstuiError:
    place = f" ({error.filename})" if error.filename else ""
    frames = traceback.extract_tb(error.__traceback__)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(
            f"There is no room: {error.strerror}{place}.",
            hint="Make room there, or give another folder; --state-dir DIR for bstui's own files.",
        )
    return BstuiError(
        f"The system refused: {error.strerror or error}{place}.",
        hint="Look at the folder's permissions and room; BSTUI_DEBUG=1 shows where it happened.",
        details=" > ".join(f"{at.name} ({at.filename}:{at.lineno})" for at in frames),
    )
