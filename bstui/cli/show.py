"""`show`: one thing, with everything known of it."""

from typing import Any

import click

from bstui.basespace.addresses import recognise
from bstui.basespace.client import Client
from bstui.basespace.run_access import look_at_run
from bstui.basespace.states import states_of_dataset, states_of_project, states_of_run
from bstui.cli import rows
from bstui.cli.calls import run_calls
from bstui.cli.job_rows import job_row, proof_row
from bstui.cli.jobs import tell_newer, write_jobs
from bstui.cli.options import command
from bstui.cli.run_metrics import metrics_row
from bstui.cli.run_rows import facts_row
from bstui.cli.session import Session
from bstui.errors import IntegrityError, UsageError
from bstui.jobs.bcl_convert import bcl_convert_text
from bstui.jobs.edited_sheet import sheet_differences
from bstui.jobs.folder import JobFolder
from bstui.jobs.identifiers import find_jobs
from bstui.jobs.watch import JobView, JobWatch
from bstui.runs.completeness import Completeness
from bstui.runs.facts import gather_facts
from bstui.samples.marks import Scope
from bstui.samples.selection import find_biosample, find_dataset, find_project, find_run
from bstui.samples.selectors import Selector, SourceKind, parse_selector
from bstui.units import iso_text


@command("show")
@click.argument("selector", metavar="SELECTOR")
@click.option("--check", is_flag=True, help="Of the job of a raw run: prove it complete again.")
def show(session: Session, selector: str, check: bool) -> int:
    """Show one project:X, run:X, biosample:X, dataset:X, file:ID or job:X."""
    if selector.startswith("job:"):
        folders = find_jobs(session.places.jobs, selector[len("job:") :])
        if len(folders) > 1 and not check:
            write_jobs(session, [JobWatch(folder).refresh() for folder in folders])
            return 0
        return max(_show_job(session, folder, check) for folder in folders)
    if check:
        raise UsageError("--check proves the raw run of a job.", hint="Give job:X with it.")
    file_id = _file_id(selector)
    chosen = None if file_id else parse_selector(selector)

    async def look() -> dict[str, Any]:
        async with session.open(session.choose_profile()) as client:
            return await (_facts(client, chosen) if chosen else _file_facts(client, file_id))

    session.output.write_facts(run_calls(look()))
    return 0


def _more_of(view: JobView) -> dict[str, Any]:
    """Of a job, what no list has room for."""
    ended = view.result
    return {
        "sources": list(view.header.sources),
        "on_done": ended.on_done if ended else None,
        "on_sample_failed": ended.on_sample_failed if ended else None,
    }


def _show_job(session: Session, folder: JobFolder, check: bool) -> int:
    """The job, and of a raw run completeness and metrics; 6 where a check finds it wanting."""
    view = JobWatch(folder).refresh()
    tell_newer([view.header])
    proof = _prove_again(folder) if check else view.proof
    facts = job_row(view) | _more_of(view)
    if proof is not None:
        facts |= proof_row(proof) | {"bcl_convert": bcl_convert_text(folder, proof)}
        facts |= {"sheet_in_basespace": sheet_differences(folder)}
        facts |= run_calls(metrics_row(session, folder))
    session.output.write_facts(facts)
    is_whole = not (check and proof and (proof.damaged or proof.missing_here))
    return 0 if is_whole else IntegrityError.exit_code


def _prove_again(folder: JobFolder) -> Completeness:
    from bstui.jobs.completeness import Published, prove_job  # its transfer part takes a while

    return prove_job(folder, is_altered=Published(folder).is_altered)


def _file_id(selector: str) -> str:
    """The id of a single file, which can be shown and not imported; empty for anything else."""
    if selector.startswith("file:"):
        return selector[len("file:") :]
    address = recognise(selector)
    return address.id if address is not None and address.kind is SourceKind.FILE else ""


async def _file_facts(client: Client, file_id: str) -> dict[str, Any]:
    file = await client.file(file_id)
    return rows.file_row(file, None) | {
        "created": iso_text(file.created),
        "archived": file.is_archived,
    }


async def _facts(client: Client, selector: Selector) -> dict[str, Any]:
    source = selector.source
    if source.kind is SourceKind.PROJECT:
        project = await find_project(client, source)
        counts = await client.project_counts(project.id)
        return rows.project_row(project) | {
            "modified": iso_text(project.modified),
            "shared": project.is_shared,
            "biosamples": counts.biosamples,
            "datasets": counts.datasets,
            **rows.states_row(states_of_project(project)),
        }
    if source.kind is SourceKind.RUN:
        run = await find_run(client, source)
        return rows.run_row(run) | {
            "flowcell": run.flowcell,
            "platform": run.platform,
            "owner": run.owner,
            "upload_status": run.upload_status,
            "archived": run.is_archived,
            "zipped": run.is_zipped,
            **rows.states_row(states_of_run(run, client.server)),
            **rows.run_access_row(await look_at_run(client, run)),
            **facts_row(await gather_facts(client, run)),
        }
    if source.kind is SourceKind.DATASET:
        dataset = await find_dataset(client, source)
        states = rows.states_row(states_of_dataset(dataset, client.server))
        return rows.dataset_row(dataset) | rows.dataset_facts(dataset) | states
    biosample = await find_biosample(client, source, Scope())
    detail = await client.biosample_detail(biosample.id)
    return rows.biosample_row(biosample) | {"owner": biosample.owner} | rows.detail_row(detail)
