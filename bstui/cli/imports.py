"""`import`: selectors to a plan, the plan to a job, and the job followed as far as was asked."""

import contextlib
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import msgspec

from bstui.basespace.credentials import Profile
from bstui.basespace.models import Identity
from bstui.cli.batch import (
    SLURM_FLAGS,
    batch_of,
    batch_options,
    describe_submission,
    settle_launcher,
    warn_of_logout,
)
from bstui.cli.calls import run_calls
from bstui.cli.following import exit_code_of, follow, follow_beside, tell_failures
from bstui.cli.import_checks import (
    check_bcl,
    check_fastq,
    check_layout,
    checked_folder,
    checked_interval,
)
from bstui.cli.jobs import write_jobs
from bstui.cli.keeping_up import keep_up
from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.plan_text import describe_plan
from bstui.cli.selecting import given_selectors
from bstui.cli.session import Session
from bstui.cli.splitting import carry_out_parts, describe_parts
from bstui.errors import UsageError
from bstui.jobs.bcl_convert import bcl_convert_text
from bstui.jobs.folder import JobFolder
from bstui.jobs.launchers import start_job
from bstui.jobs.news import News, look
from bstui.jobs.plan import Plan, PlanRequest, make_plan
from bstui.jobs.records import Batch, Launcher, Options
from bstui.jobs.split import check_split, split_plan
from bstui.jobs.state import State
from bstui.jobs.watch import JobWatch
from bstui.samples.sample_map import NO_MAP, SampleMap, read_sample_map
from bstui.samples.selection import resolve
from bstui.samples.selectors import Selector
from bstui.samples.sheet_format import load_sheets, sheet_word
from bstui.system import current_umask

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
    is_auto: bool
    login_cpu_minutes: int | None
    batch: Batch
    name: str
    dry_run: bool
    is_confirmed: bool
    attaches: bool
    follows: bool
    once: bool
    every: float
    """Seconds between two looks."""
    split: int | None
    """Into how many jobs."""


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
    type=click.Choice(["here", "detached", "slurm", "scheduler", "auto"]),
    help="Where the worker runs: in the foreground, on this machine, in a queue, or as fits.",
)
@batch_options
@click.option(
    "--split", type=click.IntRange(2, 64), metavar="N", help="Into N jobs, for as many nodes."
)
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
    check_split(wish.split, wish.launcher, wish.options.sheets, wish.follows)
    chosen = given_selectors(selectors, source)
    if wish.follows and not wish.dry_run:
        return _keep_up(session, chosen, wish)
    plan, wish = _settle_launcher(session, run_calls(_plan(session, chosen, wish)), wish)
    parts = split_plan(plan, wish.split) if wish.split else []
    if wish.dry_run:
        describe_plan(plan)
        describe_parts(parts, wish.split)
        if wish.launcher.is_queued:
            describe_submission(session, plan.header)
        session.output.write(_DRY_KEYS, plan.rows())
        return 0
    describe_plan(plan)
    describe_parts(parts, wish.split)
    if not (wish.is_confirmed or click.confirm("Start the import?", default=True, err=True)):
        say("Nothing was started.")
        return 1
    if parts:
        return carry_out_parts(session, parts, attaches=wish.attaches)
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
    check_fastq(options, flags)
    check_bcl(options, flags)
    load_sheets(options.sheets)
    check_layout(options.layout, settings.source_of("import.layout"))
    map_file = flags["map_file"]
    return Wish(
        destination=checked_folder(chosen.destination),
        options=options,
        sample_map=read_sample_map(Path(map_file).absolute()) if map_file else NO_MAP,
        launcher=Launcher.DETACHED if chosen.launch == "auto" else Launcher(chosen.launch),
        is_auto=chosen.launch == "auto",
        login_cpu_minutes=settings.slurm.login_cpu_minutes,
        batch=batch_of(settings, flags),
        name=flags["name"],
        dry_run=flags["dry_run"],
        is_confirmed=flags["yes"],
        attaches=flags["attaches"],
        follows=flags["follow"] or flags["once"],
        once=flags["once"],
        every=checked_interval(flags["every"]),
        split=flags["split"],
    )


def _keep_up(session: Session, selectors: Sequence[Selector], wish: Wish) -> int:
    profile = session.choose_profile()

    async def see() -> News:
        async with session.open(profile) as client:
            request = _request(session, profile, await client.identity(), wish)
            return await look(client, selectors, request)

    def carry_out(plan: Plan) -> int:
        plan, settled = _settle_launcher(session, plan, wish)
        describe_plan(plan)
        return _carry_out(session, plan, replace(settled, attaches=True))

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
        batch=wish.batch,
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


def _settle_launcher(session: Session, plan: Plan, wish: Wish) -> tuple[Plan, Wish]:
    """With `auto`, where this plan's worker is to run; says why."""
    if not wish.is_auto:
        return plan, wish
    launcher = settle_launcher(session, plan.header, wish.login_cpu_minutes)
    header = msgspec.structs.replace(plan.header, launcher=launcher)
    return replace(plan, header=header), replace(wish, launcher=launcher)


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
    if wish.launcher is Launcher.DETACHED:
        warn_of_logout()
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
