"""Every command, by name; each module is loaded when its command is called."""

from importlib import import_module

import click

from bstui import __version__
from bstui.cli.options import shared_options

COMMANDS = {
    "login": ("access:login", "Store a token as a profile"),
    "logout": ("access:logout", "Remove a profile"),
    "whoami": ("access:whoami", "Say whom each token acts for"),
    "regions": ("access:regions", "List BaseSpace's regions"),
    "projects": ("listings:projects", "List projects"),
    "runs": ("listings:runs", "List runs"),
    "biosamples": ("listings:biosamples", "List the biosamples of projects and runs"),
    "files": ("listings:files", "List the files that a selector means"),
    "show": ("show:show", "Show one project, run, biosample, dataset or job"),
    "import": ("imports:import_", "Import FASTQ of biosamples, or one run's raw BCL"),
    "jobs": ("jobs:jobs", "List jobs"),
    "attach": ("jobs:attach", "Follow a job to its end"),
    "pause": ("jobs:pause", "Pause a job"),
    "resume": ("jobs:resume", "Go on with a job"),
    "cancel": ("jobs:cancel", "Cancel a job; what has arrived stays"),
    "limit": ("jobs:limit", "Change how fast a job may go"),
    "logs": ("logs:logs", "Print a job's log"),
    "report": ("report:report", "Tell what a job did: text, rows, or a page of HTML"),
    "sheet": ("sheets:sheet", "Write a pipeline's sample sheet of jobs"),
    "verify": ("verifying:verify", "Check that what was imported is as it was"),
    "history": ("history:history", "Search what was imported"),
    "demo": ("demo:demo", "Try bstui on a built-in BaseSpace"),
    "simulator": ("simulator:simulator", "Serve a BaseSpace on this machine"),
    "help": ("topics:help_", "Explain a topic"),
}
"""Name → (module:function, what it does). The README is checked against it."""

_HIDDEN = {"worker": ("worker:worker", "Carry a job out (internal)")}


class LazyCommands(click.Group):
    """A group that lists its commands from a table and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name) or _HIDDEN.get(cmd_name)
        if entry is None:
            return None
        module, _, function = entry[0].partition(":")
        command: click.Command = getattr(import_module(f"bstui.cli.{module}"), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.command(
    cls=LazyCommands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="bstui", message="%(prog)s %(version)s")
@shared_options
@click.pass_context
def bstui(ctx: click.Context) -> int | None:
    """Import sequencing data from Illumina BaseSpace, in a terminal or a script.

    Without a command: the full-screen program.
    """
    if ctx.invoked_subcommand is not None:
        return None
    from bstui.cli.screen import open_screen

    return open_screen(ctx.obj)
