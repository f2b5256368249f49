"""The demo without a screen: the whole main job, told as it happens."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from bstui.cli import rows
from bstui.cli.demo_server import read_served
from bstui.cli.following import exit_code_of, follow
from bstui.cli.plan_text import describe_plan
from bstui.cli.session import Session
from bstui.errors import BstuiError, IntegrityError
from bstui.jobs.folder import JobFolder
from bstui.jobs.launchers import start_job
from bstui.jobs.plan import Plan, PlanRequest, make_plan
from bstui.jobs.records import FileDone, Options, PlanFile
from bstui.jobs.watch import JobWatch
from bstui.samples.selection import Selection, resolve
from bstui.samples.selectors import parse_selectors
from bstui.system import current_umask
from bstui.transfer.verify import PartSizes, prove_file
from bstui.units import count_text, duration_text, size_text

_UNASSIGNED = "Unindexed Reads"


def take_tour(session: Session, destination: Path) -> int:
    """List, plan, import in a worker, watch, verify and report. The exit code is the job's."""
    served = read_served(session.places)
    if served is None:
        raise BstuiError("The demo's simulator has gone.", hint="Start the demo again.")
    session = replace(session, profile_name=served.profiles[0])
    plan = asyncio.run(_look_and_plan(session, destination))
    _head("Import")
    describe_plan(plan)
    folder, _ = start_job(
        plan,
        places=session.places,
        environ=session.worker_environ,
        profile=session.choose_profile(),
    )
    view = follow(folder)
    if exit_code_of(view.status):
        for failure in view.failures:
            click.echo(f"failed: {failure.words}")
        return exit_code_of(view.status)
    _head("Verify")
    _verify(plan, destination)
    _head("Report")
    _report(folder, plan)
    return 0


async def _look_and_plan(session: Session, destination: Path) -> Plan:
    profile = session.choose_profile()
    async with session.open(profile) as client:
        identity = await client.identity()
        _head(f"Projects and runs of {identity.name}, {profile.name}")
        projects = await client.projects().all()
        session.output.write(rows.PROJECT_KEYS, map(rows.project_row, projects))
        click.echo()
        runs = await client.runs().all()
        session.output.write(rows.RUN_KEYS[:-1], map(rows.run_row, runs))
        chosen = [project for project in projects if project.name != _UNASSIGNED]
        selection = await resolve(
            client, parse_selectors(f"project:{project.id}" for project in chosen), bcl=False
        )
        _tell_selection(selection)
        request = PlanRequest(
            destination=destination,
            profile=profile.name,
            region=profile.region,
            identity=identity,
            options=Options(),
            jobs_dir=session.places.jobs,
            umask=current_umask(),
        )
        return await make_plan(client, selection, request)


def _tell_selection(selection: Selection) -> None:
    marked = Counter(mark.scope.name for mark in selection.biosamples)
    _head("Marked")
    for name, number in marked.items():
        click.echo(f"{name}: {count_text(number, 'biosample')}")


def _verify(plan: Plan, destination: Path) -> None:
    """Read every file again, from its final name, and prove it; IntegrityError where one is not."""
    sizes = PartSizes()
    proofs: Counter[str] = Counter()
    for file in plan.files:
        proofs[_prove(destination, file, sizes)] += 1
    _tell_proofs(proofs.items())


def _prove(destination: Path, file: PlanFile, sizes: PartSizes) -> str:
    descriptor = os.open(destination / file.path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        proof = prove_file(descriptor, file.size, file.etag, sizes)
        if proof is None:
            raise IntegrityError(f"{file.path} is not on disk what it is on the server.")
        return proof.verified
    finally:
        os.close(descriptor)


def _tell_proofs(proofs: Iterable[tuple[str, int]]) -> None:
    for proof, number in proofs:
        click.echo(f"{count_text(number, 'file')} read again and proven by {proof}")


def _report(folder: JobFolder, plan: Plan) -> None:
    view = JobWatch(folder).refresh()
    header = view.header
    seconds = view.result.seconds if view.result else None
    done = sum(isinstance(event, FileDone) for event in view.events)
    click.echo(f"job          {header.name} ({view.status.state})")
    click.echo(f"samples      {header.samples}")
    click.echo(f"files        {view.counts.files_done} of {header.files}, {done} in this attempt")
    click.echo(f"bytes        {size_text(view.counts.bytes_done)} in {duration_text(seconds)}")
    click.echo(f"destination  {header.destination}")
    for warning in plan.warnings:
        click.echo(f"warning      {warning}")


def _head(text: str) -> None:
    click.echo(f"\n{text}\n{'-' * len(text)}")
