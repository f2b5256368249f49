"""The calls of v2 that browsing and importing use."""

from bstui.simulator import bodies, changes, classic, classic_properties, trash, v2_runs, v2_samples
from bstui.simulator.account import User
from bstui.simulator.bodies import Json
from bstui.simulator.calls import Call, Handler, not_allowed
from bstui.simulator.paging import Order, take_page
from bstui.simulator.routes_v1 import file_content, permissions
from bstui.simulator.search import search


def current_user(call: Call) -> Json:
    return call.shaped_user(bodies.whole_user_body(call.grant.user, call.root))


def list_workgroups(call: Call) -> Json:
    """The workgroups of the person, whether or not a token for them is at hand."""
    refuses = call.choices["workgroup-list"] == "refused"
    if refuses or call.parts["id"] not in ("current", call.grant.user.id):
        raise not_allowed("BROWSE", "User")
    order = Order[User]({"Id": lambda group: group.id, "Name": lambda group: group.name})
    page = take_page(_workgroups(call), call.query, order)
    return {"Items": [_workgroup_body(g) for g in page.items], "Paging": page.paging()}


def _workgroups(call: Call) -> list[User]:
    mine = call.grant.user.person or call.grant.user
    return [u for u in call.region.users.values() if u.is_workgroup and u.person is mine]


def _workgroup_body(group: User) -> Json:
    names = {"Name": group.name, "DisplayName": group.name}
    return {"Id": group.id, **names, "IsCollaborative": True, "IsDefaultRunUploadWorkgroup": False}


def one_workgroup(call: Call) -> Json:
    found = next((g for g in _workgroups(call) if g.id == call.parts["id"]), None)
    if found is None or call.choices["workgroup-list"] == "refused":
        raise not_allowed("BROWSE", "Workgroup")
    return _workgroup_body(found)


def one_project(call: Call) -> Json:
    project = call.project()
    more: Json = {"HrefDatasets": f"{call.root}/projects/{project.id}/datasets"}
    return call.project_body(project, call.root) | more | {"Permissions": permissions(call)}


def one_file(call: Call) -> Json:
    file = call.file()
    return bodies.file_body(file, file.id, call.root) | {"UploadStatus": "complete"}


ROUTES: dict[str, Handler] = (
    {
        "/v2/users/current": current_user,
        "/v2/users/{id}": lambda call: call.user_body(call.root),
        "/v2/users/{id}/workgroups": list_workgroups,
        "/v2/workgroups/{id}": one_workgroup,
        "/v2/lanes/{id}": v2_runs.one_lane,
        "/v2/libraries/{id}": v2_samples.one_library,
        "/v2/librarypools/{id}": v2_runs.one_pool,
        "/v2/libraries": v2_samples.list_libraries,
        "/v2/runs": v2_runs.list_runs,
        "/v2/runs/accesscheck": v2_runs.access_check,
        "/v2/runs/{id}": v2_runs.one_run,
        "/v2/runs/{id}/files": v2_runs.run_files,
        "/v2/runs/{id}/sequencingstats": v2_runs.run_stats,
        "/v2/runs/{id}/properties": v2_runs.run_properties,
        "/v2/runs/{id}/samplesheet": v2_runs.sample_sheet,
        "/v2/runs/{id}/properties/{name}": v2_runs.run_property,
        "/v2/runs/{id}/properties/{name}/items": v2_runs.run_property_items,
        "/v2/runs/{id}/laneindexsummary": v2_runs.lane_index_summary,
        "/v2/runs/{id}/lanelibrarymappings": v2_runs.lane_library_mappings,
        "/v2/projects/{id}": one_project,
        "/v2/projects/{id}/datasets": v2_samples.project_datasets,
        "/v2/biosamples": v2_samples.list_biosamples,
        "/v2/biosamples/{id}": v2_samples.one_biosample,
        "/v2/biosamples/{id}/libraries": v2_samples.biosample_libraries,
        "/v2/biosamples/{id}/runlanesummaries": v2_samples.run_lane_summaries,
        "/v2/datasets": v2_samples.list_datasets,
        "/v2/datasets/{id}": v2_samples.one_dataset,
        "/v2/datasets/{id}/files": v2_samples.dataset_files,
        "/v2/datasets/{id}/properties": v2_samples.dataset_properties,
        "/v2/datasets/{id}/properties/{name}": v2_samples.dataset_property,
        "/v2/datasets/{id}/properties/{name}/items": v2_samples.dataset_property_items,
        "/v2/datasettypes/{id}": v2_samples.one_dataset_type,
        "/v2/files/{id}": one_file,
        "/v2/files/{id}/content": file_content,
        "/v2/search": lambda call: search(call, call.root),
    }
    | classic.ROUTES
    | classic_properties.ROUTES
    | trash.ROUTES
)

CHANGES = changes.CHANGES | trash.CHANGES
"""By POST."""
