"""`import`: selectors to a plan, the plan to a job, and the job followed as far as was asked."""

import contextlib
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from bstui.basespace.credentials import Profile
from bstui.basespace.models import Identity
from bstui.cli.batch import SLURM_FLAGS, batch_of, batch_options, describe_submission
from bstui.cli.calls import run_calls
from bstui.cli.following import exit_code_of, follow, follow_beside, tell_failures
from bstui.cli.jobs import write_jobs
from bstui.cli.keeping_up import keep_up
from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.plan_text import describe_plan
from bstui.cli.selecting import given_selectors
from bstui.cli.session import Session, is_terminal
from bstui.errors import UsageError
from bstui.jobs.bcl_convert import bcl_convert_text
from bstui.jobs.folder import JobFolder
from bstui.jobs.launchers import start_job
from bstui.jobs.news import News, look
from bstui.jobs.plan import Plan, PlanRequest, make_plan
from bstui.jobs.records import Batch, Launcher, Options
from bstui.jobs.state import State
from bstui.jobs.watch import JobWatch
from bstui.runs.choice import parse_choice
from bstui.samples.layout import check_template
from bstui.samples.sample_map import NO_MAP, SampleMap, read_sample_map
from bstui.samples.selection import resolve
from bstui.samples.selectors import Selector
from bstui.samples.sheet_format import load_sheets, sheet_word
from bstui.system import current_umask
from bstui.units import parse_duration

_DRY_KEYS = ("id", "path", "size", "sample", "action", "warning")
_SETTINGS = (
    "destination",
    "grouping",
    "layout",
    "existing",
    "verify",
    "digest",
    "chmod",
    "chgrp",
    "read_only",
    "give_up_after",
    "launch",
    "concurrency",
    "bwlimit",
    "concurrent_files",
    "concurrent_parts",
)
"""Flags that are settings too, in the table `[import]`."""


@dataclass(frozen=True)
class Wish:
    """The flags of one `bstui import`, with the settings behind those that were not given."""

    destination: Path
    options: Options
    sample_map: SampleMap
    launcher: Launcher
    batch: Batch
    name: str
    dry_run: bool
    is_confirmed: bool
    attaches: bool
    follows: bool
    once: bool
    every: float
    """Seconds between two looks."""


