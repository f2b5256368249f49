"""The things of BaseSpace as they are on the wire, read into models.

The boundary where every text goes through `safe_text`; file names and paths excepted, see
`models.py`. Fields are those that we use (BaseSpace API §4–§8).
"""

import re
from collections.abc import Iterable
from typing import Annotated, NamedTuple

import msgspec

from bstui.basespace import models
from bstui.basespace.envelopes import Id, Wire, amount, etag, moment, text

_LANE_IN_NAME = re.compile(r"_L(\d{3})$")
_FASTQ = "common.fastq"


class Named(Wire):
    """A user, an instrument, a type: an id and a name."""

    id: str | int | None = None
    name: str | None = None


class LoggedIn(Wire):
    name: str | None = None
    email: str | None = None


class User(Wire):
    """`GET /v2/users/current`."""

    id: str | int
    name: str | None = None
    email: str | None = None
    is_workgroup: bool | None = None
    logged_in_user: LoggedIn | None = None

    def model(self, scopes: tuple[str, ...]) -> models.Identity:
        person = self.logged_in_user or LoggedIn()
        is_workgroup = bool(self.is_workgroup)
        return models.Identity(
            id=text(self.id),
            name=text(self.name) or text(self.id),
            email=text(self.email) or text(person.email),
            is_workgroup=is_workgroup,
            person=text(person.name) if is_workgroup else "",
            scopes=scopes,
        )


class Token(Wire):
    """`GET /v1pre3/oauthv2/token/current`, without the token that it repeats."""

    scopes: list[str] = msgspec.field(default_factory=list)


class Workgroup(Wire):
    """An item of `GET /v2/users/{id}/workgroups`."""

    id: Id
    name: str | None = None
    display_name: str | None = None

    def model(self) -> models.Workgroup:
        name = text(self.display_name) or text(self.name) or text(self.id)
        return models.Workgroup(id=text(self.id), name=name)


class Project(Wire):
    id: Id
    name: str | None = None
    user_owned_by: Named | None = None
    total_size: int | None = None
    date_created: str | None = None
    date_modified: str | None = None
    has_collaborators: bool | None = None
    is_deleted: bool | None = None
    is_transfer_pending: bool | None = None
    is_transfer_in_progress: bool | None = None

    def model(self) -> models.Project:
        owner = self.user_owned_by or Named()
        return models.Project(
            id=text(self.id),
            name=text(self.name),
            owner=text(owner.name),
            owner_id=text(owner.id),
            size=amount(self.total_size),
            created=moment(self.date_created),
            modified=moment(self.date_modified),
            is_shared=bool(self.has_collaborators),
            is_deleted=bool(self.is_deleted),
            is_in_transfer=self.is_changing_hands,
        )

    @property
    def is_changing_hands(self) -> bool:
        return bool(self.is_transfer_pending or self.is_transfer_in_progress)


class Instrument(Wire):
    name: str | None = None
    type: str | None = None
    platform_name: str | None = None


class Run(Wire):
    """A run of v2, or of v1, where instrument and platform stand beside."""

    id: Id
    v1_id: str | int | None = msgspec.field(name="V1Pre3Id", default=None)
    name: str | None = None
    experiment_name: str | None = None
    status: str | None = None
    upload_status: str | None = None
    total_size: int | None = None
    date_created: str | None = None
    user_owned_by: Named | None = None
    instrument: Instrument | None = None
    instrument_name: str | None = None
    instrument_type: str | None = None
    platform_name: str | None = None
    flowcell_barcode: str | None = None
    is_archived: bool | None = None
    is_zipped: bool | None = None
    is_zipping: bool | None = None
    is_unzipping: bool | None = None
    is_deleted: bool | None = None
    is_file_data_deleted: bool | None = None
    is_transfer_pending: bool | None = None
    is_transfer_in_progress: bool | None = None
    has_collaborators: bool | None = None

    def model(self) -> models.Run:
        owner = self.user_owned_by or Named()
        machine = self.instrument or Instrument()
        platform = machine.type or self.instrument_type
        return models.Run(
            id=text(self.id),
            v1_id=text(self.v1_id) or (text(self.id) if self.id.isdecimal() else ""),
            name=text(self.name) or text(self.experiment_name),
            experiment=text(self.experiment_name),
            status=text(self.status),
            upload_status=text(self.upload_status),
            size=amount(self.total_size),
            created=moment(self.date_created),
            owner=text(owner.name),
            owner_id=text(owner.id),
            instrument=text(machine.name or self.instrument_name),
            platform=text(platform or machine.platform_name or self.platform_name),
            flowcell=text(self.flowcell_barcode),
            is_archived=bool(self.is_archived),
            is_zipped=bool(self.is_zipped),
            is_zipping=bool(self.is_zipping),
            is_unzipping=bool(self.is_unzipping),
            is_deleted=bool(self.is_deleted or self.is_file_data_deleted),
            is_in_trash=bool(self.is_deleted),
            is_in_transfer=bool(self.is_transfer_pending or self.is_transfer_in_progress),
            is_shared=bool(self.has_collaborators),
        )


