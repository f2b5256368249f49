"""`simulator`: a BaseSpace on this machine, for trying things and for tests."""

import signal
import threading
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.errors import UsageError

if TYPE_CHECKING:
    from bstui.simulator.service import Simulator


@command("simulator")
@click.option("--port", default=0, show_default=True, help="The first region's API port; 0: free.")
@click.option("--object-port", default=0, show_default=True, help="The object store's port.")
@click.option("--control-port", default=0, show_default=True, help="The control endpoint's port.")
@click.option("--seed", default=7, show_default=True, help="Of the data: another seed, other data.")
@click.option(
    "--scale",
    type=click.Choice(("tiny", "lab", "core", "huge")),
    help="How much there is: 4 biosamples, 40, 3 840, or 100 000.  [default: lab]",
)
@click.option("--deep", default=1.0, hidden=True)
@click.option(
    "--account",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Serve the account that a TOML file describes: see `bstui help simulator`.",
)
@click.option(
    "--serve",
    "folders",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Add a run folder as a run, or a folder of FASTQ as a project; repeatable.",
)
@click.option(
    "--unsure",
    multiple=True,
    metavar="POINT=VARIANT",
    help="What to do where nobody knows what BaseSpace does; `--unsure help` lists the points.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    help="Serve over TLS, with this PEM file's certificate and key.",
)
@click.option("--log", type=click.Path(path_type=Path), help="Write the object requests there.")
def simulator(
    session: Session,
    port: int,
    object_port: int,
    control_port: int,
    seed: int,
    scale: str | None,
    deep: float,
    account: Path | None,
    folders: tuple[Path, ...],
    unsure: tuple[str, ...],
    certificate: Path | None,
    log: Path | None,
) -> int:
    """Serve a BaseSpace of its own making on 127.0.0.1 until it is ended.

    Prints, once it answers, the two variables that point a client at it, then where its other
    regions are, and its control endpoint: asked there, it misbehaves, changes its data, and tells
    what is in them. `curl URL` lists what can be asked.
    """
    try:
        from bstui.simulator.open_points import points_table
        from bstui.simulator.scales import Scale
        from bstui.simulator.service import Simulator, SimulatorOptions
    except ImportError as error:
        raise UsageError(
            "The simulator's libraries are not installed.",
            hint="Install them with `pip install 'bstui[demo]'`.",
        ) from error
    if "help" in unsure:
        click.echo(points_table())
        return 0
    if account is not None and scale is not None:
        hint = "Leave one of them out; --serve goes with either."
        raise UsageError("--account and --scale both say what there is.", hint=hint)
    options = SimulatorOptions(
        port=port,
        object_port=object_port,
        control_port=control_port,
        seed=seed,
        scale=Scale(scale or "lab"),
        deep=deep,
        account=account,
        serve=folders,
        unsure=_chosen(unsure),
        log=log,
        certificate=certificate,
    )
    ended = _ended_by_signals()
    try:
        started = Simulator(options).start()
    except OSError as error:
        raise UsageError(f"The simulator cannot start: {error}") from error
    with closing(started) as running:
        _greet(running)
        ended.wait()
    return 0


def _ended_by_signals() -> threading.Event:
    """Set by the first signal that asks to end."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    return ended


def _greet(running: "Simulator") -> None:
    """Say where it is; what folders became is for people."""
    for text in running.served:
        click.echo(text, err=True)
    first, *others = running.regions
    click.echo(f"export BSTUI_API_SERVER={first.api_url}")
    click.echo(f"export BSTUI_ACCESS_TOKEN={first.accounts[0].token}")
    for region in others:
        click.echo(f"# region {region.name} {region.api_url}")
    click.echo(f"# control {running.control_url}")


def _chosen(pairs: tuple[str, ...]) -> dict[str, str]:
    """POINT=VARIANT each; a UsageError for what is no such pair."""
    from bstui.simulator.open_points import Choices

    chosen = dict(pair.partition("=")[::2] for pair in pairs)
    try:
        Choices(chosen)
    except ValueError as error:
        hint = "See `bstui simulator --unsure help`."
        raise UsageError(f"--unsure: {error}", hint=hint) from error
    return chosen
