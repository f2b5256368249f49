"""`help`: the topics that are longer than a command's own help."""

from importlib.resources import files

import click

from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.errors import UsageError


def topics() -> list[str]:
    """The names of the topics, sorted; each is a Markdown file of the package."""
    folder = files("bstui") / "help"
    return sorted(item.name[:-3] for item in folder.iterdir() if item.name.endswith(".md"))


@command("help")
@click.argument("topic", required=False)
def help_(session: Session, topic: str | None) -> int:
    """Explain a topic; without one, list the topics."""
    if topic is None:
        click.echo("Topics: " + ", ".join(topics()))
        click.echo("`bstui COMMAND --help` explains a command; `?` in the screen its keys.")
        return 0
    if topic not in topics():
        raise UsageError(
            f"There is no help on {topic!r}.", hint="Topics: " + ", ".join(topics()) + "."
        )
    click.echo((files("bstui") / "help" / f"{topic}.md").read_text(encoding="utf-8"), nl=False)
    return 0
