"""The classic model of v1: samples, which join a biosample's lanes, app results and sessions."""

from bstui.simulator import bodies, classic_bodies
from bstui.simulator.account import Result, Sample, Session, StoredFile
from bstui.simulator.bodies import V1, Json
from bstui.simulator.calls import Call, Handler, enveloped, not_allowed, removed
from bstui.simulator.paging import UNSORTED, Order, take_page
from bstui.simulator.routes_v1 import V1_FILES, chosen_files
from bstui.simulator.session_bodies import session_body, v1_session_body

_SAMPLES = Order[Sample](
    {
        "Id": lambda sample: sample.id,
        "Name": lambda sample: sample.datasets[0].line.name,
        "DateCreated": lambda sample: sample.datasets[0].created,
    }
)


_RESULTS = Order[Result](
    {"Id": lambda r: r.id, "Name": lambda r: r.name, "DateCreated": lambda r: r.created}
)
_SESSIONS = Order[Session](
    {
        "Name": lambda s: s.name,
        "Id": lambda s: s.id,
        "AppId": lambda s: s.app.id,
        "AppName": lambda s: s.app.name,
        "DateCreated": lambda s: s.created,
        "ModifiedOn": lambda s: s.created,
        "TotalSize": lambda s: s.size,
    }
)


def _sample_body(sample: Sample, call: Call) -> Json:
    return classic_bodies.sample_body(sample, call.project_body(sample.datasets[0].project, V1))


def _seen(call: Call, sample: Sample) -> bool:
    return all(call.view.sees_dataset(d) and not d.is_deleted for d in sample.datasets)


def project_samples(call: Call) -> Json:
    project = call.project()
    samples = {d.sample.id: d.sample for d in call.region.project_datasets(project)}
    found = [sample for sample in samples.values() if _seen(call, sample)]
    page = take_page(found, call.query, _SAMPLES)
    return {"Items": [_sample_body(sample, call) for sample in page.items]} | page.paging()


def _sample(call: Call) -> Sample:
    sample = call.region.samples.get(call.parts["id"])
    if sample is None or not _seen(call, sample):
        raise not_allowed("BROWSE", "Sample")
    return sample


def one_sample(call: Call) -> Json:
    sample = _sample(call)
    href, first = f"{V1}/samples/{sample.id}", sample.datasets[0]
    properties = classic_bodies.sample_properties(sample)
    return _sample_body(sample, call) | {
        "HrefGenome": f"{V1}/genomes/4",
        "SampleNumber": first.line.number,
        "HrefFiles": f"{href}/files",
        "References": [],
        "AppSession": v1_session_body(first.session),
        "Projects": [call.project_body(first.project, V1)],
        "Properties": bodies.properties_body(href, properties),
    }


def sample_properties(call: Call, most: int = bodies.ITEMS_SHOWN) -> list[Json]:
    return classic_bodies.sample_properties(_sample(call), most)


def sample_files(call: Call) -> Json:
    files: list[StoredFile] = [f for dataset in _sample(call).datasets for f in dataset.files]
    page = take_page(chosen_files(call, files), call.query, V1_FILES)
    return {"Items": call.file_list(page.items, V1)} | page.paging()


def project_app_results(call: Call) -> Json:
    project = call.project()
    found = [
        result
        for result in call.region.results.values()
        if result.project is project and not result.is_deleted
    ]
    page = take_page(found, call.query, _RESULTS)
    return {"Items": [classic_bodies.result_body(r) for r in page.items]} | page.paging()


def _result(call: Call) -> Result:
    result = call.region.results.get(call.parts["id"])
    if result is None or not call.view.sees_dataset(result):
        raise not_allowed("BROWSE", "AppResult")
    if result.is_deleted:
        raise removed()
    return result


def one_result(call: Call) -> Json:
    result = _result(call)
    href, project = f"{V1}/appresults/{result.id}", call.project_body(result.project, V1)
    return classic_bodies.result_body(result) | {
        "Description": result.name,
        "HrefFiles": f"{href}/files",
        "References": [],
        "Properties": bodies.properties_body(href, result_properties(call)),
        "Projects": [project],
    }


def result_properties(call: Call, most: int = bodies.ITEMS_SHOWN) -> list[Json]:
    result = _result(call)
    href, samples = f"{V1}/appresults/{result.id}", [_sample_body(result.sample, call)]
    return [bodies.property_body(href, "sample", "Input.Samples", samples, "Items", most)]


def result_files(call: Call) -> Json:
    page = take_page(chosen_files(call, _result(call).files), call.query, V1_FILES)
    return {"Items": call.file_list(page.items, V1)} | page.paging()


