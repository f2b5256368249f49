"""The command line: `run` is all of it, with every error as a sentence and an exit code."""

import os
import sys
from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; the exit code is that of `bstui help exit-codes`."""
    from bstui.cli.messages import report_errors

    def invoke() -> int:
        from bstui.cli.commands import bstui

        result = bstui.main(args=list(arguments), prog_name="bstui", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0

    code = report_errors(invoke)
    try:
        sys.stdout.flush()
    except OSError:
        # It was told above, or the reader, `head` for one, had enough: the interpreter need not
        # say so again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
