"""`import --follow`: one process that waits for a run or a project, and imports what is new."""

import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from bstui.cli.calls import run_calls
from bstui.cli.following import exit_code_of, follow
from bstui.cli.messages import say
from bstui.cli.session import Session
from bstui.errors import BstuiError, Policy
from bstui.jobs.identifiers import find_job
from bstui.jobs.launchers import launcher_of, resume
from bstui.jobs.news import News, unfinished
from bstui.jobs.plan import Plan
from bstui.jobs.watch import JobView, list_jobs

_PASSING = (Policy.TRANSIENT, Policy.RATE)
_TRIES = 3
"""Imports in a row that did not bring all, after which a source that is over is left."""


def keep_up(
    session: Session,
    destination: Path,
    look: Callable[[], Coroutine[Any, Any, News]],
    carry_out: Callable[[Plan], int],
    *,
    once: bool,
    every: float,
) -> int:
    """Import what is new, again and again: until nothing more can come, or `once`.

    `every`: seconds between two looks. The exit code of the last import. What keeps BaseSpace from
    answering is waited out, but for `once`.
    """
    code = failures = 0
    told = ""
    while True:
        try:
            news = run_calls(look())
        except BstuiError as error:
            if error.policy not in _PASSING or once:
                raise
            say(f"{_clock()} {error}")
            time.sleep(every)
            continue
        before = unfinished(list_jobs(session.places.jobs), destination, news.sources)
        if before:
            code = _finish(session, before[0], once=once)
        elif news.plan is not None:
            say(f"{_clock()} {news.words}")
            code = carry_out(news.plan)
        elif news.words != told:
            told = news.words
            say(f"{_clock()} {told}")
        is_idle = not before and news.plan is None
        failures = 0 if is_idle or not code else failures + 1
        if once or (news.is_over and (is_idle or failures >= _TRIES)):
            return code
        if is_idle or code:
            time.sleep(every)


def _finish(session: Session, view: JobView, *, once: bool) -> int:
    """See the import before this one to its end: wait for it, or start it again."""
    folder = find_job(session.places.jobs, view.id)
    name = view.header.name
    if view.status.is_active and once:
        say(f"The import {name} is {view.status.text}.")
        return 0
    if not view.status.is_active:
        say(f"Going on with {name}, which was {view.status.text}.")
        resume(folder, launcher_of(folder), places=session.places, environ=session.worker_environ)
    return exit_code_of(follow(folder).status)


def _clock() -> str:
    return datetime.now().strftime("%Y-%m-%d %H:%M")