class Biosample(Wire):
    id: Id
    bio_sample_name: str | None = None
    default_project: Project | None = None
    user_owned_by: Named | None = None
    status: str | None = None
    lab_status: str | None = None
    date_created: str | None = None

    def model(self) -> models.Biosample:
        project = self.default_project
        return models.Biosample(
            id=text(self.id),
            name=text(self.bio_sample_name),
            project_id=text(project.id) if project else "",
            project=text(project.name) if project else "",
            project_owner=_owner(project) if project else "",
            owner=text(self.user_owned_by.name) if self.user_owned_by else "",
            status=text(self.status),
            lab_status=text(self.lab_status),
            created=moment(self.date_created),
        )


def _owner(project: Project) -> str:
    return text(project.user_owned_by.name) if project.user_owned_by else ""


class Library(Wire):
    id: Id
    name: str | None = None
    bio_sample: Biosample | None = None


class Pair(Wire):
    key: str | None = None
    values: list[str | int] = msgspec.field(default_factory=list)


class Property(Wire):
    """A property of v2: its values stand under a field of their type."""

    name: str | None = None
    content_map: list[Pair] = msgspec.field(default_factory=list)
    run_items: list[Named] = msgspec.field(default_factory=list)
    sample_library_items: list[Library] = msgspec.field(default_factory=list)
    bio_sample_items: list[Biosample] = msgspec.field(default_factory=list)


class Properties(Wire):
    items: list[Property] = msgspec.field(default_factory=list)


class PropertyItem(Biosample):
    """One value of `…/properties/Input.BioSamples/items`: it holds the biosample, or is it."""

    bio_sample: Biosample | None = None

    def model(self) -> models.Biosample:
        return self.bio_sample.model() if self.bio_sample else Biosample.model(self)


class LaneRow(NamedTuple):
    """A library on a lane, by what tells it from others, and whose it is."""

    id: str
    biosample: models.Biosample


class LaneLibrary(Wire):
    """A row of `runs/{id}/lanelibrarymappings`, as a client models it; it has no id of its own."""

    bio_sample: Biosample | None = None
    bio_sample_name: str | None = None
    library: Named | None = None
    library_name: str | None = None
    project_name: str | None = None
    lane_number: int | None = None

    def model(self) -> LaneRow:
        owner = self._biosample()
        library = self.library or Named()
        parts = (self.lane_number, owner.id, owner.name, library.id, self.library_name)
        return LaneRow("\t".join(map(str, (*parts, owner.project))), owner)

    def _biosample(self) -> models.Biosample:
        """Whose library it is; without an id where the row names it only."""
        known = self.bio_sample.model() if self.bio_sample else models.Biosample(id="", name="")
        return msgspec.structs.replace(
            known,
            name=known.name or text(self.bio_sample_name),
            project=text(self.project_name) or known.project,
        )


class DatasetType(Wire):
    id: str | None = None
    conforms_to_ids: list[str] = msgspec.field(default_factory=list)


class Fastq(Wire):
    """`Attributes.common_fastq`."""

    max_length_read1: int | None = None
    max_length_read2: int | None = None
    max_length_index_read1: int | None = None
    max_length_index_read2: int | None = None
    is_paired_end: bool | None = None
    total_clusters: int | None = msgspec.field(name="TotalClustersPF", default=None)

    @property
    def read_lengths(self) -> tuple[int, ...]:
        return tuple(n for n in (self.max_length_read1, self.max_length_read2) if n)

    @property
    def index_lengths(self) -> tuple[int, ...]:
        return tuple(n for n in (self.max_length_index_read1, self.max_length_index_read2) if n)


