"""One call to the simulated API: who asks, what they may see, and the refusals they can get."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

from bstui.simulator import bodies
from bstui.simulator.account import (
    Biosample,
    Dataset,
    Grant,
    Project,
    Region,
    Run,
    StoredFile,
    View,
)
from bstui.simulator.bodies import Json
from bstui.simulator.faults import Faults
from bstui.simulator.paging import Query
from bstui.simulator.signing import BUCKET, Signer

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


def not_authenticated() -> Refused:
    message = (
        "Please ensure that valid credentials are being provided for this API call "
        "(JWT authentication is not supported with this request)"
    )
    return Refused(401, error_body(message, "BASESPACE.COMMON.AUTHENTICATION_FAILURE"))


def unknown_route() -> Refused:
    message = (
        "This isn't a recognized path. Please refer to the API documentation at "
        "https://developer.basespace.illumina.com/docs for the available resources."
    )
    return Refused(404, error_body(message, notify=False))


def unknown_dataset() -> Refused:
    """404 of an id that is no dataset's, in v2's own shape."""
    return Refused(404, {"ErrorCode": "NotFound", "ErrorMessage": "Reason unknown"})


def in_cold_storage() -> Refused:
    """Content of an archived file. Not recorded: the service's own words are unknown."""
    return Refused(409, error_body("The file is archived. Restore it first.", "BASESPACE.ARCHIVED"))


@dataclass(frozen=True)
class Host:
    """What the calls of a region share."""

    region: Region
    faults: Faults
    signer: Signer
    objects_url: str
    url_lifetime: float
    """Seconds that a signed address is good for."""

    def signed_url(self, file: StoredFile) -> str:
        expires = int(time.time() + self.url_lifetime)
        sign = self.signer.query
        query = sign(file.key, file.name, file.content_type, expires, self.faults.generation)
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
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of the projects that this answer names, by id."""

    @property
    def root(self) -> str:
        """The root of v2 addresses."""
        return f"{self.api_url}/v2"

    @property
    def region(self) -> Region:
        return self.host.region

    @property
    def view(self) -> View:
        return View(self.region, self.grant, self.host.faults.withdrawn)

    def size_of(self, project: Project) -> int:
        if project.id not in self.sizes:
            sizes = (dataset.size for dataset in self.region.project_datasets(project))
            self.sizes[project.id] = sum(sizes)
        return self.sizes[project.id]

    def run(self) -> Run:
        """The run that the path names."""
        run = self.region.runs.get(self.parts["id"])
        if run is None or not self.view.sees_run(run):
            raise not_allowed("BROWSE", "Run")
        return run

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
        return dataset

    def file(self) -> StoredFile:
        file = self.region.files.get(self.parts["id"])
        if file is None or not self.view.sees_file(file):
            raise not_allowed("READ", "Run")
        return file

    def readable_file(self) -> StoredFile:
        """The file that the path names, if the token may read its bytes and they are there."""
        file = self.file()
        if not self.grant.may_read:
            raise not_allowed("READ", "Run" if isinstance(file.owner, Run) else "Dataset")
        if file.is_archived:
            raise in_cold_storage()
        return file

    def file_list(self, files: list[StoredFile], root: str) -> list[Json]:
        """Files as listed; with signed addresses where the query asks for them."""
        resolve = self.query.flag("filehrefcontentresolution") and self.grant.may_read
        sign: Callable[[StoredFile], str] = self.host.signed_url if resolve else lambda file: ""
        return [bodies.file_body(file, root, sign(file)) for file in files]

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