@command("import")
@click.argument("selectors", nargs=-1, metavar="SELECTOR...")
@click.option(
    "--from", "source", metavar="FILE", help="Read selectors from a file, or - for stdin."
)
@click.option("--to", "destination", metavar="DIR", help="The folder to import into.")
@click.option("--bcl", is_flag=True, help="The run's raw folder instead of its FASTQ: one run.")
@click.option(
    "--bcl-files",
    type=click.Choice(["everything", "no-images", "demultiplexing", "metrics"]),
    help="What of it: all, all but images (the default), what BCL Convert needs, or metrics.",
)
@click.option("--include", multiple=True, metavar="GLOB", help="Of the run, take these besides.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Of the run, leave these out.")
@click.option("--unzip", is_flag=True, help="Unpack the zip files of a zipped run too.")
@click.option(
    "--bcl-convert", type=click.Choice(["print"]), help="Tell the command line for what landed."
)
@click.option(
    "--grouping",
    type=click.Choice(["automatic", "single", "none"]),
    help="One sample for each biosample, one of all, or files as they are.",
)
@click.option(
    "--sample-map", "map_file", metavar="FILE", help="Which sample each biosample is of: a TSV."
)
@click.option("--qc-failed", is_flag=True, help="Also take data that failed quality control.")
@click.option("--undetermined", is_flag=True, help="Also take reads that no index claimed.")
@click.option(
    "--lanes",
    type=click.Choice(["keep", "merge"]),
    default="keep",
    help="Keep each lane's files, or join them by sample, read by read.",
)
@click.option("--merge-unlike", is_flag=True, help="Join also what differs in library or length.")
@click.option("--remove-lanes", is_flag=True, help="Then remove the lanes' own files.")
@click.option(
    "--sheet", "sheets", multiple=True, metavar="NAME", help="A sample sheet, as nf-core/rnaseq."
)
@click.option("--sample", default="", metavar="NAME", help="The sample's name, of one grouping.")
@click.option(
    "--layout", metavar="TEMPLATE", help="Where files go: {project}/{file}, or cellranger."
)
@click.option(
    "--existing",
    type=click.Choice(["adopt", "keep-both", "replace"]),
    help="A file that is there: keep it if equal, keep both, or rename it to .old-TIME.",
)
@click.option(
    "--verify",
    type=click.Choice(["none", "server", "full"]),
    help="The proof: none, size and ETag, or also inflating and counting.",
)
@click.option(
    "--digest", type=click.Choice(["md5", "sha256"]), help="Make and record digests of whole files."
)
@click.option("--chmod", metavar="MODE", help="The mode of files, as 640; else the umask's.")
@click.option("--chgrp", metavar="GROUP", help="The group of files and folders.")
@click.option("--read-only", is_flag=True, default=None, help="Let nobody write to whole files.")
@click.option(
    "--give-up-after", metavar="DURATION", help="Stop a job that waits so long, as 12h; else never."
)
@click.option(
    "--launch",
    type=click.Choice(["here", "detached", "slurm"]),
    help="Where the worker runs: in the foreground, on this machine, in Slurm.",
)
@batch_options
@click.option(
    "--concurrency", type=click.Choice(["low", "medium", "high"]), help="Connections: 8, 64 or 128."
)
@click.option("--bwlimit", metavar="TIMETABLE", help="As 10M, or 08:00,512k 19:00,off by the time.")
@click.option("--concurrent-files", type=click.IntRange(1, 64), metavar="N", help="Files at once.")
@click.option(
    "--concurrent-parts", type=click.IntRange(1, 32), metavar="N", help="Ranges at once for a file."
)
@click.option("--on-sample", default="", metavar="CMD", help="Run CMD after each whole sample.")
@click.option("--on-done", default="", metavar="CMD", help="Run CMD after the job.")
@click.option("--name", default="", help="The job's name.")
@click.option("--attach", "attaches", is_flag=True, help="Watch a detached job to its end.")
@click.option(
    "--follow", is_flag=True, help="Wait for the run, or for new data, and import what is new."
)
@click.option("--once", is_flag=True, help="Import what is new now, and end: for cron.")
@click.option("--every", default="10m", metavar="DURATION", help="Between two looks of --follow.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def import_(session: Session, selectors: Sequence[str], source: str | None, **flags: Any) -> int:
    """Import FASTQ of biosamples, or one run's raw BCL (see `bstui help selectors`).

    The job goes on by itself: `bstui attach last` watches it.
    """
    wish = _wish(session, flags)
    chosen = given_selectors(selectors, source)
    if wish.follows and not wish.dry_run:
        return _keep_up(session, chosen, wish)
    plan = run_calls(_plan(session, chosen, wish))
    if wish.dry_run:
        describe_plan(plan)
        if wish.launcher is Launcher.SLURM:
            describe_submission(session, plan.header)
        session.output.write(_DRY_KEYS, plan.rows())
        return 0
    describe_plan(plan)
    if not (wish.is_confirmed or click.confirm("Start the import?", default=True, err=True)):
        say("Nothing was started.")
        return 1
    return _carry_out(session, plan, wish)


def _wish(session: Session, flags: dict[str, Any]) -> Wish:
    slurm = {f"slurm.{key}": flags[key] or None for key in SLURM_FLAGS}
    settings = session.settings_with({f"import.{key}": flags[key] for key in _SETTINGS} | slurm)
    chosen = settings.import_
    if not chosen.destination:
        raise UsageError("No destination was given.", hint="Give the folder with --to DIR.")
    is_bcl = flags["bcl"]
    options = Options(
        bcl=is_bcl,
        bcl_files=flags["bcl_files"] or Options().bcl_files,
        include=flags["include"],
        exclude=flags["exclude"],
        unzip=flags["unzip"],
        bcl_convert=flags["bcl_convert"] or "",
        grouping=Options().grouping if is_bcl else chosen.grouping,
        sample=flags["sample"],
        lanes=flags["lanes"],
        merge_unlike=flags["merge_unlike"],
        remove_lanes=flags["remove_lanes"],
        sheets=tuple(sheet_word(name) for name in dict.fromkeys(flags["sheets"])),
        qc_failed=flags["qc_failed"],
        undetermined=flags["undetermined"],
        on_sample=flags["on_sample"],
        on_done=flags["on_done"],
        layout="" if is_bcl else chosen.layout,
        **chosen.about_transfer(),
    )
    _check(options, flags)
    _check_bcl(options, flags)
    load_sheets(options.sheets)
    _check_layout(options.layout, settings.source_of("import.layout"))
    map_file = flags["map_file"]
    return Wish(
        destination=_checked_folder(chosen.destination),
        options=options,
        sample_map=read_sample_map(Path(map_file).absolute()) if map_file else NO_MAP,
        launcher=Launcher(chosen.launch),
        batch=batch_of(settings.slurm),
        name=flags["name"],
        dry_run=flags["dry_run"],
        is_confirmed=flags["yes"],
        attaches=flags["attaches"],
        follows=flags["follow"] or flags["once"],
        once=flags["once"],
        every=_seconds(flags["every"]),
    )


def _checked_folder(destination: str) -> Path:
    try:
        destination.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            "The destination's name is not UTF-8 text.", hint="Give another folder with --to."
        ) from error
    return Path(os.path.expanduser(destination)).absolute()


