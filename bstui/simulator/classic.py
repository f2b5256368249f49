"""The classic model of v1: samples, which join a biosample's lanes, app results and sessions."""

from bstui.simulator import bodies, classic_bodies, sample_bodies
from bstui.simulator.account import Sample, Session, StoredFile
from bstui.simulator.bodies import V1, Json
from bstui.simulator.calls import Call, Handler, enveloped, not_allowed
from bstui.simulator.paging import UNSORTED, Order, take_page
from bstui.simulator.routes_v1 import FILES, chosen_files

_SAMPLES = Order[Sample](
    {
        "Id": lambda sample: sample.id,
        "Name": lambda sample: sample.datasets[0].line.name,
        "DateCreated": lambda sample: sample.datasets[0].created,
    }
)


def _session_body(session: Session, call: Call) -> Json:
    dataset = session.datasets[0]
    made = sample_bodies.session_body(session, dataset, V1)
    return {
        "Id": session.id,
        "Name": session.name,
        "Href": f"{V1}/appsessions/{session.id}",
        "Application": made["Application"],
        "UserCreatedBy": made["UserCreatedBy"],
        "Status": "Complete",
        "QcStatus": "Undefined",
        "StatusSummary": "Application completed successfully",
        "DateCreated": bodies.stamp(session.created),
        "ModifiedOn": bodies.stamp(session.created),
        "DateCompleted": bodies.stamp(session.created),
        "TotalSize": session.size,
    }


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
        "AppSession": _session_body(first.session, call),
        "Projects": [call.project_body(first.project, V1)],
        "Properties": bodies.properties_body(href, properties),
    }


def sample_files(call: Call) -> Json:
    files: list[StoredFile] = [f for dataset in _sample(call).datasets for f in dataset.files]
    page = take_page(chosen_files(call, files), call.query, FILES)
    return {"Items": call.file_list(page.items, V1)} | page.paging()


def project_app_results(call: Call) -> Json:
    """None: nothing but FASTQ generation has run here, and its results are samples."""
    call.project()
    page = take_page([], call.query, UNSORTED)
    return {"Items": []} | page.paging()


def _session(call: Call) -> Session:
    session = call.region.sessions.get(call.parts["id"])
    if session is None or not any(call.view.sees_dataset(d) for d in session.datasets):
        raise not_allowed("BROWSE", "AppSession")
    return session


def one_session(call: Call) -> Json:
    return _session_body(_session(call), call)


def list_sessions_v2(call: Call) -> Json:
    """By the run that went in, or the project that came out of it."""
    runs, projects = call.query.words("input.runs"), call.query.words("output.projects")
    found = [
        session
        for session in call.region.sessions.values()
        if any(
            call.view.sees_dataset(d) and (not projects or d.project.id in projects)
            for d in session.datasets
        )
        and (not runs or session.run.id in runs)
    ]
    order = Order[Session](
        {"Name": lambda s: s.name, "Id": lambda s: s.id, "DateCreated": lambda s: s.created}
    )
    page = take_page(found, call.query, order)
    return {"Items": [_session_body_v2(s, call) for s in page.items], "Paging": page.paging()}


def one_session_v2(call: Call) -> Json:
    return _session_body_v2(_session(call), call)


def _session_body_v2(session: Session, call: Call) -> Json:
    return sample_bodies.session_body(session, session.datasets[0], call.root)


ROUTES: dict[str, Handler] = {
    "/v1pre3/projects/{id}/samples": enveloped(project_samples),
    "/v1pre3/projects/{id}/appresults": enveloped(project_app_results),
    "/v1pre3/samples/{id}": enveloped(one_sample),
    "/v1pre3/samples/{id}/files": enveloped(sample_files),
    "/v1pre3/appsessions/{id}": enveloped(one_session),
    "/v2/appsessions": list_sessions_v2,
    "/v2/appsessions/{id}": one_session_v2,
}