def _is_seen(call: Call, session: Session) -> bool:
    return any(call.view.sees_dataset(output) for output in session.outputs)


def _session(call: Call) -> Session:
    session = call.region.sessions.get(call.parts["id"])
    if session is None or not _is_seen(call, session):
        raise not_allowed("BROWSE", "AppSession")
    return session


def one_session(call: Call) -> Json:
    """A session with what went in, in the way of 2015: references and properties."""
    session = _session(call)
    href = f"{V1}/appsessions/{session.id}"
    samples = _samples_in(call, session)
    project = call.project_body(session.outputs[0].project, V1)
    references = [
        *(_reference("Input", "Sample", body) for body in samples),
        _reference("Using", "Project", project),
    ]
    return v1_session_body(session) | {
        "OriginatingUri": "https://basespace.invalid",
        "References": references,
        "RunningDuration": 0,
        "Properties": bodies.properties_body(href, session_properties(call)),
    }


def _samples_in(call: Call, session: Session) -> list[Json]:
    """Those that an analysis looked at, each once."""
    samples = {result.sample.id: result.sample for result in session.results}
    return [_sample_body(sample, call) for sample in samples.values()]


def session_properties(call: Call, most: int = bodies.ITEMS_SHOWN) -> list[Json]:
    session = _session(call)
    href, samples = f"{V1}/appsessions/{session.id}", _samples_in(call, session)
    name: Json = {
        "Type": "string",
        "Href": f"{href}/properties/Input.AppSessionName",
        "Name": "Input.AppSessionName",
        "Description": "",
        "Content": session.name,
    }
    shown = bodies.property_body(href, "sample", "Input.Samples", samples, "Items", most)
    return [name, shown] if samples else [name]


def _reference(relation: str, kind: str, body: Json) -> Json:
    href = body["Href"]
    return {"Rel": relation, "Type": kind, "Href": href, "HrefContent": href, "Content": body}


def list_sessions_v2(call: Call) -> Json:
    """By the run that went in, or the project that came out of it."""
    runs, projects = call.query.words("input.runs"), call.query.words("output.projects")
    found = [
        session
        for session in call.region.sessions.values()
        if (not runs or session.run.id in runs)
        and any(
            call.view.sees_dataset(output) and (not projects or output.project.id in projects)
            for output in session.outputs
        )
    ]
    page = take_page(found, call.query, _SESSIONS)
    return {"Items": [session_body(s, call.root) for s in page.items], "Paging": page.paging()}


def one_session_v2(call: Call) -> Json:
    return session_body(_session(call), call.root)


def _run_samples(call: Call) -> list[Sample]:
    datasets = call.region.run_datasets(call.run())
    samples = {dataset.sample.id: dataset.sample for dataset in datasets}
    return [sample for sample in samples.values() if _seen(call, sample)]


def run_outputs(call: Call, most: int = bodies.ITEMS_SHOWN) -> list[Json]:
    """The property of a run that names the samples made from it, those that may be seen."""
    href = f"{V1}/runs/{call.run().id}"
    items = [_sample_body(sample, call) for sample in _run_samples(call)]
    return [bodies.property_body(href, "sample", "Output.Samples", items, "Items", most)]


def run_output_items(call: Call) -> Json:
    page = take_page(_run_samples(call), call.query, _SAMPLES)
    items = [{"Id": s.id, "Content": _sample_body(s, call)} for s in page.items]
    return {"Items": items} | page.paging()


def run_libraries(call: Call) -> Json:
    """The libraries on a run's flow cell, each once."""
    made = (classic_bodies.library_of(s, _project_of(s, call)) for s in _run_samples(call))
    page = take_page({body["Id"]: body for body in made if body}.values(), call.query, UNSORTED)
    return {"Items": page.items} | page.paging()


def _project_of(sample: Sample, call: Call) -> Json:
    return call.project_body(sample.datasets[0].project, V1)


ROUTES: dict[str, Handler] = {
    "/v1pre3/runs/{id}/properties/Output.Samples/items": enveloped(run_output_items),
    "/v1pre3/runs/{id}/samplelibraries": enveloped(run_libraries),
    "/v1pre3/projects/{id}/samples": enveloped(project_samples),
    "/v1pre3/projects/{id}/appresults": enveloped(project_app_results),
    "/v1pre3/samples/{id}": enveloped(one_sample),
    "/v1pre3/samples/{id}/files": enveloped(sample_files),
    "/v1pre3/appresults/{id}": enveloped(one_result),
    "/v1pre3/appresults/{id}/files": enveloped(result_files),
    "/v1pre3/appsessions/{id}": enveloped(one_session),
    "/v2/appsessions": list_sessions_v2,
    "/v2/appsessions/{id}": one_session_v2,
}
