"""`worker`: what a launcher starts. For people there is `import` and `resume`."""

import os
import sys
from pathlib import Path

import click

from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.text import Secret


@command("worker", hidden=True)
@click.option("--token-from-stdin", is_flag=True, help="Read the token from the launcher's pipe.")
@click.argument("job_dir", type=click.Path(path_type=Path))
def worker(session: Session, token_from_stdin: bool, job_dir: Path) -> int:
    """Carry out the job in JOB_DIR."""
    from bstui.jobs.worker import run_worker

    token = Secret(sys.stdin.readline().strip()) if token_from_stdin else None
    return run_worker(job_dir, session.places, os.environ, token)
