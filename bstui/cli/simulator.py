"""`simulator`: a BaseSpace on this machine, for trying things and for tests."""

import signal
import threading
from pathlib import Path
from types import FrameType

import click

from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.errors import UsageError


@command("simulator")
@click.option("--port", default=0, show_default=True, help="The first region's API port; 0: free.")
@click.option("--object-port", default=0, show_default=True, help="The object store's port.")
@click.option("--seed", default=7, show_default=True, help="Of the laboratory's data.")
@click.option("--scale", default=1.0, show_default=True, help="Makes the large FASTQ larger.")
@click.option("--log", type=click.Path(path_type=Path), help="Write the object requests there.")
def simulator(
    session: Session, port: int, object_port: int, seed: int, scale: float, log: Path | None
) -> int:
    """Serve a small laboratory's BaseSpace on 127.0.0.1 until it is ended.

    Prints, once it answers, the two variables that point a client at it.
    """
    try:
        from bstui.simulator.service import Simulator, SimulatorOptions
    except ImportError as error:
        raise UsageError(
            "The simulator's libraries are not installed.",
            hint="Install them with `pip install 'bstui[demo]'`.",
        ) from error
    options = SimulatorOptions(port=port, object_port=object_port, seed=seed, scale=scale, log=log)
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    with Simulator(options) as running:
        first, *others = running.regions
        click.echo(f"export BSTUI_API_SERVER={first.api_url}")
        click.echo(f"export BSTUI_ACCESS_TOKEN={first.accounts[0].token}")
        for region in others:
            click.echo(f"# region {region.name} {region.api_url}")
        ended.wait()
    return 0
