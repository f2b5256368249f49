"""Watching a job from a command line, to its end."""

import sys
import threading
import time
from collections.abc import Sequence

from bstui.cli.job_rows import progress_line
from bstui.cli.messages import say
from bstui.jobs.folder import JobFolder
from bstui.jobs.state import JobStatus, State
from bstui.jobs.watch import JobView, JobWatch

_LOOK = 0.5
"""Seconds between two looks at the job's folder."""
_LINE = 5.0
"""Seconds between two lines where stderr is not a terminal."""
_FAILURES_TOLD = 10


def follow(folder: JobFolder, *, quiet: bool = False) -> JobView:
    """The job as it is when no worker holds it any more; says how far it is meanwhile."""
    watch = JobWatch(folder)
    lines = _Lines(quiet)
    try:
        while True:
            view = watch.refresh()
            lines.show(view)
            if not view.status.is_active:
                lines.end(view)
                return view
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        say(f"The job goes on by itself. Watch it again: bstui attach {folder.header().name}")
        raise


def follow_beside(folder: JobFolder) -> threading.Thread:
    """Say how far the job is while this process is its worker; the thread ends with the job."""
    thread = threading.Thread(target=follow, args=(folder,), name="follows", daemon=True)
    thread.start()
    return thread


def exit_code_of(status: JobStatus) -> int:
    """The exit code of a job that no worker holds."""
    if status.exit_code is not None:
        return status.exit_code
    if status.state is State.DONE:
        return 0
    return 1


def exit_code_of_all(views: Sequence[JobView]) -> int:
    """Of several jobs: that of those which did not end well, or 3 where they differ."""
    codes = {exit_code_of(view.status) for view in views} - {0}
    return codes.pop() if len(codes) == 1 else (3 if codes else 0)


def tell_failures(view: JobView) -> None:
    """The files that failed, and why, on stderr: the first few of many."""
    for failure in view.failures[:_FAILURES_TOLD]:
        say(f"failed: {failure.words}")
    more = len(view.failures) - _FAILURES_TOLD
    if more > 0:
        say(f"and {more:,} more; `bstui logs {view.header.name}` has all of them")


class _Lines:
    """Progress on stderr: one line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._is_terminal = sys.stderr.isatty()
        self._last = ""
        self._said = 0.0
        self._advice = ""

    def show(self, view: JobView) -> None:
        self._explain(view)
        line = progress_line(view)
        if self._quiet or line == self._last:
            return
        if self._is_terminal:
            sys.stderr.write(f"\r{line:{len(self._last)}}")
            sys.stderr.flush()
        elif time.monotonic() - self._said >= _LINE or not self._last:
            say(line)
            self._said = time.monotonic()
        else:
            return
        self._last = line

    def _explain(self, view: JobView) -> None:
        """Say once why nothing moves, and what to do about it."""
        advice = view.status.explanation
        if view.status.state is State.PAUSED:
            advice = f"It is paused. Go on with: bstui resume {view.header.name}"
        if advice and advice != self._advice and not self._quiet:
            say(("\n" if self._is_terminal and self._last else "") + advice)
        self._advice = advice

    def end(self, view: JobView) -> None:
        if self._quiet:
            return
        if self._is_terminal:
            sys.stderr.write("\n")
        elif progress_line(view) != self._last:
            say(progress_line(view))