def _check(options: Options, flags: dict[str, Any]) -> None:
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


def _check_bcl(options: Options, flags: dict[str, Any]) -> None:
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


def _check_layout(template: str, source: str) -> None:
    """Refuse a template that cannot be used, naming where it stands."""
    try:
        if template:
            check_template(template)
    except UsageError as error:
        raise UsageError(f"{source}: {error.message}", hint=error.hint) from error


def _seconds(every: str) -> float:
    try:
        seconds = parse_duration(every)
    except ValueError as error:
        raise UsageError(f"--every: {error}.", hint="Write it as 90s, 10m or 1h.") from error
    if seconds <= 0:
        raise UsageError("--every 0 would never let BaseSpace rest.", hint="Write it as 10m.")
    return seconds


def _keep_up(session: Session, selectors: Sequence[Selector], wish: Wish) -> int:
    profile = session.choose_profile()

    async def see() -> News:
        async with session.open(profile) as client:
            request = _request(session, profile, await client.identity(), wish)
            return await look(client, selectors, request)

    def carry_out(plan: Plan) -> int:
        describe_plan(plan)
        return _carry_out(session, plan, replace(wish, attaches=True))

    return keep_up(session, wish.destination, see, carry_out, once=wish.once, every=wish.every)


async def _plan(session: Session, selectors: Sequence[Selector], wish: Wish) -> Plan:
    profile = session.choose_profile()
    async with session.open(profile) as client:
        request = _request(session, profile, await client.identity(), wish)
        selection = await resolve(client, selectors, wish.options.bcl)
        with _steps() as step:
            return await make_plan(client, selection, request, progress=step)


def _request(session: Session, profile: Profile, identity: Identity, wish: Wish) -> PlanRequest:
    return PlanRequest(
        destination=wish.destination,
        profile=profile.identified(identity).name,
        region=profile.region,
        identity=identity,
        options=wish.options,
        sample_map=wish.sample_map,
        launcher=wish.launcher,
        batch=wish.batch if wish.launcher is Launcher.SLURM else Batch(),
        name=wish.name,
        jobs_dir=session.places.jobs,
        umask=current_umask(),
        requires_room=not wish.dry_run,
    )


@contextlib.contextmanager
def _steps() -> Any:
    """Tells a person at a terminal how far the planning is."""
    if not sys.stderr.isatty():
        yield lambda step, done, total: None
        return
    yield lambda step, done, total: sys.stderr.write(f"\rasking about {step}: {done}/{total} ")
    sys.stderr.write("\r\033[K")


def _carry_out(session: Session, plan: Plan, wish: Wish) -> int:
    watching: list[threading.Thread] = []

    def show_start(folder: JobFolder) -> None:
        if session.form != "table":
            write_jobs(session, [JobWatch(folder).refresh()])
        if wish.launcher is Launcher.HERE:
            watching.append(follow_beside(folder))

    folder, code = start_job(
        plan,
        places=session.places,
        environ=session.worker_environ,
        profile=session.choose_profile(),
        on_made=show_start,
    )
    for thread in watching:
        thread.join()
    if wish.launcher is not Launcher.HERE and wish.attaches:
        code = exit_code_of(follow(folder).status)
    view = JobWatch(folder).refresh()
    write_jobs(session, [view])
    if view.status.is_active:
        say(f"The job goes on by itself. Watch it: bstui attach {view.header.name}")
    elif view.status.resumable and view.status.state is not State.CANCELLED:
        say(f"What has arrived is kept. Go on with: bstui resume {view.header.name}")
    if view.proof is not None and view.header.options.bcl_convert:
        say(bcl_convert_text(folder, view.proof))
    tell_failures(view)
    return code
