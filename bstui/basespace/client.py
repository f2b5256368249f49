"""BaseSpace as bstui asks it: lists, single things, where content is. Nothing here writes.

Paths and parameters are those of the BaseSpace API (§0, §5–§8); every answer becomes a model.
"""

import os
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import msgspec

from bstui.basespace import models, run_facts, wire
from bstui.basespace.address_book import AddressBook, FileAddress, signed_address
from bstui.basespace.addresses import Kind
from bstui.basespace.belongings import Held, OnDone, find_held
from bstui.basespace.cache import ListingCache
from bstui.basespace.connection import Answer, Connection, Query
from bstui.basespace.details import FRESH_SECONDS, Shelf, find_details
from bstui.basespace.envelopes import V1Answer, V1List, V2List, moment, text
from bstui.basespace.failures import misunderstood
from bstui.basespace.listings import Fetch, ItemT, Listing
from bstui.basespace.pacing import Pace, Patience
from bstui.basespace.questions import (
    BY_ID,
    DATASET_PAGE,
    FASTQ,
    FILE_PAGE,
    NEWEST_FIRST,
    PAGE,
    PROPERTIES,
    RUN_PAGE,
    V1,
    V2,
    WHOLE_FOLDER,
    file_path,
    is_named,
    is_within,
    run_files_path,
    segment,
)
from bstui.basespace.run_biosamples import RunBiosamples
from bstui.basespace.run_census import biosamples_of
from bstui.basespace.run_facts import RunStats
from bstui.basespace.together import together
from bstui.basespace.waiting import Tell
from bstui.errors import NotAllowed, NotFound, ServiceError
from bstui.text import Secret

W = TypeVar("W")


