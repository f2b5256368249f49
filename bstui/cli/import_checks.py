"""Flags of `bstui import` that cannot be meant together, refused before the network is asked."""

import os
from pathlib import Path
from typing import Any

from bstui.cli.session import is_terminal
from bstui.errors import UsageError
from bstui.jobs.records import Options
from bstui.runs.choice import parse_choice
from bstui.samples.layout import check_template
from bstui.units import parse_duration


def check_fastq(options: Options, flags: dict[str, Any]) -> None:
    """Refuse what cannot be meant, before the network is asked."""
    if not (flags["yes"] or flags["dry_run"] or is_terminal()):
        raise UsageError(
            "There is no terminal to ask at.",
            hint="Give --yes to start the import, or --dry-run to see its plan.",
        )
    if options.grouping == "single" and not options.sample:
        raise UsageError(
            "--grouping single makes one sample, and it has no name.", hint="Give --sample NAME."
        )
    if options.sample and options.grouping != "single":
        raise UsageError(
            "--sample names the one sample of --grouping single.",
            hint="Add --grouping single, or leave --sample out.",
        )
    if options.lanes == "keep" and (options.merge_unlike or options.remove_lanes):
        raise UsageError(
            "--merge-unlike and --remove-lanes are about joining lanes.",
            hint="Add --lanes merge, or leave them out.",
        )
    if flags["map_file"] and options.grouping != "automatic":
        raise UsageError(
            "--sample-map says which sample each biosample is of, and so does --grouping.",
            hint="Leave one of them out.",
        )


def check_bcl(options: Options, flags: dict[str, Any]) -> None:
    """Refuse what is about a raw run without one, and what is about FASTQ with one."""
    about_fastq = ("grouping", "sample", "map_file", "layout", "qc_failed", "undetermined")
    if options.bcl and (options.lanes == "merge" or any(flags[key] for key in about_fastq)):
        raise UsageError(
            "A raw run is imported as the folder it is.",
            why="--grouping, --sample, --sample-map, --layout, --lanes, --qc-failed and "
            "--undetermined are about FASTQ.",
            hint="Leave them out, or leave --bcl out.",
        )
    about_bcl = ("bcl_files", "include", "exclude", "unzip", "bcl_convert")
    if not options.bcl and any(flags[name] for name in about_bcl):
        raise UsageError(
            "--bcl-files, --include, --exclude, --unzip and --bcl-convert are about a raw run.",
            hint="Add --bcl, or leave them out.",
        )
    parse_choice(options.bcl_files, options.include, options.exclude)


def check_layout(template: str, source: str) -> None:
    """Refuse a template that cannot be used, naming where it stands."""
    try:
        if template:
            check_template(template)
    except UsageError as error:
        raise UsageError(f"{source}: {error.message}", hint=error.hint) from error


def checked_folder(destination: str) -> Path:
    """The destination as an absolute path."""
    try:
        destination.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            "The destination's name is not UTF-8 text.", hint="Give another folder with --to."
        ) from error
    return Path(os.path.expanduser(destination)).absolute()


def checked_interval(every: str) -> float:
    """The seconds between two looks of --follow."""
    try:
        seconds = parse_duration(every)
    except ValueError as error:
        raise UsageError(f"--every: {error}.", hint="Write it as 90s, 10m or 1h.") from error
    if seconds <= 0:
        raise UsageError("--every 0 would never let BaseSpace rest.", hint="Write it as 10m.")
    return seconds
