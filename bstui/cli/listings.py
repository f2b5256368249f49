"""`projects`, `runs`, `biosamples`, `files`: what the service holds, a row each."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import click

from bstui.basespace.client import Client
from bstui.basespace.listings import Identified, Listing
from bstui.basespace.models import Biosample, Dataset, File
from bstui.cli import rows
from bstui.cli.calls import run_calls
from bstui.cli.messages import say
from bstui.cli.options import command
from bstui.cli.selecting import given_selectors
from bstui.cli.session import Session
from bstui.errors import UsageError
from bstui.samples.marks import Scope, ScopeKind
from bstui.samples.selection import (
    find_biosample,
    find_dataset,
    find_project,
    find_run,
    resolve,
)
from bstui.samples.selectors import Selector, SourceKind, parse_selector

_Thing = TypeVar("_Thing", bound=Identified)


@command("projects")
def projects(session: Session) -> int:
    """List the projects that this login can see."""

    async def list_them() -> None:
        async with session.open(session.choose_profile()) as client:
            listing = client.projects()
            arriving = rows_of(listing, rows.project_row)
            await _write(session, rows.PROJECT_KEYS, arriving, "projects")

    run_calls(list_them())
    return 0


@command("runs")
def runs(session: Session) -> int:
    """List the runs that this login can see."""

    async def list_them() -> None:
        async with session.open(session.choose_profile()) as client:
            arriving = rows_of(client.runs(), rows.run_row)
            await _write(session, rows.RUN_KEYS, arriving, "runs")

    run_calls(list_them())
    return 0


@command("biosamples")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--details", is_flag=True, help="Also runs, lanes and size (a call for each row).")
def biosamples(session: Session, selectors: Sequence[str], details: bool) -> int:
    """List the biosamples of projects and runs (project:X, run:X), or all that there are."""
    chosen = [parse_selector(text) for text in selectors]
    for selector in chosen:
        if selector.source.kind not in (SourceKind.PROJECT, SourceKind.RUN):
            raise UsageError(
                f"{selector} is neither a project nor a run.", hint="Give project:X or run:X."
            )

    async def list_them() -> None:
        async with session.open(session.choose_profile()) as client:
            arriving = _biosample_rows(client, chosen, details)
            keys = rows.BIOSAMPLE_KEYS + (rows.DETAIL_KEYS if details else ())
            await _write(session, keys, arriving, "biosamples")

    run_calls(list_them())
    return 0


@command("files")
@click.argument("selectors", nargs=-1, metavar="SELECTOR...")
@click.option("--bcl", is_flag=True, help="The run folder's files instead of the run's FASTQ.")
@click.option(
    "--from", "source", metavar="FILE", help="Read selectors from a file, or - for stdin."
)
def files(session: Session, selectors: Sequence[str], bcl: bool, source: str | None) -> int:
    """List the files that the selectors mean: project:X, run:X, biosample:X, dataset:X."""
    chosen = given_selectors(selectors, source)

    async def list_them() -> None:
        async with session.open(session.choose_profile()) as client:
            arriving = _file_rows(client, chosen, bcl)
            await _write(session, rows.FILE_KEYS, arriving, "files")

    run_calls(list_them())
    return 0


async def _write(
    session: Session, keys: Sequence[str], arriving: AsyncGenerator[dict[str, Any]], what: str
) -> None:
    """Print the rows; where there are none, say so."""
    if not await session.output.write_arriving(keys, arriving):
        say(f"There are no {what} here that this login can see.")


# Where a reader leaves early, or another call fails, a generator that is not closed would be closed
# by the loop's end, at once with those inside it: hence `aclosing` around each.


async def rows_of(
    listing: Listing[_Thing], make: Callable[[_Thing], dict[str, Any]]
) -> AsyncGenerator[dict[str, Any]]:
    """A row for every item; afterwards says so where the server counted more than it listed."""
    async with aclosing(listing.pages()) as pages:
        async for page in pages:
            for item in page:
                yield make(item)
    tell_of_end(listing)


def tell_of_end(listing: Listing[Any]) -> None:
    """Say what a list that has ended does not hold."""
    if listing.missing:
        say(f"The list is short: the server counts {listing.missing:,} more than it listed.")
    for note in listing.notes:
        say(note)


async def _biosample_rows(
    client: Client, selectors: Sequence[Selector], details: bool
) -> AsyncGenerator[dict[str, Any]]:
    seen: set[str] = set()
    wanted: Sequence[Selector | None] = selectors or [None]
    for selector in wanted:
        listing = await _listing_of(client, selector) if selector else client.biosamples()
        async with aclosing(listing.pages()) as pages:
            async for page in pages:
                fresh = [biosample for biosample in page if biosample.id not in seen]
                seen.update(biosample.id for biosample in fresh)
                more = await client.details([b.id for b in fresh]) if details else {}
                for biosample in fresh:
                    row = rows.biosample_row(biosample)
                    if details:
                        row |= rows.detail_row(more.get(biosample.id))
                    yield row
        tell_of_end(listing)


async def _listing_of(client: Client, selector: Selector) -> Listing[Biosample]:
    if selector.source.kind is SourceKind.RUN:
        return client.run_biosamples(await find_run(client, selector.source))
    return client.biosamples((await find_project(client, selector.source)).id)


async def _file_rows(
    client: Client, selectors: Sequence[Selector], bcl: bool
) -> AsyncGenerator[dict[str, Any]]:
    if bcl:
        run = (await resolve(client, selectors, bcl=True)).run
        if run is not None:
            async with aclosing(_rows_of_files(client.run_files(run.id), None)) as of_run:
                async for row in of_run:
                    yield row
        return
    seen: set[str] = set()
    for selector in selectors:
        async with aclosing(_datasets_of(client, selector)) as datasets:
            async for dataset in datasets:
                if dataset.id in seen:
                    continue
                seen.add(dataset.id)
                listing = client.dataset_files(dataset.id)
                async with aclosing(_rows_of_files(listing, dataset.id)) as of_dataset:
                    async for row in of_dataset:
                        yield row


def _rows_of_files(
    listing: Listing[File], dataset_id: str | None
) -> AsyncGenerator[dict[str, Any]]:
    return rows_of(listing, lambda file: rows.file_row(file, dataset_id))


async def _datasets_of(client: Client, selector: Selector) -> AsyncGenerator[Dataset]:
    """The FASTQ datasets that a selector means, all of them: an import may leave some out."""
    source, scope = selector.source, selector.scope
    if source.kind is SourceKind.DATASET:
        yield await find_dataset(client, source)
        return
    kinds = {each.kind: each for each in (source, scope) if each is not None}
    run = kinds.get(SourceKind.RUN)
    project = kinds.get(SourceKind.PROJECT)
    biosample = kinds.get(SourceKind.BIOSAMPLE)
    wanted = Scope()
    found_run = await find_run(client, run) if run else None
    found_project = await find_project(client, project) if project else None
    if found_run is not None:
        wanted = Scope(ScopeKind.RUN, found_run.id)
    elif found_project is not None:
        wanted = Scope(ScopeKind.PROJECT, found_project.id)
    found_biosample = await find_biosample(client, biosample, wanted) if biosample else None
    listing = client.datasets(
        biosample=found_biosample.id if found_biosample else None,
        project=found_project.id if found_project else None,
        run=found_run,
    )
    async with aclosing(listing.pages()) as pages:
        async for page in pages:
            for dataset in page:
                yield dataset
    tell_of_end(listing)