class Client:
    """One account of BaseSpace, open for questions: `async with Client(server, token) as client`.

    Every method raises the errors of `bstui.errors` that are AccessProblem or ServiceError.
    """

    def __init__(
        self,
        server: str,
        token: Secret,
        *,
        ca_bundle: str | os.PathLike[str] | None = None,
        cache: ListingCache | None = None,
        patience: Patience | None = None,
        pace: Pace | None = None,
        on_wait: Tell | None = None,
    ) -> None:
        self.server = server
        self._way = Connection(
            server, token, ca_bundle=ca_bundle, patience=patience, pace=pace, on_wait=on_wait
        )
        self._cache = cache

    async def __aenter__(self) -> Self:
        await self._way.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._way.__aexit__(kind, error, trace)

    async def identity(self) -> models.Identity:
        """Whom the token acts for, and what it may do as far as the server says."""
        user = await self._way.ask(f"{V2}/users/current", wire.User)
        self._way.identity = user.model(await self._scopes())
        return self._way.identity

    async def _scopes(self) -> tuple[str, ...]:
        try:
            token = await self._way.ask(f"{V1}/oauthv2/token/current", V1Answer[wire.Token])
        except (NotAllowed, ServiceError):
            return ()  # some tokens may not ask this; then nobody knows
        return tuple(text(scope) for scope in token.response.scopes)

    async def workgroups(self, user_id: str) -> list[models.Workgroup]:
        """The workgroups that the person belongs to; none where the token may not ask."""
        path = f"{V2}/users/{segment(user_id)}/workgroups"
        kind = V2List[wire.Workgroup]
        try:
            return await self._listing(path, kind, wire.Workgroup.model, PAGE, {}).all()
        except (NotAllowed, ServiceError):
            return []

    def projects(self, name: str | None = None) -> Listing[models.Project]:
        """All projects the account sees, newest first; `name` lets the server choose."""
        return self._listing(
            f"{V1}/users/current/projects",
            V1List[wire.Project],
            wire.Project.model,
            PAGE,
            {**NEWEST_FIRST, "name": name},
        )

    def runs(self) -> Listing[models.Run]:
        """All runs the account sees, newest first."""
        return self._listing(f"{V2}/runs", V2List[wire.Run], wire.Run.model, RUN_PAGE, NEWEST_FIRST)

    def biosamples(
        self, project_id: str | None = None, name: str | None = None
    ) -> Listing[models.Biosample]:
        """The biosamples that have the project as their default, or have datasets in it."""
        return self._listing(
            f"{V2}/biosamples",
            V2List[wire.Biosample],
            wire.Biosample.model,
            PAGE,
            {**BY_ID, "projectid": project_id, "biosamplename": name},
        )

    def run_biosamples(self, run: models.Run) -> Listing[models.Biosample]:
        """The biosamples a run was made of: by its own list, its lanes and its datasets.

        Whichever answers; where they differ all are given, and the listing's `notes` tells it.
        """

        async def in_datasets() -> list[models.Biosample]:
            return biosamples_of(await self.datasets(run=run).all())

        listed = self.listed_biosamples(run)
        return RunBiosamples(listed, lambda: self.lane_biosamples(run), in_datasets)

    def listed_biosamples(self, run: models.Run) -> Listing[models.Biosample]:
        """The biosamples of the run's own list, `Input.BioSamples`, alone."""
        return Listing(self._run_property(run), PAGE)

    def _run_property(self, run: models.Run) -> Fetch[models.Biosample]:
        path = f"{V2}/runs/{segment(run.id)}/properties/Input.BioSamples/items"
        return self._way.pages(path, V2List[wire.PropertyItem], wire.PropertyItem.model, {})

    async def lane_biosamples(self, run: models.Run) -> list[models.Biosample]:
        """Whose libraries are on the run's lanes; of some the name and the project's alone."""
        path = f"{V2}/runs/{segment(run.id)}/lanelibrarymappings"

        kind = V2List[wire.LaneLibrary]
        rows = self._listing(path, kind, wire.LaneLibrary.model, PAGE, {})
        found = {(b.id, b.name, b.project): b for b in [row.biosample async for row in rows]}
        return list(found.values())

    def datasets(
        self,
        *,
        biosample: str | None = None,
        project: str | None = None,
        run: models.Run | None = None,
    ) -> Listing[models.Dataset]:
        """The FASTQ datasets of a biosample, of those a project owns, of a run: all that is given.

        Datasets of projects that the account may not read are not listed by the server.
        """
        return self._datasets([biosample] if biosample else [], project, run)

    def _datasets(
        self, biosamples: Sequence[str], project: str | None, run: models.Run | None
    ) -> Listing[models.Dataset]:
        query = {
            **FASTQ,
            **PROPERTIES,
            "inputbiosamples": ",".join(biosamples) or None,
            "projectid": project,
            "inputruns": (run.v1_id or None) if run else None,
            "inputruntokens": run.id if run and not run.v1_id else None,
            "sortby": "DateCreated",
        }

        def is_meant(dataset: models.Dataset) -> bool:
            return is_within(dataset, biosamples, project, run)

        fetch = self._way.pages(f"{V2}/datasets", V2List[wire.Dataset], wire.Dataset.model, query)
        return Listing(fetch, DATASET_PAGE, is_meant)

    async def datasets_of(
        self, biosamples: Collection[str], on_done: OnDone = lambda number: None
    ) -> dict[str, Held]:
        """The FASTQ datasets of each of many biosamples, by its id: a call for 25 of them.

        What is refused stands in the answer; `on_done` is told how many more are through.
        """

        async def ask(batch: Sequence[str]) -> Held:
            return await _held(self._datasets(batch, None, None))

        return await find_held(biosamples, ask, on_done=on_done)

    def dataset_files(self, dataset_id: str) -> Listing[models.File]:
        """The files of a dataset."""
        return self._files(f"{V2}/datasets/{segment(dataset_id)}/files", {})

    def run_files(self, run_id: str) -> Listing[models.File]:
        """Every file of a run's folder, below any of its directories."""
        return self._files(run_files_path(run_id), {**WHOLE_FOLDER, "include": "TotalCount"})

    async def some_run_file(self, run_id: str) -> models.File | None:
        """The first file of a run's folder that holds bytes, among its first few."""
        query: Query = {**BY_ID, **WHOLE_FOLDER, "limit": 20}
        page = await self._way.ask(run_files_path(run_id), V2List[wire.File], query)
        files = [file.model() for file in page.items]
        return next((file for file in files if file.size), None)

    async def run_top_files(self, run_id: str) -> list[models.File]:
        """The CSV files at the top of a run's folder; more where the server does not choose."""
        query: Query = {"directory": "/", "recursive": "false", "extensions": ".csv"}
        return await self._files(run_files_path(run_id), query).all()

    async def run_stats(self, run_id: str) -> RunStats:
        """The run's sequencing statistics."""
        path = f"{V2}/runs/{segment(run_id)}/sequencingstats"
        return (await self._way.ask(path, run_facts.Stats)).model()

    async def run_sheet_rows(self, run_id: str) -> list[dict[str, str]]:
        """The rows of the run's sample sheet as it is in BaseSpace now."""
        path = f"{V2}/runs/{segment(run_id)}/samplesheet"
        return (await self._way.ask(path, run_facts.Sheet)).rows()

    async def small_content(self, file_id: str, most: int) -> bytes:
        """All of a file of at most `most` bytes, without proof: to be looked at."""
        return await self._way.fetch((await self.content(file_id)).url, most)

    def address_book(self, run_id: str) -> AddressBook:
        """Where the bytes of a run's files are, by the page, in the order of `run_files`."""

        def turn(file: wire.Located) -> FileAddress:
            return FileAddress(text(file.id), signed_address(file.href_content, self.server))

        query: Query = {**BY_ID, **WHOLE_FOLDER, "filehrefcontentresolution": "true"}
        return AddressBook(
            self._way.pages(run_files_path(run_id), V2List[wire.Located], turn, query)
        )

    def _files(self, path: str, query: Query) -> Listing[models.File]:
        every = {**BY_ID, **query}
        return self._listing(path, V2List[wire.File], wire.File.model, FILE_PAGE, every)

    async def project(self, project_id: str) -> models.Project:
        path = f"{V1}/projects/{segment(project_id)}"
        return (await self._way.ask(path, V1Answer[wire.Project])).response.model()

    async def run(self, run_id: str) -> models.Run:
        return (await self._way.ask(f"{V2}/runs/{segment(run_id)}", wire.Run)).model()

    async def biosample(self, biosample_id: str) -> models.Biosample:
        path = f"{V2}/biosamples/{segment(biosample_id)}"
        return (await self._way.ask(path, wire.Biosample)).model()

    async def dataset(self, dataset_id: str) -> models.Dataset:
        """One dataset, of whatever type."""
        path = f"{V2}/datasets/{segment(dataset_id)}"
        return (await self._way.ask(path, wire.Dataset, PROPERTIES)).model()

    async def file(self, file_id: str) -> models.File:
        path = file_path(file_id)
        if path.startswith(V1):
            return (await self._way.ask(path, V1Answer[wire.File])).response.model()
        return (await self._way.ask(path, wire.File)).model()

    async def content(self, file_id: str) -> models.ContentAddress:
        """Where a file's bytes are: a signed address for a client that knows no token."""
        path = f"{file_path(file_id)}/content"
        query: Query = {"redirect": "meta"}
        if path.startswith(V1):
            said = (await self._way.ask(path, V1Answer[wire.Content], query)).response
        else:
            said = await self._way.ask(path, wire.Content, query)
        schemes = {"https", urlsplit(self.server).scheme}
        if urlsplit(said.href_content).scheme not in schemes:
            raise misunderstood(self._way.asked(path), b"", {})
        return models.ContentAddress(url=said.href_content, expires=moment(said.expires))

    async def find(
        self, kind: str, name: str
    ) -> list[models.Project] | list[models.Run] | list[models.Biosample]:
        """What of this kind (`project`, `run`, `biosample`) has exactly this name.

        A run is found by the name of its folder and by its experiment's.
        """
        match Kind(kind):
            case Kind.PROJECT:
                return await self.find_projects(name)
            case Kind.RUN:
                return await self.find_runs(name)
            case Kind.BIOSAMPLE:
                return await self.find_biosamples(name)
            case other:
                raise NotFound(
                    f"A {other} cannot be found by its name.", hint=f"Give the {other}'s id."
                )

    async def find_projects(self, name: str) -> list[models.Project]:
        # The server's own filter may match loosely, or not at all: we compare, and then look
        # through all.
        for listing in (self.projects(name), self.projects()):
            found = [project async for project in listing if is_named(name, project.name)]
            if found:
                return found
        return []

    async def find_runs(self, name: str) -> list[models.Run]:
        return [run async for run in self.runs() if is_named(name, run.name, run.experiment)]

    async def find_biosamples(self, name: str) -> list[models.Biosample]:
        # The parameter is a list with commas, so a name that has one needs all to be looked at.
        listing = self.biosamples(name=None if "," in name else name)
        return [biosample async for biosample in listing if is_named(name, biosample.name)]

    async def details(
        self,
        ids: Sequence[str],
        *,
        project: str | None = None,
        run: models.Run | None = None,
        max_age: float = FRESH_SECONDS,
    ) -> dict[str, models.BiosampleDetail]:
        """The details of the biosamples of rows in view, within a project or a run, in few calls.

        `max_age` (seconds) 0 asks the server anew.
        """

        async def ask(batch: Sequence[str]) -> Held:
            return await _held(self._datasets(batch, project, run))

        scope = f"{project or ''} {run.id if run else ''}"
        return await find_details(ids, ask, await self._shelf(), scope, max_age)

    async def biosample_detail(
        self, biosample_id: str, *, project: str | None = None, run: models.Run | None = None
    ) -> models.BiosampleDetail:
        """The same for one biosample."""
        return (await self.details([biosample_id], project=project, run=run))[biosample_id]

    async def project_counts(
        self, project_id: str, *, max_age: float = FRESH_SECONDS
    ) -> models.ProjectCounts:
        """How many biosamples and FASTQ datasets a project holds: two calls."""
        shelf = await self._shelf()
        kept = shelf.find(models.ProjectCounts, project_id, "", max_age)
        if kept is not None:
            return kept
        biosamples, datasets = await together(
            self._count(path, {**query, "projectid": project_id})
            for path, query in ((f"{V2}/biosamples", {}), (f"{V2}/datasets", FASTQ))
        )
        counts = models.ProjectCounts(id=project_id, biosamples=biosamples, datasets=datasets)
        shelf.keep(counts, "")
        return counts

    async def _count(self, path: str, query: Query) -> int | None:
        answer = await self._way.ask(path, V2List[msgspec.Raw], {**query, "limit": 1})
        return answer.total

    async def _shelf(self) -> Shelf:
        if self._cache is None:
            return Shelf(None, "")
        identity = self._way.identity or await self.identity()
        return Shelf(self._cache, f"{self.server} {identity.id}")

    def _listing(
        self,
        path: str,
        kind: type[Answer[W]],
        turn: Callable[[W], ItemT],
        limit: int,
        query: Query,
    ) -> Listing[ItemT]:
        return Listing(self._way.pages(path, kind, turn, query), limit)


async def _held(listing: Listing[models.Dataset]) -> Held:
    return Held(tuple(await listing.all()), listing.missing)
