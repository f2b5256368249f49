"""The calls of v2 about runs and what is on them."""

from collections.abc import Iterable

from bstui.simulator import bodies, run_bodies, sample_bodies
from bstui.simulator.account import Biosample, Run
from bstui.simulator.bodies import Json
from bstui.simulator.calls import Call, not_allowed, unknown_route
from bstui.simulator.paging import UNSORTED, Order, take_page
from bstui.simulator.routes_v1 import FILES, RUNS, chosen_runs, run_folder


def list_runs(call: Call) -> Json:
    query = call.query
    ids, projects = query.words("id"), query.words("output.projects")
    name = query.text("experimentname").lower()
    runs = [
        run
        for run in chosen_runs(call)
        if (not ids or call.run_id(run).lower() in ids)
        and (not name or run.experiment.lower() == name)
        and (not projects or _writes_to(call, run, projects))
    ]
    page = take_page(runs, query, RUNS)
    return {"Items": [_body(call, run) for run in page.items], "Paging": page.paging()}


def _writes_to(call: Call, run: Run, projects: set[str]) -> bool:
    return any(dataset.project.id in projects for dataset in call.region.run_datasets(run))


def _body(call: Call, run: Run) -> Json:
    spaced = call.choices["instrument-names"] == "spaced"
    return run_bodies.v2_run_body(run, call.root, call.run_id(run), spaced)


def one_run(call: Call) -> Json:
    run = call.run()
    owner = f"{call.root}/runs/{run.id}"
    properties = [*_properties(call, run), *_thresholds(call, run)]
    return _body(call, run) | {
        "SequencingStats": run_bodies.stats_body(run, call.root),
        "Properties": bodies.cut_properties(owner, properties, call.query),
    }


def one_lane(call: Call) -> Json:
    """A lane, whose id is its run's with its number."""
    name, number = call.parts["id"][:-1], call.parts["id"][-1:]
    run = call.region.runs.get(name)
    is_there = run is not None and call.view.sees_run(run)
    if run is None or not is_there or not number.isdecimal():
        raise not_allowed("BROWSE", "Lane")
    if not 1 <= int(number) <= run.cell.lanes:
        raise not_allowed("BROWSE", "Lane")
    return run_bodies.lane_body(run, int(number), call.root)


def one_pool(call: Call) -> Json:
    """A run's pool, whose id is the run's with a 1."""
    run = call.region.runs.get(call.parts["id"].removesuffix("1"))
    if run is None or not call.view.sees_run(run) or pool_body(run, "")["Id"] != call.parts["id"]:
        raise not_allowed("BROWSE", "LibraryPool")
    return pool_body(run, call.root)


_RUN_PROPERTIES = {
    "Input.BioSamples": ("biosample", "BioSampleItems", "BioSample"),
    "Input.Libraries": ("library", "SampleLibraryItems", "SampleLibrary"),
    "Input.LibraryPools": ("librarypool", "LibraryPoolItems", "LibraryPool"),
}
"""Of each: the type, and what its items are called in a resource and alone."""


def _run_items(call: Call, run: Run, name: str) -> list[Json]:
    """What a run says of its biosamples; of those of unreadable projects the name alone."""
    if name == "Input.LibraryPools":
        return [pool_body(run, call.root)] if run.biosamples else []
    items: list[Json] = []
    for biosample in run.biosamples:
        size = call.size_of(biosample.project)
        if not call.view.sees_biosample(biosample):
            items.append({"Id": biosample.id, "BioSampleName": biosample.name})
        elif name == "Input.BioSamples":
            items.append(sample_bodies.biosample_body(biosample, call.root, size))
        else:
            items.append(sample_bodies.library_body(biosample, call.root, size))
    return items


def _run_property(call: Call, run: Run, name: str) -> Json:
    kind, key, _ = _RUN_PROPERTIES[name]
    owner = f"{call.root}/runs/{run.id}"
    return bodies.property_body(owner, kind, name, _run_items(call, run, name), key)


def _properties(call: Call, run: Run) -> list[Json]:
    """Those of items; a pool is one of these only where something was pooled."""
    made = [_run_property(call, run, name) for name in _RUN_PROPERTIES]
    return [item for item in made if "LibraryPoolItems" not in item or item["ItemsTotalCount"]]


def _thresholds(call: Call, run: Run) -> list[Json]:
    """What was asked of each lane, and whether it was reached."""
    made: list[Json] = []
    for lane in range(1, run.cell.lanes + 1):
        for verdict, content in (("Failed", []), ("Passed", ["Lane.PercentGtQ30"])):
            name = f"BaseSpace.LaneQcThresholds.{lane}.{verdict}"
            href = f"{call.root}/runs/{run.id}/properties/{name}"
            text = f"The list of configured thresholds that were evaluated and {verdict.lower()}"
            count = len(content)
            made.append(
                {"Type": "string[]", "Href": href, "Name": name, "Description": text}
                | ({"ContentItems": content} if content else {})
                | {"HrefItems": f"{href}/items"}
                | {"ItemsDisplayedCount": count, "ItemsTotalCount": count}
            )
    return made


