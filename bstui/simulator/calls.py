"""One call to the simulated API: who asks, what they may see, and the refusals they can get."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from bstui.simulator import bodies
from bstui.simulator.account import Biosample, Dataset, Grant, Project, Run, Storage, StoredFile
from bstui.simulator.bodies import Json
from bstui.simulator.faults import Faults
from bstui.simulator.logins import Logins
from bstui.simulator.open_points import Choices
from bstui.simulator.paging import Order, Page, Query, Rankings, cut_page, rank
from bstui.simulator.region import Region, View
from bstui.simulator.signing import BUCKET, REDIRECTED, Signer
from bstui.simulator.states import States

T = TypeVar("T")
_STATED_EARLIER = 120
"""Seconds by which the stated expiry is before the address's own, as recorded."""


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def error_body(message: str, code: str = "", notify: bool = True) -> Json:
    """An error as the service writes it, under v1 and mostly under v2."""
    status = {"ErrorCode": code, "Message": message} if code else {"Message": message}
    notes = [{"Type": "error", "Item": message}] if notify else []
    return {"ResponseStatus": status, "Notifications": notes}


def not_allowed(access: str, kind: str) -> Refused:
    """403: no access, or nothing there; the service does not say which."""
    message = f"Sorry but this requires {access} access to this {kind} resource."
    return Refused(403, error_body(message, "BASESPACE.COMMON.INSUFFICIENT_RESOURCE_PERMISSIONS"))


def not_authenticated(status: int = 401) -> Refused:
    message = (
        "Please ensure that valid credentials are being provided for this API call "
        "(JWT authentication is not supported with this request)"
    )
    return Refused(status, error_body(message, "BASESPACE.COMMON.AUTHENTICATION_FAILURE"))


def unknown_route() -> Refused:
    message = (
        "This isn't a recognized path. Please refer to the API documentation at "
        "https://developer.basespace.illumina.com/docs for the available resources."
    )
    return Refused(404, error_body(message, notify=False))


def unknown_dataset() -> Refused:
    """404 of an id that is no dataset's, in v2's own shape."""
    return Refused(404, {"ErrorCode": "NotFound", "ErrorMessage": "Reason unknown"})


def removed() -> Refused:
    message = "This resource and its underlying data has been removed by its owner"
    return Refused(410, error_body(message, "BASESPACE.COMMON.RESOURCE_REMOVED", notify=False))


def no_content(status: int, message: str, kind: str) -> Refused:
    """Content that is there no more, or not now. Not recorded: the words are unknown."""
    if status == 403:
        return not_allowed("READ", kind)
    if status == 410:
        return removed()
    code = "BASESPACE.ARCHIVED" if status == 409 else "NotFound"
    return Refused(status, error_body(message, code))


@dataclass(frozen=True)
class Host:
    """What the calls of a region share."""

    region: Region
    faults: Faults
    signer: Signer
    objects_url: str
    url_lifetime: float
    """Seconds that a signed address is good for."""
    choices: Choices
    states: States
    logins: Logins
    rankings: Rankings = field(default_factory=Rankings)

    def signed_url(self, file: StoredFile, is_redirect: bool = False) -> str:
        way = self.choices["signatures"]
        is_v4 = way == "v4" or (way == "by-region" and self.region.code != "USE1")
        sign = self.signer.query_v4 if is_v4 else self.signer.query
        lifetime, generation = int(self.url_lifetime), self.faults.generation
        disposition = f"{REDIRECTED if is_redirect else ''}filename={file.name}"
        query = sign(file.key, disposition, file.content_type, time.time(), lifetime, generation)
        return f"{self.objects_url}/{BUCKET}/{file.key}/{quote(file.path)}?{query}"

    def stated_expiry(self) -> datetime:
        earlier = min(_STATED_EARLIER, self.url_lifetime / 2)
        return datetime.fromtimestamp(time.time() + self.url_lifetime - earlier, UTC)


