"""`sheet`: sample sheets for pipelines, of what jobs have brought."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.session import Session
from bstui.errors import BstuiError, UsageError
from bstui.jobs.identifiers import find_jobs
from bstui.jobs.sheets import sheet_of_jobs
from bstui.samples.sheet_format import load_sheet, load_sheets, sheet_names
from bstui.samples.sheet_rows import Sheet
from bstui.units import count_text


@command("sheet")
@click.argument("jobs", nargs=-1, metavar="JOB...")
@click.option(
    "--sheet", "sheets", multiple=True, metavar="NAME", help="The pipeline, or a .toml of your own."
)
@click.option("--to", "folder", metavar="DIR", help="Write files into this folder, not to stdout.")
@click.option("--list", "lists", is_flag=True, help="List the sheets that there are.")
def sheet(
    session: Session, jobs: Sequence[str], sheets: Sequence[str], folder: str | None, lists: bool
) -> int:
    """Write the sample sheet of one or several JOBs (see `bstui help samples`)."""
    if lists:
        formats = [load_sheet(name) for name in sheet_names()]
        rows = ({"sheet": f.name, "file": f.file, "about": f.title} for f in formats)
        session.output.write(("sheet", "about"), rows)
        return 0
    if not jobs or not sheets:
        raise UsageError(
            "A sheet is of a job, and for a pipeline.",
            hint="Write: bstui sheet JOB --sheet NAME; bstui sheet --list has the names.",
        )
    if len(sheets) > 1 and folder is None:
        raise UsageError("Several sheets are files.", hint="Give their folder with --to DIR.")
    places = session.places.jobs
    folders = [folder for name in dict.fromkeys(jobs) for folder in find_jobs(places, name)]
    made = [sheet_of_jobs(form, folders) for form in load_sheets(sheets)]
    for one in made:
        for problem in one.problems:
            say(f"warning: {problem}")
        if folder is None:
            sys.stdout.write(one.text)
        else:
            _write(one, Path(folder))
    return 0


def _write(made: Sheet, folder: Path) -> None:
    path = folder / made.form.file
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(made.text)
    except FileExistsError as error:
        raise UsageError(
            f"{path} is there already.", hint="Move it away, or give another folder with --to."
        ) from error
    except OSError as error:
        raise BstuiError(f"{path} cannot be written: {error.strerror}.") from error
    say(f"{path}: {count_text(len(made.rows), 'row')}")