def pool_body(run: Run, root: str) -> Json:
    """The pool of libraries that was loaded onto a run's flow cell."""
    return {
        "Id": f"{run.id}1",
        "Href": f"{root}/librarypools/{run.id}1",
        "UserPoolId": f"{run.experiment} pool",
        "UserOwnedBy": bodies.user_body(run.owner, root),
        "LibraryCount": len(run.biosamples),
        "DateModified": bodies.stamp(run.created),
        "DateCreated": bodies.stamp(run.created),
        "Status": "Active",
    }


def run_properties(call: Call) -> Json:
    run = call.run()
    page = take_page([*_properties(call, run), *_thresholds(call, run)], call.query, UNSORTED)
    return {"Items": page.items, "Paging": page.paging()}


def run_property_items(call: Call) -> Json:
    run, name = call.run(), call.parts["name"].lower()
    for known, (_, _, single) in _RUN_PROPERTIES.items():
        if known.lower() == name:
            return property_items(call, _run_items(call, run, known), single)
    texts = _threshold(call, run).get("ContentItems", [])
    page = take_page(texts if isinstance(texts, list) else [], call.query, UNSORTED)
    return {"Items": [{"Content": text} for text in page.items], "Paging": page.paging()}


def run_property(call: Call) -> Json:
    run, name = call.run(), call.parts["name"].lower()
    known = next((known for known in _RUN_PROPERTIES if known.lower() == name), None)
    return _run_property(call, run, known) if known else _threshold(call, run)


def _threshold(call: Call, run: Run) -> Json:
    """The threshold that the path names."""
    for item in _thresholds(call, run):
        if str(item["Name"]).lower() == call.parts["name"].lower():
            return item
    raise unknown_route()


def sample_sheet(call: Call) -> Json:
    return run_bodies.sample_sheet_body(call.run())


def property_items(call: Call, items: Iterable[Json], single: str) -> Json:
    page = take_page(items, call.query, UNSORTED)
    return {
        "Items": [{"Id": item["Id"], single: item} for item in page.items],
        "Paging": page.paging(),
    }


def run_files(call: Call) -> Json:
    """A run's files; without TotalCount unless that is included."""
    run, query = call.run(), call.query
    included = query.words("include")
    page = call.page(f"v2 {run.id}", lambda: run_folder(call, run), FILES)
    call.host.states.go_on(run)
    body: Json = {"Items": call.file_list(page.items, call.root)}
    if "subdirectories" in included:
        body["SubDirectories"] = _folders(call, run, query.text("directory").strip("/"))
    return body | {"Paging": page.paging(with_total="totalcount" in included)}


def _folders(call: Call, run: Run, folder: str) -> list[Json]:
    start = f"{folder}/" if folder else ""
    inside = (file.path[len(start) :] for file in run.files if file.path.startswith(start))
    names = sorted({rest.split("/")[0] for rest in inside if "/" in rest})
    href = f"{call.root}/runs/{run.id}/files?directory=/{start}"
    return [{"Href": href + name, "Name": name} for name in names]


def run_stats(call: Call) -> Json:
    return run_bodies.full_stats_body(call.run(), call.root)


def lane_index_summary(call: Call) -> Json:
    """How the reads of each lane fell to the indexes; as a client models it, not recorded."""
    run = call.run()
    if call.choices["lane-index-summary"] == "unknown":
        raise unknown_route()
    lanes = range(1, run.cell.lanes + 1)
    page = take_page((run_bodies.lane_index_body(run, n) for n in lanes), call.query, UNSORTED)
    return {"Items": page.items, "Paging": page.paging()}


def lane_library_mappings(call: Call) -> Json:
    """What is on a flow cell; as a client models it, not recorded."""
    run = call.run()
    if call.choices["lane-mappings"] == "unknown":
        raise unknown_route()
    found = [(lane, b) for lane in range(1, run.cell.lanes + 1) for b in run.biosamples]
    page = take_page(found, call.query, Order[tuple[int, Biosample]]({"LaneNumber": _lane_of}))
    items = [_mapping(call, run, lane, biosample) for lane, biosample in page.items]
    return {"Items": items, "Paging": page.paging()}


def _lane_of(pair: tuple[int, Biosample]) -> int:
    return pair[0]


def _mapping(call: Call, run: Run, lane: int, biosample: Biosample) -> Json:
    body: Json = {
        "LaneId": f"{run.id}{lane}",
        "LaneNumber": lane,
        "BioSampleName": biosample.name,
        "LibraryName": biosample.name,
        "ProjectName": biosample.project.name,
        "LibraryPool": pool_body(run, call.root),
    }
    if call.view.sees_biosample(biosample):
        size = call.size_of(biosample.project)
        body["BioSample"] = sample_bodies.biosample_body(biosample, call.root, size)
        body["Library"] = sample_bodies.library_body(biosample, call.root, size)
        body["DataSetName"] = f"{biosample.name}_L{lane:03}"
    return body


def access_check(call: Call) -> list[Json]:
    """Which of some runs the token may see; those that are not there are not accessible either."""
    readable = {run.id: run for run in call.view.runs()}
    return [
        {"Id": int(run_id), "HasAccess": run_id in readable}
        | (
            {
                "ExperimentName": readable[run_id].experiment,
                "Href": f"{call.root}/runs/{run_id}",
            }
            if run_id in readable
            else {}
        )
        for run_id in sorted(call.query.words("ids"))
        if run_id.isdigit()
    ]