@dataclass(frozen=True)
class Call:
    """A request that has been let in."""

    host: Host
    grant: Grant
    token: str
    parts: Mapping[str, str]
    """Of its path."""
    query: Query
    api_url: str
    body: Mapping[str, object] = field(default_factory=dict)
    """What was sent, from JSON or a form."""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_v1: bool = False
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of the projects that this answer names, by id."""

    @property
    def root(self) -> str:
        """The root of v2 addresses."""
        return f"{self.api_url}/v2"

    @property
    def choices(self) -> Choices:
        return self.host.choices

    @property
    def region(self) -> Region:
        return self.host.region

    @property
    def view(self) -> View:
        return View(self.region, self.grant, self.host.faults.withdrawn)

    def page(self, name: str, find: Callable[[], Iterable[T]], order: Order[T]) -> Page[T]:
        """The page that is asked for of a list that may be long, found and sorted once."""
        host = self.host
        known = (host.region.version, host.faults.withdrawn, *self.choices.all().values())
        key = (name, self.query.wishes(), self.grant.user.id, *known)
        ranked = host.rankings.ranked(key, lambda: rank(find(), self.query, order))
        return cut_page(ranked, self.query, order)

    def size_of(self, project: Project) -> int:
        if project.id not in self.sizes:
            self.sizes[project.id] = self.region.project_size(project)
        return self.sizes[project.id]

    def run(self) -> Run:
        """The run that the path names."""
        run = self.region.runs.get(self._numeric(self.parts["id"]))
        if run is None or not self.view.sees_run(run):
            raise not_allowed("BROWSE", "Run")
        if run.is_deleted:
            raise removed()
        return run

    def _numeric(self, run: str) -> str:
        """A run's number; v2 knows it by its token, too."""
        if self.is_v1 or not run.startswith("r."):
            return run
        return next((r.id for r in self.region.runs.values() if r.token == run), "")

    def run_id(self, run: Run) -> str:
        """As v2 tells it."""
        return run.token if self.choices["run-ids"] == "tokens" else run.id

    def project(self) -> Project:
        project = self.region.projects.get(self.parts["id"])
        if project is None or not self.view.sees_project(project):
            raise not_allowed("BROWSE", "Project")
        return project

    def biosample(self) -> Biosample:
        biosample = self.region.biosamples.get(self.parts["id"])
        if biosample is None or not self.view.sees_biosample(biosample):
            raise not_allowed("BROWSE", "BioSample")
        return biosample

    def dataset(self) -> Dataset:
        if not self.parts["id"].startswith("ds."):
            raise unknown_dataset()
        dataset = self.region.datasets.get(self.parts["id"])
        if dataset is None or not self.view.sees_dataset(dataset):
            raise not_allowed("BROWSE", "Dataset")
        if dataset.is_deleted:
            raise removed()
        return dataset

    def file(self) -> StoredFile:
        file = self.region.files.get(self._file_id())
        if file is None or not self.view.sees_file(file):
            raise not_allowed("READ", "Run")
        if file.owner.is_deleted:
            raise removed()
        return file

    def _file_id(self) -> str:
        """The file's own; v1 may know run files by their second number alone."""
        name = self.parts["id"]
        if self.choices["run-file-ids"] == "same" or not self.is_v1:
            return name
        if name.startswith("r"):
            return ""
        ends = f"_{name}"
        return next((file for file in self.region.files if file.endswith(ends)), name)

    def told_id(self, file: StoredFile) -> str:
        numeric = self.is_v1 and self.choices["run-file-ids"] == "numeric-in-v1"
        return file.id.rpartition("_")[2] if numeric else file.id

    def readable_file(self) -> StoredFile:
        """The file that the path names, if the token may read its bytes and they are there."""
        file = self.file()
        kind = "Run" if isinstance(file.owner, Run) else "Dataset"
        if not self.grant.may_read:
            raise not_allowed("READ", kind)
        if file.is_archived:
            status = int(self.choices["archived-content"])
            raise no_content(status, "The file is archived. Restore it first.", kind)
        if file.owner.storage is Storage.FILES_DELETED:
            status = int(self.choices["deleted-content"])
            raise no_content(status, "The data of this file have been deleted.", kind)
        return file

    def file_list(self, files: list[StoredFile], root: str) -> list[Json]:
        """Files as listed; with signed addresses where the query asks for them."""
        resolve = self.query.flag("filehrefcontentresolution") and self.grant.may_read
        sign: Callable[[StoredFile], str] = self.host.signed_url if resolve else lambda file: ""
        listed = bodies.listed_file_body
        return [listed(file, self.told_id(file), root, sign(file)) for file in files]

    def user_body(self, root: str) -> Json:
        """The user that the path names: oneself as a whole, another as far as one sees."""
        user = self.region.users.get(self.parts["id"])
        if user is self.grant.user:
            return self.shaped_user(bodies.whole_user_body(user, root))
        if user is None or not self.view.sees_user(user):
            raise not_allowed("BROWSE", "User")
        return bodies.user_body(user, root) | {"DateCreated": bodies.stamp(user.created)}

    def shaped_user(self, body: Json) -> Json:
        """A user, who may not be told to be a workgroup."""
        if self.choices["workgroup-user"] == "told":
            return body
        return {k: v for k, v in body.items() if k not in ("IsWorkgroup", "LoggedInUser")}

    def content_body(self, file: StoredFile) -> Json:
        return {
            "Expires": bodies.stamp(self.host.stated_expiry()),
            "HrefContent": self.host.signed_url(file),
            "SupportsRange": True,
        }

    def project_body(self, project: Project, root: str) -> Json:
        return bodies.project_body(project, root, self.size_of(project))


Handler = Callable[[Call], object]
"""Answers with a JSON body, or with a ready response."""


def enveloped(handler: Handler) -> Handler:
    """v1's envelope around a handler's body."""
    return partial(_in_envelope, handler)


def _in_envelope(handler: Handler, call: Call) -> Json:
    return {"Response": handler(call), "ResponseStatus": {}, "Notifications": []}