class Attributes(Wire):
    fastq: Fastq | None = msgspec.field(name="common_fastq", default=None)


class Dataset(Wire):
    id: Id
    name: str | None = None
    project: Project | None = None
    user_owned_by: Named | None = None
    total_size: int | None = None
    date_created: str | None = None
    dataset_type: DatasetType | None = None
    attributes: Attributes | None = None
    properties: Properties | None = None
    qc_status: str | None = None
    qc_status_summary: str | None = None
    upload_status: str | None = None
    is_archived: bool | None = None
    is_deleted: bool | None = None
    is_file_data_deleted: bool | None = None
    origin_dataset: Named | None = None

    def model(self) -> models.Dataset:
        project, kind = self.project, self.dataset_type
        fastq = (self.attributes and self.attributes.fastq) or Fastq()
        held = self.properties.items if self.properties else []
        libraries = [library for p in held for library in p.sample_library_items]
        return models.Dataset(
            id=text(self.id),
            name=text(self.name),
            project_id=text(project.id) if project else "",
            project=text(project.name) if project else "",
            owner=text(self.user_owned_by.name) if self.user_owned_by else "",
            size=amount(self.total_size),
            created=moment(self.date_created),
            type_id=text(kind.id) if kind else "",
            is_fastq=kind is None or _FASTQ in (kind.id, *kind.conforms_to_ids),
            qc_status=text(self.qc_status),
            qc_summary=text(self.qc_status_summary),
            upload_status=text(self.upload_status),
            is_archived=bool(self.is_archived),
            is_deleted=bool(self.is_deleted or self.is_file_data_deleted),
            is_in_transfer=bool(project and project.is_changing_hands),
            lane=_lane(held, self.name or ""),
            runs=_references(run for p in held for run in p.run_items),
            libraries=_references(libraries),
            biosamples=_biosamples(held, libraries),
            origin=text(self.origin_dataset.id) if self.origin_dataset else "",
            is_paired=fastq.is_paired_end,
            reads=fastq.total_clusters,
            read_lengths=fastq.read_lengths,
            index_lengths=fastq.index_lengths,
        )


class File(Wire):
    id: Id
    size: Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
    name: str | None = None
    path: str | None = None
    e_tag: str | None = msgspec.field(name="ETag", default=None)
    date_created: str | None = None
    is_archived: bool | None = None

    def model(self) -> models.File:
        path = self.path or self.name or ""
        return models.File(
            id=text(self.id),
            name=path if self.name == path else self.name or path.rpartition("/")[2],
            path=path,
            size=self.size,
            etag=etag(self.e_tag),
            created=moment(self.date_created),
            is_archived=bool(self.is_archived),
        )


class Located(Wire):
    """A file of a list with `filehrefcontentresolution=true`: where its bytes are."""

    id: Id
    href_content: str | None = None


class Content(Wire):
    """`files/{id}/content?redirect=meta`."""

    href_content: str
    expires: str | None = None


def _lane(held: list[Property], name: str) -> int | None:
    """The only lane of a dataset, by its metrics, or else as its name ends; None for several."""
    pairs = [pair for p in held for pair in p.content_map if pair.key == "LaneNumber"]
    if pairs:
        lanes = {str(value) for pair in pairs for value in pair.values}
        lane = lanes.pop() if len(lanes) == 1 else ""
        return int(lane) if re.fullmatch(r"[0-9]{1,3}", lane) else None
    match = _LANE_IN_NAME.search(name)
    return int(match[1]) if match else None


def _references(named: Iterable[Named | Library]) -> tuple[models.Reference, ...]:
    known = {str(n.id): models.Reference(id=text(n.id), name=text(n.name)) for n in named}
    return tuple(known.values())


def _biosamples(held: list[Property], libraries: list[Library]) -> tuple[models.Reference, ...]:
    listed = [biosample for p in held for biosample in p.bio_sample_items]
    listed += [library.bio_sample for library in libraries if library.bio_sample]
    known = {b.id: models.Reference(id=text(b.id), name=text(b.bio_sample_name)) for b in listed}
    return tuple(known.values())
