"""The calls of v2 about biosamples and their FASTQ datasets."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from bstui.simulator import bodies, run_bodies, sample_bodies
from bstui.simulator.account import Biosample, Dataset
from bstui.simulator.bodies import Json
from bstui.simulator.calls import Call, not_allowed, unknown_route
from bstui.simulator.paging import UNSORTED, Order, take_page
from bstui.simulator.routes_v1 import FILES, chosen_files
from bstui.simulator.v2_runs import property_items

_BIOSAMPLES: Mapping[str, Callable[[Biosample], object]] = {
    "Id": lambda b: b.id,
    "BioSampleName": lambda b: b.name,
    "DateModified": lambda b: b.created,
    "Project": lambda b: b.project.name,
    "UserOwnedBy": lambda b: b.project.owner.name,
    "Status": lambda b: b.status,
    "LabStatus": lambda b: b.lab_status,
}
_DATASETS: Mapping[str, Callable[[Dataset], object]] = {
    "DateCreated": lambda d: d.created,
    "Name": lambda d: d.name,
    "DateModified": lambda d: d.created,
    "ProjectName": lambda d: d.project.name,
    "Size": lambda d: d.size,
    "QcStatus": lambda d: d.qc_status,
    "AppSessionName": lambda d: d.session.name,
    "ApplicationName": lambda d: d.session.app.name,
}
_LIBRARIES: Mapping[str, Callable[[Biosample], object]] = {
    "Id": lambda b: b.library.id,
    "Name": lambda b: b.name,
    "DateCreated": lambda b: b.created,
    "DateModified": lambda b: b.created,
    "ProjectName": lambda b: b.project.name,
    "UserOwnedBy": lambda b: b.project.owner.name,
}


def list_biosamples(call: Call) -> Json:
    """By name, status, and project: the default one, or one with datasets of the biosample."""
    page = call.page("biosamples", lambda: _biosamples(call), Order(_BIOSAMPLES))
    items = [
        sample_bodies.biosample_body(b, call.root, call.size_of(b.project)) for b in page.items
    ]
    return {"Items": items, "Paging": page.paging()}


def _biosamples(call: Call) -> list[Biosample]:
    query, region, view = call.query, call.region, call.view
    projects, names = query.words("projectid"), query.words("biosamplename")
    statuses, lab = query.words("status"), query.words("labstatus")
    candidates: Iterable[Biosample] = region.biosamples.values()
    if projects:
        found = (region.projects[name] for name in projects if name in region.projects)
        candidates = dict.fromkeys(b for p in found for b in region.project_biosamples(p))
    return [
        b
        for b in candidates
        if view.sees_biosample(b)
        and (not names or b.name.lower() in names)
        and (not statuses or b.status.lower() in statuses)
        and (not lab or b.lab_status.lower() in lab)
    ]


def one_biosample(call: Call) -> Json:
    biosample = call.biosample()
    return sample_bodies.biosample_body(biosample, call.root, call.size_of(biosample.project))


def biosample_libraries(call: Call) -> Json:
    biosample = call.biosample()
    size = call.size_of(biosample.project)
    page = take_page([sample_bodies.library_body(biosample, call.root, size)], call.query, UNSORTED)
    return {"Items": page.items, "Paging": page.paging()}


def list_libraries(call: Call) -> Json:
    """The libraries of all biosamples that may be seen: one of each."""
    page = call.page("libraries", lambda: call.view.biosamples(), Order(_LIBRARIES))
    items = [sample_bodies.library_body(b, call.root, call.size_of(b.project)) for b in page.items]
    return {"Items": items, "Paging": page.paging()}


def one_library(call: Call) -> Json:
    name = call.parts["id"]
    found = next((b for b in call.view.biosamples() if b.library.id == name), None)
    if found is None:
        raise not_allowed("BROWSE", "Library")
    return sample_bodies.library_body(found, call.root, call.size_of(found.project))


def run_lane_summaries(call: Call) -> Json:
    """The runs and lanes that a biosample was sequenced on."""
    biosample = call.biosample()
    seen = {(d.run.id, d.lane): d.run for d in call.region.datasets_of(biosample)}
    items: list[Json] = [
        {
            "RunId": run.id,
            "ExperimentName": run.experiment,
            "FlowcellBarcode": run.cell.barcode,
            "Workflow": "Generate FASTQ",
            "DateModified": bodies.stamp(run.created),
            "RunStatus": run.status,
            "UserOwnedBy": bodies.user_body(run.owner, call.root),
            "LaneId": f"{run.id}{lane}",
            "LaneNumber": lane,
            "LaneStatus": "QcPassed",
            "LibraryName": biosample.name,
            "FastQStatus": "Complete",
        }
        for (_, lane), run in seen.items()
    ]
    page = take_page(items, call.query, Order[Json]({"CreatedOn": lambda i: i["DateModified"]}))
    return {"Items": page.items, "Paging": page.paging()}


def list_datasets(call: Call) -> Json:
    runs = call.query.words("inputruns")
    if runs and call.choices["unreadable-datasets"] == "refused":
        for dataset in _of_runs(call, runs):
            if not call.view.sees_dataset(dataset):
                raise not_allowed("BROWSE", "Project")
    return _dataset_page(call, "datasets", lambda: _candidates(call))


def _of_runs(call: Call, runs: Iterable[str]) -> Iterator[Dataset]:
    region = call.region
    found = (region.runs[name] for name in runs if name in region.runs)
    return (dataset for run in found for dataset in region.run_datasets(run))


def _candidates(call: Call) -> Iterable[Dataset]:
    """The datasets of the biosamples or projects that are asked for, else all."""
    region = call.region
    if names := call.query.words("inputbiosamples"):
        found = (region.biosamples[name] for name in names if name in region.biosamples)
        return (d for biosample in found for d in call.view.datasets_of(biosample))
    if names := call.query.words("projectid"):
        projects = (region.projects[name] for name in names if name in region.projects)
        return (d for project in projects for d in call.view.project_datasets(project))
    if runs := call.query.words("inputruns"):
        return call.view.seen(_of_runs(call, runs))
    return call.view.datasets()


def project_datasets(call: Call) -> Json:
    project = call.project()
    name = f"datasets of {project.id}"
    return _dataset_page(call, name, lambda: call.view.project_datasets(project))


def _dataset_page(call: Call, name: str, find: Callable[[], Iterable[Dataset]]) -> Json:
    page = call.page(name, lambda: _chosen(call, find()), Order(_DATASETS, descending=True))
    items = [_dataset_body(call, dataset) for dataset in page.items]
    return {"Items": items, "Paging": page.paging()}


_FILTERS: Mapping[str, Callable[[Dataset], str]] = {
    "inputbiosamples": lambda d: d.biosample.id if d.biosample else "",
    "inputruns": lambda d: d.run.id,
    "inputruntokens": lambda d: d.run.token.lower(),
    "projectid": lambda d: d.project.id,
    "appsessionids": lambda d: d.session.id,
    "qcstatus": lambda d: d.qc_status.lower(),
    "uploadstatus": lambda d: d.upload_status.lower(),
    "isarchived": lambda d: str(d.is_archived).lower(),
}


def _chosen(call: Call, datasets: Iterable[Dataset]) -> list[Dataset]:
    """Those that all filters of the query let through."""
    if not _is_of_type(call):
        return []
    asked = [(call.query.words(name), value_of) for name, value_of in _FILTERS.items()]
    filters = [(words, value_of) for words, value_of in asked if words]
    return [d for d in datasets if all(value_of(d) in words for words, value_of in filters)]


def _is_of_type(call: Call) -> bool:
    """Whether FASTQ are asked for: by their type, or with a tilde by what they conform to."""
    types = call.query.words("datasettypes")
    mark = {"minus": "-", "bang": "!"}.get(call.choices["excluded-type"], "")
    unwanted = {word[1:] for word in types if mark and word[0] == mark}
    if unwanted:
        types -= {mark + word for word in unwanted}
        if unwanted & {"illumina.fastq.v1.8", "common.fastq", "~common.fastq", "common.files"}:
            return False
    if not types or types & {"illumina.fastq.v1.8", "~common.fastq", "~common.files"}:
        return True
    way, plain = call.choices["plain-type"], {word for word in types if word[0] != "~"}
    if way == "conforming":
        return bool(plain & {"common.fastq", "common.files"})
    return way == "everything" and bool(plain)


def _dataset_body(call: Call, dataset: Dataset) -> Json:
    body = sample_bodies.dataset_body(dataset, call.root, call.size_of(dataset.project))
    if "properties" in call.query.words("include"):
        wanted = call.query.words("propertyfilters")
        properties = [
            item
            for item in _dataset_properties(call, dataset)
            if not wanted or str(item["Name"]).lower() in wanted
        ]
        owner = f"{call.root}/datasets/{dataset.id}"
        body["Properties"] = bodies.properties_body(owner, properties)
    key = call.choices["fastq-attributes"]
    if key != "common_fastq" and isinstance(body["Attributes"], dict):
        body["Attributes"] = {key: body["Attributes"]["common_fastq"]}
    return body


def _dataset_properties(call: Call, dataset: Dataset) -> list[Json]:
    owner = f"{call.root}/datasets/{dataset.id}"
    metrics: Json = {
        "Type": "map",
        "Href": f"{owner}/properties/BaseSpace.Metrics.FastQ",
        "Name": "BaseSpace.Metrics.FastQ",
        "Description": "",
        "ContentMap": [{"Key": "LaneNumber", "Values": [str(dataset.lane)]}],
    }
    if not dataset.lane:
        metrics["ContentMap"] = []
    run = run_bodies.v1_run_body(dataset.run)
    runs = [{name: value for name, value in run.items() if name != "HrefBaseSpaceUI"}]
    made = [metrics, bodies.property_body(owner, "run", "Input.Runs", runs, "RunItems")]
    if dataset.biosample is not None:
        size = call.size_of(dataset.project)
        biosample = sample_bodies.biosample_body(dataset.biosample, call.root, size)
        library = sample_bodies.library_body(dataset.biosample, call.root, size)
        made += [
            bodies.property_body(
                owner, "biosample", "Input.BioSamples", [biosample], "BioSampleItems"
            ),
            bodies.property_body(
                owner, "library", "Input.Libraries", [library], "SampleLibraryItems"
            ),
        ]
    return made


def one_dataset(call: Call) -> Json:
    dataset = call.dataset()
    page = bodies.page_of("datasets", dataset.id, dataset.name)
    return _dataset_body(call, dataset) | {"HrefBaseSpaceUI": page}


def dataset_files(call: Call) -> Json:
    dataset = call.dataset()
    files = chosen_files(call, dataset.files)
    if call.query.flag("excludeemptyfiles"):
        files = [file for file in files if file.content.size]
    page = take_page(files, call.query, FILES)
    return {"Items": call.file_list(page.items, call.root), "Paging": page.paging()}


def dataset_properties(call: Call) -> Json:
    page = take_page(_dataset_properties(call, call.dataset()), call.query, UNSORTED)
    return {"Items": page.items, "Paging": page.paging()}


def dataset_property(call: Call) -> Json:
    for item in _dataset_properties(call, call.dataset()):
        if str(item["Name"]).lower() == call.parts["name"].lower():
            return item
    raise unknown_route()


def dataset_property_items(call: Call) -> Json:
    dataset, name = call.dataset(), call.parts["name"].lower()
    singles = {
        "RunItems": "Run",
        "BioSampleItems": "BioSample",
        "SampleLibraryItems": "SampleLibrary",
    }
    for item in _dataset_properties(call, dataset):
        for key, single in singles.items():
            listed = item.get(key)
            if str(item["Name"]).lower() == name and isinstance(listed, list):
                return property_items(call, listed, single)
    raise unknown_route()


def one_dataset_type(call: Call) -> Json:
    if call.parts["id"].lower() not in ("illumina.fastq.v1.8", "common.fastq", "common.files"):
        raise not_allowed("BROWSE", "DatasetType")
    return sample_bodies.dataset_type_body(call.root, call.parts["id"].lower())
