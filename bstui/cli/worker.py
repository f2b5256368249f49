"""`worker`: what a launcher starts. For people there is `import` and `resume`."""

import gc
import os
import sys
from pathlib import Path

import click

from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.paths import find_places
from bstui.text import Secret


@command("worker", hidden=True)
@click.option("--token-from-stdin", is_flag=True, help="Read the token from the launcher's pipe.")
@click.argument("job_dir", type=click.Path(path_type=Path))
def worker(session: Session, token_from_stdin: bool, job_dir: Path) -> int:
    """Carry out the job in JOB_DIR."""
    # Modules are there to stay: looking through them for garbage is a fifth of the start.
    gc.disable()
    from bstui.jobs.worker import run_worker

    gc.freeze()
    gc.enable()
    # The launcher has read the settings: what a worker needs of them is in the environment.
    places = find_places(os.environ, session.state_dir)
    token = Secret(sys.stdin.readline().strip()) if token_from_stdin else None
    return run_worker(job_dir, places, os.environ, token)
